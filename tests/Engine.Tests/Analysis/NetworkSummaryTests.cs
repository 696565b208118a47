using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Training;

namespace CnnEngine.Tests.Analysis;

/// <summary>What a summary says is what the literature says, and what a compiled network does.</summary>
public class NetworkSummaryTests
{
    [Fact]
    public void LeNets_costs_and_fields()
    {
        NetworkSummary summary = NetworkSummary.Of(LeNetModel.Modern(), LeNetModel.Image);
        Assert.Equal(
            [
                "conv1 156 150 117600 784 5×5, jump 1×1, centre 0×0",
                "relu1 0 0 0  5×5, jump 1×1, centre 0×0",
                "pool1 0 0 0  6×6, jump 2×2, centre 0.5×0.5",
                "conv2 2416 2400 240000 100 14×14, jump 2×2, centre 4.5×4.5",
                "relu2 0 0 0  14×14, jump 2×2, centre 4.5×4.5",
                "pool2 0 0 0  16×16, jump 4×4, centre 5.5×5.5",
                "flatten1 0 0 0  16×16, jump 4×4, centre 5.5×5.5",
                "fc1 48120 48000 48000 1 32×32, jump 4×4, centre 13.5×13.5",
                "relu3 0 0 0  32×32, jump 4×4, centre 13.5×13.5",
                "fc2 10164 10080 10080 1 32×32, jump 4×4, centre 13.5×13.5",
                "relu4 0 0 0  32×32, jump 4×4, centre 13.5×13.5",
                "fc3 850 840 840 1 32×32, jump 4×4, centre 13.5×13.5",
            ],
            summary.Layers.Select(layer => $"{layer.Name} {layer.Parameters} {layer.Weights} {layer.Cost.MultiplyAdds} {layer.Cpr} {layer.Field}"));
        Assert.Equal((61_706, 416_520), (summary.Parameters, summary.Cost.MultiplyAdds));
        // 2·416,520 + 4,704 + 1,600 + 204 (ReLU) + 4·(1,176 + 400) (pooling); without biases 4,704 + 1,600 + 120 + 84 + 10 fewer.
        Assert.Equal((845_852, 839_334), (summary.Cost.Flops, summary.Cost.FlopsWithoutBias));
        Assert.Equal(1, summary.Layers.Sum(layer => layer.ShareOfParameters), 12);
        Assert.Equal(1, summary.Layers.Sum(layer => layer.ShareOfCompute), 12);
        Assert.Equal(48_120.0 / 61_706, summary.Layers[7].ShareOfParameters, 12);
        Assert.Equal(6 * 28 * 28 * 4, summary.Layers[0].ActivationBytes);
    }

