namespace CnnEngine.Kernels.Tests;

/// <summary>The odd shapes that every convolution is tested on: squares hide exchanged axes, round sizes hide edges.</summary>
internal static class ConvCases
{
    private static readonly Dictionary<string, ConvShape> Shapes = new()
    {
        ["LeNet conv1"] = new(3, 1, 28, 6, 5, new() { Padding = 2 }),
        ["LeNet conv2"] = new(3, 6, 14, 16, 5),

        ["rectangular image"] = new(2, 3, (7, 12), 4, 3),
        ["rectangular filter"] = new(2, 2, (9, 8), 3, (2, 5), new() { Padding = new(1, 0, 2, 1) }),
        ["row filter"] = new(2, 2, (5, 9), 3, (1, 3)),
        ["column filter"] = new(2, 2, (9, 5), 3, (3, 1)),
        ["even filter"] = new(2, 3, (6, 7), 2, 2),
        ["even filter, padded"] = new(1, 2, (8, 7), 3, (4, 2), new() { Padding = 1 }),
        ["filter as large as image"] = new(3, 2, (4, 6), 5, (4, 6)),
        ["filter larger than image"] = new(2, 2, (2, 3), 3, (5, 4), new() { Padding = 2 }),

        ["stride 2"] = new(2, 3, (11, 9), 4, 3, new() { Stride = 2, Padding = 1 }),
        ["stride 3"] = new(2, 2, (10, 14), 3, 4, new() { Stride = 3 }),
        ["stride 2×3"] = new(2, 3, (11, 13), 4, (3, 5), new() { Stride = (2, 3), Padding = 2 }),
        ["stride 3×1"] = new(1, 2, (13, 7), 3, (5, 2), new() { Stride = (3, 1), Padding = new(2, 1, 0, 1) }),
        ["stride 2, last row unseen"] = new(2, 2, (8, 10), 3, 3, new() { Stride = 2 }),
        ["stride larger than filter"] = new(2, 3, (11, 12), 4, 2, new() { Stride = 3 }),
        ["stride far larger than filter"] = new(2, 2, (9, 13), 3, (1, 2), new() { Stride = (4, 5), Padding = new(1, 0, 2, 0) }),
        ["stride larger than image"] = new(2, 2, (5, 4), 3, 3, new() { Stride = 7 }),

        ["asymmetric padding"] = new(2, 2, (6, 5), 3, 3, new() { Padding = new(0, 2, 1, 3) }),
        ["padding at one corner"] = new(2, 2, (6, 7), 3, (3, 4), new() { Padding = new(2, 0, 0, 3) }),
        ["padding larger than needed"] = new(2, 2, (5, 6), 3, 3, new() { Padding = 4 }),
        ["padding larger than needed, stride 2"] = new(2, 2, (5, 4), 3, (3, 2), new() { Padding = new(5, 3, 4, 7), Stride = 2 }),
        ["same"] = new(2, 2, (7, 5), 3, (5, 3), new() { Padding = Padding.Same }),
        ["same, even filter"] = new(2, 2, (6, 7), 3, (4, 2), new() { Padding = Padding.Same }),
        ["same, stride 2"] = new(2, 3, (9, 10), 2, 3, new() { Padding = Padding.Same, Stride = 2 }),
        ["same, dilation 2"] = new(2, 2, (9, 8), 3, (3, 2), new() { Padding = Padding.Same, Dilation = 2 }),

        ["dilation 2×3"] = new(2, 2, (9, 12), 3, 3, new() { Dilation = (2, 3), Padding = new(1, 2, 3, 0) }),
        ["dilation 2, stride 2"] = new(2, 2, (12, 11), 3, 3, new() { Dilation = 2, Stride = 2, Padding = 1 }),
        ["dilation 2, stride 3"] = new(2, 2, (14, 13), 3, (3, 4), new() { Dilation = 2, Stride = 3, Padding = 2 }),
        ["dilation 4, stride 6"] = new(1, 2, (21, 23), 3, 4, new() { Dilation = 4, Stride = 6, Padding = new(3, 2, 1, 5) }),
        ["dilation 6, stride 4"] = new(1, 2, (20, 22), 3, 3, new() { Dilation = 6, Stride = 4, Padding = 3 }),
        ["dilation 3×2, stride 2×4"] = new(2, 2, (13, 17), 3, (3, 5), new() { Dilation = (3, 2), Stride = (2, 4), Padding = 2 }),

        ["groups 2"] = new(2, 4, (7, 6), 6, 3, new() { Groups = 2, Padding = 1 }),
        ["groups 3, stride 2"] = new(2, 6, (7, 9), 3, (3, 2), new() { Groups = 3, Stride = 2 }),
        ["depthwise"] = new(2, 5, (8, 9), 5, 3, new() { Groups = 5, Padding = 1 }),
        ["depthwise, two filters a channel"] = new(2, 3, (6, 8), 6, 3, new() { Groups = 3, Stride = (1, 2), Padding = 1 }),
        ["depthwise, wide"] = new(3, 3, (5, 41), 3, 3, new() { Groups = 3, Padding = 1 }),
        ["depthwise, wide, two filters a channel"] = new(2, 2, (6, 37), 4, 3, new() { Groups = 2, Padding = new(0, 2, 3, 1) }),
        ["depthwise, wide, no padding"] = new(2, 40, (26, 53), 40, 3, new() { Groups = 40 }),
        ["depthwise, wide, 2×2, dilation 2"] = new(2, 2, (6, 37), 2, 2, new() { Groups = 2, Dilation = 2, Padding = 1 }),
        ["depthwise, dilation 2"] = new(2, 3, (9, 21), 6, (3, 2), new() { Groups = 3, Dilation = 2, Padding = new(2, 1, 0, 3) }),
        ["depthwise, padding larger than needed"] = new(2, 2, (5, 6), 2, 3, new() { Groups = 2, Padding = 4 }),
        ["depthwise, stride 2"] = new(2, 4, (9, 37), 4, 3, new() { Groups = 4, Stride = 2, Padding = 1 }),
        ["depthwise, stride 2, wide"] = new(2, 3, (12, 76), 3, 3, new() { Groups = 3, Stride = 2, Padding = 1 }),
        ["depthwise, stride 2, wide, no padding"] = new(2, 2, (8, 71), 2, 3, new() { Groups = 2, Stride = 2 }),
        ["depthwise, stride 2, wide, one-sided"] = new(1, 3, (7, 70), 3, 3, new() { Groups = 3, Stride = 2, Padding = new(0, 1, 0, 1) }),
        ["depthwise, stride 2, wide, padding 2"] = new(2, 2, (9, 69), 2, 3, new() { Groups = 2, Stride = 2, Padding = 2 }),
        ["depthwise, stride 2, wide, last column unseen"] = new(2, 2, (10, 68), 2, 3, new() { Groups = 2, Stride = 2 }),
        ["depthwise, stride 2, tall"] = new(1, 2, (150, 35), 2, 3, new() { Groups = 2, Stride = 2, Padding = new(1, 0, 3, 2) }),
        ["depthwise, stride 2, two filters a channel"] = new(2, 3, (7, 20), 6, 3, new() { Groups = 3, Stride = 2, Padding = 1 }),
        ["depthwise, stride 2, small planes"] = new(3, 70, 3, 70, 3, new() { Groups = 70, Stride = 2, Padding = 1 }),
        ["depthwise, stride 2, padding larger than needed"] = new(2, 3, (4, 5), 3, 3, new() { Groups = 3, Stride = 2, Padding = new(5, 4, 4, 3) }),
        ["depthwise, one pixel a plane"] = new(2, 50, 1, 50, 3, new() { Groups = 50, Padding = 1 }),
        ["depthwise, wide, one row of products beyond a block"] = new(2, 3, (5, 300), 3, 3, new() { Groups = 3 }),
        ["depthwise, tall"] = new(1, 2, (140, 18), 2, 3, new() { Groups = 2, Padding = new(2, 0, 1, 2) }),
        ["groups 2, dilation 2"] = new(2, 2, (9, 8), 4, 3, new() { Groups = 2, Dilation = 2, Padding = new(2, 1, 0, 2) }),

        ["1×1"] = new(2, 5, (5, 7), 4, 1),
        ["1×1, stride 2"] = new(2, 5, (7, 6), 3, 1, new() { Stride = 2 }),
        ["1×1, padded"] = new(2, 3, (3, 4), 2, 1, new() { Padding = new(1, 0, 2, 1) }),
        ["1×1, groups 2"] = new(2, 4, (3, 5), 6, 1, new() { Groups = 2 }),
        ["single pixel"] = new(3, 4, 1, 5, 1),
        ["single pixel, 3×3 filter"] = new(2, 3, 1, 4, 3, new() { Padding = 1 }),
        ["single output pixel"] = new(2, 3, (5, 4), 7, (5, 4)),
        ["single output pixel, more images than the dot kernel takes"] = new(67, 3, (4, 5), 9, (4, 5)),
        ["single output pixel, stride 2"] = new(5, 4, (3, 2), 6, (3, 2), new() { Stride = 2 }),

        ["one filter"] = new(2, 3, (6, 8), 1, 3),
        ["one channel"] = new(2, 1, (6, 8), 4, 3),
        ["13 filters"] = new(1, 2, (5, 6), 13, 3, new() { Padding = 1 }),
        ["25 filters"] = new(1, 2, (5, 6), 25, 2),
        ["13 channels"] = new(2, 13, (4, 6), 3, 3, new() { Padding = 1 }),
        ["25 channels, 1×1"] = new(1, 25, (4, 5), 13, 1),
        ["1×1, pixels of one image in ranges"] = new(1, 31, (11, 13), 67, 1),
        ["9 images"] = new(9, 2, (4, 5), 3, 2),

        ["one column"] = new(2, 3, (9, 1), 4, (3, 1), new() { Padding = new(1, 1, 0, 0) }),
        ["one row"] = new(2, 3, (1, 9), 4, (1, 4)),
        ["wide"] = new(1, 2, (3, 70), 3, 3, new() { Padding = 1 }),
        ["one row, filter nearly as long"] = new(2, 2, (1, 90), 3, (1, 80)),
        ["wide, stride 2"] = new(1, 2, (4, 75), 3, (2, 5), new() { Stride = (1, 2) }),
        ["exactly two vectors"] = new(1, 2, (3, 32), 2, 1),

        ["rows of whole vectors"] = new(3, 2, (9, 32), 7, (3, 5), new() { Padding = new(0, 1, 2, 2) }),
        ["rows of three vectors"] = new(2, 2, (5, 48), 14, 3, new() { Padding = 1 }),
        ["rows of three vectors, stride 2"] = new(1, 3, (9, 96), 5, (5, 3), new() { Stride = 2, Padding = new(2, 2, 1, 1) }),
        ["rows of whole vectors, stride 2"] = new(2, 3, (7, 32), 5, 3, new() { Stride = 2, Padding = 1 }),
        ["rows of whole vectors, groups 2, dilation 2"] = new(2, 4, (6, 16), 6, 3, new() { Groups = 2, Dilation = 2, Padding = 2 }),
        ["rows of whole vectors, several panels"] = new(2, 2, (90, 32), 5, 3, new() { Padding = 1 }),

        ["several panels"] = new(5, 2, (50, 47), 37, (3, 5), new() { Padding = new(2, 1, 0, 3) }),

        [SeveralStrips] = new(2, 64, (41, 60), 2, 3, new() { Padding = 1 }),
        [StridedStrips] = new(1, 48, (89, 60), 2, 3, new() { Stride = 2, Padding = 1 }),
        ["several strips, groups 2, dilation 2, one-sided"] = new(2, 6, (37, 29), 8, (4, 3), new() { Groups = 2, Dilation = (2, 1), Padding = new(3, 0, 1, 2) }),
        ["several strips, stride 3×2, dilation 2"] = new(1, 4, (70, 47), 30, 3, new() { Stride = (3, 2), Dilation = 2, Padding = new(1, 0, 2, 1) }),
        [LowestStrips] = new(1, 256, (10, 130), 1, (3, 2), new() { Padding = 1 }),
    };

