using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Convolution forward with the output channels along the vector: filters are transposed so that a tap's numbers of as many filters as
/// a vector has lanes lie side by side, and each pixel is broadcast straight from the image. No idle columns however short the
/// rows are, so it is the way for single small images with 16 filters or more.
/// </summary>
internal sealed unsafe class DirectConvolution : ConvAlgorithm
{
    // Vectors of filters that are computed together: a tile of 12 pixels × 2 vectors.
    private const int VectorsTogether = 2;

    public override string Name => "direct";

    public override bool Supports(ConvPass pass, in ConvShape shape) => pass == ConvPass.Forward && shape.Groups == 1;

    // Measured against `shift` on LeNet's second layer: as much for a multiply-add, the time of 6 for a number that changes its place.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        double filters = (double)Vectors(shape) * Simd.Lanes;
        double copied = (filters * shape.Taps) + (shape.N * ((filters * shape.OutputPlane) + Copied(shape)));
        return (shape.MultiplyAdds * (filters / shape.K)) + (6 * copied);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads) =>
        Bytes((long)Vectors(shape) * Simd.Lanes * shape.Taps, Copied(shape) + ((long)VectorsTogether * Simd.Lanes * shape.OutputPlane), Chunks(shape), threads);

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take((long)Vectors(shape) * Simd.Lanes * shape.Taps);
        Threads.ForVectors(Vectors(shape), new Transpose(shape, w, scratch.Data));
        Threads.ForVectors(Chunks(shape), new Tiles(shape, x, scratch.Data, bias, activation, y));
    }

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) => throw new NotSupportedException("direct serves the forward pass only");

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw) => throw new NotSupportedException("direct serves the forward pass only");

    private static int Vectors(in ConvShape shape) => (shape.K + Simd.Lanes - 1) / Simd.Lanes;

    private static int Blocks(in ConvShape shape) => (Vectors(shape) + VectorsTogether - 1) / VectorsTogether;

    private static int Chunks(in ConvShape shape) => shape.N * Blocks(shape);

    private static int PaddedHeight(in ConvShape shape) => shape.H + shape.Padding.Top + shape.Padding.Bottom;

    private static int PaddedWidth(in ConvShape shape) => shape.W + shape.Padding.Left + shape.Padding.Right;

    /// <summary>Floats of the padded image, if it has to be copied.</summary>
    private static long Copied(in ConvShape shape) => shape.Padding == Padding.Valid ? 0 : (long)shape.C * PaddedHeight(shape) * PaddedWidth(shape);

    /// <summary>A chunk brings a vector of filters from <c>k, (c, r, s)</c> to <c>(c, r, s), k</c>; missing filters become zeros.</summary>
    private readonly struct Transpose(ConvShape shape, float* w, float* transposed) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            long first = (long)chunk * S.Lanes * shape.Taps;
            ChwnLayout.FromNchw<S, V>(Math.Min(S.Lanes, shape.K - (chunk * S.Lanes)), shape.Taps, w + first, transposed + first);
        }
    }

    /// <summary>A chunk is some vectors of filters over one image.</summary>
    private readonly struct Tiles(ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int image, int block) = Math.DivRem(chunk, Blocks(shape));
            int vectors = Math.Min(VectorsTogether, Vectors(shape) - (block * VectorsTogether));
            using Scratch.Lease padded = Scratch.Take(Copied(shape)), sums = Scratch.Take((long)VectorsTogether * S.Lanes * shape.OutputPlane);
            float* pixels = Pad<S, V>(x + ((long)image * shape.C * shape.InputPlane), padded.Data);
            int width = PaddedWidth(shape), plane = PaddedHeight(shape) * width;
            nint outputPlane = (nint)shape.OutputPlane * S.Lanes;

            // The longer of a pixel's channels and a filter's row is the inner loop.
            bool alongChannels = shape.C >= shape.S;
            int others = alongChannels ? shape.S : shape.C, taps = shape.R * others;
            int* offsets = stackalloc int[2 * taps];
            ChwnKernel.Operands operands = new()
            {
                Taps = taps,
                OffsetsA = offsets,
                OffsetsB = offsets + taps,
                Steps = alongChannels ? shape.C : shape.S,
                StepA = alongChannels ? plane : shape.Dilation.Width,
                StepB = (alongChannels ? shape.R * shape.S : 1) * S.Lanes,
                RowA = shape.Stride.Width,
                ColumnB = (nint)shape.Taps * S.Lanes,
                RowC = S.Lanes,
                ColumnC = outputPlane,
            };
            for (int r = 0, tap = 0; r < shape.R; r++)
                for (int other = 0; other < others; other++, tap++)
                {
                    operands.OffsetsA[tap] = (r * shape.Dilation.Height * width) + (alongChannels ? other * shape.Dilation.Width : other * plane);
                    operands.OffsetsB[tap] = ((r * shape.S) + (alongChannels ? other : other * shape.R * shape.S)) * S.Lanes;
                }

            RowBlocks tiles = new(shape.OutputWidth, ChwnKernel.MostRows);
            float* filters = w + ((nint)block * VectorsTogether * shape.Taps * S.Lanes);
            for (int i = 0; i < shape.OutputHeight; i++)
                for (int tile = 0; tile < tiles.Count; tile++)
                {
                    int j = tiles.First(tile);
                    float* from = pixels + ((nint)i * shape.Stride.Height * width) + (j * shape.Stride.Width);
                    ChwnKernel.Run<S, V>(tiles.Height(tile), vectors, from, filters, sums.Data + ((((nint)i * shape.OutputWidth) + j) * S.Lanes), operands);
                }
            for (int v = 0; v < vectors; v++) Write<S, V>(image, ((block * VectorsTogether) + v) * S.Lanes, sums.Data + (v * outputPlane));
        }

        /// <summary>Adds the biases, which lie along the vector here, applies σ, and turns H'×W'×K into K×H'×W'.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Write<S, V>(int image, int filter, float* sums) where S : struct, ISimd<V> where V : unmanaged
        {
            int filters = Math.Min(S.Lanes, shape.K - filter), plane = shape.OutputPlane;
            float* biases = stackalloc float[S.Lanes];
            for (int k = 0; k < S.Lanes; k++) biases[k] = bias != null && k < filters ? bias[filter + k] : 0;
            V b = S.Load(biases), slope = S.Broadcast(activation.Slope);
            for (float* sum = sums, end = sums + ((nint)plane * S.Lanes); sum < end; sum += S.Lanes)
            {
                V z = S.Add(S.Load(sum), b);
                if (activation.Kind == ActivationKind.Relu) z = S.WhereNegative(z, S.Zero, z);
                else if (activation.Kind == ActivationKind.LeakyRelu) z = S.WhereNegative(z, S.Multiply(slope, z), z);
                S.Store(sum, z);
            }
            float* to = y + ((((long)image * shape.K) + filter) * plane);
            ChwnLayout.ToNchw<S, V>(filters, plane, sums, to);
            if (!activation.IsLinearByParts) Activations.Forward(activation, to, to, filters * plane);
        }

        private float* Pad<S, V>(float* from, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            if (shape.Padding == Padding.Valid) return from;
            int width = PaddedWidth(shape), plane = PaddedHeight(shape) * width;
            new Span<float>(to, shape.C * plane).Clear();
            for (int c = 0; c < shape.C; c++)
                for (int h = 0; h < shape.H; h++)
                    new ReadOnlySpan<float>(from + (((nint)c * shape.H) + h) * shape.W, shape.W)
                        .CopyTo(new Span<float>(to + ((nint)c * plane) + ((h + shape.Padding.Top) * width) + shape.Padding.Left, shape.W));
            return to;
        }
    }
}
