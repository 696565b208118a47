using CnnEngine.Data;
using CnnEngine.Graphs;

namespace CnnEngine.Analysis;

/// <summary>A tensor whose gradient is checked.</summary>
internal sealed class CheckedTensor(string name, Shape shape, Tensor values)
{
    public string Name { get; } = name;

    /// <summary>For messages: that of one image, if it is an input.</summary>
    public Shape Shape { get; } = shape;

    public Tensor Values { get; } = values;

    /// <summary>The network's own gradient.</summary>
    public float[] Gradient { get; } = new float[values.Length];

    public double[] ToDoubles() => Array.ConvertAll(Values.Span.ToArray(), value => (double)value);
}

/// <summary>How far two numbers may be apart.</summary>
internal readonly record struct Tolerance(double Relative, double Absolute)
{
    public double Allowed(double a, double b) => Absolute + (Relative * Math.Max(Math.Abs(a), Math.Abs(b)));
}

/// <summary>Central differences of <c>L = Σ u·y</c> by one element at a time.</summary>
internal abstract class Differences(double h, Tolerance tolerance)
{
    private double? _middle;

    public Tolerance Tolerance { get; } = tolerance;

    /// <summary><c>(L(x + h) − L(x − h)) / 2h</c>, or null if the slopes on both sides disagree.</summary>
    public double? Of(CheckedTensor tensor, int index)
    {
        double x = tensor.Values.Span[index], above = Round(x + h), below = Round(x - h);
        double middle = _middle ??= Loss(tensor, index, x);
        double lossAbove = Loss(tensor, index, above), lossBelow = Loss(tensor, index, below);
        double right = (lossAbove - middle) / (above - x), left = (middle - lossBelow) / (x - below);
        if (Math.Abs(right - left) > Tolerance.Allowed(right, left)) return null;
        return (lossAbove - lossBelow) / (above - below);
    }

    /// <summary>The next number that the function can take.</summary>
    protected abstract double Round(double x);

    /// <summary>L with one element set to <paramref name="x"/>, and set back afterwards.</summary>
    protected abstract double Loss(CheckedTensor tensor, int index, double x);
}

/// <summary>Differences of the caller's function in doubles.</summary>
internal sealed class TwinDifferences : Differences
{
    private readonly Twin _twin;
    private readonly int _images;
    private readonly ProbeLoss _loss;
    private readonly double[][] _inputs;
    private readonly double[][] _parameters;
    private readonly Dictionary<CheckedTensor, double[]> _doubles = [];

    public TwinDifferences(Twin twin, int images, CheckedTensor[] inputs, CheckedTensor[] parameters, ProbeLoss loss)
        : base(1e-6, new Tolerance(1e-3, 1e-5))
    {
        (_twin, _images, _loss) = (twin, images, loss);
        foreach (CheckedTensor tensor in inputs.Concat(parameters)) _doubles.Add(tensor, tensor.ToDoubles());
        _inputs = Array.ConvertAll(inputs, tensor => _doubles[tensor]);
        _parameters = Array.ConvertAll(parameters, tensor => _doubles[tensor]);
        Outputs = twin(images, _inputs, _parameters);
    }

    public double[] Outputs { get; }

    protected override double Round(double x) => x;

    protected override double Loss(CheckedTensor tensor, int index, double x)
    {
        double[] values = _doubles[tensor];
        double before = values[index];
        values[index] = x;
        double loss = _loss.Of(_twin(_images, _inputs, _parameters));
        values[index] = before;
        return loss;
    }
}

/// <summary>Differences of the float32 network itself; only L is summed in doubles.</summary>
internal sealed class NetworkDifferences(Network network, IDataset data, int[] images, ProbeLoss loss)
    : Differences(1.0 / 256, new Tolerance(1e-2, 2e-3))
{
    private readonly long _steps = network.Steps;

    protected override double Round(double x) => (float)x;

    protected override double Loss(CheckedTensor tensor, int index, double x)
    {
        float before = tensor.Values.Span[index];
        tensor.Values.Span[index] = (float)x;
        // Backpropagate rather than Evaluate: it is the forward pass of training whose derivative is checked.
        // Every time as the same step, so that dropout draws the same numbers.
        network.Steps = _steps;
        double result = network.Backpropagate(data, images, loss).Loss;
        tensor.Values.Span[index] = before;
        return result;
    }
}
