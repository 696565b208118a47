using System.Globalization;

namespace CnnEngine.Analysis;

/// <summary>An element whose derivative is wrong.</summary>
/// <param name="Tensor">Which tensor: <c>input</c>, <c>conv1.weight</c>; <c>output</c> for the forward function.</param>
/// <param name="Index">Which element, in row-major order; of an input or output, image after image.</param>
/// <param name="Analytic">What the layer computes.</param>
/// <param name="Numeric">What it should be: the difference quotient, or the twin's output.</param>
public sealed record GradientMismatch(string Tensor, int Index, double Analytic, double Numeric)
{
    /// <summary>As in <c>conv1.weight[7] is 0.25, should be -0.25</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Tensor}[{Index}] is {Analytic:g6}, should be {Numeric:g6}");
}

/// <summary>What a gradient check found in one tensor.</summary>
/// <param name="Tensor">Which: <c>input</c>, <c>conv1.weight</c>; <c>output</c> for the forward function.</param>
/// <param name="Shape">The tensor's shape, that of one image for inputs and outputs.</param>
/// <param name="Checked">How many elements were compared.</param>
/// <param name="Skipped">How many were picked and then skipped, because there is a kink.</param>
/// <param name="NonZero">How many of the compared should be other than 0 (by ten times the absolute tolerance).</param>
/// <param name="Wrong">How many of the compared are wrong.</param>
/// <param name="LargestError">The largest error, as a multiple of what is allowed.</param>
public sealed record TensorCheck(string Tensor, Shape Shape, int Checked, int Skipped, int NonZero, int Wrong, double LargestError)
{
    // Of a max pooling by 3×3 every ninth element has a gradient.
    private const int LeastShareNonZero = 20;

    /// <summary>Whether enough numbers are other than 0, at least one in twenty: any mistake agrees with zeros.</summary>
    public bool SaysSomething => NonZero > 0 && NonZero * LeastShareNonZero >= Checked + Skipped;

    /// <summary>Whether nothing is wrong, and the check says something.</summary>
    public bool Passed => Wrong == 0 && SaysSomething;

    /// <summary>One line.</summary>
    public override string ToString()
    {
        string verdict = Wrong > 0 ? $"{Wrong} WRONG" : SaysSomething ? "ok" : "SAYS NOTHING: nearly all are 0 or skipped";
        return string.Create(CultureInfo.InvariantCulture,
            $"{Tensor} {Shape}: {Checked} checked, {Skipped} skipped, {NonZero} non-zero, largest error {LargestError:g2} of the allowed: {verdict}");
    }
}

/// <summary>What came of a gradient check.</summary>
/// <param name="Tensors">Every tensor, one by one: the output if there is a twin, the inputs, the parameters.</param>
/// <param name="Mismatches">The worst mismatches of all tensors, at most ten in each layout, the worst first.</param>
public sealed record GradientCheckResult(IReadOnlyList<TensorCheck> Tensors, IReadOnlyList<GradientMismatch> Mismatches)
{
    /// <summary>Whether every tensor passed.</summary>
    public bool Passed => Tensors.All(tensor => tensor.Passed);

    /// <summary>Both results, the tensors of the other with a word behind their names.</summary>
    internal GradientCheckResult Join(GradientCheckResult other, string suffix) => new(
        [.. Tensors, .. other.Tensors.Select(tensor => tensor with { Tensor = tensor.Tensor + suffix })],
        [.. Mismatches, .. other.Mismatches.Select(mismatch => mismatch with { Tensor = mismatch.Tensor + suffix })]);

    /// <summary>One line for each tensor; if something is wrong, its worst element behind it.</summary>
    public override string ToString()
    {
        IEnumerable<string> lines = Tensors.Select(tensor =>
            Mismatches.FirstOrDefault(m => m.Tensor == tensor.Tensor) is { } worst ? $"  {tensor}; {worst}" : $"  {tensor}");
        return $"gradient check {(Passed ? "passed" : "FAILED")}{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
    }
}
