using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>How one class of layers is written in JSON and read again. A new layer needs one entry in <see cref="All"/>.</summary>
/// <param name="Name">The value of "kind".</param>
/// <param name="Type">The class.</param>
/// <param name="Read">A layer of the options asked for; name and place in the graph come later.</param>
/// <param name="Write">The options of a layer, under the same keys.</param>
internal sealed record LayerKind(string Name, Type Type, Func<ObjectReader, Layer> Read, Action<Layer, ObjectWriter> Write)
{
    public static IReadOnlyList<LayerKind> All { get; } =
    [
        Of<Conv2d>("conv",
            r => new(r.Integer("channels"), r.Size("size"), r.Size("stride", 1), r.Padding("padding"), r.Size("dilation", 1), r.Integer("groups", 1))
            { HasBias = r.Flag("bias", true), Initializer = r.Initializer("initializer", Initializer.Kaiming) },
            (conv, w) => Filters(conv, w.Write("channels", conv.Filters).Write("size", conv.Filter))),
        Of<DepthwiseConv2d>("depthwise",
            r => new(r.Size("size"), r.Size("stride", 1), r.Padding("padding"), r.Size("dilation", 1), r.Integer("multiplier", 1))
            { HasBias = r.Flag("bias", true), Initializer = r.Initializer("initializer", Initializer.Kaiming) },
            (conv, w) => Filters(conv, w.Write("size", conv.Filter).Write("multiplier", conv.Multiplier, 1))),
        Of<TableConv2d>("tableConv",
            r => new(Table(r), r.Size("size"), r.Size("stride", 1), r.Padding("padding"))
            { HasBias = r.Flag("bias", true), Initializer = r.Initializer("initializer", Initializer.Kaiming) },
            (conv, w) => Filters(conv, w.Write("inputs", conv.Table.Inputs).Write("table", conv.Table).Write("size", conv.Filter))),
        Of<ConvTranspose2d>("convTranspose",
            r => new(r.Integer("channels"), r.Size("size"), r.Size("stride", 1), r.Padding("padding"), r.Size("outputPadding", 0, least: 0), r.Size("dilation", 1), r.Integer("groups", 1))
            { HasBias = r.Flag("bias", true), Initializer = r.Initializer("initializer", Initializer.Kaiming) },
            (conv, w) => Filters(conv, w.Write("channels", conv.Filters).Write("size", conv.Filter).Write("outputPadding", conv.OutputPadding, 0))),
        Of<FixedFilter2d>("filter",
            r => new(r.Filter("filter"), r.Size("stride", 1), r.Padding("padding", Padding.Same)),
            (layer, w) => w.Write("filter", layer.Filter).Write("stride", layer.Options.Stride, 1).Write("padding", layer.Options.Padding, Padding.Same)),
        Of<Linear>("linear",
            r => new(r.Integer("features")) { HasBias = r.Flag("bias", true), Initializer = r.Initializer("initializer", Initializer.Kaiming) },
            (linear, w) => w.Write("features", linear.Outputs).Write("bias", linear.HasBias, true).Write("initializer", linear.Initializer, Initializer.Kaiming)),

        Of<MaxPool2d>("maxPool", r => new(r.Size("size"), Stride(r), r.Padding("padding"), r.Flag("ceil", false)), (pool, w) => Windows(pool.Windows, w)),
        Of<MeanPool2d>("meanPool",
            r => new(r.Size("size"), Stride(r), r.Padding("padding"), r.Flag("ceil", false)) { CountPadding = r.Flag("countPadding", true) },
            (pool, w) => Windows(pool.Windows, w).Write("countPadding", pool.CountPadding, true)),
        Of<SumPool2d>("sumPool", r => new(r.Size("size"), Stride(r), r.Padding("padding"), r.Flag("ceil", false)), (pool, w) => Windows(pool.Windows, w)),
        Of<GlobalMaxPool2d>("globalMaxPool", _ => new()),
        Of<GlobalMeanPool2d>("globalMeanPool", _ => new()),
        Of<GlobalSumPool2d>("globalSumPool", _ => new()),
        Of<AdaptiveMaxPool2d>("adaptiveMaxPool", r => new(r.Size("output")), (pool, w) => Windows(pool.Windows, w)),
        Of<AdaptiveMeanPool2d>("adaptiveMeanPool", r => new(r.Size("output")), (pool, w) => Windows(pool.Windows, w)),
        Of<SpatialPyramidPool>("pyramidPool", r => new([.. r.Integers("levels", 1)]), (pool, w) => w.Write("levels", pool.Levels)),
        Of<Subsampling>("subsampling", Subsampling,
            (layer, w) => Windows(layer.Windows, w).Write("initializer", layer.Initializer, new Subsampling(layer.Windows.Window).Initializer)),

        Of<BatchNorm2d>("batchNorm",
            r => new() { Epsilon = r.Number("epsilon", 1e-5f), Momentum = r.Number("momentum", 0.1f) },
            (norm, w) => w.Write("epsilon", norm.Epsilon, 1e-5f).Write("momentum", norm.Momentum, 0.1f)),
        Of<LayerNorm>("layerNorm",
            r => new(r.Has("axes") ? r.Integer("axes") : null) { Epsilon = r.Number("epsilon", 1e-5f) },
            (norm, w) => (norm.Axes is { } axes ? w.Write("axes", axes) : w).Write("epsilon", norm.Epsilon, 1e-5f)),
        Of<GroupNorm>("groupNorm",
            r => new(r.Integer("groups")) { Epsilon = r.Number("epsilon", 1e-5f) },
            (norm, w) => w.Write("groups", norm.Groups).Write("epsilon", norm.Epsilon, 1e-5f)),
        Of<LocalResponseNorm>("localResponseNorm",
            r => new(r.Integer("size"), r.Number("alpha", 1e-4f), r.Number("beta", 0.75f), r.Number("k", 1)),
            (norm, w) => w.Write("size", norm.Options.Size).Write("alpha", norm.Options.Alpha, 1e-4f).Write("beta", norm.Options.Beta, 0.75f).Write("k", norm.Options.K, 1f)),

        Of<ReLU>("relu", _ => new()),
        Of<LeakyReLU>("leakyRelu", r => new(r.Number("slope", 0.01f)), (layer, w) => w.Write("slope", layer.Function.Slope, 0.01f)),
        Of<PReLU>("prelu",
            r => new() { PerChannel = r.Flag("perChannel", false), FirstSlope = r.Number("firstSlope", 0.25f) },
            (layer, w) => w.Write("perChannel", layer.PerChannel, false).Write("firstSlope", layer.FirstSlope, 0.25f)),
        Of<ELU>("elu", r => new(r.Number("alpha", 1)), (layer, w) => w.Write("alpha", layer.Function.Slope, 1f)),
        Of<Sigmoid>("sigmoid", _ => new()),
        Of<Tanh>("tanh", _ => new()),
        Of<ScaledTanh>("scaledTanh", _ => new()),
        Of<Swish>("swish", _ => new()),
        Of<HardSwish>("hardSwish", _ => new()),
        Of<Softmax>("softmax", _ => new()),
        Of<LogSoftmax>("logSoftmax", _ => new()),

        Of<Dropout>("dropout", r => new(r.Number("probability", 0.5f)), (layer, w) => w.Write("probability", layer.Probability, 0.5f)),
        Of<StochasticDepth>("stochasticDepth", r => new(r.Number("probability")), (layer, w) => w.Write("probability", layer.Probability)),
        Of<Flatten>("flatten", _ => new()),
        Of<Add>("add", _ => new()),
        Of<Concat>("concat", r => new(r.Texts("from")?.Count ?? 1)),
        Of<ChannelScale>("channelScale", _ => new()),
        Of<Upsample>("upsample", Upsample,
            (layer, w) => (layer.Size is { } size ? w.Write("output", size) : w.Write("factor", layer.Factor))
                .Write("interpolation", layer.Interpolation == Interpolation.Bilinear ? "bilinear" : null)),
        Of<Pad2d>("pad", r => new(r.Padding("padding")), (layer, w) => w.Write("padding", layer.Sides)),
        Of<Crop2d>("crop", r => new(r.Padding("margins")), (layer, w) => w.Write("margins", layer.Sides)),
        Of<PadChannels>("padChannels",
            r => new(r.Integer("before", 0, least: 0), r.Integer("after", 0, least: 0)),
            (layer, w) => w.Write("before", layer.Before, 0).Write("after", layer.After, 0)),
    ];

