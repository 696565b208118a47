using CnnEngine.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>Which inputs a window sees, against all taps gone through one by one.</summary>
public class AxisFootprintTests
{
    private const int Outputs = 40;

    // A window that slides; a transposed convolution of stride 3 (2) and filter 4 (2); what nothing else has.
    [Theory]
    [InlineData(3, 2, 1, 1, 1)]
    [InlineData(4, 3, 2, 5, 1)]
    [InlineData(2, 1, 1, -3, 1)]
    [InlineData(4, 1, 1, 3, 3)]
    [InlineData(2, 1, 1, 0, 2)]
    [InlineData(5, 2, 1, 2, 3)]
    public void Every_tap_lands_between_the_first_and_the_last(int taps, int stride, int dilation, int padding, int spread)
    {
        AxisFootprint footprint = new(taps, stride, dilation, padding, spread);
        for (int i = 0; i < Outputs; i++)
        {
            int[] seen = [.. Enumerable.Range(-100, 300).Where(j => Enumerable.Range(0, taps).Any(t => j * spread == (i * stride) - padding + (t * dilation)))];
            (int first, int last) = footprint.InputsOf(i, i);
            if (seen.Length == 0) Assert.True(first > last);
            else Assert.Equal((seen[0], seen[^1]), (first, last));
        }
    }

    // Window i of an adaptive pooling from 5 to 3: ⌊i·5/3⌋ … ⌈(i + 1)·5/3⌉, the end left out.
    [Theory]
    [InlineData(5, 3)]
    [InlineData(13, 4)]
    [InlineData(3, 7)]
    [InlineData(4, 1)]
    public void Adaptive_pooling_is_a_window_over_the_spread_input(int size, int outputs)
    {
        AxisFootprint footprint = new(size + outputs - 1, Stride: size, Padding: outputs - 1, Spread: outputs);
        for (int i = 0; i < outputs; i++)
            Assert.Equal((i * size / outputs, (((i + 1) * size) + outputs - 1) / outputs - 1), footprint.InputsOf(i, i));
    }

    // Where an output is finer than the input, the size from the image up is the mean of what single places see.
    [Theory]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(3, 3)]
    public void The_mean_of_what_the_places_see(int taps, int spread)
    {
        AxisFootprint footprint = new(taps, Padding: taps - 1, Spread: spread);
        double mean = Enumerable.Range(0, 12 * spread).Average(i => footprint.InputsOf(i, i) is var (first, last) ? last - first + 1 : 0);
        Assert.Equal((double)taps / spread, mean, 12);
        const int Run = 3; // as a filter of three behind it would ask for
        mean = Enumerable.Range(0, 12 * spread).Average(i => footprint.InputsOf(i, i + Run - 1) is var (first, last) ? last - first + 1 : 0);
        Assert.Equal((double)(Run - 1 + taps) / spread, mean, 12);
    }
}