    private static readonly Dictionary<(string Name, bool IsInteger), ConvData> Cache = [];

    /// <summary>Shapes whose padded image is too large for the cache and is cut into strips of output rows.</summary>
    public const string SeveralStrips = "several strips";

    public const string StridedStrips = "several strips, stride 2";

    public const string LowestStrips = "strips of the least height";

    public static IEnumerable<string> Names => Shapes.Keys;

    public static ConvShape Shape(string name) => Shapes[name];

    public static ConvAlgorithm Algorithm(string name) => ConvAlgorithm.All.Single(algorithm => algorithm.Name == name);

    /// <summary>By how much more filters' gradients may err in the L2 norm than images', because errors add up over the pixels.</summary>
    public static double MoreForFilters(in ConvShape shape) => Math.Max(1, Math.Pow(0.125 * shape.N * shape.OutputPlane, 0.4));

    /// <summary>Whole numbers for the shape, on which float32 is exact, and the twin's results.</summary>
    public static ConvData Integers(string name) => Data(name, isInteger: true);

    /// <summary>Random numbers for the shape, and the twin's results.</summary>
    public static ConvData Random(string name) => Data(name, isInteger: false);

    /// <summary>Every shape with every algorithm that supports the pass.</summary>
    public static IEnumerable<(string Shape, string Algorithm)> Supported(ConvPass pass) =>
        from shape in Shapes
        from algorithm in ConvAlgorithm.All
        where algorithm.Supports(pass, shape.Value)
        select (shape.Key, algorithm.Name);