    private static LayerKind Of<T>(string name, Func<ObjectReader, T> read, Action<T, ObjectWriter>? write = null) where T : Layer =>
        new(name, typeof(T), read, (layer, writer) => write?.Invoke((T)layer, writer));

    private static void Filters(FilterLayer layer, ObjectWriter w) => w
        .Write("stride", layer.Options.Stride, 1).Write("padding", layer.Options.Padding).Write("dilation", layer.Options.Dilation, 1)
        .Write("groups", layer.Options.Groups, 1).Write("bias", layer.HasBias, true).Write("initializer", layer.Initializer, Initializer.Kaiming);

    private static Size2? Stride(ObjectReader r) => r.Has("stride") ? r.Size("stride") : null;

    private static ObjectWriter Windows(PoolWindows windows, ObjectWriter w)
    {
        if (windows is AdaptiveWindows adaptive) return w.Write("output", adaptive.Output);
        SlidingWindows sliding = (SlidingWindows)windows;
        w.Write("size", sliding.Window);
        if (sliding.Stride is { } stride && stride != sliding.Window) w.Write("stride", stride);
        return w.Write("padding", sliding.Padding).Write("ceil", sliding.CeilMode, false);
    }

    private static ConnectionTable Table(ObjectReader r) =>
        new(r.Integer("inputs"), r.IntegerRows("table", "for each output channel the list of its input channels, as in [[0, 1], [1, 2], [0, 2]]"));

    private static Subsampling Subsampling(ObjectReader r)
    {
        Subsampling usual = new(r.Size("size"), Stride(r));
        return new Subsampling(usual.Windows.Window, usual.Windows.Stride) { Initializer = r.Initializer("initializer", usual.Initializer) };
    }

    private static Upsample Upsample(ObjectReader r)
    {
        Interpolation interpolation = r.Choice("interpolation", Interpolation.Nearest, ("nearest", Interpolation.Nearest), ("bilinear", Interpolation.Bilinear));
        if (!r.Has("output")) return new Upsample(r.Size("factor"), interpolation);
        if (r.Has("factor")) throw r.Error("there are \"factor\" and \"output\"; one settles the other");
        return Layers.Upsample.ToSize(r.Size("output"), interpolation);
    }
}
