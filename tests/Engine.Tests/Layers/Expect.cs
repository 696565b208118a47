using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>What the tests of layers and networks ask.</summary>
internal static class Expect
{
    /// <summary>That output and all gradients agree with the twin's.</summary>
    public static void Gradients(Layer layer, Shape input, Twin? twin) => Passed(new GradientCheck().Run(layer, input, twin));

    /// <summary>The same of a whole network, images of one shape.</summary>
    public static void Gradients(Sequential layers, TwinChain twin, Shape input, int images = 3) =>
        Passed(new GradientCheck().Run(layers.Compile(input, ForCheck(images)), twin.Twin));

    public static void Passed(GradientCheckResult result) => Assert.True(result.Passed, result.ToString());

    public static NetworkOptions ForCheck(int images = 3) => new() { BatchSize = images, InputGradient = true };

    /// <summary>That a network of the layer alone cannot be compiled, and says exactly this.</summary>
    public static void Refusal(string message, Layer layer, Shape input) =>
        Throws<ArgumentException>(message, () => new Sequential { layer }.Compile(input));

    /// <summary>That something is refused with exactly this message, apart from the parameter's name that .NET adds.</summary>
    public static void Throws<TException>(string message, Action action) where TException : Exception =>
        Assert.Equal(message, Assert.Throws<TException>(action).Message.Split(" (Parameter '")[0]);

    /// <summary>The names and shapes of a layer's parameters after it was compiled, as in <c>weight 6×1×5×5</c>.</summary>
    public static void Parameters(Layer layer, Shape input, params string[] parameters)
    {
        new Sequential { layer }.Compile(input);
        Assert.Equal(parameters, layer.Parameters.Select(p => $"{p.Name} {p.Value.Shape}"));
        Assert.All(layer.Parameters, p => Assert.Equal(p.Value.Shape, p.Gradient.Shape));
    }

    public static Shape OutputShape(Layer layer, Shape input) => new Sequential { layer }.Compile(input).OutputShape;
}
