using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Serialization;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>A training that was stopped goes on in new objects as if it had not been: the same bits.</summary>
public class ResumeTests
{
    private const int Epochs = 4;
    private static readonly Shape Image = new(2, 6, 5);
    private static readonly TensorDataset Train = Some.Images(50, Image, 4), Test = Some.Images(11, Image, 4, seed: 2);

    // Two parts a minibatch, or one; three steps an epoch, the last on fewer images.
    public static TheoryData<int, bool> Threads { get; } = new() { { 1, false }, { 2, false }, { 2, true } };

    [Theory]
    [MemberData(nameof(Threads))]
    public void After_any_step(int threads, bool inOnePart)
    {
        using ForcedThreads _ = new(threads);
        Made whole = new(inOnePart);
        IReadOnlyList<EpochResult> expected = whole.Fit(Epochs);
        for (int steps = 1; steps <= Epochs * 3; steps++)
        {
            Made first = new(inOnePart), second = new(inOnePart);
            using CancellationTokenSource source = new();
            int left = steps;
            Recorder<TrainingProgress> progress = new(_ =>
            {
                if (--left == 0) source.Cancel();
            });
            // The test images of the epoch at whose last step it is stopped are measured after the stop.
            Assert.Throws<OperationCanceledException>(() => { first.Fit(Epochs, progress: progress, cancellation: source.Token); });
            AssertSame(expected, second.Fit(Epochs, from: second.Take(first)));
            AssertSame(whole, second);
        }
    }

    [Fact]
    public void After_the_last_epoch_and_after_any_other()
    {
        Made whole = new();
        IReadOnlyList<EpochResult> expected = whole.Fit(Epochs);
        for (int epochs = 1; epochs <= Epochs; epochs++)
        {
            Made first = new(), second = new();
            first.Fit(epochs);
            AssertSame(expected, second.Fit(Epochs, from: second.Take(first)));
            AssertSame(whole, second);
        }
    }

    [Fact]
    public void With_the_state_of_any_callback()
    {
        List<TrainingState> inSteps = [], inEpochs = [];
        Made made = new();
        made.Fit(2, progress: new Recorder<TrainingProgress>(_ => inSteps.Add(made.Trainer.State!)), epochResults: new Recorder<EpochResult>(_ => inEpochs.Add(made.Trainer.State!)));
        Assert.Equal([(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)], inSteps.Select(state => (state.Epoch, state.Step)));
        Assert.Equal([1, 2, 3, 4, 5, 6], inSteps.Select(state => state.NetworkSteps));
        Assert.Equal([20, 40, 50, 20, 40, 50], inSteps.Select(state => state.Train.Images));
        Assert.Equal([(2, 0, 1), (3, 0, 2)], inEpochs.Select(state => (state.Epoch, state.Step, state.Results.Count)));
        Assert.All(inEpochs, state => Assert.Equal((default, TimeSpan.Zero), (state.Train, state.Elapsed)));
        Assert.All(inSteps, state => Assert.Equal((state.NetworkSteps, state.NetworkSteps), (state.OptimizerSteps, state.AverageSteps)));
        Assert.True(inSteps[1].Elapsed > inSteps[0].Elapsed);
        Assert.Null(new Made().Trainer.State);
    }

    [Fact]
    public void Time_of_the_epoch_goes_on()
    {
        Made first = new(), second = new();
        first.Fit(1);
        TrainingState state = second.Take(first) with { Elapsed = TimeSpan.FromHours(1), Step = 3, Train = first.Trainer.State!.Results[0].Train, Epoch = 1, Results = [] };
        Assert.InRange(second.Fit(1, from: state)[0].TrainingTime, TimeSpan.FromHours(1), TimeSpan.FromHours(1.5));
    }

    [Fact]
    public void Data_that_cannot_be_read_leave_a_state_to_go_on_from()
    {
        Made whole = new(), first = new(), second = new();
        IReadOnlyList<EpochResult> expected = whole.Fit(Epochs);
        first.Data = new FailingData(first.Data, readings: 5);
        Assert.Throws<IOException>(() => { first.Fit(Epochs); });
        Assert.Equal((2, 2), (first.Trainer.State!.Epoch, first.Trainer.State.Step));
        AssertSame(expected, second.Fit(Epochs, from: second.Take(first)));
        AssertSame(whole, second);
    }

