using CnnEngine.Optimizers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>The one-cycle schedule, compared with PyTorch's.</summary>
public class OneCycleTests
{
    // PyTorch 1.13:
    //   o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1, momentum=0.9)
    //   s = torch.optim.lr_scheduler.OneCycleLR(o, peak, total_steps=steps)
    //   for i in range(steps - 1): print(i, o.param_groups[0]['lr']); o.step(); s.step()
    [Theory]
    [InlineData(100, 0.05f, 0, 0.0020000000000000018)]
    [InlineData(100, 0.05f, 1, 0.002140689028295374)]
    [InlineData(100, 0.05f, 10, 0.014758197423205041)]
    [InlineData(100, 0.05f, 28, 0.04985931097170463)]
    [InlineData(100, 0.05f, 29, 0.05)]
    [InlineData(100, 0.05f, 30, 0.04997482676422622)]
    [InlineData(100, 0.05f, 50, 0.0396946725287866)]
    [InlineData(100, 0.05f, 75, 0.013153430825041282)]
    [InlineData(100, 0.05f, 98, 2.53732357737894e-05)]
    [InlineData(100, 0.05f, 99, 2e-07)]
    // The peak falls between two steps.
    [InlineData(37, 0.1f, 5, 0.051253513027823154)]
    [InlineData(37, 0.1f, 10, 0.09997678155001544)]
    [InlineData(37, 0.1f, 11, 0.09970235941053401)]
    [InlineData(37, 0.1f, 20, 0.06807884309423991)]
    [InlineData(37, 0.1f, 36, 4e-07)]
    public void Rates_are_PyTorchs(int steps, float peak, int step, double expected) =>
        Assert.Equal(expected, new OneCycle(peak).Rate(new TrainingPosition(step, steps, 1)), expected * 1e-5);

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