    /// <summary>Those of <see cref="Supported"/> whose algorithm is exact on whole numbers.</summary>
    public static IEnumerable<(string Shape, string Algorithm)> Exact(ConvPass pass) => Supported(pass).Where(row => Algorithm(row.Algorithm).IsExact);

    /// <summary>Those that add up products of pixels and weights and nothing else.</summary>
    public static IEnumerable<(string Shape, string Algorithm)> Plain(ConvPass pass) => Supported(pass).Where(row => Algorithm(row.Algorithm).ErrorBound is null);

    /// <summary>The others, and what they may err.</summary>
    public static IEnumerable<(string Shape, string Algorithm, double Bound)> Bounded(ConvPass pass) =>
        from row in Supported(pass) where Algorithm(row.Algorithm).ErrorBound is not null select (row.Shape, row.Algorithm, Algorithm(row.Algorithm).ErrorBound!.Value);

    private static ConvData Data(string name, bool isInteger)
    {
        if (!Cache.TryGetValue((name, isInteger), out ConvData? data))
            Cache[(name, isInteger)] = data = new ConvData(Shapes[name], isInteger);
        return data;
    }
}

/// <summary>Makes the planner take one algorithm wherever it can until it is disposed.</summary>
internal sealed class ForcedConvolution : IDisposable
{
    private readonly string? _before = ConvPlanner.Forced;

    public ForcedConvolution(string algorithm) => ConvPlanner.Forced = algorithm;

    public void Dispose() => ConvPlanner.Forced = _before;
}
