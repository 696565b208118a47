using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Graphs;

/// <summary>What a network tells of itself.</summary>
public class NetworkTableTests
{
    private static readonly NetworkOptions Options = new() { BatchSize = 20 };

    [Fact]
    public void LeNets_table_is_right()
    {
        Network network = LeNetModel.Modern().Compile(LeNetModel.Image, Options);
        Assert.Equal(
            [
                "conv1 6×28×28 156 117600", "relu1 6×28×28 0 0", "pool1 6×14×14 0 0",
                "conv2 16×10×10 2416 240000", "relu2 16×10×10 0 0", "pool2 16×5×5 0 0",
                "flatten1 400 0 0", "fc1 120 48120 48000", "relu3 120 0 0", "fc2 84 10164 10080", "relu4 84 0 0", "fc3 10 850 840",
            ],
            network.Layers.Select(layer => $"{layer.Name} {layer.Output} {layer.ParameterCount} {layer.MultiplyAdds}"));
        Assert.Equal(61_706, network.Layers.Sum(layer => layer.ParameterCount));
        Assert.Equal(416_520, network.Layers.Sum(layer => layer.MultiplyAdds));
        Assert.Equal((LeNetModel.Image, new Shape(10), Options), (network.InputShape, network.OutputShape, network.Options));
    }

    [Fact]
    public void Inputs_and_outputs_follow_one_another()
    {
        IReadOnlyList<NetworkLayer> layers = LeNetModel.Modern().Compile(LeNetModel.Image, Options).Layers;
        Assert.All(layers.Zip(layers.Skip(1)), pair => Assert.Equal(pair.First.Output, pair.Second.Input));
    }

    [Fact]
    public void Connections_and_outputs_are_told_by_places()
    {
        Graph graph = new();
        Value a = graph.Input.Then(new Conv2d(2, 1) { Name = "a" }), b = a.Then(new ReLU() { Name = "b" });
        Value auxiliary = a.Then(new Conv2d(2, 1) { Name = "auxiliary" });
        graph.Add(new Add() { Name = "sum" }, b, graph.Input).Then(new Conv2d(2, 1) { Name = "last" });
        graph.AddAuxiliary(auxiliary, 0.3f);
        graph.AddOutput(b);
        Network network = graph.Compile(new Shape(2, 3, 4), Options);
        Assert.Equal(
            ["a ← -1", "b ← 0", "auxiliary ← 0", "sum ← 1, -1", "last ← 3"],
            network.Layers.Select(layer => $"{layer.Name} ← {string.Join(", ", layer.Inputs)}"));
        Assert.Equal([(4, false), (2, true), (1, false)], Enumerable.Range(0, network.OutputCount).Select(i => (network.OutputLayerOf(i), network.IsAuxiliary(i))));

        Network inference = graph.Compile(new Shape(2, 3, 4), Options with { Training = false });
        Assert.Equal(["a ← -1", "b ← 0", "sum ← 1, -1", "last ← 2"], inference.Layers.Select(layer => $"{layer.Name} ← {string.Join(", ", layer.Inputs)}"));
        Assert.Equal([(3, false), (1, false)], Enumerable.Range(0, inference.OutputCount).Select(i => (inference.OutputLayerOf(i), inference.IsAuxiliary(i))));
    }

    [Fact]
    public void Names_can_be_given()
    {
        Sequential layers = [new Flatten(), new Linear(8) { Name = "hidden" }, new ReLU(), new Linear(4)];
        Network network = layers.Compile(new Shape(1, 2, 3), Options);
        Assert.Equal(["flatten1", "hidden", "relu1", "fc2"], network.Layers.Select(layer => layer.Name));
    }

    [Fact]
    public void Time_is_taken_when_it_is_asked_for()
    {
        Network network = LeNetModel.Modern().Compile(LeNetModel.Image, Options);
        network.Backpropagate(Some.Images(20, LeNetModel.Image, 10), Some.Indices(20), new CrossEntropy());
        Assert.All(network.LayerTimes(), time => Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (time.Forward, time.Backward)));
        network.IsTimed = true;
        for (int i = 0; i < 3; i++) network.Backpropagate(Some.Images(20, LeNetModel.Image, 10), Some.Indices(20), new CrossEntropy());
        IReadOnlyList<LayerTime> times = network.LayerTimes();
        Assert.Equal(network.Layers, times.Select(time => time.Layer));
        Assert.All(times.Where(time => time.Layer.Layer is Conv2d or Linear or MaxPool2d),
            time => Assert.True(time.Forward > TimeSpan.Zero && time.Backward > TimeSpan.Zero));
        // A joined activation counts where it is computed: in the layer before.
        Assert.Equal(TimeSpan.Zero, times[1].Forward);
    }
}
