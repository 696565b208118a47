using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// A layer's (or a network's) forward function once more, in double precision and as plainly as it can be written: what a gradient
/// check measures by.
/// </summary>
/// <param name="images">N, how many images there are.</param>
/// <param name="inputs">For each input N × its shape numbers. Not to be written to.</param>
/// <param name="parameters">The parameters' numbers, in the order of <see cref="Network.Parameters"/>. Not to be written to.</param>
/// <returns>N × the output's shape numbers.</returns>
public delegate double[] Twin(int images, double[][] inputs, double[][] parameters);

/// <summary>
/// Compares hand-written derivatives with numeric ones: <c>∂L/∂x ≈ (L(x + h) − L(x − h)) / 2h</c> for <c>L = Σ u·y</c> with random
/// upstream gradients u (u = 1 everywhere would hide mistakes: the outputs of a softmax always add up to 1). To be run on every
/// layer that one writes.
/// </summary>
/// <remarks>
/// <para>
/// With a <see cref="Twin"/>, differences are taken of the twin, h = 10⁻⁶; a derivative may be off by 10⁻⁵ + 10⁻³ of its size, and so
/// may each output of the layer. This is the sharp check.
/// </para>
/// <para>
/// Without one, differences are taken of the float32 layer itself, h = 2⁻⁸; a derivative may be off by 2·10⁻³ + 10⁻² of its size.
/// Outputs around 1 are rounded by 10⁻⁷, sums of hundreds by 10⁻⁶, which the division by 2h makes 10⁻⁴; the curve between x − h and
/// x + h contributes <c>h²/6·L'''</c>, less than that. A smaller h would drown in rounding, a larger one in curvature and kinks.
/// </para>
/// <para>
/// Where the slopes on both sides of x disagree by more than the tolerance there is a kink (ReLU at 0, a change of maximum) and no
/// derivative: the element is skipped and counted. A kink that is not seen cannot shift the result by more than half the tolerance.
/// A layer that computes in two layouts is checked in both. All random numbers follow from the seed, and every pass draws the same.
/// Parameters are shifted a little while the check runs, so that biases are not all 0; they and what layers keep get their numbers back.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// GradientCheckResult result = new GradientCheck().Run(new Swish(), new Shape(2, 4, 5), // C×H×W of one image
///     (images, inputs, parameters) => Array.ConvertAll(inputs[0], x => x / (1 + Math.Exp(-x))));
/// if (!result.Passed) Console.WriteLine(result);
/// </code>
/// </example>
public sealed record GradientCheck
{
    /// <summary>How many images a layer is checked on; 3 if left out. A network is checked on a batch.</summary>
    public int Images { get; init; } = 3;

    /// <summary>The most elements of one tensor to check, picked at random; 200 if left out.</summary>
    public int MostElements { get; init; } = 200;

    /// <summary>Where all random numbers begin.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Between which numbers the inputs lie; −1 and 1 if left out.</summary>
    public (float Low, float High) InputRange { get; init; } = (-1, 1);

    /// <summary>Checks a layer of one input.</summary>
    /// <param name="layer">The layer, not yet in a network or in one with the same input.</param>
    /// <param name="input">The shape of one image's input. Unequal extents find more mistakes.</param>
    /// <param name="twin">The layer's forward function in doubles, or null.</param>
    /// <exception cref="ArgumentException">The layer cannot take the input, or the twin's output has another length than the layer's.</exception>
    public GradientCheckResult Run(Layer layer, Shape input, Twin? twin = null) => Run(layer, [input], twin);

    /// <summary>Checks a layer of any number of inputs.</summary>
    /// <param name="layer">The layer, not yet in a network or in one with the same inputs.</param>
    /// <param name="inputs">The shape of one image, for each input.</param>
    /// <param name="twin">The layer's forward function in doubles, or null.</param>
    /// <exception cref="ArgumentException">The layer cannot take the inputs, or the twin's output has another length than the layer's.</exception>
    public GradientCheckResult Run(Layer layer, IReadOnlyList<Shape> inputs, Twin? twin = null)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(inputs);
        // The network's input is one row with all inputs one after another; each reaches the layer through a slice.
        Graph graph = new();
        Value[] values = new Value[inputs.Count];
        int length = 0;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = graph.Add(new Slice(length, inputs[i]), graph.Input);
            length += inputs[i].Length;
        }
        graph.Add(layer, values);
        NetworkOptions options = new()
        {
            BatchSize = Images,
            Seed = Seed,
            InputGradient = true,
            // Several passes, some of more than one image: a layer that does not add to its parameters' gradients is found out.
            PassImages = Math.Max(1, Images - 1),
            Layout = BatchLayout.Nchw,
        };
        Network network = graph.Compile(new Shape(length), options);
        GradientCheckResult result = new GradientCheckRun(this, network, inputs, twin).Run();
        if (!layer.SupportsChwn) return result;
        network = graph.Compile(new Shape(length), options with { Layout = BatchLayout.Chwn });
        return result.Join(new GradientCheckRun(this, network, inputs, twin).Run(), " (C×H×W×N)");
    }

    /// <summary>Checks all parameters of a network and its input, on a batch of random images of its batch size.</summary>
    /// <param name="network">A network compiled with <see cref="NetworkOptions.InputGradient"/>.</param>
    /// <param name="twin">The network's forward function in doubles, or null.</param>
    /// <exception cref="ArgumentException">The network was compiled without input gradient, or the twin's output has another length.</exception>
    public GradientCheckResult Run(Network network, Twin? twin = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.InputGradient.Length == 0)
            throw new ArgumentException(
                "the network was compiled without input gradient; set Training and InputGradient in its options", nameof(network));
        return new GradientCheckRun(this, network, [network.InputShape], twin).Run();
    }
}
