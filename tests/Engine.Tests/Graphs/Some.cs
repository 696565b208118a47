using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Graphs;

/// <summary>Data for networks, and what they make of it.</summary>
internal static class Some
{
    /// <summary>Random images with random labels, the same at every run.</summary>
    public static TensorDataset Images(int count, Shape image, int classes, int seed = 1)
    {
        Random random = new(seed);
        Tensor images = Tensor.Zeros(image.Prepend(count));
        foreach (ref float value in images.Span) value = (random.NextSingle() * 2) - 1;
        int[] labels = new int[count];
        foreach (ref int label in labels.AsSpan()) label = random.Next(classes);
        return new TensorDataset("random", images, labels, classes);
    }

    /// <summary>Layers one behind the other, as a graph.</summary>
    public static Graph Chain(IEnumerable<Layer> layers)
    {
        Graph graph = new();
        Value value = graph.Input;
        foreach (Layer layer in layers) value = graph.Add(layer, value);
        return graph;
    }

    public static int[] Indices(int count, int first = 0) => [.. Enumerable.Range(first, count)];

    /// <summary>All gradients of a network's parameters, one after another.</summary>
    public static float[] Gradients(Network network) => [.. network.Parameters.SelectMany(p => p.Gradient.Span.ToArray())];

    /// <summary>All parameters of a network, one after another.</summary>
    public static float[] Weights(Network network) => [.. network.Parameters.SelectMany(p => p.Value.Span.ToArray())];

    /// <summary>That numbers agree but for rounding, measured by the largest of them.</summary>
    public static void Close(IReadOnlyList<float> expected, IReadOnlyList<float> actual, float relative = 1e-5f)
    {
        Assert.Equal(expected.Count, actual.Count);
        float allowed = expected.Max(MathF.Abs) * relative;
        Assert.True(allowed > 0, "all numbers are 0: the comparison says nothing");
        for (int i = 0; i < expected.Count; i++)
            if (!(MathF.Abs(actual[i] - expected[i]) <= allowed))
                Assert.Fail($"number {i} of {expected.Count} is {actual[i]:g9}, should be {expected[i]:g9}; {allowed:g3} is allowed");
    }
}
