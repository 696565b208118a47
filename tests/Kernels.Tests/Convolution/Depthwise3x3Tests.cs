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

    /// <summary>Of three channels that between is NaN: where a kernel uses what it reads of a neighbouring plane, the others show it.</summary>
    private static void AssertExact(Size2 image, int stride, Padding padding)
    {
        if (image.Height + padding.Top + padding.Bottom < 3 || image.Width + padding.Left + padding.Right < 3) return;
        ConvShape shape = new(2, 3, image, 3, 3, new() { Groups = 3, Stride = stride, Padding = padding });
        ConvData data = new(shape, isInteger: true);
        for (int n = 0; n < shape.N; n++)
        {
            data.X.AsSpan(((3 * n) + 1) * shape.InputPlane, shape.InputPlane).Fill(float.NaN);
            data.Delta.AsSpan(((3 * n) + 1) * shape.OutputPlane, shape.OutputPlane).Fill(float.NaN);
        }
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
            AssertEqual(data.Y, y.Span, shape.OutputPlane, $"y of {what}");
            AssertEqual(data.Dx, dx.Span, shape.InputPlane, $"∂x of {what}");
            AssertEqual(data.Dw, dw.Span, shape.Taps, $"∂w of {what}");
            AssertEqual(data.Db, db.Span, 1, $"∂b of {what}");
        }
    }

    private static void AssertEqual(double[] expected, ReadOnlySpan<float> actual, int ofChannel, string what)
    {
        for (int i = 0; i < expected.Length; i++)
            if (i / ofChannel % 3 != 1 && actual[i] != expected[i]) Assert.Fail($"number {i} of {what} is {actual[i]}, the twin has {expected[i]}");
    }
}
