using CnnEngine.Initialization;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>Normalisation of groups of numbers of each image, <c>y = γ·(x − μ)/√(σ² + ε) + β</c> with the mean and the (biased) variance of a group.</summary>
public abstract class GroupNormalizationLayer : Layer
{
    private const int RowMoments = 0;

    private protected GroupNormalizationLayer()
    {
    }

    /// <summary>ε, which keeps the division from zero; 10⁻⁵ if left out.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>γ, which begin as 1.</summary>
    public Parameter? Weight { get; private set; }

    /// <summary>β, which begin as 0.</summary>
    public Parameter? Bias { get; private set; }

    /// <inheritdoc/>
    public override string Kind => "norm";

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (!(Epsilon >= 0)) throw new ArgumentException($"epsilon is {Epsilon}; it must be 0 or more");
        Shape parameters = ParametersOf(plan.Input());
        Weight = GetParameter(plan, "weight", parameters, Initializer.Ones, 1, 1);
        Bias = GetParameter(plan, "bias", parameters, Initializer.Zeros, 1, 1);
        plan.Reserve<float>(2 * GroupsOf(1, plan.Input()).Rows);
        return plan.Input();
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        GroupShape shape = GroupsOf(step.Images, step.OutputShape);
        Span<float> moments = step.Saved<float>(RowMoments);
        GroupNormalization.Forward(
            shape, step.Input(), Weight!.Value.Span, Bias!.Value.Span, Epsilon, step.Output, moments[..shape.Rows], moments[shape.Rows..]);
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        GroupShape shape = GroupsOf(step.Images, step.OutputShape);
        Span<float> moments = step.Saved<float>(RowMoments);
        GroupNormalization.Backward(
            shape, step.Input(), moments[..shape.Rows], moments[shape.Rows..], Weight!.Value.Span, Epsilon, step.OutputGradient, step.InputGradient(),
            step.Gradient(Weight), step.Gradient(Bias!));
    }

    /// <summary>For each number a sum; a difference, a square and a sum; a product and a sum.</summary>
    public override LayerCost Cost(Shape input, Shape output) => new(0, 0, 6L * output.Length);

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Global;

    /// <summary>The shape of γ and β.</summary>
    /// <exception cref="ArgumentException">The input cannot be cut so.</exception>
    private protected abstract Shape ParametersOf(Shape input);

    /// <summary>How the images are cut.</summary>
    private protected abstract GroupShape GroupsOf(int images, Shape input);

    private protected string Write(string options)
    {
        if (Epsilon != 1e-5f) options += $"{(options.Length > 0 ? ", " : "")}epsilon {Epsilon}";
        return options.Length == 0 ? GetType().Name : $"{GetType().Name}({options})";
    }
}

/// <summary>
/// Layer normalisation of all numbers of an image, or of those along its last axes, each with a factor and a bias of its own.
/// </summary>
/// <remarks>J. Ba, J. Kiros, G. Hinton, "Layer Normalization", 2016.</remarks>
/// <param name="axes">How many of the last axes are normalised together; all if left out.</param>
public sealed class LayerNorm(int? axes = null) : GroupNormalizationLayer
{
    /// <summary>How many of the last axes are normalised together; null for all.</summary>
    public int? Axes { get; } = axes;

    /// <inheritdoc/>
    public override string ToString() => Write(Axes is null ? "" : $"last {Axes}");

    private protected override Shape ParametersOf(Shape input)
    {
        int axes = Axes ?? input.Rank;
        if (axes < 1 || axes > input.Rank) throw new ArgumentException($"the last {axes} axes are to be normalised; input is {input}, which has {input.Rank}");
        Shape shape = input;
        for (int i = axes; i < input.Rank; i++) shape = shape.DropFirst();
        return shape;
    }

    private protected override GroupShape GroupsOf(int images, Shape input)
    {
        int length = ParametersOf(input).Length;
        return new GroupShape(images * (input.Length / length), 1, length, 1);
    }
}

/// <summary>
/// Group normalisation: the channels of an image are cut into groups, and each group is normalised over its channels and pixels; each channel has
/// a factor and a bias. With one channel in a group it is instance normalisation.
/// </summary>
/// <remarks>Y. Wu, K. He, "Group Normalization", 2018.</remarks>
/// <param name="groups">How many groups; a divisor of the number of channels.</param>
public sealed class GroupNorm(int groups) : GroupNormalizationLayer
{
    /// <summary>How many groups.</summary>
    public int Groups { get; } = groups;

    /// <inheritdoc/>
    public override string ToString() => Write($"{Groups}");

    private protected override Shape ParametersOf(Shape input)
    {
        if (Groups < 1 || input[0] % Groups != 0) throw new ArgumentException($"{input[0]} channels cannot be cut into {Groups} groups of one size");
        return new Shape(input[0]);
    }

    private protected override GroupShape GroupsOf(int images, Shape input) =>
        new(images, Groups, input[0] / Groups, input.Length / input[0]);
}
