using CnnEngine.Optimizers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>The one-cycle schedule's course.</summary>
public class OneCycleTests
{
    [Theory]
    [InlineData(938, 10)]
    [InlineData(37, 1)]
    [InlineData(10, 3)]
    public void It_goes_up_then_down_from_a_25th_to_a_250000th_of_the_peak(int stepsPerEpoch, int epochs)
    {
        float[] rates = ScheduleTests.Rates(new OneCycle(0.05f), stepsPerEpoch, epochs);
        int top = Array.IndexOf(rates, rates.Max());
        Assert.Equal(0.05 / 25, rates[0], 1e-8);
        Assert.Equal(0.05 / 250_000, rates[^1], 1e-12);
        Assert.Equal((0.3 * rates.Length) - 1, top, 1.0);
        Assert.InRange(rates[top], 0.0495f, 0.05f);
        for (int i = 1; i < rates.Length; i++) Assert.True(i <= top ? rates[i] > rates[i - 1] : rates[i] < rates[i - 1], $"step {i}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Very_short_trainings_have_rates_too(int steps) =>
        Assert.All(ScheduleTests.Rates(new OneCycle(0.05f), steps, 1), rate => Assert.InRange(rate, 0.99f * 0.05f / 250_000, 0.05f));

    [Fact]
    public void It_is_written_with_its_peak() => Assert.Equal("one-cycle to 0.05", new OneCycle(0.05f).ToString());
}
