using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using static CnnEngine.Tests.PyTorch.GoldenCase;

namespace CnnEngine.Tests.PyTorch;

/// <summary>The golden cases of layers: how each is built. <c>layers.py</c> has the same cases for PyTorch.</summary>
internal static class LayerCases
{
    // Numbers are moved, not computed with.
    private const double Exact = 0;

    // Sums of up to some hundred products.
    private const double Sums = 2e-6;

    // Exponentials by polynomials.
    private const double Curves = 2e-6;

    // Differences of numbers that are almost equal.
    private const double Cancelling = 2e-5;

    private static readonly ConnectionTable SmallTable = new(3, [0, 2], [1], [0, 1, 2], [1, 2]);

    public static readonly GoldenCase[] All =
    [
        .. Of<Conv2d>(Sums, new()
        {
            ["plain"] = () => new(4, (3, 2)),
            ["even filter, no bias"] = () => new(3, (2, 4)) { HasBias = false },
            ["stride"] = () => new(3, (3, 2), (2, 3)),
            ["stride beyond the filter"] = () => new(3, (2, 1), (3, 2)),
            ["padding"] = () => new(3, (5, 3), padding: new Padding(2, 2, 1, 1)),
            ["padding of each side"] = () => new(3, (3, 4), padding: new Padding(1, 0, 2, 3)),
            ["same"] = () => new(3, (3, 4), padding: Padding.Same),
            ["same, dilation"] = () => new(3, (2, 3), padding: Padding.Same, dilation: (3, 2)),
            ["dilation, stride"] = () => new(3, (3, 2), (1, 2), new Padding(1, 1, 2, 2), (2, 3)),
            ["groups"] = () => new(6, 3, padding: 1, groups: 2),
            ["groups, stride, dilation"] = () => new(3, (2, 3), 2, 1, (2, 1), groups: 3) { HasBias = false },
            ["depthwise"] = () => new(5, 3, padding: 1, groups: 5),
            ["depthwise, stride"] = () => new(3, (5, 2), 2, new Padding(2, 2, 1, 1), groups: 3),
            ["depthwise, two filters a channel"] = () => new(6, (2, 3), groups: 3),
            ["1×1"] = () => new(4, 1),
            ["1×1, stride"] = () => new(4, 1, 2) { HasBias = false },
            ["as large as the image"] = () => new(5, (4, 3)),
            ["3×3 of more channels"] = () => new(17, 3, padding: 1) { HasBias = false },
            ["one image, one channel"] = () => new(2, (1, 5)),
        }),
        .. Of<Sequential>(typeof(Conv2d), Sums, new() { ["in two places"] = () => InTwoPlaces(first => new Conv2d(2, (3, 2), padding: 1) { SharesWith = first }) }),
        .. Of<ConvTranspose2d>(Sums, new()
        {
            ["plain"] = () => new(4, (3, 2)),
            ["stride"] = () => new(3, (3, 4), (2, 3)) { HasBias = false },
            ["stride beyond the filter"] = () => new(3, (2, 1), (3, 2)),
            ["padding, output padding"] = () => new(3, (3, 4), (3, 2), new Padding(1, 1, 2, 2), (2, 1)),
            ["padding of each side"] = () => new(3, (4, 3), 2, new Padding(1, 2, 0, 1)),
            ["dilation"] = () => new(3, (3, 2), (1, 2), 1, dilation: (2, 3)),
            ["groups"] = () => new(6, 3, 2, 1, 1, groups: 2),
            ["depthwise"] = () => new(3, (2, 3), 2, groups: 3),
            ["1×1"] = () => new(5, 1),
        }),
        .. Of<DepthwiseConv2d>(Sums, new()
        {
            ["plain"] = () => new((3, 2)),
            ["stride, padding"] = () => new(3, 2, 1) { HasBias = false },
            ["dilation, two filters a channel"] = () => new((2, 3), dilation: (2, 1), multiplier: 2),
        }),
        .. Of<Sequential>(typeof(SeparableConv2d), Sums, new()
        {
            ["depthwise"] = () => SeparableConv2d.Depthwise(5, (3, 2)),
            ["depthwise, stride, padding"] = () => SeparableConv2d.Depthwise(3, 3, 2, 1),
            ["spatial"] = () => SeparableConv2d.Spatial(4, (3, 2)),
            ["spatial, stride, padding"] = () => SeparableConv2d.Spatial(3, (3, 5), (2, 3), new Padding(1, 1, 2, 2)),
        }),
        .. Of<FixedFilter2d>(Sums, new()
        {
            ["edge detection"] = () => new(ImageFilter.EdgeDetection),
            ["sharpen, stride"] = () => new(ImageFilter.Sharpen, 2, 1),
            ["Gaussian blur, no padding"] = () => new(ImageFilter.GaussianBlur, padding: Padding.Valid),
            ["own filter"] = () => new(new ImageFilter("own", new float[,] { { 1, -2 }, { 3, 0.5f }, { 0, 2 } }), padding: Padding.Valid),
        }),
        .. Of<TableConv2d>(Sums, new()
        {
            ["small table"] = () => new(SmallTable, (3, 2)),
            ["stride, padding"] = () => new(SmallTable, (2, 3), 2, 1),
            ["LeNet-5"] = () => new(ConnectionTable.LeNet5, 5),
        }),
        .. Of<Linear>(Sums, new()
        {
            ["plain"] = () => new(5),
            ["no bias"] = () => new(9) { HasBias = false },
            ["one image"] = () => new(1),
            ["more images"] = () => new(11),
        }),

        .. Of<MaxPool2d>(Sums, new()
        {
            ["halves"] = () => new(2),
            ["overlapping"] = () => new(3, 2),
            ["rectangle"] = () => new((3, 2), (1, 3)),
            ["gaps"] = () => new((1, 2), (2, 3)),
            ["padding"] = () => new(3, 2, 1),
            ["padding of each side"] = () => new((2, 3), 2, new Padding(1, 0, 2, 1)),
            ["ties"] = () => new(3, 2),
            ["NaN"] = () => new((3, 2)),
            ["ceil mode"] = () => new(3, 2, ceilMode: true),
            ["ceil mode, padding"] = () => new((2, 3), (3, 2), 1, ceilMode: true),
        }),
        .. Of<MeanPool2d>(Sums, new()
        {
            ["halves"] = () => new(2),
            ["overlapping"] = () => new(3, 2),
            ["rectangle"] = () => new((3, 2), (1, 3)),
            ["padding"] = () => new((3, 4), 2, new Padding(1, 1, 2, 2)),
            ["padding not counted"] = () => new((3, 4), 2, new Padding(1, 1, 2, 2)) { CountPadding = false },
            ["padding of each side"] = () => new((2, 3), 2, new Padding(1, 0, 2, 1)),
            ["ceil mode"] = () => new(3, 2, ceilMode: true),
            ["ceil mode, padding"] = () => new((2, 3), (3, 2), 1, ceilMode: true),
            ["ceil mode, padding not counted"] = () => new(3, 2, 1, ceilMode: true) { CountPadding = false },
        }),
        .. Of<SumPool2d>(Sums, new()
        {
            ["halves"] = () => new(2),
            ["overlapping, padding"] = () => new((3, 4), 2, new Padding(1, 1, 2, 2)),
            ["ceil mode"] = () => new(3, 2, ceilMode: true),
        }),
        .. Of<GlobalMaxPool2d>(Exact, new() { ["image"] = () => new(), ["one pixel"] = () => new() }),
        .. Of<GlobalMeanPool2d>(Sums, new() { ["image"] = () => new(), ["row"] = () => new() }),
        .. Of<GlobalSumPool2d>(Sums, new() { ["image"] = () => new() }),
        .. Of<AdaptiveMaxPool2d>(Sums, new() { ["overlapping"] = () => new((3, 2)), ["larger than the image"] = () => new((5, 3)) }),
        .. Of<AdaptiveMeanPool2d>(Sums, new()
        {
            ["overlapping"] = () => new((3, 2)),
            ["larger than the image"] = () => new((5, 3)),
            ["as large as the image"] = () => new((3, 4)),
        }),
        .. Of<SpatialPyramidPool>(Sums, new()
        {
            ["windows of the paper"] = () => new(1, 2, 4),
            ["adaptive windows"] = () => new(4, 1),
            ["one axis adaptive"] = () => new(4, 2),
            ["more windows than pixels"] = () => new(3, 1),
        }),
        .. Of<Subsampling>(Sums, new()
        {
            ["halves"] = () => new(2),
            ["rectangle, overlapping"] = () => new((3, 2), (2, 1)),
        }),

        .. Of<ReLU>(Exact, new() { ["image"] = () => new(), ["features"] = () => new() }),
        .. Of<LeakyReLU>(Curves, new() { ["usual slope"] = () => new(), ["steep"] = () => new(0.3f), ["slope 0"] = () => new(0) }),
        .. Of<Sigmoid>(Curves, new() { ["image"] = () => new(), ["far out"] = () => new() }),
        .. Of<Tanh>(Curves, new() { ["image"] = () => new(), ["far out"] = () => new() }),
        .. Of<ScaledTanh>(Curves, new() { ["image"] = () => new(), ["far out"] = () => new() }),
        .. Of<PReLU>(Sums, new()
        {
            ["one slope"] = () => new(),
            ["slope of each channel"] = () => new() { PerChannel = true },
            ["slope of each feature"] = () => new() { PerChannel = true },
        }),
        .. Of<ELU>(Curves, new() { ["image"] = () => new(), ["large alpha"] = () => new(1.7f) }),
        .. Of<Swish>(Curves, new() { ["image"] = () => new(), ["far out"] = () => new() }),
        .. Of<HardSwish>(Curves, new() { ["image"] = () => new(), ["far out"] = () => new() }),
        .. Of<Softmax>(Cancelling, new() { ["pixels"] = () => new(), ["features, far out"] = () => new() }),
        .. Of<LogSoftmax>(Curves, new() { ["pixels"] = () => new(), ["features, far out"] = () => new() }),

        .. Of<BatchNorm2d>(Sums, new()
        {
            ["plain"] = () => new(),
            ["options"] = () => new() { Epsilon = 0.01f, Momentum = 0.3f },
            ["one image"] = () => new(),
            ["features"] = () => new(),
            ["inference"] = () => new(),
        }),
        .. Of<BatchNorm2d>(Cancelling, new() { ["far from 0"] = () => new() }),
        .. Of<Sequential>(typeof(BatchNorm2d), Sums, new() { ["in two places"] = () => InTwoPlaces(first => new BatchNorm2d { SharesWith = first }) }),
        .. Of<GroupNorm>(Sums, new()
        {
            ["plain"] = () => new(2),
            ["each channel alone, epsilon"] = () => new(3) { Epsilon = 0.01f },
            ["all channels"] = () => new(1),
            ["features"] = () => new(3),
        }),
        .. Of<LayerNorm>(Sums, new()
        {
            ["image"] = () => new(),
            ["last axes"] = () => new(2),
            ["features, epsilon"] = () => new(1) { Epsilon = 0.01f },
        }),
        .. Of<LocalResponseNorm>(Sums, new()
        {
            ["plain"] = () => new(5),
            ["AlexNet's"] = () => new(5, 5e-4f, 0.75f, 2),
            ["even window"] = () => new(4, 2),
            ["another power"] = () => new(3, 0.5f, 0.6f, 1.5f),
        }),
        .. Of<Dropout>(Exact, new() { ["inference"] = () => new(), ["nothing dropped"] = () => new(0) }),
        .. Of<Dropout>(Sums, new() { ["given noise"] = () => new(0.3f) }),
        .. Of<StochasticDepth>(Exact, new() { ["given noise"] = () => new(0.75f), ["nothing dropped"] = () => new(0), ["inference"] = () => new(0.75f) }),

        .. Of<Add>(Sums, new() { ["images"] = () => new(), ["features"] = () => new() }),
        .. Of<Concat>(Exact, new() { ["two images"] = () => new(), ["three images"] = () => new(3), ["features"] = () => new() }),
        .. Of<ChannelScale>(Sums, new() { ["scales C"] = () => new(), ["scales C×1×1"] = () => new() }),
        .. Of<Upsample>(Sums, new()
        {
            ["twice"] = () => new(2),
            ["two factors"] = () => new((3, 1)),
            ["to a size"] = () => Upsample.ToSize((5, 7)),
            ["bilinear, twice"] = () => new(2, Interpolation.Bilinear),
            ["bilinear, two factors"] = () => new((3, 2), Interpolation.Bilinear),
            ["bilinear, to a size"] = () => Upsample.ToSize((5, 7), Interpolation.Bilinear),
            ["bilinear, one pixel"] = () => Upsample.ToSize((2, 3), Interpolation.Bilinear),
        }),
        .. Of<Pad2d>(Exact, new() { ["each side"] = () => new(new Padding(3, 0, 2, 1)), ["all sides"] = () => new(2) }),
        .. Of<Crop2d>(Exact, new() { ["each side"] = () => new(new Padding(1, 0, 2, 1)), ["one pixel left"] = () => new(1) }),
        .. Of<PadChannels>(Exact, new() { ["both sides"] = () => new(1, 2), ["behind"] = () => new(0, 3) }),
        .. Of<Flatten>(Exact, new() { ["image"] = () => new(), ["features"] = () => new() }),
    ];

    // A layer, ReLU, and the layer once more.
    private static Sequential InTwoPlaces(Func<Layer?, Layer> make)
    {
        Layer first = make(null);
        return [first, new ReLU(), make(first)];
    }
}
