using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The layout that makes a convolution a sum of shifted planes, pixel by pixel on every odd shape.</summary>
public unsafe class ShiftedImageTests
{
    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ShapeNames))]
    public void Every_tap_meets_its_pixel_at_its_offset_plus_the_output_pixel(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        Guarded<float> x = new(Distinct(shape.GroupChannels * shape.InputPlane));
        // All rows at once, and strips that begin and end in the middle and reach over the last row.
        (int First, int Count)[] strips = [(0, shape.OutputHeight), (shape.OutputHeight / 2, (shape.OutputHeight + 1) / 2), (shape.OutputHeight - 1, 3)];
        foreach ((SimdWidth width, (int first, int rows)) in SimdWidths.Values.SelectMany(width => strips.Select(strip => (width, strip))))
        {
            using ForcedWidth forced = new(width);
            ShiftedImage layout = new(shape, rows);
            Guarded<float> planes = new((int)layout.Length);
            Guarded<int> offsets = new(shape.Taps);
            layout.WriteOffsets(offsets.Data);
            Move(layout, x.Data, first, planes.Data);
            planes.AssertIntact();
            offsets.AssertIntact();
            AssertNoNaN(planes.Span);

            int tap = 0;
            for (int c = 0; c < shape.GroupChannels; c++)
                for (int r = 0; r < shape.R; r++)
                    for (int s = 0; s < shape.S; s++, tap++)
                        for (int i = 0; i < rows && first + i < shape.OutputHeight; i++)
                            for (int j = 0; j < shape.OutputWidth; j++)
                            {
                                float met = planes.Span[offsets.Span[tap] + (i * layout.RowLength) + j];
                                float pixel = Pixel(shape, x.Span, c, first + i, j, r, s);
                                if (met != pixel) Assert.Fail($"tap ({c}, {r}, {s}) meets {met} at output ({first + i}, {j}), not {pixel}");
                            }
        }
    }

    [Fact]
    public void Only_phases_that_a_tap_falls_on_are_laid_out()
    {
        // A 1×1 filter of stride 2 sees one pixel of four.
        ConvShape pointwise = new(1, 3, (8, 10), 2, 1, new() { Stride = 2 });
        Assert.Equal(4 * 5, new ShiftedImage(pointwise, 4).ChannelLength);
        // Dilation 2 with stride 2: all taps are on even rows and columns.
        ConvShape even = new(1, 1, (9, 11), 1, 3, new() { Stride = 2, Dilation = 2 });
        ShiftedImage layout = new(even, even.OutputHeight);
        Assert.Equal((5, 6, 30), (layout.Rows, layout.RowLength, layout.ChannelLength));
    }

    private static void Move(in ShiftedImage layout, float* image, int firstRow, float* planes)
    {
        Mover mover = new(layout, image, firstRow, planes);
        Simd.Run(ref mover);
    }

    private readonly struct Mover(ShiftedImage layout, float* image, int firstRow, float* planes) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            layout.Gather<S, V>(image, firstRow, planes);
        }
    }

    private static float Pixel(in ConvShape shape, ReadOnlySpan<float> x, int c, int i, int j, int r, int s)
    {
        int row = (i * shape.Stride.Height) - shape.Padding.Top + (r * shape.Dilation.Height);
        int column = (j * shape.Stride.Width) - shape.Padding.Left + (s * shape.Dilation.Width);
        return row < 0 || row >= shape.H || column < 0 || column >= shape.W ? 0 : x[(((c * shape.H) + row) * shape.W) + column];
    }

    private static void AssertNoNaN(ReadOnlySpan<float> planes)
    {
        for (int i = 0; i < planes.Length; i++)
            if (float.IsNaN(planes[i])) Assert.Fail($"number {i} of the planes was not written");
    }

    /// <summary>1, 2, 3, …: no two pixels alike, and none is padding.</summary>
    private static float[] Distinct(int length) => [.. Enumerable.Range(1, length).Select(i => (float)i)];
}
