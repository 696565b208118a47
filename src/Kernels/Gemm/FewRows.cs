using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <c>C = A·B</c> for A of few rows, M×K, and a large B, K×N, whose rows are a multiple of 4 KB apart: what fully connected layers of 1024 or
/// 2048 inputs send back for a small batch, while the last cache holds B (if not, see <see cref="WeightStreams"/>). B is read once and in the
/// order in which it lies, four rows at a time; C's columns at hand stay in the first-level cache. Along the vector: columns.
/// </summary>
/// <remarks>
/// A chunk is some columns; every number is summed up in K's order. The broadcast kernel would walk down columns of B two vectors wide, and such
/// rows push each other out of the caches before they are used: for 1 to 4 rows that takes 1.1 to 1.5 times as long.
/// </remarks>
internal readonly unsafe struct FewRows(int m, int n, int k, float* a, float* b, float* c) : IVectorChunks
{
    // Beyond so many rows, or in a B so small that it stays in the caches, packing and multiplying as always takes less.
    private const int MostRows = 4, FewestFloats = 1 << 18;

    // Rows of B at a time, and columns, so that they and C's stay in the first-level cache.
    private const int Depth = 4, MostColumns = 1024;

    private readonly int _columns = Columns(n);

    /// <summary>Whether the product takes least so.</summary>
    public static bool Pays(int m, int n, int k, MatrixView b) => m <= MostRows && (long)n * k >= FewestFloats && Gemm.Collides(b);

    public readonly int Chunks => (n + _columns - 1) / _columns;

    /// <summary>Working memory of a chunk.</summary>
    public readonly long ScratchFloats => (long)m * _columns;

    public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
    {
        int first = chunk * _columns, columns = Math.Min(_columns, n - first);
        using Scratch.Lease scratch = Scratch.Take((long)m * columns);
        float* sums = scratch.Data;
        new Span<float>(sums, m * columns).Clear();
        int t = 0;
        for (; t + Depth <= k; t += Depth)
        {
            // The rows that come next lie too far apart for the processor to foresee them.
            nint next = t + (2 * Depth) <= k ? Depth * (nint)n : 0;
            float* factors = a + t, from = b + (t * (nint)n) + first;
            switch (m)
            {
                case 1: Add<S, V, N1>(factors, from, next, sums, columns); break;
                case 2: Add<S, V, N2>(factors, from, next, sums, columns); break;
                case 3: Add<S, V, N3>(factors, from, next, sums, columns); break;
                default: Add<S, V, N4>(factors, from, next, sums, columns); break;
            }
        }
        for (; t < k; t++)
            for (int i = 0; i < m; i++)
                for (int j = 0; j < columns; j++)
                    sums[(i * columns) + j] = MathF.FusedMultiplyAdd(a[(i * (nint)k) + t], b[(t * (nint)n) + first + j], sums[(i * columns) + j]);
        for (int i = 0; i < m; i++) new Span<float>(sums + (i * columns), columns).CopyTo(new Span<float>(c + (i * (nint)n) + first, columns));
    }

    // An even number of chunks, as even as can be, of whole vectors, as N is.
    private static int Columns(int n)
    {
        int chunks = 2 * ((n + (2 * MostColumns) - 1) / (2 * MostColumns));
        return ((n / chunks) + 63) / 64 * 64;
    }

    /// <summary>All rows of A times four rows of B; asks for those that lie <paramref name="next"/> on, if not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<S, V, R>(float* f, float* from, nint next, float* to, int columns)
        where S : struct, ISimd<V>
        where V : unmanaged
        where R : struct, IConstant
    {
        nint row = n, pitch = columns;
        float* g = R.Value > 1 ? f + k : f, h = R.Value > 2 ? g + k : f, l = R.Value > 3 ? h + k : f;
        V f0 = S.Broadcast(f[0]), f1 = S.Broadcast(f[1]), f2 = S.Broadcast(f[2]), f3 = S.Broadcast(f[3]);
        V g0 = S.Broadcast(g[0]), g1 = S.Broadcast(g[1]), g2 = S.Broadcast(g[2]), g3 = S.Broadcast(g[3]);
        V h0 = S.Broadcast(h[0]), h1 = S.Broadcast(h[1]), h2 = S.Broadcast(h[2]), h3 = S.Broadcast(h[3]);
        V l0 = S.Broadcast(l[0]), l1 = S.Broadcast(l[1]), l2 = S.Broadcast(l[2]), l3 = S.Broadcast(l[3]);
        for (float* end = from + columns; from < end; from += S.Lanes, to += S.Lanes)
        {
            float* low = from + (2 * row), sum = to;
            if (next != 0)
            {
                Simd.Prefetch(from + next);
                Simd.Prefetch(from + next + row);
                Simd.Prefetch(low + next);
                Simd.Prefetch(low + next + row);
            }
            V b0 = S.Load(from), b1 = S.Load(from + row), b2 = S.Load(low), b3 = S.Load(low + row);
            S.Store(sum, S.MultiplyAdd(f3, b3, S.MultiplyAdd(f2, b2, S.MultiplyAdd(f1, b1, S.MultiplyAdd(f0, b0, S.Load(sum))))));
            sum += pitch;
            if (R.Value > 1) S.Store(sum, S.MultiplyAdd(g3, b3, S.MultiplyAdd(g2, b2, S.MultiplyAdd(g1, b1, S.MultiplyAdd(g0, b0, S.Load(sum))))));
            sum += pitch;
            if (R.Value > 2) S.Store(sum, S.MultiplyAdd(h3, b3, S.MultiplyAdd(h2, b2, S.MultiplyAdd(h1, b1, S.MultiplyAdd(h0, b0, S.Load(sum))))));
            sum += pitch;
            if (R.Value > 3) S.Store(sum, S.MultiplyAdd(l3, b3, S.MultiplyAdd(l2, b2, S.MultiplyAdd(l1, b1, S.MultiplyAdd(l0, b0, S.Load(sum))))));
        }
    }
}
