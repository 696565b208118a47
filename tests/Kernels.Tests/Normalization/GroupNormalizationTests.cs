using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Group and layer normalisation against their twin.</summary>
public class GroupNormalizationTests
{
    private const float Epsilon = 1e-5f;

    private static readonly Dictionary<string, GroupShape> Shapes = new()
    {
        ["groups of channels"] = new(3, 2, 3, 5 * 7),
        ["each channel alone"] = new(2, 5, 1, 60),
        ["all channels"] = new(3, 1, 4, 11),
        ["numbers of an image"] = new(4, 1, 3 * 5 * 7, 1),
        ["many numbers"] = new(2, 1, 2500, 1),
        ["groups of features"] = new(3, 4, 5, 1),
        ["short rows"] = new(13, 1, 5, 1),
    };

    public static TheoryData<SimdWidth, string> Cases { get; } = Rows.Of(
        from width in SimdWidths.Values from name in Shapes.Keys select (width, name));

    [Theory, MemberData(nameof(Cases))]
    public void Both_passes_are_the_twins(SimdWidth width, string name)
    {
        using ForcedWidth forced = new(width);
        GroupShape shape = Shapes[name];
        float[] weight = Numbers.Random(shape.Parameters, 3), bias = Numbers.Random(shape.Parameters, 4), before = Numbers.Random(shape.Parameters, 5);
        float[] delta = Numbers.Random(shape.Length, 2), numbers = [.. Numbers.Random(shape.Length, 1).Select(v => (2 * v) + 10)];
        double[] twinX = ReferenceArrays.ToDoubles(numbers), twinWeight = ReferenceArrays.ToDoubles(weight);

        Guarded<float> x = new(numbers), y = new(numbers.Length), mean = new(shape.Rows), variance = new(shape.Rows);
        GroupNormalization.Forward(shape, x.Span, weight, bias, Epsilon, y.Span, mean.Span, variance.Span);
        foreach (Guarded<float> result in new[] { y, mean, variance }) result.AssertIntact();
        Expect.Near(ReferenceGroupNormalization.Forward(shape, twinX, twinWeight, ReferenceArrays.ToDoubles(bias), Epsilon), y.Span, 1e-5, 2e-5);

        Guarded<float> dy = new(delta), dx = new(numbers.Length), dweight = new(before), dbias = new(before);
        GroupNormalization.Backward(shape, x.Span, mean.Span, variance.Span, weight, Epsilon, dy.Span, dx.Span, dweight.Span, dbias.Span);
        foreach (Guarded<float> result in new[] { dx, dweight, dbias }) result.AssertIntact();
        (double[] twinDx, double[] twinDweight, double[] twinDbias) =
            ReferenceGroupNormalization.Backward(shape, twinX, twinWeight, Epsilon, ReferenceArrays.ToDoubles(delta));
        Expect.Near(twinDx, dx.Span, 1e-4, 2e-5);
        Expect.Near([.. twinDweight.Zip(before, (d, b) => d + b)], dweight.Span, 1e-5, 2e-5);
        Expect.Near([.. twinDbias.Zip(before, (d, b) => d + b)], dbias.Span, 1e-5, 1e-5);

        float[] alone = [.. before], biases = [.. before];
        GroupNormalization.Backward(shape, x.Span, mean.Span, variance.Span, weight, Epsilon, dy.Span, [], alone, biases);
        Expect.SameBits(dweight.Span, alone);
        Expect.SameBits(dbias.Span, biases);
    }

    [Fact]
    public void Spans_are_checked()
    {
        GroupShape shape = new(2, 3, 2, 2);
        float[] all = new float[24], less = new float[23], six = new float[6], five = new float[5];
        Assert.Throws<ArgumentException>("x", () => GroupNormalization.Forward(shape, less, six, six, 0, all, six, six));
        Assert.Throws<ArgumentException>("weight", () => GroupNormalization.Forward(shape, all, five, six, 0, all, six, six));
        Assert.Throws<ArgumentException>("bias", () => GroupNormalization.Forward(shape, all, six, five, 0, all, six, six));
        Assert.Throws<ArgumentException>("y", () => GroupNormalization.Forward(shape, all, six, six, 0, less, six, six));
        Assert.Throws<ArgumentException>("mean", () => GroupNormalization.Forward(shape, all, six, six, 0, all, five, six));
        Assert.Throws<ArgumentException>("variance", () => GroupNormalization.Forward(shape, all, six, six, 0, all, six, five));
        Assert.Throws<ArgumentException>("dy", () => GroupNormalization.Backward(shape, all, six, six, six, 0, less, all, six, six));
        Assert.Throws<ArgumentException>("dx", () => GroupNormalization.Backward(shape, all, six, six, six, 0, all, less, six, six));
        Assert.Throws<ArgumentException>("dweight", () => GroupNormalization.Backward(shape, all, six, six, six, 0, all, all, five, six));
        Assert.Throws<ArgumentException>("dbias", () => GroupNormalization.Backward(shape, all, six, six, six, 0, all, all, six, five));
    }
}
