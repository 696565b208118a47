using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>The training loop: it learns, reports, stops when it is told to, and says so when it fails.</summary>
public class TrainerTests
{
    private static readonly Shape Image = new(1, 5, 6);

    [Fact]
    public void LeNet_learns_32_digits_by_heart()
    {
        ByteImages digits = SyntheticDigits.Generate(seed: 1, train: 32, test: 1).Train;
        Network network = LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { BatchSize = 8 });
        Trainer trainer = new(network, new Sgd(momentum: 0.9f), new CrossEntropy());
        IReadOnlyList<EpochResult> epochs = trainer.Fit(digits, digits, new TrainerOptions { Epochs = 30, Schedule = new OneCycle(0.02f) });
        Assert.Equal(1, epochs[^1].Test!.Value.Accuracy);
        Assert.Equal(1, trainer.Evaluate(digits).Accuracy);
        Assert.InRange(epochs[^1].Train.MeanLoss, 0, epochs[0].Train.MeanLoss / 20);
    }

    [Fact]
    public void Every_epoch_has_a_result()
    {
        TensorDataset train = Some.Images(21, Image, 3), test = Some.Images(7, Image, 3, seed: 2);
        Recorder<EpochResult> reported = new();
        StepDecay schedule = new(0.1f, epochs: 2, factor: 0.5f);
        IReadOnlyList<EpochResult> epochs = Make(batchSize: 8).Fit(train, test, new TrainerOptions { Epochs = 4, Schedule = schedule }, epochs: reported);
        Assert.Equal(reported.Reports, epochs);
        Assert.Equal([1, 2, 3, 4], epochs.Select(e => e.Epoch));
        Assert.Equal([0.1f, 0.1f, 0.05f, 0.05f], epochs.Select(e => e.LearningRate));
        Assert.All(epochs, e => Assert.Equal((21, 7), (e.Train.Images, e.Test!.Value.Images)));
        Assert.All(epochs, e => Assert.True(e.TrainingTime > TimeSpan.Zero && e.ImagesPerSecond > 0));
        Assert.All(epochs.Zip(epochs.Skip(1)), pair => Assert.True(pair.Second.Train.Loss < pair.First.Train.Loss));
    }

    [Fact]
    public void Without_test_images_there_is_no_test_result() =>
        Assert.All(Make(8).Fit(Some.Images(9, Image, 3), null, new TrainerOptions { Epochs = 2 }), e => Assert.Null(e.Test));

    [Fact]
    public void Every_step_is_reported()
    {
        Recorder<TrainingProgress> progress = new();
        IReadOnlyList<EpochResult> epochs = Make(8).Fit(Some.Images(21, Image, 3), null, new TrainerOptions { Epochs = 2 }, progress);
        Assert.Equal(
            [(1, 1, 3, 8), (1, 2, 3, 16), (1, 3, 3, 21), (2, 1, 3, 8), (2, 2, 3, 16), (2, 3, 3, 21)],
            progress.Reports.Select(p => (p.Epoch, p.Step, p.Steps, p.Train.Images)));
        Assert.Equal(epochs.Select(e => e.Train), progress.Reports.Where(p => p.Step == p.Steps).Select(p => p.Train));
        Assert.True(progress.Reports[0].Elapsed > TimeSpan.Zero && progress.Reports[1].Elapsed > progress.Reports[0].Elapsed);
    }

    [Fact]
    public void Every_image_is_read_once_an_epoch_in_an_order_of_its_own()
    {
        static int[][] Epochs(long seed)
        {
            RecordingData data = new(Some.Images(21, Image, 3));
            Make(batchSize: 8).Fit(data, null, new TrainerOptions { Epochs = 3, Seed = seed });
            return [.. data.Order.Chunk(21)];
        }

        int[][] epochs = Epochs(seed: 1);
        Assert.Equal(3, epochs.Length);
        Assert.All(epochs, order => Assert.Equal(Some.Indices(21), order.Order()));
        Assert.Equal(4, epochs.Append(Some.Indices(21)).Select(order => string.Join(' ', order)).Distinct().Count());
        Assert.Equal(epochs, Epochs(seed: 1));
        Assert.NotEqual(epochs, Epochs(seed: 2));
    }

    [Fact]
    public void Cancelling_lets_the_step_finish()
    {
        TensorDataset data = Some.Images(40, Image, 3);
        (Network network, Trainer trainer) = MakeBoth(batchSize: 8, new Tanh());
        float[] afterThirdStep = [];
        using CancellationTokenSource source = new();
        Recorder<TrainingProgress> progress = new(p =>
        {
            if (p.Step != 3) return;
            afterThirdStep = Some.Weights(network);
            source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => { trainer.Fit(data, data, new TrainerOptions(), progress, cancellation: source.Token); });
        Assert.Equal(3, progress.Reports.Count);
        Assert.Equal(afterThirdStep, Some.Weights(network));
        Assert.All(afterThirdStep, w => Assert.True(float.IsFinite(w)));
        Assert.Throws<OperationCanceledException>(() => { trainer.Evaluate(data, source.Token); });
        // The network is whole: it can go on.
        Assert.Equal(40, trainer.Fit(data, null, new TrainerOptions { Epochs = 1 })[0].Train.Images);
    }

    [Fact]
    public void Divergence_is_an_error_that_names_step_and_rate()
    {
        Trainer trainer = MakeBoth(batchSize: 8, new ReLU()).Trainer;
        DivergenceException error = Assert.Throws<DivergenceException>(() =>
        {
            trainer.Fit(Some.Images(40, Image, 3), null, new TrainerOptions { Schedule = new ConstantRate(1e30f) });
        });
        Assert.Matches(
            "^the loss is (NaN|∞|Infinity) in step [2-5] of epoch 1: training has diverged; try a learning rate below 1E\\+30$", error.Message);
    }

    // x = 1; a₁ = 10²⁰, a₂ = 10²⁰·10⁻²⁰ = 1, z = 10¹⁹; but ∂loss/∂w₂ = δ·w₃·a₁ = 10³⁹.
    [Fact]
    public void Gradients_beyond_what_a_float_can_hold_end_training_before_the_step()
    {
        Network network = new Sequential { new Linear(1), new Linear(1), new Linear(2) }.Compile(new Shape(1), new NetworkOptions { BatchSize = 1 });
        float[][] weights = [[1e20f], [0], [1e-20f], [0], [1e19f, 0], [0, 0]];
        for (int i = 0; i < weights.Length; i++) weights[i].CopyTo(network.Parameters[i].Value.Span);
        Trainer trainer = new(network, new Sgd(), new CrossEntropy());
        TensorDataset one = new("one", Tensor.From(new Shape(1, 1), [1]), [1], 2);
        DivergenceException error = Assert.Throws<DivergenceException>(() => trainer.Fit(one, null, new TrainerOptions()));
        Assert.Equal("gradients of a loss of 1E+19 are not finite in step 1 of epoch 1: training has diverged; try a learning rate below 0.01", error.Message);
        Assert.Equal((1, 1, 0.01f), (error.Epoch, error.Step, error.LearningRate));
        Assert.Equal(weights[2], network.Parameters[2].Value.Span);
    }

    [Fact]
    public void Clipped_gradients_move_weights_no_farther_than_the_rate_times_the_limit()
    {
        TensorDataset data = Some.Images(8, Image, 3);
        (Network network, Trainer trainer) = MakeBoth(batchSize: 8, new Tanh());
        float[] before = Some.Weights(network);
        trainer.Fit(data, null, new TrainerOptions { Epochs = 1, Schedule = new ConstantRate(1), ClipNorm = 1e-3f });
        float[] after = Some.Weights(network);
        Assert.Equal(1e-3, Math.Sqrt(before.Zip(after, (b, a) => ((double)b - a) * ((double)b - a)).Sum()), 2e-6);
        trainer.Fit(data, null, new TrainerOptions { Epochs = 1, Schedule = new ConstantRate(1), ClipValue = 1e-3f });
        Assert.Equal(1e-3, after.Zip(Some.Weights(network), (b, a) => Math.Abs((double)b - a)).Max(), 1e-6);
    }

    [Fact]
    public void Averaged_weights_are_tested_and_the_last_ones_are_left()
    {
        TensorDataset train = Some.Images(24, Image, 3), test = Some.Images(15, Image, 3, seed: 2);
        (Network plain, Trainer plainTrainer) = MakeBoth(batchSize: 8, new Tanh());
        TrainerOptions options = new() { Epochs = 2, Schedule = new ConstantRate(0.3f) };
        IReadOnlyList<EpochResult> plainEpochs = plainTrainer.Fit(train, test, options);

        (Network network, _) = MakeBoth(batchSize: 8, new Tanh());
        WeightAverage average = new(network.Parameters, 0.9f);
        Trainer trainer = new(network, new Sgd(), new CrossEntropy()) { Average = average };
        IReadOnlyList<EpochResult> epochs = trainer.Fit(train, test, options);
        Assert.Equal(Some.Weights(plain), Some.Weights(network));
        Assert.Equal(plainEpochs.Select(e => e.Train), epochs.Select(e => e.Train));
        Assert.All(plainEpochs.Zip(epochs), pair => Assert.NotEqual(pair.First.Test!.Value.Loss, pair.Second.Test!.Value.Loss));
        Assert.Equal(6, average.Steps);
        average.Swap();
        Assert.Equal(epochs[^1].Test, trainer.Evaluate(test));
    }

    [Fact]
    public void A_plateau_slows_training_down()
    {
        TensorDataset data = Some.Images(9, Image, 3);
        // No loss falls by nine tenths.
        PlateauDecay schedule = new(0.1f, 0.5f, patience: 1, threshold: 0.9f);
        IReadOnlyList<EpochResult> epochs = Make(8).Fit(data, data, new TrainerOptions { Epochs = 5, Schedule = schedule });
        Assert.Equal([0.1f, 0.1f, 0.1f, 0.05f, 0.05f], epochs.Select(e => e.LearningRate));
    }

    [Fact]
    public void Data_that_do_not_fit_are_refused()
    {
        Expect.Throws<ArgumentException>("random has images of 1×5×5, the network takes 1×5×6",
            () => { Make(8).Fit(Some.Images(9, new Shape(1, 5, 5), 3), null, new TrainerOptions()); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { Make(8).Fit(Some.Images(9, Image, 3), null, new TrainerOptions { Epochs = 0 }); });
        Assert.Throws<ArgumentNullException>(() => { Make(8).Fit(null!, null, new TrainerOptions()); });
    }

    private static Trainer Make(int batchSize) => MakeBoth(batchSize, new Tanh()).Trainer;

    private static (Network Network, Trainer Trainer) MakeBoth(int batchSize, ActivationLayer activation)
    {
        Sequential layers = [new Flatten(), new Linear(12), activation, new Linear(3)];
        Network network = layers.Compile(Image, new NetworkOptions { BatchSize = batchSize });
        return (network, new Trainer(network, new Sgd(), new CrossEntropy()));
    }
}
