using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>Adds up rows of numbers.</summary>
internal static unsafe class RowSum
{
    /// <summary><c>Σ x[i]</c>.</summary>
    public static float Of<S, V>(float* x, int length) where S : struct, ISimd<V> where V : unmanaged
    {
        int vectors = length / S.Lanes;
        float sum = S.Sum(OfVectors<S, V>(x, vectors));
        for (int i = vectors * S.Lanes; i < length; i++) sum += x[i];
        return sum;
    }

    /// <summary>Lane by lane <c>Σ x[i]</c> of a row of vectors, in four sums side by side: one would wait for each addition.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static V OfVectors<S, V>(float* x, int vectors) where S : struct, ISimd<V> where V : unmanaged
    {
        V a = S.Zero, b = S.Zero, c = S.Zero, d = S.Zero;
        int i = 0;
        for (; i <= vectors - 4; i += 4, x += 4 * S.Lanes)
        {
            a = S.Add(a, S.Load(x));
            b = S.Add(b, S.Load(x + S.Lanes));
            c = S.Add(c, S.Load(x + (2 * S.Lanes)));
            d = S.Add(d, S.Load(x + (3 * S.Lanes)));
        }
        for (; i < vectors; i++, x += S.Lanes) a = S.Add(a, S.Load(x));
        return S.Add(S.Add(a, b), S.Add(c, d));
    }
}
