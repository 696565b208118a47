using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Up-sampling: gradients against the double twin, shapes, what an output sees, messages.</summary>
public class UpsampleTests
{
    private static readonly Shape Input = new(2, 3, 5);

    public static TheoryData<Size2, Interpolation> Factors { get; } = new()
    {
        { 2, Interpolation.Nearest }, { 2, Interpolation.Bilinear }, { (1, 3), Interpolation.Nearest }, { (3, 1), Interpolation.Bilinear },
    };

    [Theory]
    [MemberData(nameof(Factors))]
    public void Output_and_gradients_are_the_twins(Size2 factor, Interpolation interpolation)
    {
        Upsample layer = new(factor, interpolation);
        Size2 size = (3 * factor.Height, 5 * factor.Width);
        Expect.Gradients(layer, Input, Twin(size, interpolation));
        Assert.Equal(new Shape(2, size.Height, size.Width), Expect.OutputShape(layer, Input));
    }

    [Theory]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.Bilinear)]
    public void To_a_size_likewise(Interpolation interpolation)
    {
        Expect.Gradients(Upsample.ToSize((4, 8), interpolation), Input, Twin((4, 8), interpolation));
        Assert.Equal(new Shape(2, 4, 8), Expect.OutputShape(Upsample.ToSize((4, 8), interpolation), Input));
    }

    [Fact]
    public void The_other_interpolation_is_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new Upsample(2), Input, Twin((6, 10), Interpolation.Bilinear)).Passed);

    [Theory]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.Bilinear)]
    public void An_output_sees_what_it_is_made_of(Interpolation interpolation)
    {
        foreach ((int size, int outputs) in new[] { (3, 6), (3, 9), (4, 6), (5, 8), (5, 7), (6, 7), (4, 4) })
        {
            AxisFootprint reach = Upsample.ToSize((outputs, outputs), interpolation).Reach(new Shape(1, size, size), new Shape(1, outputs, outputs)).Rows;
            for (int i = 0; i < outputs; i++)
            {
                double place = ((i + 0.5) * size / outputs) - 0.5;
                (int, int) seen = interpolation == Interpolation.Nearest
                    ? (i * size / outputs, i * size / outputs)
                    : ((int)Math.Floor(place + 1e-9), (int)Math.Ceiling(place - 1e-9));
                Assert.Equal(seen, reach.InputsOf(i, i));
            }
        }
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("Upsample \"upsample1\": input is 12; it must be an image, C×H×W", new Upsample(2), new Shape(12));
        Expect.Refusal("Upsample \"upsample1\": the factor is 0×2; both numbers must be at least 1", new Upsample((0, 2)), Input);
        Expect.Refusal("Upsample \"upsample1\": the output size is 4×4, the image 3×5; up-sampling makes no image smaller", Upsample.ToSize(4), Input);
    }

    [Fact]
    public void It_is_written_with_its_options()
    {
        Assert.Equal("Upsample(2×2)", new Upsample(2).ToString());
        Assert.Equal("Upsample(2×3, bilinear)", new Upsample((2, 3), Interpolation.Bilinear).ToString());
        Assert.Equal("Upsample(to 13×17)", Upsample.ToSize((13, 17)).ToString());
    }

    private static Twin Twin(Size2 size, Interpolation interpolation) => (images, inputs, _) =>
        ReferenceUpsampling.Forward(new ResizeShape(images, Input[0], (Input[1], Input[2]), size), interpolation == Interpolation.Bilinear, inputs[0]);
}
