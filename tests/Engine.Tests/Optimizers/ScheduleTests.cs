using CnnEngine.Graphs;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;
using CnnEngine.Training;

namespace CnnEngine.Tests.Optimizers;

/// <summary>All schedules but the one-cycle one.</summary>
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
    public void Several_steps_go_down_after_the_epochs_that_are_named()
    {
        float[] rates = Rates(new MultiStepDecay(0.8f, [1, 3], 0.25f), stepsPerEpoch: 2, epochs: 5);
        Assert.Equal([0.8f, 0.8f, 0.2f, 0.2f, 0.2f, 0.2f, 0.05f, 0.05f, 0.05f, 0.05f], rates);
        Assert.Equal("0.8, ×0.25 after 1, 3 epochs", new MultiStepDecay(0.8f, [1, 3], 0.25f).ToString());
        foreach (int[] wrong in (int[][])[[0], [2, 2], [3, 1]])
            Expect.Throws<ArgumentException>($"steps down after {string.Join(", ", wrong)} epochs; the numbers must be 1 or more and rise",
                () => _ = new MultiStepDecay(1, wrong));
    }

    [Fact]
    public void An_exponential_decay_goes_down_every_epoch()
    {
        Assert.Equal([0.8f, 0.8f, 0.4f, 0.4f, 0.2f, 0.2f], Rates(new ExponentialDecay(0.8f, 0.5f), 2, 3));
        Assert.Equal("0.8, ×0.5 every epoch", new ExponentialDecay(0.8f, 0.5f).ToString());
    }

    [Fact]
    public void A_plateau_is_told_by_the_test_loss_if_there_is_one()
    {
        PlateauDecay schedule = new(0.8f, 0.5f, patience: 0);
        Assert.Equal(0.8f, schedule.Rate(new TrainingPosition(0, 1, 3)));
        Assert.Equal(0.8f, schedule.Rate(new TrainingPosition(2, 1, 3, [Result(3, 2), Result(4, 1)])));
        Assert.Equal(0.4f, schedule.Rate(new TrainingPosition(2, 1, 3, [Result(3, 1), Result(2, 1)])));
        Assert.Equal(0.8f, schedule.Rate(new TrainingPosition(2, 1, 3, [Result(3, null), Result(2, null)])));
        Assert.Equal(0.4f, schedule.Rate(new TrainingPosition(2, 1, 3, [Result(3, null), Result(double.NaN, null)])));
        Assert.Equal("0.8, ×0.5 after 1 epochs without a lower loss", schedule.ToString());
        Expect.Throws<ArgumentOutOfRangeException>("patience is 0 epochs or more", () => _ = new PlateauDecay(1, patience: -1));

        static EpochResult Result(double train, double? test) =>
            new(1, new BatchResult(train * 10, 0, 10, 10), test is null ? null : new BatchResult(test.Value * 7, 0, 7, 7), default, 0);
    }

    [Fact]
    public void A_warm_up_rises_evenly_to_the_other_schedule()
    {
        float[] rates = Rates(new WarmUp(new StepDecay(8, 3, 0.5f), epochs: 2, start: 0.5f), stepsPerEpoch: 2, epochs: 4);
        Assert.Equal([4f, 5, 6, 7, 8, 8, 4, 4], rates);
        WarmUp warmUp = new(new Cosine(0.4f), 1.5);
        Assert.Equal(("cosine from 0.4, warmed up in 1.5 epochs", 0.4f), (warmUp.ToString(), warmUp.Peak));
        foreach (double wrong in (double[])[0, -1, double.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("a warm-up takes a number of epochs above 0", () => _ = new WarmUp(new Cosine(1), wrong));
        foreach (float wrong in (float[])[0, 1.1f, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("a warm-up starts with a factor above 0 and at most 1", () => _ = new WarmUp(new Cosine(1), 1, wrong));
        Assert.Throws<ArgumentNullException>(() => new WarmUp(null!, 1));
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
        Func<float, Schedule>[] all =
        [
            r => new ConstantRate(r), r => new StepDecay(r, 1), r => new MultiStepDecay(r, [1]), r => new ExponentialDecay(r, 0.5f), r => new PlateauDecay(r),
            r => new Cosine(r), r => new OneCycle(r),
        ];
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
