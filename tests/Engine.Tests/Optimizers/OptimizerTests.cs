using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Optimizers;

/// <summary>What all optimisers share: what they remember, weight decay by parameter, and what they refuse.</summary>
public class OptimizerTests
{
    private static readonly Dictionary<string, Func<float, Optimizer>> Kinds = new()
    {
        ["SGD"] = decay => new Sgd(0, decay),
        ["SGD with momentum"] = decay => new Sgd(0.9f, decay, nesterov: true),
        ["Adam"] = decay => new Adam(weightDecay: decay),
        ["AdamW"] = decay => new AdamW(weightDecay: decay),
        ["RMSprop"] = decay => new RmsProp(weightDecay: decay),
        ["RMSprop with all"] = decay => new RmsProp(0.9f, 1e-3f, 0.9f, centered: true, decay),
        ["Adagrad"] = decay => new Adagrad(0.1f, 1e-3f, 0.5f, decay),
    };

    public static TheoryData<string> Names { get; } = [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_are_left_as_they_are(string kind)
    {
        Parameter[] parameters = Parameters(seed: 1);
        float[] before = parameters[0].Gradient.Span.ToArray(), weights = parameters[0].Value.Span.ToArray();
        Kinds[kind](0.1f).Step(parameters, 0.1f);
        Assert.Equal(before, parameters[0].Gradient.Span.ToArray());
        Assert.All(weights.Zip(parameters[0].Value.Span.ToArray()), pair => Assert.NotEqual(pair.First, pair.Second));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parameters_that_do_not_decay_are_updated_as_without_decay(string kind)
    {
        Parameter[] some = Parameters(seed: 1), none = Parameters(seed: 1), all = Parameters(seed: 1);
        some[1].Decays = false;
        Optimizer[] optimizers = [Kinds[kind](0.3f), Kinds[kind](0), Kinds[kind](0.3f)];
        for (int step = 0; step < 3; step++)
        {
            optimizers[0].Step(some, 0.1f);
            optimizers[1].Step(none, 0.1f);
            optimizers[2].Step(all, 0.1f);
        }
        Assert.Equal(all[0].Value.Span.ToArray(), some[0].Value.Span.ToArray());
        Assert.Equal(none[1].Value.Span.ToArray(), some[1].Value.Span.ToArray());
        Assert.NotEqual(none[0].Value.Span.ToArray(), some[0].Value.Span.ToArray());
        Assert.NotEqual(all[1].Value.Span.ToArray(), some[1].Value.Span.ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_training_goes_on_from_what_was_remembered(string kind)
    {
        Parameter[] whole = Parameters(seed: 1), broken = Parameters(seed: 1);
        Optimizer optimizer = Kinds[kind](0.1f), first = Kinds[kind](0.1f), second = Kinds[kind](0.1f);
        for (int step = 0; step < 6; step++) Step(optimizer, whole, step);
        for (int step = 0; step < 3; step++) Step(first, broken, step);
        second.Prepare(broken);
        second.Steps = first.Steps;
        foreach (((string name, Tensor to), (string from, Tensor kept)) in second.State.Zip(first.State))
        {
            Assert.Equal(from, name);
            kept.Span.CopyTo(to.Span);
        }
        for (int step = 3; step < 6; step++) Step(second, broken, step);
        for (int i = 0; i < whole.Length; i++) Assert.Equal(whole[i].Value.Span.ToArray(), broken[i].Value.Span.ToArray());

        static void Step(Optimizer optimizer, Parameter[] parameters, int step)
        {
            foreach (Parameter parameter in parameters) Fill(parameter.Gradient, new Random(10 + step));
            optimizer.Step(parameters, 0.1f);
        }
    }

    [Fact]
    public void What_is_remembered_has_names()
    {
        Assert.Empty(Names(new Sgd()));
        Assert.Equal(["0.velocity", "1.velocity"], Names(new Sgd(0.9f)));
        Assert.Equal(["0.mean", "0.square", "1.mean", "1.square"], Names(new AdamW()));
        Assert.Equal(["0.square", "1.square"], Names(new RmsProp()));
        Assert.Equal(["0.square", "0.velocity", "0.mean", "1.square", "1.velocity", "1.mean"], Names(new RmsProp(momentum: 0.9f, centered: true)));
        Adagrad adagrad = new(initialSum: 0.5f);
        Assert.Equal(["0.sum", "1.sum"], Names(adagrad));
        Assert.All(adagrad.State, state => Assert.All(state.Tensor.Span.ToArray(), x => Assert.Equal(0.5f, x)));
        Assert.Equal([new Shape(7, 5), new Shape(7)], adagrad.State.Select(state => state.Tensor.Shape));

        static IEnumerable<string> Names(Optimizer optimizer)
        {
            Assert.Empty(optimizer.State);
            optimizer.Prepare(Parameters(seed: 1));
            return optimizer.State.Select(state => state.Name);
        }
    }

    [Fact]
    public void Biases_can_be_taken_out_of_decay()
    {
        Network network = new Sequential { new Conv2d(2, 3), new Flatten(), new Linear(3) }.Compile(new Shape(1, 5, 6));
        Assert.All(network.Parameters, p => Assert.True(p.Decays));
        network.DecayOnlyWeights();
        Assert.Equal([true, false, true, false], network.Parameters.Select(p => p.Decays));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Another_list_of_parameters_is_refused(string kind)
    {
        Parameter[] parameters = Parameters(seed: 1);
        Optimizer optimizer = Kinds[kind](0);
        optimizer.Step(parameters, 0.1f);
        Expect.Throws<ArgumentException>("1 parameters were given, 2 at the first step", () => optimizer.Step(parameters[..1], 0.1f));
        Assert.Throws<ArgumentNullException>(() => optimizer.Step(null!, 0.1f));
        foreach (float decay in (float[])[-0.1f, float.NaN])
            Expect.Throws<ArgumentOutOfRangeException>("weight decay is 0 or more", () => _ = Kinds[kind](decay));
    }

    [Fact]
    public void Arguments_out_of_range_are_refused()
    {
        foreach (float wrong in (float[])[-0.1f, 1, float.NaN])
        {
            Expect.Throws<ArgumentOutOfRangeException>("alpha is 0 to below 1", () => _ = new RmsProp(wrong));
            Expect.Throws<ArgumentOutOfRangeException>("momentum is 0 to below 1", () => _ = new RmsProp(momentum: wrong));
        }
        foreach (float wrong in (float[])[-0.1f, 0, float.NaN])
        {
            Expect.Throws<ArgumentOutOfRangeException>("epsilon is a number above 0", () => _ = new RmsProp(epsilon: wrong));
            Expect.Throws<ArgumentOutOfRangeException>("epsilon is a number above 0", () => _ = new Adagrad(epsilon: wrong));
        }
        foreach (float wrong in (float[])[-0.1f, float.NaN])
        {
            Expect.Throws<ArgumentOutOfRangeException>("rate decay is 0 or more", () => _ = new Adagrad(wrong));
            Expect.Throws<ArgumentOutOfRangeException>("the initial sum is 0 or more", () => _ = new Adagrad(initialSum: wrong));
        }
        RmsProp rms = new(0.9f, 1e-3f, 0.5f, centered: true, 0.1f);
        Assert.Equal((0.9f, 1e-3f, 0.5f, true, 0.1f), (rms.Alpha, rms.Epsilon, rms.Momentum, rms.Centered, rms.WeightDecay));
        Assert.Equal("RMSprop, α 0.9, momentum 0.5, centred, weight decay 0.1", rms.ToString());
        Adagrad adagrad = new(0.01f, 1e-3f, 0.5f, 0.1f);
        Assert.Equal((0.01f, 1e-3f, 0.5f, 0.1f), (adagrad.RateDecay, adagrad.Epsilon, adagrad.InitialSum, adagrad.WeightDecay));
        Assert.Equal("Adagrad, rate decay 0.01, weight decay 0.1", adagrad.ToString());
    }

    private static Parameter[] Parameters(int seed)
    {
        Parameter[] parameters = [Parameter.Zeros("weight", new Shape(7, 5)), Parameter.Zeros("bias", new Shape(7))];
        Random random = new(seed);
        foreach (Parameter parameter in parameters)
        {
            Fill(parameter.Value, random);
            Fill(parameter.Gradient, random);
        }
        return parameters;
    }

    private static void Fill(Tensor tensor, Random random)
    {
        foreach (ref float value in tensor.Span) value = (random.NextSingle() * 2) - 1;
    }
}
