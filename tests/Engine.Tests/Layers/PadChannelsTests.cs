using CnnEngine.Analysis;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>Channels of zeros around an image's own.</summary>
public class PadChannelsTests
{
    private static readonly Shape Input = new(3, 4, 5);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 1)]
    [InlineData(0, 4)]
    public void Output_and_gradients_are_the_twins(int before, int after)
    {
        Expect.Gradients(new PadChannels(before, after), Input, Twin(before, after));
        Assert.Equal(new Shape(before + 3 + after, 4, 5), Expect.OutputShape(new PadChannels(before, after), Input));
    }

    [Fact]
    public void Zeros_at_another_place_are_not_the_twins() =>
        Assert.False(new GradientCheck().Run(new PadChannels(2, 1), Input, Twin(1, 2)).Passed);

    [Fact]
    public void What_cannot_be_is_refused_with_the_number_at_fault()
    {
        Expect.Refusal("PadChannels \"padchannels1\": channels to add are -1 and 2; they must be 0 or more", new PadChannels(-1, 2), Input);
        Expect.Refusal("PadChannels \"padchannels1\": input is 12; it must be an image, C×H×W", new PadChannels(1, 1), new Shape(12));
    }

    [Fact]
    public void It_is_written_with_its_options() => Assert.Equal("PadChannels(2, 1)", new PadChannels(2, 1).ToString());

    private static Twin Twin(int before, int after) => (images, inputs, _) =>
        [.. Enumerable.Range(0, images).SelectMany(n =>
            new double[before * 20].Concat(inputs[0].Skip(n * Input.Length).Take(Input.Length)).Concat(new double[after * 20]))];
}
