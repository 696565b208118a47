using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The broadcast micro-kernel, where nearly all multiply-adds of the engine happen:
/// <code>C[i, j] (+)= Σ_t A[t, i] · B(t)[j]      i &lt; R, j &lt; W·lanes</code>
/// as a sum of outer products with all of C's tile in registers. A is packed, R numbers a step. Row t of B lies wherever
/// <c>offsets[t]</c> says: at t·width in a packed panel, at t·stride in a matrix left where it is, at a filter tap's shift in an
/// image. That one indirection costs a scalar load a step and makes GEMM and convolution the same loop (after M. Dukhan,
/// "The Indirect Convolution Algorithm", 2019, with offsets for pointers).
/// </summary>
/// <remarks>
/// Along the vector: the columns. R rows × 2 vectors are 2·R accumulators; at least 8 hide the latency of the multiply-add, 24 of
/// 32 registers leave room for B. The accumulators are named locals because the compiler keeps no array in registers; rows that
/// the height R does not have are removed at compile time.
/// </remarks>
internal static unsafe class BroadcastKernel
{
    /// <summary>Runs the kernel for a tile of <paramref name="rows"/> rows, 1 to 12, that is two vectors wide; A is packed.</summary>
    public static void Run<S, V>(int rows, int steps, float* a, float* b, int* offsets, float* c, nint rowStride, bool accumulate)
        where S : struct, ISimd<V>
        where V : unmanaged => Run<S, V, N2, Adjacent>(rows, steps, a, rows, b, S.Lanes, offsets, null, 0, c, rowStride, accumulate, null);

    /// <summary>The same for a tile that is one vector wide.</summary>
    public static void RunNarrow<S, V>(int rows, int steps, float* a, float* b, int* offsets, float* c, nint rowStride, bool accumulate)
        where S : struct, ISimd<V>
        where V : unmanaged => Run<S, V, N1, Adjacent>(rows, steps, a, rows, b, S.Lanes, offsets, null, 0, c, rowStride, accumulate, null);

