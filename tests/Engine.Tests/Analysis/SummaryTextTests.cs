using System.Text.Json;
using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Tests.Training;

namespace CnnEngine.Tests.Analysis;

/// <summary>A summary as text, Markdown and JSON.</summary>
public sealed class SummaryTextTests : IDisposable
{
    private readonly ForcedThreads _oneThread = new(1);

    public void Dispose() => _oneThread.Dispose();

    [Fact]
    public void As_text() => Assert.Equal("""
        layer  options                     output  parameters      %  multiply-adds      %  CPR
        conv1  Conv2d(4, 3×2, stride 2×1)  4×7×11          52   3.17          3,696  70.32   77
        relu1  ReLU                        4×7×11
        pool1  MaxPool2d(3×3, stride 2×2)  4×3×5
        flat   Flatten                     60
        fc1    Linear(26)                  26           1,586  96.83          1,560  29.68    1
        ───────────────────────────────────────────────────────────────────────────────────────
        total                                           1,638                 5,256

        layer   FLOPs  without bias  activation bytes  field  jump  centre
        conv1   7,392         7,084             1,232    3×2   2×1   1×0.5
        relu1     308           308             1,232    3×2   2×1   1×0.5
        pool1     540           540               240    7×4   4×2   3×1.5
        flat                                      240    7×4   4×2   3×1.5
        fc1     3,120         3,094               104  15×12   4×2   7×5.5
        ──────────────────────────────────────────────────────────────────
        total  11,360        11,026             3,048

        memory of training, batch 1 of 2×15×12: 18.2 kB (6.6 kB parameters, 6.6 kB gradients, 3.5 kB between layers, 1.5 kB images and outputs)
        memory of inference, batch 1 of 2×15×12: 10.8 kB (6.6 kB parameters, 2.8 kB between layers, 1.5 kB images and outputs)

        """, Summary().ToString());

    [Fact]
    public void As_Markdown() => Assert.Equal("""
        | layer | options | output | parameters | % | multiply-adds | % | CPR |
        |---|---|---|---:|---:|---:|---:|---:|
        | conv1 | Conv2d(4, 3×2, stride 2×1) | 4×7×11 | 52 | 3.17 | 3,696 | 70.32 | 77 |
        | relu1 | ReLU | 4×7×11 |  |  |  |  |  |
        | pool1 | MaxPool2d(3×3, stride 2×2) | 4×3×5 |  |  |  |  |  |
        | flat | Flatten | 60 |  |  |  |  |  |
        | fc1 | Linear(26) | 26 | 1,586 | 96.83 | 1,560 | 29.68 | 1 |
        | total |  |  | 1,638 |  | 5,256 |  |  |

        | layer | FLOPs | without bias | activation bytes | field | jump | centre |
        |---|---:|---:|---:|---:|---:|---:|
        | conv1 | 7,392 | 7,084 | 1,232 | 3×2 | 2×1 | 1×0.5 |
        | relu1 | 308 | 308 | 1,232 | 3×2 | 2×1 | 1×0.5 |
        | pool1 | 540 | 540 | 240 | 7×4 | 4×2 | 3×1.5 |
        | flat |  |  | 240 | 7×4 | 4×2 | 3×1.5 |
        | fc1 | 3,120 | 3,094 | 104 | 15×12 | 4×2 | 7×5.5 |
        | total | 11,360 | 11,026 | 3,048 |  |  |  |

        - memory of training, batch 1 of 2×15×12: 18.2 kB (6.6 kB parameters, 6.6 kB gradients, 3.5 kB between layers, 1.5 kB images and outputs)
        - memory of inference, batch 1 of 2×15×12: 10.8 kB (6.6 kB parameters, 2.8 kB between layers, 1.5 kB images and outputs)

        """, Summary().ToMarkdown());

    [Fact]
    public void As_JSON()
    {
        using JsonDocument document = JsonDocument.Parse(Summary().ToJson());
        JsonElement root = document.RootElement;
        Assert.Equal("[2,15,12] 1 1638 5256 11360 11026 3048", Line(root, "input", "batchSize", "parameters", "multiplyAdds", "flops", "flopsWithoutBias", "activationBytes"));
        Assert.Equal("6552 6552 3520 1544 18168", Line(root.GetProperty("training"), "parameters", "gradients", "betweenLayers", "batch", "total"));
        Assert.Equal("6552 0 2752 1544 10848", Line(root.GetProperty("inference"), "parameters", "gradients", "betweenLayers", "batch", "total"));
        JsonElement[] layers = [.. root.GetProperty("layers").EnumerateArray()];
        Assert.Equal(5, layers.Length);
        Assert.Equal(
            """conv1 Conv2d(4, 3×2, stride 2×1) ["input"] [4,7,11] 52 3696 7392 7084 77 1232 [3,2] [2,1] [1,0.5]""",
            Line(layers[0], "name", "options", "inputs", "output", "parameters", "multiplyAdds", "flops", "flopsWithoutBias", "cpr", "activationBytes", "field", "jump", "centre"));
        Assert.Equal(1, layers.Sum(layer => layer.GetProperty("shareOfParameters").GetDouble()), 12);
        Assert.Equal(3696.0 / 5256, layers[0].GetProperty("shareOfCompute").GetDouble(), 12);
        Assert.False(layers[1].TryGetProperty("cpr", out _));

        static string Line(JsonElement element, params string[] names) =>
            string.Join(' ', names.Select(name => string.Concat($"{element.GetProperty(name)}".Split('\n').Select(line => line.Trim()))));
    }

    [Fact]
    public void What_a_layer_reads_is_shown_where_it_is_not_the_layer_before()
    {
        Graph graph = new();
        Value x = graph.Input.Then(new Conv2d(2, 1));
        graph.Add(new Add(), x, x.Then(new Conv2d(2, 3, padding: 1)));
        string[] lines = NetworkSummary.Of(graph, new Shape(2, 6, 5)).ToString().Split('\n');
        Assert.Equal("layer  options                    reads         output  parameters      %  multiply-adds      %  CPR", lines[0]);
        Assert.Equal("add1   Add                        conv1, conv2  2×6×5", lines[3]);
    }

    [Fact]
    public void Without_training_nothing_is_said_of_it_and_features_have_no_field()
    {
        NetworkSummary summary = NetworkSummary.Of([new Linear(3)], new Shape(5), new NetworkOptions { Training = false });
        Assert.DoesNotContain("training", summary.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("training", summary.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("field", summary.ToJson(), StringComparison.Ordinal);
    }

    private static NetworkSummary Summary() => NetworkSummary.Of(
        [new Conv2d(4, (3, 2), stride: (2, 1)), new ReLU(), new MaxPool2d(3, 2), new Flatten() { Name = "flat" }, new Linear(26)],
        new Shape(2, 15, 12), new NetworkOptions { BatchSize = 1 });
}
