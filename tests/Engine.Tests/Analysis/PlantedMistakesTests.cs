using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>A gradient check that finds nothing wrong is worth something only if it finds what is wrong.</summary>
public class PlantedMistakesTests
{
    private static readonly Shape Input = new(2, 3, 6);

    public static TheoryData<Mistake> Mistakes { get; } = [.. Enum.GetValues<Mistake>().Where(m => m is not (Mistake.None or Mistake.OtherFunction))];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Found_with_a_twin(Mistake mistake) =>
        AssertFound(mistake, new GradientCheck().Run(new RowFilter(mistake), Input, RowFilter.Twin(Input)));

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Found_without_a_twin(Mistake mistake) => AssertFound(mistake, new GradientCheck().Run(new RowFilter(mistake), Input));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void A_right_layer_passes_both_ways_for_any_seed_and_number_of_images(int images)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            GradientCheck check = new() { Images = images, Seed = seed };
            Expect.Passed(check.Run(new RowFilter(Mistake.None), Input, RowFilter.Twin(Input)));
            Expect.Passed(check.Run(new RowFilter(Mistake.None), Input));
        }
    }

    [Fact]
    public void Another_function_with_derivatives_to_match_is_found_with_a_twin_only()
    {
        GradientCheckResult result = new GradientCheck().Run(new RowFilter(Mistake.OtherFunction), Input, RowFilter.Twin(Input));
        Assert.False(result.Tensors.Single(t => t.Tensor == "output").Passed);
        Expect.Passed(new GradientCheck().Run(new RowFilter(Mistake.OtherFunction), Input));
    }

    [Fact]
    public void A_mistake_inside_a_network_is_found()
    {
        foreach (Mistake mistake in (Mistake[])[Mistake.None, Mistake.FilterNotRotated])
        {
            Network network = new Sequential { new Conv2d(2, 2), new Tanh(), new RowFilter(mistake), new Flatten(), new Linear(4) }
                .Compile(new Shape(1, 5, 7), Expect.ForCheck());
            GradientCheckResult result = new GradientCheck().Run(network);
            Assert.Equal(mistake == Mistake.None, result.Passed);
            Assert.Equal(mistake == Mistake.None, result.Tensors.Single(t => t.Tensor == "conv1.weight").Passed);
            Assert.True(result.Tensors.Single(t => t.Tensor == "fc1.weight").Passed);
        }
    }

    [Fact]
    public void A_layer_that_runs_in_place_but_reads_its_input_again_is_found()
    {
        Expect.Passed(new GradientCheck().Run(new Square(isInPlace: false), Input));
        Assert.False(new GradientCheck().Run(new Square(isInPlace: true), Input).Passed);
    }

    private static void AssertFound(Mistake mistake, GradientCheckResult result)
    {
        string[] tensors = mistake switch
        {
            Mistake.MissingBiasGradient => ["rowfilter1.bias"],
            Mistake.ForgottenFactor or Mistake.WeightGradientOverwritten => ["rowfilter1.weight"],
            Mistake.MissingTerm => ["input", "rowfilter1.weight"],
            Mistake.AllZero => ["input", "rowfilter1.weight", "rowfilter1.bias"],
            _ => ["input"],
        };
        Assert.False(result.Passed, result.ToString());
        Assert.Equal(tensors, result.Tensors.Where(t => !t.Passed).Select(t => t.Tensor));
        Assert.All(result.Tensors, t => Assert.Equal(t.Passed, t.Wrong == 0));
        Assert.All(result.Mismatches, m => Assert.Contains(m.Tensor, tensors));
    }

    /// <summary><c>y = x²</c>, <c>∂x = 2x·∂y</c>: needs x once more, so it must not write over it.</summary>
    private sealed class Square(bool isInPlace) : Layer
    {
        public override string Kind => "square";

        public override bool CanRunInPlace => isInPlace;

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step)
        {
            for (int i = 0; i < step.Output.Length; i++) step.Output[i] = step.Input()[i] * step.Input()[i];
        }

        public override void Backward(in Step step)
        {
            for (int i = 0; i < step.Output.Length; i++) step.InputGradient()[i] = 2 * step.Input()[i] * step.OutputGradient[i];
        }

        public override string ToString() => "Square";
    }
}