    /// <summary>
    /// The same for tiles of either width that end in an epilogue, <paramref name="right"/> floats from a row's first vector of B to its second.
    /// </summary>
    public static void Run<S, V>(int rows, int vectors, int steps, float* a, float* b, nint right, int* offsets, float* c, nint rowStride, Epilogue* epilogue)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (vectors == 2) Run<S, V, N2, Adjacent>(rows, steps, a, rows, b, right, offsets, null, 0, c, rowStride, accumulate: false, epilogue);
        else Run<S, V, N1, Adjacent>(rows, steps, a, rows, b, right, offsets, null, 0, c, rowStride, accumulate: false, epilogue);
    }

    /// <summary>
    /// Runs the kernel for a tile of <paramref name="rows"/> rows and up to two vectors, with A where it lies: packed, or any matrix
    /// whose rows or columns are contiguous. Each step asks for a row of <paramref name="ahead"/>, unless that is nowhere, so that it is
    /// in the second-level cache when a later tile reads it.
    /// </summary>
    public static void Run<S, V>(
        int rows, int lanes, int steps, MatrixView a, float* b, int* offsets, MatrixView ahead, float* c, nint rowStride, bool accumulate, Epilogue* epilogue = null)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (lanes > S.Lanes) Run<S, V, N2>(rows, steps, a, b, offsets, ahead, c, rowStride, accumulate, epilogue);
        else Run<S, V, N1>(rows, steps, a, b, offsets, ahead, c, rowStride, accumulate, epilogue);
    }

    private static void Run<S, V, W>(
        int rows, int steps, MatrixView a, float* b, int* offsets, MatrixView ahead, float* c, nint rowStride, bool accumulate, Epilogue* epilogue = null)
        where S : struct, ISimd<V>
        where V : unmanaged
        where W : struct, IConstant
    {
        bool isAdjacent = a.RowStride == 1;
        nint stride = isAdjacent ? a.ColumnStride : a.RowStride;
        if (isAdjacent && ahead.Data == null) Run<S, V, W, Adjacent>(rows, steps, a.Data, stride, b, S.Lanes, offsets, ahead.Data, ahead.RowStride, c, rowStride, accumulate, epilogue);
        else if (isAdjacent) Run<S, V, W, AdjacentAhead>(rows, steps, a.Data, stride, b, S.Lanes, offsets, ahead.Data, ahead.RowStride, c, rowStride, accumulate, epilogue);
        else if (ahead.Data == null) Run<S, V, W, Apart>(rows, steps, a.Data, stride, b, S.Lanes, offsets, ahead.Data, ahead.RowStride, c, rowStride, accumulate, epilogue);
        else Run<S, V, W, ApartAhead>(rows, steps, a.Data, stride, b, S.Lanes, offsets, ahead.Data, ahead.RowStride, c, rowStride, accumulate, epilogue);
    }

    /// <summary>How operands are read.</summary>
    private interface IReading
    {
        /// <summary>
        /// Whether the numbers of A for a step, one of each row, are adjacent and the next step's a stride on; otherwise rows are a
        /// stride apart and a row's numbers adjacent.
        /// </summary>
        static abstract bool IsAdjacent { get; }

        /// <summary>Whether what a later tile reads is asked for.</summary>
        static abstract bool IsAhead { get; }
    }

    private readonly struct Adjacent : IReading
    {
        public static bool IsAdjacent => true;

        public static bool IsAhead => false;
    }

    private readonly struct AdjacentAhead : IReading
    {
        public static bool IsAdjacent => true;

        public static bool IsAhead => true;
    }

    private readonly struct Apart : IReading
    {
        public static bool IsAdjacent => false;

        public static bool IsAhead => false;
    }

    private readonly struct ApartAhead : IReading
    {
        public static bool IsAdjacent => false;

        public static bool IsAhead => true;
    }

    private static void Run<S, V, W, A>(int rows, int steps, float* a, nint stride, float* b, nint right, int* offsets, float* ahead, nint aheadStride, float* c, nint rowStride, bool accumulate, Epilogue* epilogue)
        where S : struct, ISimd<V>
        where V : unmanaged
        where W : struct, IConstant
        where A : struct, IReading
    {
        switch (rows)
        {
            case 1: Tile<S, V, N1, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 2: Tile<S, V, N2, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 3: Tile<S, V, N3, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 4: Tile<S, V, N4, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 5: Tile<S, V, N5, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 6: Tile<S, V, N6, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 7: Tile<S, V, N7, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 8: Tile<S, V, N8, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 9: Tile<S, V, N9, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 10: Tile<S, V, N10, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 11: Tile<S, V, N11, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            case 12: Tile<S, V, N12, W, A>(steps, a, stride, b, right, offsets, ahead, aheadStride, c, rowStride, accumulate, epilogue); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows), rows, "a tile has 1 to 12 rows");
        }
    }

    // Optimised at once: a loop that runs from the first step on must not begin its life unoptimised.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<S, V, R, W, A>(int steps, float* a, nint stride, float* b, nint right, int* offsets, float* ahead, nint aheadStride, float* c, nint rowStride, bool accumulate, Epilogue* epilogue)
        where S : struct, ISimd<V>
        where V : unmanaged
        where R : struct, IConstant
        where W : struct, IConstant
        where A : struct, IReading
    {
        // Rows in threes, so that an address is one of four pointers and none, one or two strides.
        nint two = 2 * stride;
        float* a3 = a + stride + two, a6 = a3 + stride + two, a9 = a6 + stride + two;

        V c0l = S.Zero, c0r = S.Zero;
        V c1l = S.Zero, c1r = S.Zero;
        V c2l = S.Zero, c2r = S.Zero;
        V c3l = S.Zero, c3r = S.Zero;
        V c4l = S.Zero, c4r = S.Zero;
        V c5l = S.Zero, c5r = S.Zero;
        V c6l = S.Zero, c6r = S.Zero;
        V c7l = S.Zero, c7r = S.Zero;
        V c8l = S.Zero, c8r = S.Zero;
        V c9l = S.Zero, c9r = S.Zero;
        V c10l = S.Zero, c10r = S.Zero;
        V c11l = S.Zero, c11r = S.Zero;

        for (int t = 0; t < steps; t++)
        {
            float* row = b + offsets[t];
            if (A.IsAhead)
            {
                Simd.Prefetch(ahead);
                if (W.Value > 1) Simd.Prefetch(ahead + S.Lanes);
                ahead += aheadStride;
            }
            V l = S.Load(row), r = W.Value > 1 ? S.Load(row + right) : S.Zero;
            { V x = S.Broadcast(a[0]); c0l = S.MultiplyAdd(x, l, c0l); if (W.Value > 1) c0r = S.MultiplyAdd(x, r, c0r); }
            if (R.Value > 1) { V x = S.Broadcast(A.IsAdjacent ? a[1] : a[stride]); c1l = S.MultiplyAdd(x, l, c1l); if (W.Value > 1) c1r = S.MultiplyAdd(x, r, c1r); }
            if (R.Value > 2) { V x = S.Broadcast(A.IsAdjacent ? a[2] : a[two]); c2l = S.MultiplyAdd(x, l, c2l); if (W.Value > 1) c2r = S.MultiplyAdd(x, r, c2r); }
            if (R.Value > 3) { V x = S.Broadcast(A.IsAdjacent ? a[3] : a3[0]); c3l = S.MultiplyAdd(x, l, c3l); if (W.Value > 1) c3r = S.MultiplyAdd(x, r, c3r); }
            if (R.Value > 4) { V x = S.Broadcast(A.IsAdjacent ? a[4] : a3[stride]); c4l = S.MultiplyAdd(x, l, c4l); if (W.Value > 1) c4r = S.MultiplyAdd(x, r, c4r); }
            if (R.Value > 5) { V x = S.Broadcast(A.IsAdjacent ? a[5] : a3[two]); c5l = S.MultiplyAdd(x, l, c5l); if (W.Value > 1) c5r = S.MultiplyAdd(x, r, c5r); }
            if (R.Value > 6) { V x = S.Broadcast(A.IsAdjacent ? a[6] : a6[0]); c6l = S.MultiplyAdd(x, l, c6l); if (W.Value > 1) c6r = S.MultiplyAdd(x, r, c6r); }
            if (R.Value > 7) { V x = S.Broadcast(A.IsAdjacent ? a[7] : a6[stride]); c7l = S.MultiplyAdd(x, l, c7l); if (W.Value > 1) c7r = S.MultiplyAdd(x, r, c7r); }
            if (R.Value > 8) { V x = S.Broadcast(A.IsAdjacent ? a[8] : a6[two]); c8l = S.MultiplyAdd(x, l, c8l); if (W.Value > 1) c8r = S.MultiplyAdd(x, r, c8r); }
            if (R.Value > 9) { V x = S.Broadcast(A.IsAdjacent ? a[9] : a9[0]); c9l = S.MultiplyAdd(x, l, c9l); if (W.Value > 1) c9r = S.MultiplyAdd(x, r, c9r); }
            if (R.Value > 10) { V x = S.Broadcast(A.IsAdjacent ? a[10] : a9[stride]); c10l = S.MultiplyAdd(x, l, c10l); if (W.Value > 1) c10r = S.MultiplyAdd(x, r, c10r); }
            if (R.Value > 11) { V x = S.Broadcast(A.IsAdjacent ? a[11] : a9[two]); c11l = S.MultiplyAdd(x, l, c11l); if (W.Value > 1) c11r = S.MultiplyAdd(x, r, c11r); }
            if (A.IsAdjacent)
            {
                a += stride;
                continue;
            }
            a++;
            a3++;
            a6++;
            a9++;
        }

        if (epilogue != null)
        {
            Epilogue end = *epilogue; // a copy, which stores to C cannot change, stays in registers
            end.Write<S, V, W>(0, c, c0l, c0r);
            if (R.Value > 1) end.Write<S, V, W>(1, c + rowStride, c1l, c1r);
            if (R.Value > 2) end.Write<S, V, W>(2, c + (2 * rowStride), c2l, c2r);
            if (R.Value > 3) end.Write<S, V, W>(3, c + (3 * rowStride), c3l, c3r);
            if (R.Value > 4) end.Write<S, V, W>(4, c + (4 * rowStride), c4l, c4r);
            if (R.Value > 5) end.Write<S, V, W>(5, c + (5 * rowStride), c5l, c5r);
            if (R.Value > 6) end.Write<S, V, W>(6, c + (6 * rowStride), c6l, c6r);
            if (R.Value > 7) end.Write<S, V, W>(7, c + (7 * rowStride), c7l, c7r);
            if (R.Value > 8) end.Write<S, V, W>(8, c + (8 * rowStride), c8l, c8r);
            if (R.Value > 9) end.Write<S, V, W>(9, c + (9 * rowStride), c9l, c9r);
            if (R.Value > 10) end.Write<S, V, W>(10, c + (10 * rowStride), c10l, c10r);
            if (R.Value > 11) end.Write<S, V, W>(11, c + (11 * rowStride), c11l, c11r);
            return;
        }
        Write<S, V, W>(c, c0l, c0r, accumulate);
        if (R.Value > 1) Write<S, V, W>(c + rowStride, c1l, c1r, accumulate);
        if (R.Value > 2) Write<S, V, W>(c + (2 * rowStride), c2l, c2r, accumulate);
        if (R.Value > 3) Write<S, V, W>(c + (3 * rowStride), c3l, c3r, accumulate);
        if (R.Value > 4) Write<S, V, W>(c + (4 * rowStride), c4l, c4r, accumulate);
        if (R.Value > 5) Write<S, V, W>(c + (5 * rowStride), c5l, c5r, accumulate);
        if (R.Value > 6) Write<S, V, W>(c + (6 * rowStride), c6l, c6r, accumulate);
        if (R.Value > 7) Write<S, V, W>(c + (7 * rowStride), c7l, c7r, accumulate);
        if (R.Value > 8) Write<S, V, W>(c + (8 * rowStride), c8l, c8r, accumulate);
        if (R.Value > 9) Write<S, V, W>(c + (9 * rowStride), c9l, c9r, accumulate);
        if (R.Value > 10) Write<S, V, W>(c + (10 * rowStride), c10l, c10r, accumulate);
        if (R.Value > 11) Write<S, V, W>(c + (11 * rowStride), c11l, c11r, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<S, V, W>(float* c, V left, V right, bool accumulate)
        where S : struct, ISimd<V>
        where V : unmanaged
        where W : struct, IConstant
    {
        S.Store(c, accumulate ? S.Add(left, S.Load(c)) : left);
        if (W.Value > 1) S.Store(c + S.Lanes, accumulate ? S.Add(right, S.Load(c + S.Lanes)) : right);
    }
}
