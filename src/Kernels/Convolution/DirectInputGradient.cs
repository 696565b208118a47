using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The images' gradient with their channels along the vector: <c>∂x[u, c] = Σ_k Σ_tap δ[k, (u − tap) / stride] · w[k, tap, c]</c>,
/// pixels of δ broadcast. The pixels of a phase, those of rows ≡ a and columns ≡ b (mod stride), see the same taps
/// (<see cref="ConvShape.OfDelta"/>); they are computed together, and no other taps. The sums of all phases meet in one plane with
/// channels innermost, which is transposed to where it belongs.
/// </summary>
internal readonly unsafe struct DirectInputGradient
{
    // Vectors of channels that are computed together: a tile of 12 pixels × 2 vectors.
    private const int VectorsTogether = 2;

    // What δ and the sums of a strip may take of the second-level cache each: a quarter of 1 MB.
    private const long StripFloats = 1 << 16;

    private readonly ConvShape _shape, _ofDelta;
    private readonly int _vectors, _width;
    private readonly RowBlocks _strips;

    public DirectInputGradient(in ConvShape shape)
    {
        _shape = shape;
        _ofDelta = shape.OfDelta();
        _vectors = (shape.C + Simd.Lanes - 1) / Simd.Lanes;
        _width = _ofDelta.OutputWidth + _ofDelta.S - 1;
        long row = Math.Max((long)shape.K * _width, (long)VectorsTogether * Simd.Lanes * shape.Stride.Height * shape.W);
        int rows = Quotient.Up(_ofDelta.OutputHeight, Quotient.Up(shape.FewestChunks, shape.N));
        _strips = new RowBlocks(_ofDelta.OutputHeight, (int)Math.Clamp(StripFloats / row, 1, rows));
    }

    /// <summary>The filters with channels innermost: C/lanes × R×S × K × lanes.</summary>
    public long FilterFloats => (long)_vectors * Simd.Lanes * _shape.R * _shape.S * _shape.K;

    /// <summary>What a chunk lays out: a strip of δ with zeros around it, and sums.</summary>
    public long ChunkFloats => DeltaFloats + ((long)Math.Min(_vectors, VectorsTogether) * Simd.Lanes * MostRows * _shape.W);

    public int Chunks => _shape.N * _strips.Count;

    private long DeltaFloats => (long)_shape.K * DeltaPlane;

    private int DeltaPlane => (_strips.Height(0) + _ofDelta.R - 1) * _width;

    private int MostRows => Math.Min(_strips.Height(0) * _shape.Stride.Height, _shape.H);

    public void Run(float* dy, float* w, float* dx)
    {
        using Scratch.Lease filters = Scratch.Take(FilterFloats);
        Threads.For(_vectors * _shape.R * _shape.S, new TransposeFilters(this, w, filters.Data));
        Threads.ForVectors(Chunks, new Strips(this, dy, filters.Data, dx));
    }

    /// <summary>A chunk brings a tap of a vector of channels from <c>k, c, tap</c> to <c>tap, k, c</c>; missing channels become zeros.</summary>
    private readonly struct TransposeFilters(DirectInputGradient cut, float* w, float* transposed) : IChunks
    {
        public void Run(int chunk)
        {
            int lanes = Simd.Lanes, area = cut._shape.R * cut._shape.S;
            (int vector, int tap) = Math.DivRem(chunk, area);
            int channels = Math.Min(lanes, cut._shape.C - (vector * lanes));
            float* from = w + ((nint)vector * lanes * area) + tap, to = transposed + ((nint)chunk * cut._shape.K * lanes);
            for (int k = 0; k < cut._shape.K; k++, from += cut._shape.Taps, to += lanes)
                for (int c = 0; c < lanes; c++) to[c] = c < channels ? from[c * area] : 0;
        }
    }

    /// <summary>A chunk is a strip of one image.</summary>
    private readonly struct Strips(DirectInputGradient cut, float* dy, float* w, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            ConvShape shape = cut._shape;
            (int image, int strip) = Math.DivRem(chunk, cut._strips.Count);
            int first = cut._strips.First(strip), blocks = cut._strips.Height(strip);
            int start = FirstRow(first), end = Math.Min(FirstRow(first + blocks), shape.H), top = Math.Max(start, 0);
            using Scratch.Lease scratch = Scratch.Take(cut.ChunkFloats);
            float* delta = scratch.Data, sums = delta + cut.DeltaFloats;
            Pad(dy + ((long)image * shape.K * shape.OutputPlane), first - cut._ofDelta.Padding.Top, blocks + cut._ofDelta.R - 1, delta);
            for (int vector = 0; vector < cut._vectors; vector += VectorsTogether)
            {
                int vectors = Math.Min(VectorsTogether, cut._vectors - vector);
                nint plane = (nint)(end - top) * shape.W * S.Lanes;
                Multiply<S, V>(start, end, delta, w + ((nint)vector * shape.R * shape.S * shape.K * S.Lanes), vectors, sums, plane);
                for (int v = 0; v < vectors; v++)
                {
                    int channel = (vector + v) * S.Lanes;
                    float* to = dx + ((((long)image * shape.C) + channel) * shape.InputPlane) + (top * shape.W);
                    ChwnLayout.ToNchw<S, V>(Math.Min(S.Lanes, shape.C - channel), (end - top) * shape.W, sums + (v * plane), to, shape.InputPlane);
                }
            }
        }

        /// <summary>Computes the sums of the image's rows from one to another, phase after phase.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Multiply<S, V>(int start, int end, float* delta, float* filters, int vectors, float* sums, nint plane)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            ConvShape shape = cut._shape;
            int top = Math.Max(start, 0), left = -(shape.Padding.Left % shape.Stride.Width), area = shape.R * shape.S;
            int* offsets = stackalloc int[2 * area];
            ChwnKernel.Operands operands = new()
            {
                OffsetsA = offsets,
                OffsetsB = offsets + area,
                Steps = shape.K,
                StepA = cut.DeltaPlane,
                StepB = S.Lanes,
                RowA = 1,
                ColumnB = (nint)area * shape.K * S.Lanes,
                RowC = shape.Stride.Width * S.Lanes,
                ColumnC = plane,
            };
            for (int phaseRow = 0; phaseRow < shape.Stride.Height; phaseRow++)
                for (int phaseColumn = 0; phaseColumn < shape.Stride.Width; phaseColumn++)
                {
                    operands.Taps = 0;
                    for (int row = 0; row < cut._ofDelta.R; row++)
                        for (int column = 0; column < cut._ofDelta.S; column++)
                        {
                            // The first place of δ meets the farthest tap: the filter is rotated.
                            int r = phaseRow + ((cut._ofDelta.R - 1 - row) * shape.Stride.Height), s = phaseColumn + ((cut._ofDelta.S - 1 - column) * shape.Stride.Width);
                            if (r % shape.Dilation.Height != 0 || s % shape.Dilation.Width != 0) continue;
                            (r, s) = (r / shape.Dilation.Height, s / shape.Dilation.Width);
                            if (r >= shape.R || s >= shape.S) continue;
                            operands.OffsetsA[operands.Taps] = (row * cut._width) + column;
                            operands.OffsetsB[operands.Taps++] = ((r * shape.S) + s) * shape.K * S.Lanes;
                        }

                    // The first block of a phase may lie in the padding.
                    int skippedColumns = left + phaseColumn < 0 ? 1 : 0, w = left + phaseColumn + (skippedColumns * shape.Stride.Width);
                    RowBlocks tiles = new(Math.Max(0, (shape.W - w + shape.Stride.Width - 1) / shape.Stride.Width), ChwnKernel.MostRows);
                    float* from = delta + skippedColumns;
                    for (int h = start + phaseRow; h < end; h += shape.Stride.Height, from += cut._width)
                    {
                        if (h < 0) continue;
                        for (int tile = 0; tile < tiles.Count; tile++)
                        {
                            float* to = sums + (((((nint)h - top) * shape.W) + w + (tiles.First(tile) * shape.Stride.Width)) * S.Lanes);
                            ChwnKernel.Run<S, V>(tiles.Height(tile), vectors, from + tiles.First(tile), filters, to, operands);
                        }
                    }
                }
        }

        /// <summary>The image's row at which a row of blocks begins; negative in the padding.</summary>
        private int FirstRow(int block) => (((cut._shape.Padding.Top / cut._shape.Stride.Height) + block) * cut._shape.Stride.Height) - cut._shape.Padding.Top;

        /// <summary>Copies rows of δ, those from <paramref name="firstRow"/> on, with the zeros around it.</summary>
        private void Pad(float* from, int firstRow, int rows, float* to)
        {
            ConvShape shape = cut._shape;
            int width = shape.OutputWidth, before = cut._ofDelta.Padding.Left; // less than 0: cropped
            int skipped = Math.Max(0, -before), start = Math.Max(0, before), count = Math.Clamp(cut._width - start, 0, Math.Max(0, width - skipped));
            for (int k = 0; k < shape.K; k++, from += shape.OutputPlane, to += cut.DeltaPlane)
                for (int i = 0; i < rows; i++)
                {
                    Span<float> row = new(to + (i * cut._width), cut._width);
                    int h = firstRow + i;
                    if (h < 0 || h >= shape.OutputHeight || count == 0)
                    {
                        row.Clear();
                        continue;
                    }
                    row[..start].Clear();
                    new ReadOnlySpan<float>(from + (h * width) + skipped, count).CopyTo(row[start..]);
                    row[(start + count)..].Clear();
                }
        }
    }
}
