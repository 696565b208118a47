using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Runs;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary>Planted faults are found, and healthy trainings left in peace.</summary>
public class DoctorTests
{
    private const float Rate = 0.05f;

    [Fact]
    public void A_healthy_training_gives_no_finding()
    {
        Network network = Patterns.Compile();
        Sgd sgd = new(momentum: 0.9f);
        TensorDataset train = Patterns.Images(640), held = Patterns.Images(160, seed: 2);
        Patient patient = new() { Network = network, Train = train, Optimizer = sgd, LearningRate = Rate };
        Assert.Empty(Doctor.Examine(patient)); // before it begins
        List<MetricsLine> epochs = Patterns.Train(network, sgd, train, held, 4, Rate);
        Assert.True(epochs[^1].ValidationAccuracy > 0.95, $"{epochs[^1]}");
        Assert.Empty(Doctor.Examine(patient with { Epochs = epochs }));
    }

    [Fact]
    public void One_with_normalised_batches_neither()
    {
        Network network = new Sequential { new Conv2d(8, 3, padding: 1), new BatchNorm2d(), new ReLU(), new MaxPool2d(2), new Flatten(), new Dropout(0.2f), new Linear(Patterns.Classes) }
            .Compile(Patterns.Image, new NetworkOptions { BatchSize = 48 });
        Adam adam = new();
        TensorDataset train = Patterns.Images(640);
        List<MetricsLine> epochs = Patterns.Train(network, adam, train, Patterns.Images(160, seed: 2), 4, 0.003f);
        Assert.Empty(Doctor.Examine(new Patient { Network = network, Train = train, Optimizer = adam, LearningRate = 0.003f, Epochs = epochs }));
    }

