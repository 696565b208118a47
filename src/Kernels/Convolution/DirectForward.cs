using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Convolution with filters along the vector: <c>y[p, k] = Σ_tap w[tap, k] · x[stride·p + tap]</c>. Filters are transposed so that a
/// tap's numbers of as many filters as a vector has lanes lie side by side, and each pixel is broadcast straight from the image.
/// </summary>
/// <remarks>
/// Threads share out strips of output rows, whose part of the image is padded once for all filters and stays in the second-level
/// cache while these pass by; of few strips, also ranges of filters. A padded strip is laid out H×C×W: the channels of a row, over which
/// the kernel runs, then lie on few pages (256 channels of 28×28, stride 2: 1.17 times as fast as whole images, 1.03 of it by the layout).
/// </remarks>
internal readonly unsafe struct DirectForward
{
    // Vectors of filters that are computed together: a tile of 12 pixels × 2 vectors.
    private const int VectorsTogether = 2;

    // Pixels that are turned over at once, in whole vectors, and how far ahead their places among the results are asked for, a page for each
    // filter: 1.03 times as fast for AlexNet's first layer.
    private const int PixelsTogether = 32, PixelsAhead = 96;

    // Rows of the image are asked for so many channels ahead of their copying, each on a page of its own, which is nothing that the processor
    // foresees: 1.14 times as fast for 128 channels of 56×56, stride 2.
    private const int ChannelsAhead = 16;

    // What a strip of the image may take of the second-level cache.
    private const long StripFloats = 1 << 17;

    // A strip is not cut lower than this for its size: its halo would be most of it.
    private const int LowestStrip = 4;

    private readonly ConvShape _shape;
    private readonly int _vectors;
    private readonly RowBlocks _strips, _ranges;

    public DirectForward(in ConvShape shape)
    {
        _shape = shape;
        _vectors = Quotient.Up(shape.K, Simd.Lanes);
        int halo = ((shape.R - 1) * shape.Dilation.Height) + 1;
        long rows = ((StripFloats / ((long)shape.C * PaddedWidth)) - halo) / shape.Stride.Height + 1;
        int strips = Math.Max(
            Quotient.Up(shape.OutputHeight, (int)Math.Clamp(rows, LowestStrip, int.MaxValue)), Math.Min(Quotient.Up(shape.FewestChunks, shape.N), Quotient.Up(shape.OutputHeight, LowestStrip)));
        _strips = new RowBlocks(shape.OutputHeight, Quotient.Up(shape.OutputHeight, strips));
        int blocks = Quotient.Up(_vectors, VectorsTogether);
        _ranges = new RowBlocks(blocks, Quotient.Up(blocks, Quotient.Up(shape.FewestChunks, shape.N * _strips.Count)));
    }

    /// <summary>The transposed filters.</summary>
    public long FilterFloats => (long)_vectors * Simd.Lanes * _shape.Taps;

    /// <summary>A strip of the image, if it has to be padded, and its sums.</summary>
    public long ChunkFloats => StripLength + ((long)VectorsTogether * Simd.Lanes * _strips.Height(0) * _shape.OutputWidth);

    public int Chunks => _shape.N * _strips.Count * _ranges.Count;

    private int PaddedWidth => PaddedRow.Width(_shape);

    /// <summary>Rows of the padded image that a strip sees.</summary>
    private int PaddedRows => ((_strips.Height(0) - 1) * _shape.Stride.Height) + ((_shape.R - 1) * _shape.Dilation.Height) + 1;

    private long StripLength => _shape.Padding == Padding.Valid ? 0 : (long)_shape.C * PaddedRows * PaddedWidth;

    public void Run(float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(FilterFloats);
        Threads.ForVectors(_vectors, new TransposeFilters(_shape, w, scratch.Data));
        Threads.ForVectors(Chunks, new Strips(this, x, scratch.Data, bias, activation, y));
    }

    /// <summary>A chunk brings a vector of filters from <c>k, (c, r, s)</c> to <c>(c, r, s), k</c>; missing filters become zeros.</summary>
    private readonly struct TransposeFilters(ConvShape shape, float* w, float* transposed) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            long first = (long)chunk * S.Lanes * shape.Taps;
            ChwnLayout.FromNchw<S, V>(Math.Min(S.Lanes, shape.K - (chunk * S.Lanes)), shape.Taps, w + first, transposed + first);
        }
    }

    /// <summary>A chunk is a strip of an image for a range of filters.</summary>
    private readonly struct Strips(DirectForward cut, float* x, float* w, float* bias, Activation activation, float* y) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            ConvShape shape = cut._shape;
            (int place, int range) = Math.DivRem(chunk, cut._ranges.Count);
            (int image, int strip) = Math.DivRem(place, cut._strips.Count);
            int row = cut._strips.First(strip), rows = cut._strips.Height(strip);
            using Scratch.Lease scratch = Scratch.Take(cut.ChunkFloats);
            float* sums = scratch.Data + cut.StripLength, pixels = x + ((long)image * shape.C * shape.InputPlane);
            int width = shape.W, plane = shape.InputPlane;
            if (shape.Padding == Padding.Valid) pixels += (nint)row * shape.Stride.Height * width;
            else
            {
                cut.Pad<S, V>(pixels, row, scratch.Data);
                pixels = scratch.Data;
                (width, plane) = (shape.C * cut.PaddedWidth, cut.PaddedWidth);
            }
            nint column = (nint)rows * shape.OutputWidth * S.Lanes;

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
                ColumnC = column,
            };
            for (int r = 0, tap = 0; r < shape.R; r++)
                for (int other = 0; other < others; other++, tap++)
                {
                    operands.OffsetsA[tap] = (r * shape.Dilation.Height * width) + (alongChannels ? other * shape.Dilation.Width : other * plane);
                    operands.OffsetsB[tap] = ((r * shape.S) + (alongChannels ? other : other * shape.R * shape.S)) * S.Lanes;
                }

            RowBlocks tiles = new(shape.OutputWidth, ChwnKernel.MostRows);
            for (int block = cut._ranges.First(range); block < cut._ranges.First(range) + cut._ranges.Height(range); block++)
            {
                int first = block * VectorsTogether, vectors = Math.Min(VectorsTogether, cut._vectors - first);
                float* filters = w + ((nint)first * shape.Taps * S.Lanes);
                for (int i = 0; i < rows; i++)
                    for (int tile = 0; tile < tiles.Count; tile++)
                    {
                        int j = tiles.First(tile);
                        float* from = pixels + ((nint)i * shape.Stride.Height * width) + (j * shape.Stride.Width);
                        ChwnKernel.Run<S, V>(tiles.Height(tile), vectors, from, filters, sums + ((((nint)i * shape.OutputWidth) + j) * S.Lanes), operands);
                    }
                for (int v = 0; v < vectors; v++) Write<S, V>(image, (first + v) * S.Lanes, row, rows * shape.OutputWidth, sums + (v * column));
            }
        }

        /// <summary>Adds the biases, which lie along the vector here, applies σ, and turns the strip's pixels × filters into filters × pixels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Write<S, V>(int image, int filter, int row, int pixels, float* sums) where S : struct, ISimd<V> where V : unmanaged
        {
            ConvShape shape = cut._shape;
            int filters = Math.Min(S.Lanes, shape.K - filter);
            float* biases = stackalloc float[S.Lanes];
            for (int k = 0; k < S.Lanes; k++) biases[k] = bias != null && k < filters ? bias[filter + k] : 0;
            V b = S.Load(biases), slope = S.Broadcast(activation.Slope);
            float* to = y + ((((long)image * shape.K) + filter) * shape.OutputPlane) + (row * shape.OutputWidth);
            for (int first = 0, count; first < pixels; first += count)
            {
                count = pixels - first < 2 * PixelsTogether ? pixels - first : PixelsTogether;
                for (int k = 0; k < filters; k++)
                    for (int p = 0; p < count; p += CacheSizes.FloatsOfLine) Simd.PrefetchNear(to + ((nint)k * shape.OutputPlane) + first + PixelsAhead + p);
                float* from = sums + ((nint)first * S.Lanes);
                for (float* sum = from, end = from + ((nint)count * S.Lanes); sum < end; sum += S.Lanes)
                {
                    V z = S.Add(S.Load(sum), b);
                    if (activation.Kind == ActivationKind.Relu) z = S.WhereNegative(z, S.Zero, z);
                    else if (activation.Kind == ActivationKind.LeakyRelu) z = S.WhereNegative(z, S.Multiply(slope, z), z);
                    S.Store(sum, z);
                }
                ChwnLayout.ToNchw<S, V>(filters, count, from, to + first, shape.OutputPlane);
            }
            if (activation.IsLinearByParts) return;
            for (int k = 0; k < filters; k++, to += shape.OutputPlane) Activations.Forward(activation, to, to, pixels);
        }
    }

    /// <summary>Copies what a strip sees of an image, C×H×W, with the zeros around it, to H×C×W.</summary>
    private void Pad<S, V>(float* image, int outputRow, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        int top = (outputRow * _shape.Stride.Height) - _shape.Padding.Top, width = PaddedWidth, channelsAhead = Math.Min(ChannelsAhead, _shape.C);
        for (int i = top; i < top + PaddedRows; i++)
            for (int c = 0; c < _shape.C; c++, to += width)
            {
                (int next, int row) = c + channelsAhead < _shape.C ? (c + channelsAhead, i) : (c + channelsAhead - _shape.C, i + 1);
                float* ahead = image + ((nint)next * _shape.InputPlane) + (row * _shape.W);
                for (int j = 0; j < _shape.W; j += CacheSizes.FloatsOfLine) Simd.PrefetchNear(ahead + j);
                PaddedRow.Write<S, V>(_shape, image + ((nint)c * _shape.InputPlane), i, to);
            }
    }
}
