using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// eˣ by a table: <c>2^(n/L)·eʳ</c> with n = x·L/ln 2 rounded, so |r| ≤ ln 2 / 2L, and the roots of 2 in a vector's L lanes (P. Tang,
/// "Table-Driven Implementation of the Exponential Function in IEEE Floating-Point Arithmetic", 1989). Two thirds of the time of
/// <see cref="Exponential"/>. Its constants are held in registers: read from memory at each use they cost softmax a
/// tenth of its time.
/// </summary>
/// <param name="roots">The table.</param>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly unsafe struct TableExponential<S, V>(V roots) where S : struct, ISimd<V> where V : unmanaged
{
    // Where floats end: x beyond are taken for these.
    private const float Least = -87, Largest = 88;

    // 2^(j/16), the bits.
    private static ReadOnlySpan<int> SixteenthRoots =>
    [
        0x3F800000, 0x3F85AAC3, 0x3F8B95C2, 0x3F91C3D3, 0x3F9837F0, 0x3F9EF532, 0x3FA5FED7, 0x3FAD583F,
        0x3FB504F3, 0x3FBD08A4, 0x3FC5672A, 0x3FCE248C, 0x3FD744FD, 0x3FE0CCDF, 0x3FEAC0C7, 0x3FF5257D,
    ];

    private readonly V _least = S.Broadcast(Least), _largest = S.Broadcast(Largest), _lanesPerLog2 = S.Broadcast(1.44269504f * S.Lanes);

    private readonly V _rounding = S.Broadcast(Exponential.Rounding), _head = S.Broadcast(-Exponential.Log2Head / S.Lanes), _tail = S.Broadcast(-Exponential.Log2Tail / S.Lanes);

    private readonly V _half = S.Broadcast(0.5f), _sixth = S.Broadcast(S.Lanes == 16 ? 1.66666667e-1f : 1.6671856e-1f), _roots = roots;

    /// <summary>The table, as <see cref="ISimd{V}.PowerOfRoot"/> wants it.</summary>
    public static V Roots()
    {
        int* roots = stackalloc int[S.Lanes];
        int step = 16 / S.Lanes;
        for (int j = 0; j < S.Lanes; j++) roots[j] = SixteenthRoots[j * step] - (j * step << 19);
        return S.Load((float*)roots);
    }

    /// <summary>eˣ to one and a half units in the last place, of x below −87 and above 88 what it is there; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of(V x)
    {
        x = S.Min(_largest, S.Max(_least, x));
        V bits = S.MultiplyAdd(x, _lanesPerLog2, _rounding), n = S.Subtract(bits, _rounding);
        V r = S.MultiplyAdd(n, _tail, S.MultiplyAdd(n, _head, x)), root = S.PowerOfRoot(_roots, bits);
        V p = S.Lanes == 16 ? _sixth : S.MultiplyAdd(S.Broadcast(4.1666667e-2f), r, _sixth);
        p = S.MultiplyAdd(S.MultiplyAdd(p, r, _half), S.Multiply(r, r), r);
        return S.MultiplyAdd(root, p, root);
    }
}
