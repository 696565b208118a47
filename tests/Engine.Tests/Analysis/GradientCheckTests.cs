using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>How a gradient check chooses, counts and reports.</summary>
public class GradientCheckTests
{
    private static readonly Shape Image = new(2, 5, 7);

    [Fact]
    public void Every_layer_passes_without_a_twin()
    {
        Layer[] layers =
        [
            new Conv2d(3, (3, 2), stride: (2, 1)), new ReLU(), new LeakyReLU(0.1f), new Sigmoid(), new Tanh(),
            new MaxPool2d(2), new MeanPool2d((2, 3), 1), new Flatten(),
        ];
        foreach (Layer layer in layers) Expect.Passed(new GradientCheck().Run(layer, Image));
        Expect.Passed(new GradientCheck().Run(new Linear(6), new Shape(9)));
        Expect.Passed(new GradientCheck().Run(new Add(), [Image, Image]));
    }

    [Fact]
    public void A_network_passes_without_a_twin()
    {
        Sequential layers = [new Conv2d(3, 3), new Sigmoid(), new MeanPool2d(2, 1), new Flatten(), new Linear(8), new Tanh(), new Linear(4)];
        GradientCheckResult result = new GradientCheck().Run(layers.Compile(Image, Expect.ForCheck(2)));
        Expect.Passed(result);
        Assert.Equal(["input", "conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"], result.Tensors.Select(t => t.Tensor));
    }

    [Fact]
    public void Every_input_is_checked()
    {
        GradientCheckResult result = new GradientCheck().Run(new Add(), [Image, Image]);
        Assert.Equal(["input 0", "input 1", "input 0 (C×H×W×N)", "input 1 (C×H×W×N)"], result.Tensors.Select(t => t.Tensor));
        Assert.All(result.Tensors, t => Assert.Equal((Image, 200, 0), (t.Shape, t.Checked, t.Skipped)));
    }

    [Fact]
    public void All_elements_are_checked_up_to_the_limit()
    {
        Assert.Equal(3 * Image.Length, new GradientCheck { MostElements = 1000 }.Run(new Tanh(), Image).Tensors[0].Checked);
        Assert.Equal(50, new GradientCheck { MostElements = 50 }.Run(new Tanh(), Image).Tensors[0].Checked);
        Assert.Equal(5 * 2, new GradientCheck { Images = 5 }.Run(new Tanh(), new Shape(2)).Tensors[0].Checked);
    }

    [Fact]
    public void The_seed_decides()
    {
        TensorCheck Run(long seed) => new GradientCheck { Seed = seed }.Run(new Tanh(), Image).Tensors[0];
        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Fact]
    public void Kinks_are_skipped_and_counted()
    {
        // A quarter of the inputs lie less than h from ReLU's kink.
        const float Reach = 4 / 256f;
        TensorCheck input = new GradientCheck { InputRange = (-Reach, Reach), MostElements = 1000 }.Run(new ReLU(), new Shape(300)).Tensors[0];
        Assert.True(input.Passed, input.ToString());
        Assert.Equal(900, input.Checked + input.Skipped);
        Assert.InRange(input.Skipped, 900 / 8, 900 * 3 / 8);
    }

    [Fact]
    public void A_check_that_says_nothing_fails()
    {
        Twin relu = new TwinChain(Image).Activate(Activation.Relu).Twin;
        GradientCheckResult negative = new GradientCheck { InputRange = (-2, -1) }.Run(new ReLU(), Image, relu);
        Assert.False(negative.Passed);
        Assert.All(negative.Tensors, t => Assert.Equal((0, 0, false), (t.Wrong, t.NonZero, t.SaysSomething)));
        Assert.Contains("SAYS NOTHING", negative.ToString(), StringComparison.Ordinal);

        TensorCheck skipped = new GradientCheck { InputRange = (-0.001f, 0.001f) }.Run(new ReLU(), Image).Tensors[0];
        Assert.Equal((0, 200, false), (skipped.Checked, skipped.Skipped, skipped.Passed));
    }

