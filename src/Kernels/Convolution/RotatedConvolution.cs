namespace CnnEngine.Kernels;

/// <summary>
/// Backward input in its textbook form, for stride 1: the zero-padded delta convolved with the filter rotated by 180° and its
/// channel axes exchanged, which is a forward convolution:
/// <c>∂x[n, c] = Σ_k pad(δ[n, k]) ⋆ rot180(w[k, c])</c>.
/// </summary>
internal sealed unsafe class RotatedConvolution : ConvAlgorithm
{
    public override string Name => "rotated";

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        pass == ConvPass.BackwardInput && shape.Stride == 1
        // The delta's padding is the filter's reach less the image's padding; it cannot be negative.
        && shape.Padding.Top <= Reach(shape).Height && shape.Padding.Bottom <= Reach(shape).Height
        && shape.Padding.Left <= Reach(shape).Width && shape.Padding.Right <= Reach(shape).Width;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        ConvShape rotated = shape.Rotated();
        return ConvPlanner.Choose(ConvPass.Forward, rotated).Cost(ConvPass.Forward, rotated);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        ConvShape rotated = shape.Rotated();
        return Bytes(shape.FilterLength, 0, 0, threads) + ConvPlanner.Choose(ConvPass.Forward, rotated).ScratchBytes(ConvPass.Forward, rotated, threads);
    }

    private static Size2 Reach(in ConvShape shape) => (shape.Dilation.Height * (shape.R - 1), shape.Dilation.Width * (shape.S - 1));

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        ConvShape rotated = shape.Rotated();
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength);
        RotateFilters(shape, w, scratch.Data);
        ConvPlanner.Choose(ConvPass.Forward, rotated).Forward(rotated, dy, scratch.Data, null, Activation.Identity, dx);
    }

    /// <summary><c>rotated[c, k, r, s] = w[k, c, R − 1 − r, S − 1 − s]</c> within each group.</summary>
    private static void RotateFilters(in ConvShape shape, float* w, float* rotated)
    {
        int area = shape.R * shape.S;
        for (int g = 0; g < shape.Groups; g++, w += (long)shape.GroupFilters * shape.Taps)
            for (int c = 0; c < shape.GroupChannels; c++)
                for (int k = 0; k < shape.GroupFilters; k++, rotated += area)
                {
                    float* from = w + (((long)k * shape.GroupChannels) + c) * area;
                    for (int tap = 0; tap < area; tap++) rotated[tap] = from[area - 1 - tap];
                }
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) => throw OnlyBackwardInput();

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw) => throw OnlyBackwardInput();

    private static NotSupportedException OnlyBackwardInput() => new("the rotated filter serves the backward input pass only");
}
