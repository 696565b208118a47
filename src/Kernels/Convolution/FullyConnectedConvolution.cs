namespace CnnEngine.Kernels;

/// <summary>
/// Convolution of filters as large as the image, without padding: a fully connected layer (P. Sermanet et al., "OverFeat", 2014), since x is then
/// N×C·H·W, w K×C·H·W and y N×K, each as it lies.
/// </summary>
internal sealed unsafe class FullyConnectedConvolution : ConvAlgorithm
{
    // What a weight takes that is read once for all images, from the caches or from memory (the filters' gradient is also written), and a sum of
    // products along the vector. Measured.
    private const double Cached = 3, FromMemory = 12, Sum = 70;

    public override string Name => "connected";

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        shape.Groups == 1 && shape.Padding == Padding.Valid && shape.Dilation == 1 && shape.R == shape.H && shape.S == shape.W
        && Math.Max(shape.FilterLength, Math.Max(shape.InputLength, shape.OutputLength)) <= int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        double weight = shape.FilterLength * sizeof(float) > CacheSizes.Current.Level3 / 2 ? FromMemory : Cached;
        if (pass == ConvPass.BackwardFilter) weight *= 2;
        return shape.MultiplyAdds + (weight * shape.FilterLength) + (pass == ConvPass.Forward ? Sum * shape.OutputLength : 0) + Call;
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        (long once, long each, int chunks) = FullyConnected.ScratchFloats(pass, shape.N, shape.Taps, shape.K);
        return Bytes(once, each, chunks, threads);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) => FullyConnected.Forward(
        shape.N, shape.Taps, shape.K, Input(shape, x), Filters(shape, w), bias == null ? [] : new(bias, shape.K), activation, Output(shape, y));

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        FullyConnected.BackwardInput(shape.N, shape.Taps, shape.K, Output(shape, dy), Filters(shape, w), Input(shape, dx));

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias) => FullyConnected.BackwardWeights(
        shape.N, shape.Taps, shape.K, Input(shape, x), Output(shape, dy), Filters(shape, dw), dbias == null ? [] : new(dbias, shape.K));

    private static Span<float> Input(in ConvShape shape, float* x) => new(x, (int)shape.InputLength);

    private static Span<float> Filters(in ConvShape shape, float* w) => new(w, (int)shape.FilterLength);

    private static Span<float> Output(in ConvShape shape, float* y) => new(y, (int)shape.OutputLength);
}