    // 138,357,544 parameters and 15.47 G multiply-adds: torchvision's published figures. Fields: Araujo et al., 2019, table 1: 212 after pool5.
    [Fact]
    public void Vggs_published_figures_without_taking_its_memory()
    {
        Sequential vgg = Vgg16.Layers();
        NetworkSummary.Of(vgg, Vgg16.Image); // so that no type is loaded while it is measured
        long before = GC.GetAllocatedBytesForCurrentThread();
        NetworkSummary summary = NetworkSummary.Of(vgg, Vgg16.Image, new NetworkOptions { BatchSize = 128 });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        Assert.Equal((138_357_544, 15_470_264_320), (summary.Parameters, summary.Cost.MultiplyAdds));
        Assert.All(vgg, layer => Assert.All(layer.Parameters, p => Assert.False(p.HasValue)));

        ReceptiveField? At(string name) => summary.Layers.Single(layer => layer.Name == name).Field;
        Assert.Equal("196×196, jump 16×16, centre 7.5×7.5", $"{At("conv13")}");
        Assert.Equal("212×212, jump 32×32, centre 15.5×15.5", $"{At("pool5")}");
        Assert.Equal("404×404, jump 32×32, centre 111.5×111.5", $"{At("fc1")}"); // a 7×7 filter on pool5

        // The notes' point: convolutions hold the work, fully connected layers the weights.
        Assert.InRange(summary.Layers.Where(layer => layer.Name.StartsWith("conv", StringComparison.Ordinal)).Sum(layer => layer.ShareOfCompute), 0.99, 1);
        Assert.InRange(summary.Layers.Where(layer => layer.Name.StartsWith("fc", StringComparison.Ordinal)).Sum(layer => layer.ShareOfParameters), 0.89, 0.9);
        Assert.Equal(102_760_448, summary.Layers.Single(layer => layer.Name == "fc1").Weights);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Memory_is_what_the_compiled_network_takes(int threads)
    {
        using ForcedThreads _ = new(threads);
        foreach ((Func<Sequential> layers, Shape image, int batch) in ((Func<Sequential>, Shape, int)[])
            [(LeNetModel.Modern, LeNetModel.Image, 64), (LeNetModel.Classical, LeNetModel.Image, 3), (OnePart.Layers, OnePart.Image, 5)])
        {
            NetworkOptions options = new() { BatchSize = batch };
            NetworkSummary summary = NetworkSummary.Of(layers(), image, options);
            Network network = layers().Compile(image, options);
            long parameters = sizeof(float) * network.Parameters.Sum(p => (long)p.Value.Length);
            long data = sizeof(float) * batch * (network.InputShape.Length + network.OutputShape.Length);
            Assert.Equal(new MemorySummary(parameters, parameters, network.PlannedBytes, data), summary.Training);
            Network inference = layers().Compile(image, options with { Training = false });
            Assert.Equal(new MemorySummary(parameters, 0, inference.PlannedBytes, data), summary.Inference);
            Assert.True(summary.Inference.BetweenLayers < summary.Training!.BetweenLayers);
            Assert.Equal((2 * parameters) + network.PlannedBytes + data, summary.Training.Total);
        }
    }

    [Fact]
    public void A_summary_hinders_no_network_of_another_size()
    {
        Sequential layers = [new Conv2d(2, 3), new Flatten(), new Linear(4)];
        Assert.Equal(20 + (72 * 4) + 4, NetworkSummary.Of(layers, new Shape(1, 8, 8)).Parameters);
        Assert.Equal(38 + (32 * 4) + 4, layers.Compile(new Shape(2, 6, 6)).Parameters.Sum(p => p.Value.Length));
    }

    // The notes' example: a 5×5 image, a 3×3 filter: 9 multiplications and 8 additions for each of 9 pixels.
    [Fact]
    public void Operations_by_both_conventions()
    {
        LayerCost cost = NetworkSummary.Of([new Conv2d(1, 3)], new Shape(1, 5, 5)).Cost;
        Assert.Equal((81, 9 * 18, 9 * 17), (cost.MultiplyAdds, cost.Flops, cost.FlopsWithoutBias));
    }

    [Fact]
    public void Operations_of_layers_without_weights()
    {
        Assert.Equal(2 * 4 * 6, Flops(new ReLU()));
        Assert.Equal(2 * 4 * 6, Flops(new LeakyReLU()));
        Assert.Equal(2 * 4 * 6, Flops(new PReLU()));
        Assert.Equal(4 * 2 * 4 * 6, Flops(new Sigmoid()));
        Assert.Equal(4 * 2 * 4 * 6, Flops(new Softmax()));
        Assert.Equal(5 * 2 * 4 * 6, Flops(new Swish()));
        Assert.Equal(2 * 2 * 4 * 6, Flops(new BatchNorm2d()));
        Assert.Equal(6 * 2 * 4 * 6, Flops(new GroupNorm(2)));
        Assert.Equal(11 * 2 * 4 * 6, Flops(new LocalResponseNorm(5)));
        Assert.Equal(2 * 4 * 6, Flops(new GlobalMeanPool2d()));
        Assert.Equal(0, Flops(new Dropout()));
        Assert.Equal(2 * 3 * 2 * 2 * 2, Flops(new MaxPool2d((2, 3))));
        Assert.Equal(2 * 4 * 6, Flops(new MeanPool2d((4, 6)))); // global: each number once
        Assert.Equal(0, Flops(new Flatten()));

        static long Flops(Layer layer)
        {
            LayerCost cost = NetworkSummary.Of(new Sequential { layer }, new Shape(2, 4, 6)).Cost;
            Assert.Equal(cost.Flops, cost.FlopsWithoutBias);
            Assert.Equal(0, cost.MultiplyAdds);
            return cost.Flops;
        }
    }

    [Fact]
    public void A_join_sees_what_its_largest_path_sees()
    {
        Graph graph = new();
        Value small = graph.Add(new Conv2d(2, (1, 3), padding: Padding(0, 1)) { Name = "small" }, graph.Input);
        Value large = graph.Add(new Conv2d(2, (5, 3), padding: Padding(2, 1)) { Name = "large" }, graph.Input);
        graph.Add(new Add() { Name = "sum" }, small, large);
        LayerSummary sum = NetworkSummary.Of(graph, new Shape(2, 8, 9)).Layers[2];
        Assert.Equal(["small", "large"], sum.Inputs);
        Assert.Equal("5×3, jump 1×1, centre 0×0", $"{sum.Field}");
        Assert.Equal(2 * 8 * 9, sum.Cost.Flops);

        static Kernels.Padding Padding(int rows, int columns) => new(rows, rows, columns, columns);
    }

    [Fact]
    public void Shared_parameters_count_once()
    {
        Conv2d first = new(2, 3, padding: 1), second = new(2, 3, padding: 1) { SharesWith = first };
        NetworkSummary summary = NetworkSummary.Of([first, second], new Shape(2, 6, 5));
        Assert.Equal([38, 0], summary.Layers.Select(layer => layer.Parameters));
        Assert.Equal([30, 30], summary.Layers.Select(layer => layer.Cpr));
        Assert.Equal(4 * 38, summary.Inference.Parameters);
    }

    [Fact]
    public void Auxiliary_outputs_belong_to_training_alone()
    {
        Graph graph = new();
        Value trunk = graph.Add(new Flatten(), graph.Input);
        graph.AddAuxiliary(graph.Add(new Linear(3) { Name = "head" }, trunk), 0.3f);
        graph.Add(new Linear(3) { Name = "top" }, trunk);
        NetworkSummary training = NetworkSummary.Of(graph, new Shape(1, 2, 2));
        NetworkSummary inference = NetworkSummary.Of(graph, new Shape(1, 2, 2), new NetworkOptions { Training = false });
        Assert.Equal(["flatten1", "head", "top"], training.Layers.Select(layer => layer.Name));
        Assert.Equal(["flatten1", "top"], inference.Layers.Select(layer => layer.Name));
        Assert.Equal((30, 15), (training.Parameters, inference.Parameters));
        Assert.Equal(inference.Inference, training.Inference);
        Assert.Null(inference.Training);
    }

    [Fact]
    public void Features_have_no_receptive_field()
    {
        LayerSummary layer = Assert.Single(NetworkSummary.Of([new Linear(3)], new Shape(5)).Layers);
        Assert.Null(layer.Field);
        Assert.Equal(1, layer.Cpr);
    }

    [Fact]
    public void What_cannot_be_compiled_is_refused()
    {
        Expect.Throws<ArgumentException>(
            "Conv2d \"conv1\": the window spans 5 rows, the padded image has 3; the window must fit into the image",
            () => NetworkSummary.Of([new Conv2d(1, 5)], new Shape(1, 3, 3)));
        Expect.Throws<ArgumentException>("the batch size is 0; it must be at least 1",
            () => NetworkSummary.Of([new ReLU()], new Shape(1, 3, 3), new NetworkOptions { BatchSize = 0 }));
    }
}
