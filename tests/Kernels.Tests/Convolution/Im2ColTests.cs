namespace CnnEngine.Kernels.Tests;

/// <summary>The column matrix against its definition, and its transpose against the rule that makes it one.</summary>
public unsafe class Im2ColTests
{
    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ShapeNames))]
    public void Columns_hold_what_each_tap_sees_and_zero_outside(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        Guarded<float> x = new(Numbers.Integers(shape.GroupChannels * shape.InputPlane, 1)), columns = new(shape.Taps * shape.OutputPlane);
        Im2Col.Gather(shape, x.Data, columns.Data);
        columns.AssertIntact();
        int at = 0;
        for (int c = 0; c < shape.GroupChannels; c++)
            for (int r = 0; r < shape.R; r++)
                for (int s = 0; s < shape.S; s++)
                    for (int i = 0; i < shape.OutputHeight; i++)
                        for (int j = 0; j < shape.OutputWidth; j++, at++)
                        {
                            int row = (i * shape.Stride.Height) - shape.Padding.Top + (r * shape.Dilation.Height);
                            int column = (j * shape.Stride.Width) - shape.Padding.Left + (s * shape.Dilation.Width);
                            bool inside = row >= 0 && row < shape.H && column >= 0 && column < shape.W;
                            float pixel = inside ? x.Span[(((c * shape.H) + row) * shape.W) + column] : 0;
                            if (columns.Span[at] != pixel) Assert.Fail($"tap ({c}, {r}, {s}) at output ({i}, {j}) is {columns.Span[at]}, not {pixel}");
                        }
    }

    /// <summary>A linear map and its transpose: <c>⟨Gather x, u⟩ = ⟨x, Scatter u⟩</c> for any x and u.</summary>
    [Theory, MemberData(nameof(ShapeNames))]
    public void Scattering_is_the_transpose_of_gathering_and_adds(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        float[] x = Numbers.Integers(shape.GroupChannels * shape.InputPlane, 1), u = Numbers.Integers(shape.Taps * shape.OutputPlane, 2);
        Guarded<float> columns = new(u.Length), dx = new(new float[x.Length]);
        fixed (float* pointerX = x, pointerU = u)
        {
            Im2Col.Gather(shape, pointerX, columns.Data);
            Im2Col.ScatterAdd(shape, pointerU, dx.Data);
            double once = Product(x, dx.Span);
            Assert.Equal(Product(columns.Span, u), once);
            Im2Col.ScatterAdd(shape, pointerU, dx.Data);
            Assert.Equal(2 * once, Product(x, dx.Span));
        }
        dx.AssertIntact();
    }

    private static double Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }
}
