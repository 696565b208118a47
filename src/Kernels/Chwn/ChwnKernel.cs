using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The micro-kernel of the C×H×W×N layout, where a vector holds the same number of as many images as it has lanes:
/// <code>C[i, j] = b[i] + Σ_tap Σ_t A[tap, t, i] · B[tap, t, j]      i &lt; R rows, j &lt; W columns of one vector each</code>
/// A are weights, read where they lie and broadcast; B and C are vectors of images. Convolutions and fully connected layers, forward
/// and backward, differ only in the strides.
/// </summary>
/// <remarks>
/// Along the vector: the images. R·W accumulators, at most 24 of 32 registers or 12 of 16, are named locals because the compiler
/// keeps no array in registers; those that a tile does not have are removed at compile time.
/// </remarks>
internal static unsafe class ChwnKernel
{
    /// <summary>The most columns of a tile.</summary>
    public const int MostColumns = 4;

    /// <summary>The most rows of a tile, at which it has two columns.</summary>
    public static int MostRows { get; } = Simd.Registers == 32 ? 12 : 6;

    /// <summary>How many columns a tile of <paramref name="rows"/> rows has at most, so that the accumulators stay in registers.</summary>
    public static int Columns(int rows) => Math.Min(2 * MostRows / rows, MostColumns);

    /// <summary>Where the factors, the result and their neighbours lie; strides in floats.</summary>
    public struct Operands
    {
        /// <summary>How many taps are summed, and where each one's first factors lie behind A and B.</summary>
        public int Taps;
        public int* OffsetsA;
        public int* OffsetsB;

        /// <summary>How many products each tap has (the channels), and their distance.</summary>
        public int Steps;
        public nint StepA;
        public nint StepB;

        public nint RowA;
        public nint ColumnB;
        public nint RowC;
        public nint ColumnC;

        /// <summary>What is added to each row; null for nothing.</summary>
        public float* Bias;

        /// <summary>What becomes of the sums; a kernel that adds to C has no bias.</summary>
        public End End;

        /// <summary>What sums below zero are multiplied by, at <see cref="End.Leaky"/>.</summary>
        public float Slope;

        /// <summary>
        /// What is read next, for a kernel that adds to C: so many rows, a stride apart, of which each tap asks for <see cref="Steps"/>
        /// floats from its place on. In one go they would wait for each other, and the products for them.
        /// </summary>
        public float* Ahead;
        public int AheadRows;
        public nint AheadStride;
        public int* OffsetsAhead;
    }

    /// <summary>What becomes of a tile's sums.</summary>
    public enum End
    {
        Store,
        Relu,
        Leaky,
        Add,
    }

    /// <summary>How a kernel ends that applies an activation; what is not linear by parts is applied afterwards.</summary>
    public static End EndWith(Activation activation) => activation.Kind switch
    {
        ActivationKind.Relu => End.Relu,
        ActivationKind.LeakyRelu => End.Leaky,
        _ => End.Store,
    };

    /// <summary>Computes a tile of <paramref name="rows"/> × <paramref name="columns"/> vectors.</summary>
    public static void Run<S, V>(int rows, int columns, float* a, float* b, float* c, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        switch (operands.End)
        {
            case End.Store: Run<S, V, EndStore>(rows, columns, a, b, c, operands); break;
            case End.Relu: Run<S, V, EndRelu>(rows, columns, a, b, c, operands); break;
            case End.Leaky: Run<S, V, EndLeaky>(rows, columns, a, b, c, operands); break;
            default: Run<S, V, EndAdd>(rows, columns, a, b, c, operands); break;
        }
    }

