namespace CnnEngine.Kernels.Tests;

/// <summary>
/// Depthwise 3×3 filters on planes of every small size, and on wide ones of every small height: where rows end in a vector, and columns in a
/// block of rows, what the kernels read and write around a plane shows.
/// </summary>
public unsafe class Depthwise3x3Tests
{
    private static readonly Padding[] Paddings = [0, 1, 2, new(1, 0, 0, 1), new(0, 1, 2, 0)];

    public static TheoryData<int, int> Cases { get; } = Rows.Of(from stride in (int[])[1, 2] from padding in Enumerable.Range(0, Paddings.Length) select (stride, padding));

    [Theory, MemberData(nameof(Cases))]
    public void Small_planes(int stride, int padding)
    {
        for (int height = 1; height <= 7; height++)
            for (int width = 1; width <= 40; width++) AssertExact((height, width), stride, Paddings[padding]);
    }

    /// <summary>Rows so wide that a block has the fewest.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void Wide_planes(int stride, int padding)
    {
        for (int height = 1; height <= 20; height++) AssertExact((height, 259), stride, Paddings[padding]);
    }

    private static void AssertExact(Size2 image, int stride, Padding padding)
    {
        if (image.Height + padding.Top + padding.Bottom < 3 || image.Width + padding.Left + padding.Right < 3) return;
        ConvShape shape = new(2, 2, image, 2, 3, new() { Groups = 2, Stride = stride, Padding = padding });
        ConvData data = new(shape, isInteger: true);
        ConvAlgorithm algorithm = ConvCases.Algorithm("depthwise3x3");
        Guarded<float> x = new(data.X), w = new(data.W), b = new(data.Bias), dy = new(data.Delta);
        foreach (SimdWidth simd in SimdWidths.Values)
        {
            using ForcedWidth forced = new(simd);
            Guarded<float> y = new(data.Y.Length), dx = new(data.X.Length), dw = new(data.Before), db = new(data.Bias);
            algorithm.Forward(shape, x.Data, w.Data, b.Data, Activation.Identity, y.Data);
            algorithm.BackwardInput(shape, dy.Data, w.Data, dx.Data);
            algorithm.BackwardFilter(shape, x.Data, dy.Data, dw.Data, db.Data);
            foreach (Guarded<float> written in new[] { y, dx, dw, db }) written.AssertIntact();
            string what = $"{image.Height}×{image.Width} on {simd}";
            AssertEqual(data.Y, y.Span, what, "y");
            AssertEqual(data.Dx, dx.Span, what, "∂x");
            AssertEqual(data.Dw, dw.Span, what, "∂w");
            AssertEqual(data.Db, db.Span, what, "∂b");
        }
    }

    private static void AssertEqual(double[] expected, ReadOnlySpan<float> actual, string what, string name)
    {
        for (int i = 0; i < expected.Length; i++)
            if (actual[i] != expected[i]) Assert.Fail($"{what}: number {i} of {name} is {actual[i]}, the twin has {expected[i]}");
    }
}
