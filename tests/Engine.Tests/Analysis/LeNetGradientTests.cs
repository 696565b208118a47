using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>The whole of LeNet, input and all parameters, against its double twin.</summary>
public class LeNetGradientTests
{
    // Of each tensor; each takes two runs of the twin.
    private const int Elements = 25;

    [Fact]
    public void Relu_and_max_pooling() => Expect.Passed(Run(LeNetModel.Modern(), LeNetModel.ModernTwin(), Elements));

    [Fact]
    public void Sigmoid_and_mean_pooling() => Expect.Passed(Run(LeNetModel.Classical(), LeNetModel.ClassicalTwin(), Elements));

    [Fact]
    public void One_form_is_not_the_other() => Assert.False(Run(LeNetModel.Modern(), LeNetModel.ClassicalTwin(), elements: 2).Passed);

    private static GradientCheckResult Run(Sequential layers, TwinChain twin, int elements) =>
        new GradientCheck { MostElements = elements }.Run(layers.Compile(LeNetModel.Image, Expect.ForCheck(images: 2)), twin.Twin);
}