    private static void Run<S, V, E>(int rows, int columns, float* a, float* b, float* c, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
        where E : struct, IEnd
    {
        switch (columns)
        {
            case 1: Run<S, V, E, N1>(rows, a, b, c, operands); break;
            case 2: Run<S, V, E, N2>(rows, a, b, c, operands); break;
            case 3: Run<S, V, E, N3>(rows, a, b, c, operands); break;
            case 4: Run<S, V, E, N4>(rows, a, b, c, operands); break;
            default: throw new ArgumentOutOfRangeException(nameof(columns), columns, "a tile has 1 to 4 columns");
        }
    }

    private static void Run<S, V, E, W>(int rows, float* a, float* b, float* c, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
        where E : struct, IEnd
        where W : struct, IConstant
    {
        switch (rows)
        {
            case 1: Tile<S, V, E, N1, W>(a, b, c, operands); break;
            case 2: Tile<S, V, E, N2, W>(a, b, c, operands); break;
            case 3: Tile<S, V, E, N3, W>(a, b, c, operands); break;
            case 4: Tile<S, V, E, N4, W>(a, b, c, operands); break;
            case 5: Tile<S, V, E, N5, W>(a, b, c, operands); break;
            case 6: Tile<S, V, E, N6, W>(a, b, c, operands); break;
            case 7: Tile<S, V, E, N7, W>(a, b, c, operands); break;
            case 8: Tile<S, V, E, N8, W>(a, b, c, operands); break;
            case 9: Tile<S, V, E, N9, W>(a, b, c, operands); break;
            case 10: Tile<S, V, E, N10, W>(a, b, c, operands); break;
            case 11: Tile<S, V, E, N11, W>(a, b, c, operands); break;
            case 12: Tile<S, V, E, N12, W>(a, b, c, operands); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows), rows, "a tile has 1 to 12 rows");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<S, V, E, R, W>(float* a, float* b, float* c, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
        where E : struct, IEnd
        where R : struct, IConstant
        where W : struct, IConstant
    {
        V c0a = S.Zero, c0b = S.Zero, c0c = S.Zero, c0d = S.Zero;
        V c1a = S.Zero, c1b = S.Zero, c1c = S.Zero, c1d = S.Zero;
        V c2a = S.Zero, c2b = S.Zero, c2c = S.Zero, c2d = S.Zero;
        V c3a = S.Zero, c3b = S.Zero, c3c = S.Zero, c3d = S.Zero;
        V c4a = S.Zero, c4b = S.Zero, c4c = S.Zero, c4d = S.Zero;
        V c5a = S.Zero, c5b = S.Zero, c5c = S.Zero, c5d = S.Zero;
        V c6a = S.Zero, c6b = S.Zero, c6c = S.Zero;
        V c7a = S.Zero, c7b = S.Zero, c7c = S.Zero;
        V c8a = S.Zero, c8b = S.Zero;
        V c9a = S.Zero, c9b = S.Zero;
        V c10a = S.Zero, c10b = S.Zero;
        V c11a = S.Zero, c11b = S.Zero;

        nint stepA = operands.StepA, stepB = operands.StepB, row = operands.RowA, column = operands.ColumnB;
        int taps = operands.Taps, steps = operands.Steps;
        for (int tap = 0; tap < taps; tap++)
        {
            float* f = a + operands.OffsetsA[tap];
            float* x = b + operands.OffsetsB[tap];
            if (E.IsAhead)
            {
                for (int i = 0; i < operands.AheadRows; i++)
                    for (int t = 0; t < steps; t += CacheSizes.FloatsOfLine) Simd.Prefetch(operands.Ahead + (i * operands.AheadStride) + operands.OffsetsAhead[tap] + t);
            }
            for (int t = 0; t < steps; t++)
            {
                V x0 = S.Load(x);
                V x1 = W.Value > 1 ? S.Load(x + column) : S.Zero;
                V x2 = W.Value > 2 ? S.Load(x + (2 * column)) : S.Zero;
                V x3 = W.Value > 3 ? S.Load(x + (3 * column)) : S.Zero;
                { V w = S.Broadcast(*f); c0a = S.MultiplyAdd(w, x0, c0a); if (W.Value > 1) c0b = S.MultiplyAdd(w, x1, c0b); if (W.Value > 2) c0c = S.MultiplyAdd(w, x2, c0c); if (W.Value > 3) c0d = S.MultiplyAdd(w, x3, c0d); }
                if (R.Value > 1) { V w = S.Broadcast(f[row]); c1a = S.MultiplyAdd(w, x0, c1a); if (W.Value > 1) c1b = S.MultiplyAdd(w, x1, c1b); if (W.Value > 2) c1c = S.MultiplyAdd(w, x2, c1c); if (W.Value > 3) c1d = S.MultiplyAdd(w, x3, c1d); }
                if (R.Value > 2) { V w = S.Broadcast(f[2 * row]); c2a = S.MultiplyAdd(w, x0, c2a); if (W.Value > 1) c2b = S.MultiplyAdd(w, x1, c2b); if (W.Value > 2) c2c = S.MultiplyAdd(w, x2, c2c); if (W.Value > 3) c2d = S.MultiplyAdd(w, x3, c2d); }
                float* f3 = R.Value > 3 ? f + (3 * row) : f;
                if (R.Value > 3) { V w = S.Broadcast(*f3); c3a = S.MultiplyAdd(w, x0, c3a); if (W.Value > 1) c3b = S.MultiplyAdd(w, x1, c3b); if (W.Value > 2) c3c = S.MultiplyAdd(w, x2, c3c); if (W.Value > 3) c3d = S.MultiplyAdd(w, x3, c3d); }
                if (R.Value > 4) { V w = S.Broadcast(f3[row]); c4a = S.MultiplyAdd(w, x0, c4a); if (W.Value > 1) c4b = S.MultiplyAdd(w, x1, c4b); if (W.Value > 2) c4c = S.MultiplyAdd(w, x2, c4c); if (W.Value > 3) c4d = S.MultiplyAdd(w, x3, c4d); }
                if (R.Value > 5) { V w = S.Broadcast(f3[2 * row]); c5a = S.MultiplyAdd(w, x0, c5a); if (W.Value > 1) c5b = S.MultiplyAdd(w, x1, c5b); if (W.Value > 2) c5c = S.MultiplyAdd(w, x2, c5c); if (W.Value > 3) c5d = S.MultiplyAdd(w, x3, c5d); }
                float* f6 = R.Value > 6 ? f + (6 * row) : f;
                if (R.Value > 6) { V w = S.Broadcast(*f6); c6a = S.MultiplyAdd(w, x0, c6a); if (W.Value > 1) c6b = S.MultiplyAdd(w, x1, c6b); if (W.Value > 2) c6c = S.MultiplyAdd(w, x2, c6c); }
                if (R.Value > 7) { V w = S.Broadcast(f6[row]); c7a = S.MultiplyAdd(w, x0, c7a); if (W.Value > 1) c7b = S.MultiplyAdd(w, x1, c7b); if (W.Value > 2) c7c = S.MultiplyAdd(w, x2, c7c); }
                if (R.Value > 8) { V w = S.Broadcast(f6[2 * row]); c8a = S.MultiplyAdd(w, x0, c8a); if (W.Value > 1) c8b = S.MultiplyAdd(w, x1, c8b); }
                float* f9 = R.Value > 9 ? f + (9 * row) : f;
                if (R.Value > 9) { V w = S.Broadcast(*f9); c9a = S.MultiplyAdd(w, x0, c9a); if (W.Value > 1) c9b = S.MultiplyAdd(w, x1, c9b); }
                if (R.Value > 10) { V w = S.Broadcast(f9[row]); c10a = S.MultiplyAdd(w, x0, c10a); if (W.Value > 1) c10b = S.MultiplyAdd(w, x1, c10b); }
                if (R.Value > 11) { V w = S.Broadcast(f9[2 * row]); c11a = S.MultiplyAdd(w, x0, c11a); if (W.Value > 1) c11b = S.MultiplyAdd(w, x1, c11b); }
                f += stepA;
                x += stepB;
            }
        }

        nint rowC = operands.RowC, columnC = operands.ColumnC;
        float* bias = operands.Bias;
        V slope = S.Broadcast(operands.Slope);
        Write<S, V, E, W>(c, columnC, c0a, c0b, c0c, c0d, bias == null ? S.Zero : S.Broadcast(bias[0]), slope);
        if (R.Value > 1) Write<S, V, E, W>(c + rowC, columnC, c1a, c1b, c1c, c1d, bias == null ? S.Zero : S.Broadcast(bias[1]), slope);
        if (R.Value > 2) Write<S, V, E, W>(c + (2 * rowC), columnC, c2a, c2b, c2c, c2d, bias == null ? S.Zero : S.Broadcast(bias[2]), slope);
        if (R.Value > 3) Write<S, V, E, W>(c + (3 * rowC), columnC, c3a, c3b, c3c, c3d, bias == null ? S.Zero : S.Broadcast(bias[3]), slope);
        if (R.Value > 4) Write<S, V, E, W>(c + (4 * rowC), columnC, c4a, c4b, c4c, c4d, bias == null ? S.Zero : S.Broadcast(bias[4]), slope);
        if (R.Value > 5) Write<S, V, E, W>(c + (5 * rowC), columnC, c5a, c5b, c5c, c5d, bias == null ? S.Zero : S.Broadcast(bias[5]), slope);
        if (R.Value > 6) Write<S, V, E, W>(c + (6 * rowC), columnC, c6a, c6b, c6c, S.Zero, bias == null ? S.Zero : S.Broadcast(bias[6]), slope);
        if (R.Value > 7) Write<S, V, E, W>(c + (7 * rowC), columnC, c7a, c7b, c7c, S.Zero, bias == null ? S.Zero : S.Broadcast(bias[7]), slope);
        if (R.Value > 8) Write<S, V, E, W>(c + (8 * rowC), columnC, c8a, c8b, S.Zero, S.Zero, bias == null ? S.Zero : S.Broadcast(bias[8]), slope);
        if (R.Value > 9) Write<S, V, E, W>(c + (9 * rowC), columnC, c9a, c9b, S.Zero, S.Zero, bias == null ? S.Zero : S.Broadcast(bias[9]), slope);
        if (R.Value > 10) Write<S, V, E, W>(c + (10 * rowC), columnC, c10a, c10b, S.Zero, S.Zero, bias == null ? S.Zero : S.Broadcast(bias[10]), slope);
        if (R.Value > 11) Write<S, V, E, W>(c + (11 * rowC), columnC, c11a, c11b, S.Zero, S.Zero, bias == null ? S.Zero : S.Broadcast(bias[11]), slope);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<S, V, E, W>(float* c, nint column, V x0, V x1, V x2, V x3, V bias, V slope)
        where S : struct, ISimd<V>
        where V : unmanaged
        where E : struct, IEnd
        where W : struct, IConstant
    {
        E.Write<S, V>(c, x0, bias, slope);
        if (W.Value > 1) E.Write<S, V>(c + column, x1, bias, slope);
        if (W.Value > 2) E.Write<S, V>(c + (2 * column), x2, bias, slope);
        if (W.Value > 3) E.Write<S, V>(c + (3 * column), x3, bias, slope);
    }

    private interface IEnd
    {
        /// <summary>Whether what is read next is asked for.</summary>
        static virtual bool IsAhead => false;

        static abstract void Write<S, V>(float* c, V x, V bias, V slope) where S : struct, ISimd<V> where V : unmanaged;
    }

    private readonly struct EndStore : IEnd
    {
        public static void Write<S, V>(float* c, V x, V bias, V slope) where S : struct, ISimd<V> where V : unmanaged => S.Store(c, S.Add(x, bias));
    }

    private readonly struct EndRelu : IEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Write<S, V>(float* c, V x, V bias, V slope) where S : struct, ISimd<V> where V : unmanaged
        {
            V sum = S.Add(x, bias);
            S.Store(c, S.WhereNegative(sum, S.Zero, sum));
        }
    }

    private readonly struct EndLeaky : IEnd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Write<S, V>(float* c, V x, V bias, V slope) where S : struct, ISimd<V> where V : unmanaged
        {
            V sum = S.Add(x, bias);
            S.Store(c, S.WhereNegative(sum, S.Multiply(slope, sum), sum));
        }
    }

    private readonly struct EndAdd : IEnd
    {
        public static bool IsAhead => true;

        public static void Write<S, V>(float* c, V x, V bias, V slope) where S : struct, ISimd<V> where V : unmanaged => S.Store(c, S.Add(S.Load(c), x));
    }
}
