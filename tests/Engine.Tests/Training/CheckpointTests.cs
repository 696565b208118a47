using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Models;
using CnnEngine.Optimizers;
using CnnEngine.Serialization;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>A training in a file: it goes on with the same bits, and a file that does not fit changes nothing.</summary>
public sealed class CheckpointTests : IDisposable
{
    private static readonly Shape Image = new(1, 6, 7);
    private static readonly TensorDataset Data = Some.Images(20, Image, 3), TestData = Some.Images(9, Image, 3, seed: 2);
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public CheckpointTests() => _path = _folder.File("last.safetensors");

    public static TheoryData<string> Optimizers { get; } = ["sgd", "momentum", "adamw", "rmsprop", "adagrad"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Training_goes_on_from_a_file(string optimizer)
    {
        Trainer whole = Make(optimizer), first = Make(optimizer), second = Make(optimizer);
        IReadOnlyList<EpochResult> expected = Fit(whole);
        // Saved in the middle of the second epoch and at the end of the third; the later one takes the earlier one's place.
        Assert.Throws<OperationCanceledException>(() => { Fit(first, 2, 1); });
        Checkpoint.Save(_path, first, Manifest(first));
        Assert.Equal((2, 1), (Checkpoint.ReadState(_path).Epoch, Checkpoint.ReadState(_path).Step));
        TrainingState state = Checkpoint.Load(_path, second);
        Assert.Equal((4, 4, 4), (second.Network.Steps, second.Optimizer.Steps, second.Average!.Steps));
        Assert.Throws<OperationCanceledException>(() => { Fit(second, 3, 3, state); });
        Checkpoint.Save(_path, second, Manifest(second));

        Trainer third = Make(optimizer);
        IReadOnlyList<EpochResult> results = Fit(third, from: Checkpoint.Load(_path, third));
        Assert.Equal(expected.Select(r => (r.Epoch, r.Train, r.Test, r.LearningRate)), results.Select(r => (r.Epoch, r.Train, r.Test, r.LearningRate)));
        Checkpoint.Save(_path, whole, Manifest(whole));
        string other = _folder.File("other.safetensors");
        Checkpoint.Save(other, third, Manifest(third));
        AssertSameTensors(_path, other);
        Assert.Equal(["last.safetensors", "other.safetensors"], _folder.Files());
    }

    [Fact]
    public void A_checkpoint_is_a_model()
    {
        Trainer trainer = Make("momentum");
        Fit(trainer);
        Checkpoint.Save(_path, trainer, Manifest(trainer) with { Classes = ["a", "b", "c"] });
        Network network = ModelFile.Load(_path, new NetworkOptions { Training = false }, out ModelManifest manifest);
        Assert.Equal(["a", "b", "c"], manifest.Classes);
        Assert.Equal(Some.Weights(trainer.Network), Some.Weights(network));
    }

    [Fact]
    public void The_model_of_an_epoch_has_the_weights_that_were_tested()
    {
        Trainer trainer = Make("adamw");
        EpochResult last = Fit(trainer)[^1];
        float[] weights = Some.Weights(trainer.Network);
        Checkpoint.SaveModel(_path, trainer, Manifest(trainer));
        Assert.Equal(weights, Some.Weights(trainer.Network));
        Network network = ModelFile.Load(_path, new NetworkOptions { BatchSize = 8 }, out ModelManifest manifest);
        Assert.NotEqual(weights, Some.Weights(network));
        Assert.Equal(last.Test, new Trainer(network, new Sgd(), new CrossEntropy()).Evaluate(TestData));
        Assert.Null(manifest.Training);
        Expect.Throws<InvalidDataException>($"{_path}: this is a model, but no checkpoint: its manifest says nothing of a training", () => Checkpoint.Load(_path, trainer));
    }

    [Fact]
    public void A_file_of_another_training_is_refused_and_changes_nothing()
    {
        Trainer saved = Make("momentum");
        Fit(saved);
        Checkpoint.Save(_path, saved, Manifest(saved));

        AssertRefused(Make("sgd"), "the optimiser was \"SGD, momentum 0.9\"; here it is \"SGD, momentum 0\"");
        AssertRefused(Make("momentum", batchSize: 7), "a minibatch had 8 images; here it has 7");
        AssertRefused(Make("momentum", outputs: 4), "it was saved by another network (");
        AssertRefused(Make("momentum", hasAverage: false), "the network lacks the file's \"average/0.average\"");

        void AssertRefused(Trainer trainer, string message)
        {
            float[] before = Some.Weights(trainer.Network);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Checkpoint.Load(_path, trainer));
            Assert.StartsWith($"{_path}: {message}", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, Some.Weights(trainer.Network));
            Assert.Equal((0, 0), (trainer.Network.Steps, trainer.Optimizer.Steps));
        }
    }

