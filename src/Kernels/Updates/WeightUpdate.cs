using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>What a step of an optimiser does to a vector of weights, and to up to three numbers that it remembers of each.</summary>
internal interface IUpdateRule
{
    /// <summary>How many numbers it remembers of a weight at most.</summary>
    static abstract int Memories { get; }

    /// <returns>The new weights.</returns>
    V Invoke<S, V>(V weight, V gradient, ref V first, ref V second, ref V third) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>
/// The loop of all optimisers: a weight and all that is remembered of it are read and written once, since memory sets the pace.
/// Along the vector: the weights.
/// </summary>
internal static unsafe class WeightUpdate
{
    // Pieces that threads share out: short ones of few weights, so that all threads have some; long ones of many, since what the processor
    // fetches ahead beyond a piece's end is for another thread (with 4096 weights a piece two threads had two thirds of the bandwidth).
    private const int ShortPiece = 1 << 12, LongPiece = 1 << 15, ManyWeights = 1 << 20;

    /// <summary>Updates weights and memories in place; a memory that is left empty reads as zeros.</summary>
    public static void Run<TRule>(
        TRule rule, Span<float> weights, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second = default, Span<float> third = default)
        where TRule : unmanaged, IUpdateRule
    {
        int piece = weights.Length < ManyWeights ? ShortPiece : LongPiece;
        fixed (float* w = weights, g = gradient, a = first, b = second, c = third)
            Threads.ForVectors((int)(((long)weights.Length + piece - 1) / piece), new Pieces<TRule>(rule, w, g, a, b, c, weights.Length, piece));
    }

    private readonly struct Pieces<TRule>(TRule rule, float* weights, float* gradient, float* first, float* second, float* third, int length, int pieceLength)
        : IVectorChunks where TRule : unmanaged, IUpdateRule
    {
        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            // Locals stay in registers: nothing that is stored through a pointer can change them.
            TRule update = rule;
            float* w = weights, g = gradient;
            float* a = TRule.Memories > 0 ? first : null, b = TRule.Memories > 1 ? second : null, c = TRule.Memories > 2 ? third : null;
            long i = (long)piece * pieceLength, end = Math.Min(i + pieceLength, length);
            for (; i <= end - S.Lanes; i += S.Lanes)
            {
                V x = a == null ? S.Zero : S.Load(a + i), y = b == null ? S.Zero : S.Load(b + i), z = c == null ? S.Zero : S.Load(c + i);
                S.Store(w + i, update.Invoke<S, V>(S.Load(w + i), S.Load(g + i), ref x, ref y, ref z));
                if (a != null) S.Store(a + i, x);
                if (b != null) S.Store(b + i, y);
                if (c != null) S.Store(c + i, z);
            }
            if (i < end) RunRest<S, V>(i, (uint)(end - i) * sizeof(float));
        }

        // The rest goes through vectors in memory, so that its numbers are computed like all others.
        private void RunRest<S, V>(long i, uint bytes) where S : struct, ISimd<V> where V : unmanaged
        {
            V weight = S.Zero, slope = S.Zero, x = S.Zero, y = S.Zero, z = S.Zero;
            Unsafe.CopyBlockUnaligned(&weight, weights + i, bytes);
            Unsafe.CopyBlockUnaligned(&slope, gradient + i, bytes);
            if (first != null) Unsafe.CopyBlockUnaligned(&x, first + i, bytes);
            if (second != null) Unsafe.CopyBlockUnaligned(&y, second + i, bytes);
            if (third != null) Unsafe.CopyBlockUnaligned(&z, third + i, bytes);
            weight = rule.Invoke<S, V>(weight, slope, ref x, ref y, ref z);
            Unsafe.CopyBlockUnaligned(weights + i, &weight, bytes);
            if (first != null) Unsafe.CopyBlockUnaligned(first + i, &x, bytes);
            if (second != null) Unsafe.CopyBlockUnaligned(second + i, &y, bytes);
            if (third != null) Unsafe.CopyBlockUnaligned(third + i, &z, bytes);
        }
    }
}
