using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>The constant, step and cosine schedules.</summary>
public class ScheduleTests
{
    [Fact]
    public void Constant_stays()
    {
        Assert.All(Rates(new ConstantRate(0.03f), 7, 3), rate => Assert.Equal(0.03f, rate));
        Assert.Equal("constant 0.03", new ConstantRate(0.03f).ToString());
    }

    [Fact]
    public void Steps_go_down_by_the_factor_every_few_epochs()
    {
        float[] rates = Rates(new StepDecay(0.8f, epochs: 2, factor: 0.25f), stepsPerEpoch: 3, epochs: 5);
        Assert.Equal([.. Enumerable.Repeat(0.8f, 6), .. Enumerable.Repeat(0.2f, 6), .. Enumerable.Repeat(0.05f, 3)], rates);
        Assert.Equal("0.8, ×0.25 every 2 epochs", new StepDecay(0.8f, 2, 0.25f).ToString());
        Assert.Equal(0.01f, Rates(new StepDecay(0.1f, 1), 2, 2)[2], 1e-8f);
    }

    [Fact]
    public void Cosine_falls_from_the_peak_to_almost_zero()
    {
        float[] rates = Rates(new Cosine(0.4f), stepsPerEpoch: 10, epochs: 4);
        Assert.Equal(0.4f, rates[0]);
        Assert.Equal(0.2f, rates[20], 1e-6f);
        Assert.Equal(0.4f * (1 + MathF.Cos(MathF.PI / 4)) / 2, rates[10], 1e-6f);
        Assert.Equal(0.4f * (1 + MathF.Cos(MathF.PI * 39 / 40)) / 2, rates[39], 1e-6f);
        Assert.Equal(rates.OrderDescending(), rates);
        Assert.Equal("cosine from 0.4", new Cosine(0.4f).ToString());
    }

    [Fact]
    public void Rates_that_are_none_are_refused()
    {
        Func<float, Schedule>[] all = [r => new ConstantRate(r), r => new StepDecay(r, 1), r => new Cosine(r), r => new OneCycle(r)];
        foreach (float rate in (float[])[0, -1, float.NaN, float.PositiveInfinity])
            foreach (Func<float, Schedule> make in all)
                Expect.Throws<ArgumentOutOfRangeException>("a learning rate is a number above 0", () => make(rate));
        Expect.Throws<ArgumentOutOfRangeException>("epochs between steps are 1 or more", () => _ = new StepDecay(1, 0));
        Assert.Equal(0.5f, new Cosine(0.5f).Peak);
    }

    [Fact]
    public void A_position_knows_its_epoch()
    {
        TrainingPosition position = new(Step: 25, StepsPerEpoch: 10, Epochs: 4);
        Assert.Equal((2, 40L), (position.Epoch, position.TotalSteps));
    }

    /// <summary>The learning rate of every step of a training.</summary>
    internal static float[] Rates(Schedule schedule, int stepsPerEpoch, int epochs) =>
        [.. Enumerable.Range(0, stepsPerEpoch * epochs).Select(step => schedule.Rate(new TrainingPosition(step, stepsPerEpoch, epochs)))];
}