    [Fact]
    public void A_state_of_another_training_is_refused()
    {
        Made made = new();
        made.Fit(1);
        TrainingState state = made.Trainer.State!;
        Expect.Throws<ArgumentException>("the state is of 50 images in minibatches of 20, seed 8; here there are 50 in minibatches of 20, seed 7", () => { made.Fit(2, from: state with { Seed = 8 }); });
        Expect.Throws<ArgumentException>("the state is of 51 images in minibatches of 20, seed 7; here there are 50 in minibatches of 20, seed 7", () => { made.Fit(2, from: state with { Images = 51 }); });
        Expect.Throws<ArgumentException>("the state is of 50 images in minibatches of 19, seed 7; here there are 50 in minibatches of 20, seed 7", () => { made.Fit(2, from: state with { BatchSize = 19 }); });
    }

    private static void AssertSame(Made expected, Made actual)
    {
        Assert.Equal(Numbers(expected), Numbers(actual));
        Assert.Equal(
            (expected.Network.Steps, expected.Trainer.Optimizer.Steps, expected.Trainer.Average!.Steps),
            (actual.Network.Steps, actual.Trainer.Optimizer.Steps, actual.Trainer.Average!.Steps));

        static IEnumerable<int> Numbers(Made made) =>
            made.Tensors().SelectMany(tensor => tensor.Tensor.Span.ToArray()).Select(BitConverter.SingleToInt32Bits);
    }

    private static void AssertSame(IReadOnlyList<EpochResult> expected, IReadOnlyList<EpochResult> actual) =>
        Assert.Equal(expected.Select(result => result with { TrainingTime = default }), actual.Select(result => result with { TrainingTime = default }));

    /// <summary>Everything whose numbers a step changes: momentum, dropout, running means, an average, augmentation, a rate that follows the results.</summary>
    private sealed class Made
    {
        public Made(bool inOnePart = true)
        {
            Sequential layers = [new Conv2d(3, 3), new ReLU()];
            if (inOnePart) layers.Add(new BatchNorm2d());
            layers.Add(new Flatten());
            layers.Add(new Dropout(0.3f));
            layers.Add(new Linear(4));
            Network = layers.Compile(Image, new NetworkOptions { BatchSize = 20 });
            Trainer = new Trainer(Network, new Adam(), new CrossEntropy()) { Average = new WeightAverage(Network.Parameters, 0.8f) };
            Data = new CropAndFlip(ResumeTests.Train, border: 2);
        }

        public Network Network { get; }

        public Trainer Trainer { get; }

        public IDataset Data { get; set; }

        public IReadOnlyList<EpochResult> Fit(
            int epochs, IProgress<TrainingProgress>? progress = null, IProgress<EpochResult>? epochResults = null, TrainingState? from = null,
            CancellationToken cancellation = default) => Trainer.Fit(
                Data, Test, new TrainerOptions { Epochs = epochs, Seed = 7, Schedule = new PlateauDecay(0.01f, 0.5f, patience: 0, threshold: 0.02f), ClipNorm = 1 },
                progress, epochResults, from, cancellation);

        public IEnumerable<NamedTensor> Tensors() =>
        [
            .. Network.Layers.SelectMany(layer => layer.Layer.Parameters.Concat(layer.Layer.State)).Select(p => new NamedTensor(p.Name, p.Value)),
            .. Trainer.Optimizer.State, .. Trainer.Average!.State,
        ];

        /// <summary>Takes over the numbers of another one, and its state by way of its text.</summary>
        public TrainingState Take(Made other)
        {
            Trainer.Optimizer.Prepare(Network.Parameters);
            foreach ((NamedTensor from, NamedTensor to) in other.Tensors().Zip(Tensors())) from.Tensor.Span.CopyTo(to.Tensor.Span);
            return TrainingState.FromJson(JsonNode.Parse(other.Trainer.State!.ToJson().ToJsonString())!.AsObject(), "state");
        }
    }

    private sealed class FailingData(IDataset data, int readings) : IDataset
    {
        private int _left = readings;

        public string Name => data.Name;

        public Shape ImageShape => data.ImageShape;

        public int Count => data.Count;

        public int Classes => data.Classes;

        public void BeginEpoch(int epoch) => data.BeginEpoch(epoch);

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            if (--_left < 0) throw new IOException("cat.png is damaged");
            data.Read(indices, images, labels);
        }
    }
}
