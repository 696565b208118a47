using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Up-sampling, nearest and bilinear, in both layouts against the twin.</summary>
public class UpsamplingTests
{
    private static readonly Dictionary<string, ResizeShape> Shapes = new()
    {
        ["doubled"] = new(2, 3, (5, 7), (10, 14)),
        ["doubled, wide"] = new(1, 2, (3, 37), (6, 74)),
        ["fourfold"] = new(2, 2, (3, 9), (12, 36)),
        ["by 3 and 2"] = new(2, 3, (4, 5), (12, 10)),
        ["rows only"] = new(2, 3, (4, 19), (7, 19)),
        ["columns only"] = new(2, 3, (6, 4), (6, 11)),
        ["a pixel more"] = new(2, 3, (6, 17), (7, 18)),
        ["no whole factor"] = new(3, 2, (5, 8), (13, 21)),
        ["one pixel"] = new(2, 3, 1, (4, 5)),
        ["the same size"] = new(2, 3, (4, 5), (4, 5)),
        ["many planes"] = new(4, 300, (4, 5), (8, 10)),
    };

    public static TheoryData<string, bool, SimdWidth> Cases { get; } = Rows.Of(
        from name in Shapes.Keys from bilinear in new[] { false, true } from width in SimdWidths.Values select (name, bilinear, width));

    [Theory, MemberData(nameof(Cases))]
    public void Images_and_gradients_are_the_twins(string name, bool bilinear, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        ResizeShape shape = Shapes[name];
        float[] x = Numbers.Random(shape.InputLength, 1), dy = Numbers.Random(shape.OutputLength, 2);
        Guarded<float> from = new(x), y = new((int)shape.OutputLength), delta = new(dy), dx = new((int)shape.InputLength);
        if (bilinear)
        {
            BilinearUpsampling.Forward(shape, from.Span, y.Span);
            BilinearUpsampling.Backward(shape, delta.Span, dx.Span);
        }
        else
        {
            NearestUpsampling.Forward(shape, from.Span, y.Span);
            NearestUpsampling.Backward(shape, delta.Span, dx.Span);
        }
        y.AssertIntact();
        dx.AssertIntact();
        Check(shape, bilinear, x, dy, y.Span, dx.Span);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Images_along_the_vector_give_the_same(string name, bool bilinear, SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        ResizeShape all = Shapes[name], shape = new(Math.Min(all.N, Simd.Lanes), all.C, all.Image, all.Output);
        int image = shape.C * shape.InputPlane, output = shape.C * shape.OutputPlane;
        float[] x = Numbers.Random(shape.InputLength, 1), dy = Numbers.Random(shape.OutputLength, 2);
        Guarded<float> y = new(output * Simd.Lanes), dx = new(image * Simd.Lanes);
        float[] from = ChwnData.From(x, image), delta = ChwnData.From(dy, output);
        if (bilinear)
        {
            ChwnUpsampling.BilinearForward(shape, from, y.Span);
            ChwnUpsampling.BilinearBackward(shape, delta, dx.Span);
        }
        else
        {
            ChwnUpsampling.NearestForward(shape, from, y.Span);
            ChwnUpsampling.NearestBackward(shape, delta, dx.Span);
        }
        y.AssertIntact();
        dx.AssertIntact();
        Check(shape, bilinear, x, dy, ChwnData.To<float>(y.Span, output, shape.N), ChwnData.To<float>(dx.Span, image, shape.N));
    }

    [Fact]
    public void Doubling_a_row_takes_quarters()
    {
        ResizeShape shape = new(1, 1, (1, 3), (1, 6));
        float[] y = new float[6], dx = new float[3];
        BilinearUpsampling.Forward(shape, [0, 4, 8], y);
        BilinearUpsampling.Backward(shape, [4, 4, 4, 4, 4, 4], dx);
        Assert.Equal([0f, 1, 3, 5, 7, 8], y);
        Assert.Equal([8f, 8, 8], dx);
        NearestUpsampling.Forward(shape, [0, 4, 8], y);
        Assert.Equal([0f, 0, 4, 4, 8, 8], y);
    }

    [Fact]
    public void Errors_name_the_number_and_what_would_be_right()
    {
        Refused("the number of images is 0; it must be at least 1", () => new ResizeShape(0, 1, 2, 4));
        Refused("the number of channels is 0; it must be at least 1", () => new ResizeShape(1, 0, 2, 4));
        Refused("the image size is 2×0; both numbers must be at least 1", () => new ResizeShape(1, 1, (2, 0), 4));
        Refused("the output size is 4×2, the image 3×3; up-sampling makes no image smaller", () => new ResizeShape(1, 1, 3, (4, 2)));

        static void Refused(string message, Func<ResizeShape> make) => Assert.Equal(message, Assert.Throws<ArgumentException>(() => make()).Message);
    }

    [Fact]
    public void Spans_are_checked()
    {
        ResizeShape shape = new(1, 2, 2, 4);
        float[] small = new float[8], large = new float[32];
        Assert.Throws<ArgumentException>("x", () => NearestUpsampling.Forward(shape, small.AsSpan(1), large));
        Assert.Throws<ArgumentException>("y", () => BilinearUpsampling.Forward(shape, small, small));
        Assert.Throws<ArgumentException>("dy", () => BilinearUpsampling.Backward(shape, small, small));
        Assert.Throws<ArgumentException>("dx", () => NearestUpsampling.Backward(shape, large, small.AsSpan(1)));
        Assert.Throws<ArgumentException>("x", () => ChwnUpsampling.BilinearForward(shape, small.AsSpan(1), large));
    }

    private static void Check(ResizeShape shape, bool bilinear, float[] x, float[] dy, ReadOnlySpan<float> y, ReadOnlySpan<float> dx)
    {
        double[] twin = ReferenceArrays.ToDoubles(x), deltas = ReferenceArrays.ToDoubles(dy);
        Expect.WithinRounding(
            ReferenceUpsampling.Forward(shape, bilinear, twin), ReferenceUpsampling.Forward(shape, bilinear, ReferenceArrays.Absolute(twin)), y);
        Expect.WithinRounding(
            ReferenceUpsampling.Backward(shape, bilinear, deltas), ReferenceUpsampling.Backward(shape, bilinear, ReferenceArrays.Absolute(deltas)), dx);
    }
}