    [Fact]
    public void A_weight_that_is_no_number_is_traced()
    {
        Network network = Patterns.Compile();
        network.Parameters[2].Value.Span[3] = float.NaN;
        Finding finding = Assert.Single(Examine(network));
        Assert.Equal((Severity.Problem, "Not finite: the weight of \"conv2\""), (finding.Severity, finding.Title));
        Assert.Contains("the training has diverged", finding.Text, StringComparison.Ordinal);
        Assert.Contains("learning rate", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_is_no_number_is_traced()
    {
        TensorDataset train = Patterns.Images(64);
        Tensor images = Tensor.Zeros(Patterns.Image.Prepend(64));
        train.Read([.. Enumerable.Range(0, 64)], images.Span, new int[64]);
        images.Span[100] = float.PositiveInfinity;
        Finds("Not finite: the images", new Patient { Network = Patterns.Compile(), Train = new TensorDataset("data", images, [.. Enumerable.Range(0, 64).Select(n => n % 4)], 4) });
    }

    // Before it has diverged, by the first step; afterwards, by what is left.
    [Fact]
    public void A_learning_rate_of_100_is_found()
    {
        Network network = Patterns.Compile();
        Finding finding = Assert.Single(Examine(network, rate: 100));
        Assert.Equal((Severity.Problem, "Steps are too large"), (finding.Severity, finding.Title));
        Assert.Contains("at a learning rate of 100", finding.Text, StringComparison.Ordinal);
        Record.Exception(() => Patterns.Train(network, new Sgd(), Patterns.Images(640), null, 9, 100));
        finding = Examine(network, rate: 100)[0];
        Assert.Equal(Severity.Problem, finding.Severity);
        Assert.True(finding.Title.StartsWith("Not finite", StringComparison.Ordinal) || finding.Title == "ReLUs are dead", finding.Title);
    }

    [Fact]
    public void Steps_that_change_nothing_are_found() => Finds("Steps are too small", Of(Patterns.Compile(), rate: 1e-9f));

    [Fact]
    public void Dead_units_are_found()
    {
        Network network = Patterns.Compile();
        network.Parameters[5].Value.Span.Fill(-1000); // the biases of fc1
        Finding finding = Finds("ReLUs are dead", Of(network));
        Assert.Equal(Severity.Problem, finding.Severity);
        Assert.Contains("100 % of relu3", finding.Text, StringComparison.Ordinal);
        network.Parameters[5].Value.Span[..6].Clear();
        Assert.Equal(Severity.Warning, Finds("ReLUs are dead", Of(network)).Severity);
    }

    // One of two channels may be dead by chance.
    [Fact]
    public void Dead_units_of_a_few_are_left_in_peace()
    {
        Network network = new Sequential { new Conv2d(2, 3), new ReLU(), new Flatten(), new Linear(24), new ReLU(), new Linear(Patterns.Classes) }
            .Compile(Patterns.Image, new NetworkOptions { BatchSize = 16 });
        network.Parameters[1].Value.Span[0] = -1000;
        Assert.Empty(Examine(network));
        network.Parameters[1].Value.Span[1] = -1000;
        Finds("ReLUs are dead", Of(network));
    }

    // The longest steps are the first ones; later, less is too much.
    [Fact]
    public void Steps_are_judged_by_when_they_are_made()
    {
        Patient fresh = Of(Patterns.Compile(), rate: 0.8f);
        Assert.Empty(Doctor.Examine(fresh));
        Assert.Equal(Severity.Warning, Finds("Steps are too large", fresh with { Epochs = [Patterns.Epoch(1, 1.2, 0.5)] }).Severity);
    }

    [Fact]
    public void Deltas_that_vanish_in_twelve_sigmoids_are_found()
    {
        Finding finding = Finds("Deltas vanish", Of(Deep(() => new Sigmoid(), 1)));
        Assert.Contains("at fc13 and", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Deltas_that_explode_are_found() => Finds("Deltas explode", Of(Deep(() => new ReLU(), 4)));

    [Fact]
    public void Saturated_activations_are_found() => Finds("Activations are saturated", Of(Deep(() => new Tanh(), 100)));

    [Fact]
    public void Weights_without_gradient_are_found()
    {
        Network network = Patterns.Compile();
        network.Parameters[6].Value.Span.Clear(); // the weight of fc2
        Finding finding = Finds("Weights without a gradient", Of(network));
        Assert.Contains("conv1.weight, conv2.weight, fc1.weight", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Shuffled_labels_are_found()
    {
        Network network = Patterns.Compile();
        TensorDataset train = Patterns.Images(640, shuffled: true);
        List<MetricsLine> epochs = Patterns.Train(network, new Sgd(), train, Patterns.Images(160, seed: 2), 3, 0.005f);
        Finding finding = Finds("Nothing is learnt", new Patient { Network = network, Train = train, Epochs = epochs });
        Assert.Contains("Check that labels belong to their images", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_learnt_by_heart_are_found()
    {
        Network network = Patterns.Compile();
        TensorDataset train = Patterns.Images(64, shuffled: true);
        List<MetricsLine> epochs = Patterns.Train(network, new Adam(), train, Patterns.Images(160, seed: 2, shuffled: true), 60, 0.003f);
        Assert.True(epochs[^1].TrainAccuracy > 0.6, $"{epochs[^1]}");
        Finds("Nothing holds for new images", new Patient { Network = network, Train = train, Epochs = epochs });
    }

    [Fact]
    public void A_wrong_mean_is_found()
    {
        Finding finding = Finds("Images are not normalised", new Patient { Network = Patterns.Compile(), Train = Patterns.Images(640, mean: 3) });
        Assert.Contains("Channel 0 has the mean 3", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_preprocessing_than_the_models_is_found()
    {
        Preprocessing model = new(Patterns.Image, new Normalization([0.5f], [0.25f])), data = new(Patterns.Image, new Normalization([0.13f], [0.31f]));
        Assert.Empty(Doctor.Examine(new Patient { Train = new Described(data, null), Preprocessing = data }));
        Finding finding = Finds("Images are prepared otherwise than the model wants", new Patient { Train = new Described(data, null), Preprocessing = model });
        Assert.Contains("1×8×8 with mean 0.5 and deviation 0.25", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_and_classes_that_do_not_fit_are_found()
    {
        string[] right = ["a", "b", "c", "d"];
        Assert.Empty(Doctor.Examine(new Patient { Train = new Described(null, right), ClassNames = right }));
        Finding names = Finds("Class names of the model and of the data differ", new Patient { Train = new Described(null, right), ClassNames = ["a", "c", "b", "d"] });
        Assert.Contains("Class 1 is \"c\" in the model and \"b\" in patterns", names.Text, StringComparison.Ordinal);
        Finding range = Finds("A label is not one of the classes", new Patient { Network = Patterns.Compile(), Train = new Described(null, null, labelsFrom: 1) });
        Assert.Contains("Image 3 of patterns has the label 4; the classes are 0 to 3", range.Text, StringComparison.Ordinal);
        Finds("Classes of the network and of the data differ", Of(Patterns.Compile(classes: 3)));
        Assert.Equal(Severity.Warning, Finds("Classes of the network and of the data differ", Of(Patterns.Compile(classes: 6))).Severity);
    }

    [Fact]
    public void Uneven_classes_are_found()
    {
        Tensor images = Tensor.Zeros(Patterns.Image.Prepend(640));
        Patterns.Images(640).Read([.. Enumerable.Range(0, 640)], images.Span, new int[640]);
        int[] labels = [.. Enumerable.Range(0, 640).Select(n => n % 16 == 3 ? 3 : n % 3)];
        Finds("Classes are very uneven", new Patient { Train = new TensorDataset("data", images, [.. labels.Select(label => label == 3 ? 0 : label)], 4) });
        Assert.Empty(Doctor.Examine(new Patient { Train = new TensorDataset("data", images, labels, 4) }));
    }

    [Fact]
    public void A_network_that_guesses_one_class_is_found()
    {
        Network network = Patterns.Compile();
        network.Parameters[^1].Value.Span[2] = 1000;
        Finding finding = Finds("Only one class is guessed", Of(network) with { Epochs = [Patterns.Epoch(1, 1.2, 0.5)] });
        Assert.Contains("taken for class 2", finding.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Overfitting", "2 0.5 1.5 0.5; 1 0.8 0.9 0.7; 0.3 0.9 0.8 0.75; 0.1 0.97 1.2 0.74; 0.01 1 1.6 0.74")]
    [InlineData("Overfitting", "2 0.5 1.5 0.5; 0.5 0.9 0.2 0.93; 0.1 0.98 0.25 0.93; 0.01 1 0.4 0.93")]
    [InlineData("The loss grows", "1.3 0.5; 1.2 0.5; 1.6 0.4")]
    [InlineData("The loss jumps", "1.3 0.5; 1.0 0.6; 1.2 0.5; 0.9 0.7; 1.1 0.6; 0.8 0.7")]
    [InlineData("The loss is no number", "1.3 0.5; 1.2 0.5; NaN 0")]
    [InlineData("The loss begins high", "7 0.5; 1.2 0.6; 0.8 0.9")]
    [InlineData(null, "1.3 0.5 0.9 0.7; 0.5 0.8 0.4 0.85; 0.2 0.95 0.25 0.93; 0.21 0.95 0.24 0.93; 0.1 0.99 0.24 0.94")]
    public void Histories_are_read(string? title, string history)
    {
        MetricsLine[] epochs = [.. history.Split("; ").Select((line, i) =>
        {
            double[] numbers = Array.ConvertAll(line.Split(' '), number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture));
            return Patterns.Epoch(i + 1, numbers[0], numbers[1], numbers.Length > 2 ? numbers[2] : null, numbers.Length > 3 ? numbers[3] : null);
        })];
        Assert.Equal(title is null ? [] : [title], Doctor.Examine(Of(Patterns.Compile()) with { Epochs = epochs }).Select(finding => finding.Title));
    }

    private static Patient Of(Network network, float rate = Rate) => new() { Network = network, Train = Patterns.Images(640), Optimizer = new Sgd(), LearningRate = rate };

    private static IReadOnlyList<Finding> Examine(Network network, float rate = Rate) => Doctor.Examine(Of(network, rate));

    /// <summary>That something is found, first of all, and that it is told in words.</summary>
    private static Finding Finds(string title, Patient patient)
    {
        IReadOnlyList<Finding> findings = Doctor.Examine(patient);
        Finding finding = Assert.Single(findings, finding => finding.Title == title);
        Assert.True(finding.Text.Length > 30 && finding.Advice.Length > 10 && finding.Text.EndsWith('.') && finding.Advice[^1] is '.' or '?', $"{finding}");
        Assert.Equal(findings.OrderByDescending(one => one.Severity), findings);
        return finding;
    }

    /// <summary>Thirteen fully connected layers with twelve activations between them, and weights times a factor.</summary>
    private static Network Deep(Func<Layer> activation, float factor)
    {
        Sequential layers = [new Flatten()];
        for (int i = 0; i < 12; i++)
        {
            layers.Add(new Linear(24));
            layers.Add(activation());
        }
        layers.Add(new Linear(Patterns.Classes));
        Network network = layers.Compile(Patterns.Image, new NetworkOptions { BatchSize = 16 });
        foreach (Parameter parameter in network.Parameters)
            if (parameter.Name == "weight")
                foreach (ref float weight in parameter.Value.Span) weight *= factor;
        return network;
    }

    /// <summary>Patterns that say how they were prepared and what they are called.</summary>
    private sealed class Described(Preprocessing? preprocessing, IReadOnlyList<string>? names, int labelsFrom = 0) : IDataset
    {
        private readonly TensorDataset _images = Patterns.Images(640);

        public string Name => _images.Name;

        public Shape ImageShape => _images.ImageShape;

        public int Count => _images.Count;

        public int Classes => _images.Classes;

        public IReadOnlyList<string>? ClassNames => names;

        public Preprocessing? Preprocessing => preprocessing;

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            _images.Read(indices, images, labels);
            for (int i = 0; i < indices.Length; i++) labels[i] += labelsFrom;
        }
    }
}
