namespace CnnEngine.Kernels;

/// <summary>
/// Convolution of each channel alone with a 3×3 filter of stride 1, on rows of at least the widest vector. A channel's padded
/// plane stays in the first-level cache while <see cref="Depthwise3x3Kernel"/> goes over it; the next plane is asked for meanwhile.
/// </summary>
internal sealed unsafe class Depthwise3x3Convolution : ConvAlgorithm
{
    // A chunk has so many multiply-adds that handing it out does not count, and so few that threads share them evenly.
    private const long ChunkMultiplyAdds = 1 << 19;

    private const int FilterChunks = 16;

    private const int WidestVector = 16;

    public override string Name => "depthwise3x3";

    // Backwards, the deltas of several filters would have to be added up in one plane.
    public override bool Supports(ConvPass pass, in ConvShape shape)
    {
        if (shape is not { R: 3, S: 3, GroupChannels: 1, Groups: > 1 } || shape.Stride != 1 || shape.Dilation != 1) return false;
        ConvShape sums = OfPass(pass, shape);
        return sums.GroupChannels == 1 && sums.OutputWidth >= WidestVector && sums.Padding is { Top: >= 0, Bottom: >= 0, Left: >= 0, Right: >= 0 }
            && new PaddedPlane(sums).Length < int.MaxValue;
    }

    // Multiply-adds, idle lanes among them, and the way from and to memory.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        int width = OfPass(pass, shape).OutputWidth, computed = (width + Simd.Lanes - 1) / Simd.Lanes * Simd.Lanes;
        return (shape.MultiplyAdds * 1.2 * computed / width) + (4.0 * (shape.InputLength + shape.OutputLength));
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        ConvShape sums = OfPass(pass, shape);
        int chunks = pass == ConvPass.BackwardFilter ? FilterBlocks(shape).Count : shape.N * ChannelBlocks(sums).Count;
        return Bytes(0, new PaddedPlane(sums).Length, chunks, threads);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) =>
        Threads.ForVectors(shape.N * ChannelBlocks(shape).Count, new SumPlanes(shape, x, w, 1, bias, activation, y));

    // The last tap comes first: the filter rotated by 180°.
    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        ConvShape ofDelta = shape.OfDelta();
        Threads.ForVectors(shape.N * ChannelBlocks(ofDelta).Count, new SumPlanes(ofDelta, dy, w + shape.Taps - 1, -1, null, Activation.Identity, dx));
    }

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias) =>
        Threads.ForVectors(FilterBlocks(shape).Count, new FilterPlanes(shape, x, dy, dw, dbias));

    // The convolution whose outputs are summed up: for the images' gradient that of δ.
    private static ConvShape OfPass(ConvPass pass, in ConvShape shape) => pass == ConvPass.BackwardInput ? shape.OfDelta() : shape;

    private static RowBlocks ChannelBlocks(in ConvShape shape) =>
        new(shape.Groups, (int)Math.Clamp(ChunkMultiplyAdds * shape.Groups * shape.N / shape.MultiplyAdds, 1, shape.Groups));

    private static RowBlocks FilterBlocks(in ConvShape shape) => new(shape.Groups, (shape.Groups + FilterChunks - 1) / FilterChunks);

    /// <summary>A plane with its padding, the pixels of each row from the start of a cache line on.</summary>
    private readonly struct PaddedPlane
    {
        private const int Line = 16; // floats: 64 bytes

        private readonly ConvShape _shape;
        private readonly int _margin;

        public PaddedPlane(in ConvShape shape)
        {
            _shape = shape;
            _margin = RoundUp(shape.Padding.Left);
            RowLength = RoundUp(_margin + shape.W + shape.Padding.Right);
        }

        public int RowLength { get; }

        public long Length => ((long)_shape.Padding.Top + _shape.H + _shape.Padding.Bottom) * RowLength;

        /// <summary>Where the padded image begins.</summary>
        public int First => _margin - _shape.Padding.Left;

        public void Clear(float* plane) => new Span<float>(plane, (int)Length).Clear();

        /// <summary>Copies a plane H×W to where another or zeros were before: the padding is there already.</summary>
        public void Refill<S, V>(float* image, float* plane) where S : struct, ISimd<V> where V : unmanaged =>
            RowCopy.Fill<S, V>(_shape.H, _shape.W, image, _shape.W, plane + ((nint)_shape.Padding.Top * RowLength) + _margin, RowLength);

        private static int RoundUp(int length) => (length + Line - 1) / Line * Line;
    }

    private readonly struct SumPlanes(ConvShape shape, float* x, float* w, int step, float* bias, Activation activation, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            RowBlocks channels = ChannelBlocks(shape);
            (int image, int block) = Math.DivRem(chunk, channels.Count);
            PaddedPlane padded = new(shape);
            using Scratch.Lease scratch = Scratch.Take(padded.Length);
            padded.Clear(scratch.Data);
            for (int g = channels.First(block); g < channels.First(block) + channels.Height(block); g++)
            {
                float* plane = x + ((((long)image * shape.C) + g) * shape.InputPlane);
                padded.Refill<S, V>(plane, scratch.Data);
                for (int k = g * shape.GroupFilters; k < (g + 1) * shape.GroupFilters; k++)
                {
                    float* results = y + ((((long)image * shape.K) + k) * shape.OutputPlane);
                    Depthwise3x3Kernel.Sum<S, V>(
                        shape.OutputHeight, shape.OutputWidth, scratch.Data + padded.First, padded.RowLength, w + (9 * (long)k), step,
                        bias == null ? 0 : bias[k], activation, results, plane + shape.InputPlane, results + shape.OutputPlane);
                    if (!activation.IsLinearByParts) Activations.Forward(activation, results, results, shape.OutputPlane);
                }
            }
        }
    }

    private readonly struct FilterPlanes(ConvShape shape, float* x, float* dy, float* dw, float* dbias) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            RowBlocks channels = FilterBlocks(shape);
            PaddedPlane padded = new(shape);
            using Scratch.Lease scratch = Scratch.Take(padded.Length);
            padded.Clear(scratch.Data);
            for (int image = 0; image < shape.N; image++)
                for (int g = channels.First(chunk); g < channels.First(chunk) + channels.Height(chunk); g++)
                {
                    float* plane = x + ((((long)image * shape.C) + g) * shape.InputPlane);
                    padded.Refill<S, V>(plane, scratch.Data);
                    for (int k = g * shape.GroupFilters; k < (g + 1) * shape.GroupFilters; k++)
                    {
                        float* deltas = dy + ((((long)image * shape.K) + k) * shape.OutputPlane);
                        Depthwise3x3Kernel.AddProducts<S, V>(
                            shape.OutputHeight, shape.OutputWidth, scratch.Data + padded.First, padded.RowLength, deltas, dw + (9 * (long)k),
                            dbias == null ? null : dbias + k, plane + shape.InputPlane, deltas + shape.OutputPlane);
                    }
                }
        }
    }
}
