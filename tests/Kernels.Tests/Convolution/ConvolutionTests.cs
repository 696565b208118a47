namespace CnnEngine.Kernels.Tests;

/// <summary>The public entry to convolutions: whatever algorithm it picks, and the spans that it refuses.</summary>
public class ConvolutionTests
{
    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ShapeNames))]
    public void All_passes_of_every_shape_are_exact_on_whole_numbers(string name)
    {
        ConvData data = ConvCases.Integers(name);
        ConvShape shape = data.Shape;
        float[] y = new float[shape.OutputLength], dx = new float[shape.InputLength], dw = [.. data.Before], db = [.. data.Bias];
        Convolution.Forward(shape, data.X, data.W, data.Bias, Activation.Identity, y);
        Convolution.BackwardInput(shape, data.Delta, data.W, dx);
        Convolution.BackwardFilter(shape, data.X, data.Delta, dw, db);
        Expect.Exactly(data.Y, y);
        Expect.Exactly(data.Dx, dx);
        Expect.Exactly(data.Dw, dw);
        Expect.Exactly(data.Db, db);
    }

    [Fact]
    public void The_gradient_of_no_bias_is_not_asked_for()
    {
        float[] dw = [1, 1];
        Convolution.BackwardFilter(new ConvShape(1, 1, (1, 3), 1, (1, 2)), [1, 2, 3], [10, 100], dw, []);
        Assert.Equal([211f, 321], dw);
    }

    [Fact]
    public void Longer_spans_are_used_to_the_shapes_length_only()
    {
        float[] y = [9, 9, 9, 9];
        Convolution.Forward(new ConvShape(1, 1, (1, 3), 1, (1, 2)), [1, 2, 3, float.NaN], [1, 10, float.NaN], [5, float.NaN], Activation.Identity, y);
        Assert.Equal([26f, 37, 9, 9], y);
    }

    [Theory]
    [InlineData("x", 17, 18)]
    [InlineData("w", 11, 12)]
    [InlineData("bias", 1, 3)]
    [InlineData("y", 11, 12)]
    [InlineData("dy", 11, 12)]
    [InlineData("dx", 17, 18)]
    [InlineData("dw", 11, 12)]
    [InlineData("dbias", 2, 3)]
    public void A_span_too_short_is_named_with_the_length_that_would_do(string name, int length, int needed)
    {
        // 2 channels of 3×3, 3 filters of 2×1 over 2 channels: 18 pixels, 12 weights; stride 2 leaves 1×2… of 3 filters.
        ConvShape shape = new(1, 2, 3, 3, (2, 1), new() { Stride = (1, 2) });
        Assert.Equal((18, 12, 12), (shape.InputLength, shape.FilterLength, shape.OutputLength));
        float[] Span(string of, int right) => new float[of == name ? length : right];
        Action call = name switch
        {
            "dx" => () => Convolution.BackwardInput(shape, Span("dy", 12), Span("w", 12), Span("dx", 18)),
            "dy" or "dw" or "dbias" => () => Convolution.BackwardFilter(shape, Span("x", 18), Span("dy", 12), Span("dw", 12), Span("dbias", 3)),
            _ => () => Convolution.Forward(shape, Span("x", 18), Span("w", 12), Span("bias", 3), Activation.Identity, Span("y", 12)),
        };
        ArgumentException exception = Assert.Throws<ArgumentException>(name, call);
        Assert.Contains($"{name} holds {length} numbers; this shape needs {needed}", exception.Message, StringComparison.Ordinal);
    }
}