    [Fact]
    public void The_report_has_a_line_for_each_tensor()
    {
        Shape input = new(2, 3, 6);
        string[] right = $"{new GradientCheck().Run(new RowFilter(Mistake.None), input, RowFilter.Twin(input))}".Split(Environment.NewLine);
        Assert.Equal("gradient check passed", right[0]);
        Assert.Equal(5, right.Length);
        Assert.StartsWith("  output 2×3×4: 72 checked, 0 skipped, 72 non-zero, largest error ", right[1], StringComparison.Ordinal);
        Assert.StartsWith("  input 2×3×6: 108 checked, 0 skipped, 108 non-zero, largest error ", right[2], StringComparison.Ordinal);
        Assert.All(right.Skip(1), line => Assert.EndsWith(" of the allowed: ok", line, StringComparison.Ordinal));

        GradientCheckResult result = new GradientCheck().Run(new RowFilter(Mistake.WrongSign), input, RowFilter.Twin(input));
        string[] wrong = result.ToString().Split(Environment.NewLine);
        Assert.Equal("gradient check FAILED", wrong[0]);
        Assert.EndsWith($"{result.Tensors[1].Wrong} WRONG; {result.Mismatches[0]}", wrong[2], StringComparison.Ordinal);
        Assert.Matches(@"^input\[\d+\] is -?[\d.e-]+, should be -?[\d.e-]+$", result.Mismatches[0].ToString());
    }

    [Fact]
    public void The_ten_worst_mismatches_are_kept_the_worst_first()
    {
        Shape input = new(2, 3, 6);
        GradientCheckResult result = new GradientCheck().Run(new RowFilter(Mistake.WrongSign), input, RowFilter.Twin(input));
        Assert.Equal(10, result.Mismatches.Count);
        double[] errors = [.. result.Mismatches.Select(m =>
            Math.Abs(m.Analytic - m.Numeric) / (1e-5 + (1e-3 * Math.Max(Math.Abs(m.Analytic), Math.Abs(m.Numeric)))))];
        Assert.Equal(errors.OrderDescending(), errors);
        Assert.Equal(result.Tensors[1].LargestError, errors[0], 1e-9);
    }

    [Fact]
    public void Parameters_get_their_numbers_back()
    {
        Network network = new Sequential { new Flatten(), new Linear(4) }.Compile(Image, Expect.ForCheck());
        float[][] before = [.. network.Parameters.Select(p => p.Value.Span.ToArray())];
        new GradientCheck().Run(network);
        Assert.Throws<NotFiniteNumberException>(() => new GradientCheck().Run(network, (_, _, _) => throw new NotFiniteNumberException()));
        Assert.Equal(before, network.Parameters.Select(p => p.Value.Span.ToArray()));
    }

    [Fact]
    public void Biases_are_not_left_at_zero()
    {
        Twin forgetsBias = new TwinChain(new Shape(5)).Linear(4, bias: false).Twin;
        Assert.False(new GradientCheck().Run(new Linear(4), new Shape(5), forgetsBias).Tensors[0].Passed);
    }

    [Fact]
    public void What_cannot_be_checked_is_refused()
    {
        Sequential layers = [new Flatten(), new Linear(4)];
        Expect.Throws<ArgumentException>("the network was compiled without input gradient; set Training and InputGradient in its options",
            () => new GradientCheck().Run(layers.Compile(Image)));
        Expect.Throws<ArgumentException>("the twin's output has 7 numbers, the network's 12",
            () => new GradientCheck().Run(new Linear(4), new Shape(5), (_, _, _) => new double[7]));
        Expect.Throws<ArgumentException>("Linear \"fc1\": input is 2×5×7; it must be one row of features: put a Flatten before it",
            () => new GradientCheck().Run(new Linear(4), Image));
    }
}
