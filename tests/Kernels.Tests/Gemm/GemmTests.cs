using CnnEngine.Kernels.Tests.Reference;
using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Kernels.Tests;

/// <summary>The matrix product against its twin: transposes, factors, and sizes around every edge of the blocking.</summary>
public unsafe class GemmTests
{
    // Around one vector, the 6 and 12 rows of a tile, its two vectors across; and 1.
    private static readonly int[] Sizes = [1, 2, 3, 5, 6, 7, 11, 12, 13, 16, 17, 23, 25, 31, 32, 33, 40];

    // Around 512 steps, and 1024: panels of a first-level cache of 48 KB, in place and packed; edges of strips of 32 columns and of several tiles; enough blocks of rows
    // to pack B.
    private static readonly (int M, int N, int K)[] BlockEdges =
    [
        (5, 7, 511), (5, 33, 512), (13, 3, 513), (2, 40, 800), (30, 34, 1025),
        (5, 127, 9), (3, 128, 7), (13, 129, 5), (25, 300, 11), (7, 530, 3), (40, 501, 65), (6, 6000, 40), (150, 70, 1030),
        (143, 5, 3), (144, 33, 2), (145, 6, 3), (967, 2, 2), (485, 259, 33), (300, 49, 300),
    ];

    public static TheoryData<SimdWidth, bool, bool> Transposes { get; } = Rows.Of(
        from width in SimdWidths.Values from a in new[] { false, true } from b in new[] { false, true } select (width, a, b));

    public static TheoryData<float, float> Factors { get; } = Rows.Of(
        from alpha in new[] { 0f, 1, 0.5f, -2 } from beta in new[] { 0f, 1, 0.5f, -2 } select (alpha, beta));

    [Theory, MemberData(nameof(Transposes))]
    public void Every_transpose_of_odd_sizes_is_exact_on_whole_numbers(SimdWidth width, bool transposeA, bool transposeB)
    {
        using ForcedWidth forced = new(width);
        for (int i = 0; i < Sizes.Length; i++)
            for (int j = 0; j < Sizes.Length; j++)
                Check(Sizes[i], Sizes[j], Sizes[(i + (5 * j)) % Sizes.Length], 1, 0, transposeA, transposeB);
    }

    [Theory, MemberData(nameof(Transposes))]
    public void Sizes_at_the_edges_of_blocks_and_tiles_are_exact_on_whole_numbers(SimdWidth width, bool transposeA, bool transposeB)
    {
        using ForcedWidth forced = new(width);
        foreach ((int m, int n, int k) in BlockEdges) Check(m, n, k, 1, 1, transposeA, transposeB);
    }

