using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Graphs;

/// <summary>Networks of several outputs: what they compute, whose gradients count, which of them inference leaves out.</summary>
public sealed class OutputsTests : IDisposable
{
    private const int Images = 5, Classes = 4;

    private static readonly Shape Image = new(2, 7, 6);

    // One layout, so that bits can be compared: networks of several outputs have no other.
    private static readonly NetworkOptions Options = new() { BatchSize = Images, Layout = BatchLayout.Nchw };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_output_in_the_middle_is_what_a_network_that_ends_there_computes()
    {
        Graph graph = new();
        Value middle = Trunk(graph);
        graph.Add(new Conv2d(3, 2), middle);
        graph.AddOutput(middle);
        Graph shorter = new();
        Trunk(shorter);
        Network both = graph.Compile(Image, Options), one = shorter.Compile(Image, Options);
        float[] images = Numbers(Images * Image.Length);

        both.Predict(images, new float[Images * both.OutputShape.Length]);
        float[] expected = new float[Images * one.OutputShape.Length];
        one.Predict(images, expected);
        Assert.Equal((2, one.OutputShape), (both.OutputCount, both.OutputShapeOf(1)));
        Assert.Equal(expected, both.OutputsOf(1).ToArray());
    }

    [Fact]
    public void Gradients_of_all_outputs_add_up()
    {
        Graph graph = new();
        Value middle = Trunk(graph);
        graph.Add(new Conv2d(3, 2), middle);
        graph.AddOutput(middle);
        Graph shorter = new();
        Trunk(shorter);
        Network both = graph.Compile(Image, Options), one = shorter.Compile(Image, Options);
        float[] images = Numbers(Images * Image.Length), upstream = Numbers(Images * both.OutputShape.Length), further = Numbers(Images * one.OutputShape.Length);

        float[] sum = Gradients(both, images, (0, upstream), (1, further));
        float[] first = Gradients(both, images, (0, upstream)), second = Gradients(both, images, (1, further)), alone = Gradients(one, images, (0, further));
        Assert.Equal(alone, second[..alone.Length]);
        Assert.All(second[alone.Length..], gradient => Assert.Equal(0, gradient));
        Assert.Contains(first, gradient => gradient != 0);
        for (int i = 0; i < sum.Length; i++) Assert.Equal(first[i] + second[i], sum[i], 1e-4f);
    }

    [Fact]
    public void An_auxiliary_outputs_loss_counts_by_its_weight()
    {
        Network network = WithAuxiliary().Compile(Image, Options);
        TensorDataset data = Some.Images(Images, Image, Classes);
        BatchResult result = network.Backpropagate(data, Some.Indices(Images), new CrossEntropy());
        float[] gradients = Some.Gradients(network);

        float[] images = new float[Images * Image.Length];
        int[] labels = new int[Images];
        data.Read(Some.Indices(Images), images, labels);
        BatchResult byHand = network.Backpropagate(images, (in LossStep step) =>
        {
            ReadOnlySpan<int> some = labels.AsSpan(step.FirstImage, step.Images);
            CrossEntropy loss = new();
            return loss.Run(new Shape(Classes), step.Output(), some, step.Scale, step.OutputGradient())
                + (0.3f * loss.Run(new Shape(Classes), step.Output(1), some, 0.3f * step.Scale, step.OutputGradient(1)));
        });
        Assert.Equal(gradients, Some.Gradients(network));
        Assert.Equal(byHand.Loss, result.Loss, 1e-5);
    }

    [Fact]
    public void Inference_leaves_auxiliary_outputs_out_and_takes_the_trained_weights()
    {
        Network trained = WithAuxiliary().Compile(Image, Options with { Seed = 2 });
        string path = _folder.File("weights.safetensors");
        trained.Save(path);
        Network inference = WithAuxiliary().Compile(Image, Options with { Training = false });
        inference.Load(path);
        Assert.Equal((2, 1), (trained.OutputCount, inference.OutputCount));
        Assert.Equal(["conv1", "relu1", "flatten2", "fc2"], inference.Layers.Select(layer => layer.Name));

        float[] images = Numbers(Images * Image.Length), expected = new float[Images * Classes], outputs = new float[Images * Classes];
        trained.Predict(images, expected);
        inference.Predict(images, outputs);
        Assert.Equal(expected, outputs);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Graph graph = new();
        Value value = Trunk(graph);
        graph.AddOutput(value);
        Expect.Throws<ArgumentException>("the value is an output already", () => graph.AddAuxiliary(value, 1));
        Expect.Throws<ArgumentException>("the output belongs to another graph", () => new Graph().AddOutput(value));
        Assert.Throws<ArgumentOutOfRangeException>(() => graph.AddAuxiliary(graph.Input, 0));

        Graph unequal = new();
        Value small = unequal.Add(new Linear(3) { Name = "small" }, unequal.Input);
        unequal.Add(new Linear(4), unequal.Input);
        unequal.AddAuxiliary(small, 0.5f);
        Expect.Throws<ArgumentException>("the auxiliary output of \"small\" is 3; its loss is that of the last output, 4", () => unequal.Compile(new Shape(7)));

        Network network = WithAuxiliary().Compile(Image, new() { BatchSize = 2 });
        Expect.Throws<ArgumentException>("100 numbers are not 1 to 2 images of 2×7×6", () => network.Backpropagate(new float[100], (in LossStep _) => 0));
        Network inference = WithAuxiliary().Compile(Image, new() { BatchSize = 2, Training = false });
        Assert.Throws<InvalidOperationException>(() => inference.Backpropagate(new float[Image.Length], (in LossStep _) => 0));
    }

    [Fact]
    public void A_loss_that_wants_other_labels_than_the_data_has_is_refused()
    {
        Network network = new Sequential { new Conv2d(Classes, 1) }.Compile(Image, new() { BatchSize = 2 });
        Expect.Throws<ArgumentException>("random has 1 labels an image; PixelCrossEntropy of outputs 4×7×6 takes 42",
            () => network.Backpropagate(Some.Images(2, Image, Classes), Some.Indices(2), new PixelCrossEntropy()));
    }

    private static Graph WithAuxiliary()
    {
        Graph graph = new();
        Value trunk = Trunk(graph);
        graph.AddAuxiliary(graph.Add(new Linear(Classes), graph.Add(new Flatten(), trunk)), 0.3f);
        graph.Add(new Linear(Classes), graph.Add(new Flatten(), trunk));
        return graph;
    }

    private static Value Trunk(Graph graph) => graph.Add(new ReLU(), graph.Add(new Conv2d(3, (3, 2)), graph.Input));

    private static float[] Gradients(Network network, float[] images, params (int Output, float[] Upstream)[] upstreams)
    {
        network.Backpropagate(images, (in LossStep step) =>
        {
            foreach ((int output, float[] upstream) in upstreams)
            {
                Span<float> gradient = step.OutputGradient(output);
                upstream.AsSpan(step.FirstImage * (gradient.Length / step.Images), gradient.Length).CopyTo(gradient);
            }
            return 0;
        });
        return Some.Gradients(network);
    }

    private static float[] Numbers(int count)
    {
        Random random = new(count);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
