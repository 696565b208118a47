using CnnEngine.Analysis;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>The example in GradientCheck's documentation, run, and compared with what the documentation says.</summary>
public class GradientCheckExampleTests
{
    [Fact]
    public void A_layer_of_ones_own_passes()
    {
        GradientCheckResult result = new GradientCheck().Run(new Swish(), new Shape(2, 4, 5), // C×H×W of one image
            (images, inputs, parameters) => Array.ConvertAll(inputs[0], x => x / (1 + Math.Exp(-x))));
        if (!result.Passed) Console.WriteLine(result);
        Assert.True(result.Passed);
    }

    [Fact]
    public void The_documentation_has_the_same_lines()
    {
        string here = Repository.Read("tests/Engine.Tests/Analysis/GradientCheckExampleTests.cs");
        string documented = Repository.Read("src/Engine/Analysis/GradientCheck.cs");
        string[] lines = documented.Split("<code>")[1].Split("</code>")[0].Split('\n');
        string[] example = [.. lines.Select(line => line.Trim(' ', '/', '\r')).Where(line => line != "")];
        Assert.Equal(3, example.Length);
        Assert.All(example, line => Assert.Contains(line, here, StringComparison.Ordinal));
    }

    /// <summary><c>y = x / (1 + e⁻ˣ)</c>; with s = 1 / (1 + e⁻ˣ), <c>∂x = ∂y · s · (1 + x·(1 − s))</c>.</summary>
    private sealed class Swish : Layer
    {
        public override string Kind => "swish";

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step)
        {
            ReadOnlySpan<float> x = step.Input();
            for (int i = 0; i < x.Length; i++) step.Output[i] = x[i] / (1 + MathF.Exp(-x[i]));
        }

        public override void Backward(in Step step)
        {
            if (!step.WantsInputGradient()) return;
            ReadOnlySpan<float> x = step.Input(), dy = step.OutputGradient;
            Span<float> dx = step.InputGradient();
            for (int i = 0; i < x.Length; i++)
            {
                float s = 1 / (1 + MathF.Exp(-x[i]));
                dx[i] = dy[i] * s * (1 + (x[i] * (1 - s)));
            }
        }

        public override string ToString() => "Swish";
    }
}