    [Theory, MemberData(nameof(Factors))]
    public void Factors_of_the_product_and_of_what_C_held(float alpha, float beta)
    {
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            foreach ((int m, int n, int k) in new[] { (1, 1, 1), (7, 35, 5), (13, 9, 390), (26, 33, 17) })
                Check(m, n, k, alpha, beta, transposeA: false, transposeB: true);
        }
    }

    [Theory, MemberData(nameof(Transposes))]
    public void Small_caches_make_several_blocks_of_every_loop(SimdWidth width, bool transposeA, bool transposeB)
    {
        // 32 steps deep under 12 rows, 64 under 6; panels of 2 strips or 1; slabs of A a panel deep.
        using ForcedWidth forced = new(width);
        using ForcedCaches caches = new(new CacheSizes(3 * 512, 16 * 1024, 8 * 1024));
        foreach ((int m, int n, int k) in new[] { (5, 130, 70), (37, 129, 65), (40, 501, 131), (150, 200, 199), (13, 3, 300) })
            Check(m, n, k, 1, 1, transposeA, transposeB);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void A_whose_rows_collide_in_the_first_level_cache(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        Check(25, 500, 1024, 1, 0, transposeA: false, transposeB: false);
        Check(1024, 501, 7, 1, 1, transposeA: true, transposeB: false);
    }

    [Theory, InlineData(1), InlineData(3)]
    public void The_number_of_threads_changes_no_bit(int threads)
    {
        foreach (CacheSizes sizes in new[] { CacheSizes.Current, new CacheSizes(3 * 512, 16 * 1024, 8 * 1024) })
            foreach ((int m, int n, int k) in new[] { (150, 530, 300), (25, 600, 1024), (200, 33, 1100) })
            {
                using ForcedCaches caches = new(sizes);
                float[] a = Numbers.Random(m * k, 1), b = Numbers.Random(k * n, 2), expected = new float[m * n], c = new float[m * n];
                using (new ForcedThreads(2)) Gemm.Multiply(m, n, k, a, b, expected);
                using (new ForcedThreads(threads)) Gemm.Multiply(m, n, k, a, b, c);
                Assert.Equal(expected, c);
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void A_that_is_packed_in_several_slabs(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        using ForcedCaches caches = new(CacheSizes.Default with { Level3 = 1 << 20 });
        foreach (bool transposeA in new[] { false, true }) Check(2100, 3, 1030, -2, 1, transposeA, transposeB: false);
        Check(180, 500, 1500, 1, 0, transposeA: false, transposeB: false);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Kernels_may_multiply_inside_their_chunks(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach ((int m, int n, int k) in new[] { (1, 1, 1), (5, 33, 600), (31, 70, 9), (200, 40, 21), (16, 300, 515) })
            foreach (bool accumulate in new[] { false, true })
            {
                Guarded<float> a = new(Numbers.Integers(m * k, 1)), b = new(Numbers.Integers(k * n, 2)), c = new(Numbers.Integers(m * n, 3));
                double[] expected = ReferenceGemm.Multiply(
                    m, n, k, ReferenceArrays.ToDoubles(a.Span), ReferenceArrays.ToDoubles(b.Span), ReferenceArrays.ToDoubles(c.Span), 1, accumulate ? 1 : 0);
                InChunk call = new(m, n, k, a.Data, b.Data, accumulate, c.Data);
                Simd.Run(ref call);
                c.AssertIntact();
                Expect.Near(expected, c.Span, 0, 0);
            }
    }

    private readonly struct InChunk(int m, int n, int k, float* a, float* b, bool accumulate, float* c) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged =>
            Gemm.MultiplyInChunk<S, V>(m, n, k, new MatrixView(a, k), new MatrixView(b, n), accumulate, c, n);
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Random_numbers_are_within_rounding(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach ((int m, int n, int k) in BlockEdges)
        {
            float[] a = Numbers.Random(m * k, 1), b = Numbers.Random(k * n, 2), c = Numbers.Random(m * n, 3);
            (double[] twinA, double[] twinB, double[] twinC) = (ReferenceArrays.ToDoubles(a), ReferenceArrays.ToDoubles(b), ReferenceArrays.ToDoubles(c));
            double[] magnitudes = ReferenceGemm.Multiply(
                m, n, k, ReferenceArrays.Absolute(twinA), ReferenceArrays.Absolute(twinB), ReferenceArrays.Absolute(twinC), 0.7f, 0.3f);
            Gemm.Multiply(m, n, k, a, b, c, 0.7f, 0.3f);
            Expect.WithinRounding(ReferenceGemm.Multiply(m, n, k, twinA, twinB, twinC, 0.7f, 0.3f), magnitudes, c);
        }
    }

    [Fact]
    public void Any_sizes_and_transposes_agree_with_the_twin()
    {
        Gen<int> size = Gen.Choose(1, 70);
        var cases =
            from m in size
            from n in size
            from k in size
            from transposes in Gen.Choose(0, 3)
            from width in Gen.Elements<SimdWidth>(SimdWidths.Values)
            select (m, n, k, transposes, width);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            using ForcedWidth forced = new(c.width);
            Check(c.m, c.n, c.k, 1, 1, (c.transposes & 1) != 0, (c.transposes & 2) != 0);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_product_of_three_may_be_bracketed_either_way()
    {
        Gen<int> size = Gen.Choose(1, 24);
        var cases = from m in size from n in size from k in size from l in size select (m, n, k, l);
        Prop.ForAll(cases.ToArbitrary(), size =>
        {
            (int m, int n, int k, int l) = size;
            float[] a = Numbers.Integers(m * k, 1), b = Numbers.Integers(k * l, 2), c = Numbers.Integers(l * n, 3);
            float[] ab = new float[m * l], abThenC = new float[m * n], bc = new float[k * n], aThenBc = new float[m * n];
            Gemm.Multiply(m, l, k, a, b, ab);
            Gemm.Multiply(m, n, l, ab, c, abThenC);
            Gemm.Multiply(k, n, l, b, c, bc);
            Gemm.Multiply(m, n, k, a, bc, aThenBc);
            Assert.Equal(abThenC, aThenBc);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_identity_changes_nothing_and_both_transposes_transpose_the_product()
    {
        const int m = 19, n = 37;
        float[] a = Numbers.Random(m * n, 1), identity = new float[n * n], same = new float[m * n];
        for (int i = 0; i < n; i++) identity[(i * n) + i] = 1;
        Gemm.Multiply(m, n, n, a, identity, same);
        Assert.Equal(a, same);

        // (A·1)ᵀ = 1ᵀ·Aᵀ
        float[] transposed = new float[n * m];
        Gemm.Multiply(n, m, n, identity, a, transposed, transposeA: true, transposeB: true);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) Assert.Equal(a[(i * n) + j], transposed[(j * m) + i]);
    }

    private static void Check(int m, int n, int k, float alpha, float beta, bool transposeA, bool transposeB)
    {
        // With β = 0 C holds NaN before, which must not be read.
        float[] before = beta == 0 ? [.. Enumerable.Repeat(float.NaN, m * n)] : Numbers.Integers(m * n, 3);
        Guarded<float> a = new(Numbers.Integers(m * k, 1)), b = new(Numbers.Integers(k * n, 2)), c = new(before);
        double[] expected = ReferenceGemm.Multiply(
            m, n, k, ReferenceArrays.ToDoubles(a.Span), ReferenceArrays.ToDoubles(b.Span), ReferenceArrays.ToDoubles(before),
            alpha, beta, transposeA, transposeB);
        Gemm.Multiply(m, n, k, a.Span, b.Span, c.Span, alpha, beta, transposeA, transposeB);
        a.AssertIntact();
        b.AssertIntact();
        c.AssertIntact();
        Expect.Near(expected, c.Span, 0, 0);
    }
}
