namespace CnnEngine.Kernels.Tests;

/// <summary>The column matrix against its definition, and its transpose against the rule that makes it one.</summary>
public unsafe class Im2ColTests
{
    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ShapeNames))]
    public void Columns_hold_what_each_tap_sees_and_zero_outside(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        Guarded<float> x = new(Numbers.Integers(shape.GroupChannels * shape.InputPlane, 1));
        foreach (Im2Col panel in Panels(shape))
        {
            const int gap = 3;
            int rowLength = panel.Pixels + gap;
            Guarded<float> columns = new(panel.Taps * rowLength);
            panel.Gather(x.Data, columns.Data, rowLength);
            columns.AssertIntact();
            for (int t = 0; t < panel.Taps; t++)
                for (int p = 0; p < rowLength; p++)
                {
                    float met = columns.Span[(t * rowLength) + p], pixel = p < panel.Pixels ? Pixel(shape, x.Span, panel.FirstTap + t, panel.FirstPixel + p) : 0;
                    if (met != pixel) Assert.Fail($"tap {panel.FirstTap + t} at output {panel.FirstPixel + p} is {met}, not {pixel}");
                }
        }
    }

    /// <summary>A linear map and its transpose: <c>⟨Gather x, u⟩ = ⟨x, Scatter u⟩</c> for any x and u.</summary>
    [Theory, MemberData(nameof(ShapeNames))]
    public void Scattering_is_the_transpose_of_gathering_and_adds(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        foreach (Im2Col panel in Panels(shape))
        {
            float[] x = Numbers.Integers(shape.GroupChannels * shape.InputPlane, 1), u = Numbers.Integers(panel.Taps * panel.Pixels, 2);
            Guarded<float> columns = new(u.Length), dx = new(new float[x.Length]);
            fixed (float* pointerX = x, pointerU = u)
            {
                panel.Gather(pointerX, columns.Data, panel.Pixels);
                panel.ScatterAdd(pointerU, panel.Pixels, dx.Data);
                double once = Product(x, dx.Span);
                Assert.Equal(Product(columns.Span, u), once);
                panel.ScatterAdd(pointerU, panel.Pixels, dx.Data);
                Assert.Equal(2 * once, Product(x, dx.Span));
            }
            dx.AssertIntact();
        }
    }

    /// <summary>The whole matrix, and panels that begin and end in the middle of taps and of output rows.</summary>
    private static IEnumerable<Im2Col> Panels(ConvShape shape)
    {
        int taps = shape.Taps, pixels = shape.OutputPlane;
        yield return new Im2Col(shape, 0, taps, 0, pixels);
        yield return new Im2Col(shape, taps / 3, (taps + 1) / 2, pixels / 3, (pixels + 1) / 2);
        yield return new Im2Col(shape, taps - 1, 1, pixels - 1, 1);
    }

    private static float Pixel(in ConvShape shape, ReadOnlySpan<float> x, int tap, int pixel)
    {
        int c = tap / (shape.R * shape.S), r = tap / shape.S % shape.R, s = tap % shape.S;
        int row = (pixel / shape.OutputWidth * shape.Stride.Height) - shape.Padding.Top + (r * shape.Dilation.Height);
        int column = (pixel % shape.OutputWidth * shape.Stride.Width) - shape.Padding.Left + (s * shape.Dilation.Width);
        return row < 0 || row >= shape.H || column < 0 || column >= shape.W ? 0 : x[(((c * shape.H) + row) * shape.W) + column];
    }

    private static double Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }
}