    [Fact]
    public void A_file_that_lies_is_refused_and_changes_nothing()
    {
        Trainer saved = Make("momentum");
        Fit(saved);
        TrainingState state = saved.State!;
        ModelManifest manifest = Manifest(saved);
        List<NamedTensor> tensors =
        [
            .. saved.Optimizer.State.Select(s => s with { Name = "optimizer/" + s.Name }),
            .. saved.Average!.State.Select(s => s with { Name = "average/" + s.Name }),
        ];
        ModelFile.Write(_path, saved.Network, manifest with { Training = state.ToJson() }, tensors);
        Checkpoint.Load(_path, Make("momentum"));
        // What others keep beside it is passed over.
        ModelFile.Write(_path, saved.Network, manifest with { Training = state.ToJson() }, [.. tensors, new("notes/1", Tensor.Zeros(new Shape(3)))]);
        Checkpoint.Load(_path, Make("momentum"));

        AssertRefused("the file lacks the network's \"optimizer/0.velocity\"", state.ToJson(), tensors[1..]);
        AssertRefused("tensor \"optimizer/0.velocity\" has shape 3, the network's is 2×1×3×3", state.ToJson(), [tensors[0] with { Tensor = Tensor.Zeros(new Shape(3)) }, .. tensors[1..]]);
        AssertRefused("the network lacks the file's \"optimizer/9.velocity\"", state.ToJson(), [.. tensors, new("optimizer/9.velocity", Tensor.Zeros(new Shape(3)))]);
        JsonObject impossible = state.ToJson();
        impossible["step"] = 99;
        AssertRefused("the training's state is impossible: step is 99; it must be 0 to 3", impossible, tensors);
        AssertRefused("the training's state cannot be read: ", new JsonObject { ["epoch"] = 1 }, tensors);

        void AssertRefused(string message, JsonObject training, List<NamedTensor> more)
        {
            Trainer trainer = Make("momentum");
            float[] before = Some.Weights(trainer.Network);
            ModelFile.Write(_path, saved.Network, manifest with { Training = training }, more);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Checkpoint.Load(_path, trainer));
            Assert.StartsWith($"{_path}: {message}", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, Some.Weights(trainer.Network));
        }
    }

    [Fact]
    public void There_is_nothing_to_save_before_the_first_step() =>
        Expect.Throws<InvalidOperationException>("there is no state before a training has begun", () => Checkpoint.Save(_path, Make("sgd"), Manifest(Make("sgd"))));

    private static Trainer Make(string optimizer, int batchSize = 8, int outputs = 3, bool hasAverage = true)
    {
        Sequential layers = [new Conv2d(2, 3), new BatchNorm2d(), new ReLU(), new Flatten(), new Dropout(0.2f), new Linear(outputs)];
        Network network = layers.Compile(Image, new NetworkOptions { BatchSize = batchSize });
        Optimizer made = optimizer switch
        {
            "sgd" => new Sgd(),
            "momentum" => new Sgd(0.9f),
            "adamw" => new AdamW(),
            "rmsprop" => new RmsProp(momentum: 0.9f, centered: true),
            _ => new Adagrad(0.1f),
        };
        return new Trainer(network, made, new CrossEntropy()) { Average = hasAverage ? new WeightAverage(network.Parameters, 0.9f) : null };
    }

    private static ModelManifest Manifest(Trainer trainer) =>
        new() { Model = ModelDescription.Of(new Sequential { new Conv2d(2, 3), new BatchNorm2d(), new ReLU(), new Flatten(), new Dropout(0.2f), new Linear(trainer.Network.OutputShape[0]) }.ToGraph(), Image) };

    private static IReadOnlyList<EpochResult> Fit(Trainer trainer, int stopEpoch = 0, int stopStep = 0, TrainingState? from = null)
    {
        using CancellationTokenSource source = new();
        Recorder<TrainingProgress> progress = new(p =>
        {
            if ((p.Epoch, p.Step) == (stopEpoch, stopStep)) source.Cancel();
        });
        return trainer.Fit(Data, TestData, new TrainerOptions { Epochs = 4, Schedule = new OneCycle(0.05f) }, progress, from: from, cancellation: source.Token);
    }

    private static void AssertSameTensors(string expected, string actual)
    {
        using SafetensorsFile one = SafetensorsFile.Open(expected), two = SafetensorsFile.Open(actual);
        Assert.Equal(one.Entries, two.Entries);
        Assert.Equal(one.Metadata["sha256"], two.Metadata["sha256"]);
    }
}
