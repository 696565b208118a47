using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The matrix product where there is little or nothing to multiply, on matrices inside others, and what it refuses.</summary>
public unsafe class GemmEdgeTests
{
    [Fact]
    public void Nothing_to_sum_leaves_beta_times_C()
    {
        float[] c = [1, 2, 3, 4, 5, 6];
        Gemm.Multiply(2, 3, 0, [], [], c, beta: 0.5f);
        Assert.Equal([0.5f, 1, 1.5f, 2, 2.5f, 3], c);
        Gemm.Multiply(2, 3, 0, [], [], c, beta: 1);
        Assert.Equal([0.5f, 1, 1.5f, 2, 2.5f, 3], c);
    }

    [Fact]
    public void Nothing_to_sum_and_beta_zero_clears_C_without_reading_it()
    {
        float[] c = [float.NaN, float.PositiveInfinity];
        Gemm.Multiply(1, 2, 0, [], [], c);
        Assert.Equal([0f, 0], c);
    }

    [Theory, InlineData(0, 3), InlineData(3, 0), InlineData(0, 0)]
    public void No_rows_or_no_columns_write_nothing(int m, int n)
    {
        Guarded<float> c = new(0);
        Gemm.Multiply(m, n, 5, new float[m * 5], new float[5 * n], c.Span, beta: 0.5f);
        c.AssertIntact();
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Rows_of_C_may_lie_apart_and_the_gaps_stay(SimdWidth width)
    {
        const int rowStride = 71;
        using ForcedWidth forced = new(width);
        foreach ((int m, int n, int k) in new[] { (3, 5, 4), (7, 33, 6), (13, 64, 600), (26, 70, 9), (1, 1, 1) })
            foreach (float beta in new[] { 0f, 1, 0.5f })
            {
                // A and B are cut out of wider matrices, too.
                float[] a = Numbers.Integers(m * (k + 3), 1), b = Numbers.Integers(k * (n + 5), 2), before = Numbers.Integers(m * rowStride, 3);
                Guarded<float> c = new(before);
                fixed (float* pa = a, pb = b)
                    Gemm.Multiply(m, n, k, 1, new MatrixView(pa, k + 3), new MatrixView(pb, n + 5), beta, c.Data, rowStride);
                c.AssertIntact();

                double[] expected = ReferenceGemm.Multiply(m, n, k, Cut(a, m, k, k + 3), Cut(b, k, n, n + 5), Cut(before, m, n, rowStride), 1, beta);
                for (int i = 0; i < m; i++)
                    for (int j = 0; j < rowStride; j++)
                        Assert.Equal(j < n ? expected[(i * n) + j] : before[(i * rowStride) + j], c.Span[(i * rowStride) + j]);
            }
    }

    [Fact]
    public void Sizes_and_spans_are_checked()
    {
        float[] six = new float[6], five = new float[5];
        Assert.Throws<ArgumentOutOfRangeException>("m", () => Gemm.Multiply(-1, 2, 3, six, six, six));
        Assert.Throws<ArgumentOutOfRangeException>("n", () => Gemm.Multiply(2, -1, 3, six, six, six));
        Assert.Throws<ArgumentOutOfRangeException>("k", () => Gemm.Multiply(2, 2, -1, six, six, six));
        ArgumentException a = Assert.Throws<ArgumentException>("a", () => Gemm.Multiply(2, 2, 3, five, six, six));
        Assert.Contains("a holds 5 numbers; this shape needs 6", a.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("b", () => Gemm.Multiply(2, 2, 3, six, five, six));
        Assert.Throws<ArgumentException>("c", () => Gemm.Multiply(2, 3, 1, six, six, five));
    }

    /// <summary>The first rows and columns of a matrix whose rows lie <paramref name="rowStride"/> apart.</summary>
    private static double[] Cut(float[] matrix, int rows, int columns, int rowStride)
    {
        double[] cut = new double[rows * columns];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) cut[(i * columns) + j] = matrix[(i * rowStride) + j];
        return cut;
    }
}
