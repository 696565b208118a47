using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>One run of a gradient check: random numbers, the network's gradients, and the comparison with differences.</summary>
internal sealed class GradientCheckRun
{
    private const int MostMismatches = 10;

    // Parameters are shifted by up to this much.
    private const float Shift = 0.1f;

    private enum Stream : ulong
    {
        Inputs = 1 << 21, // apart from the streams that parameters begin with
        Parameters,
        Upstream,
        Elements,
    }

    private readonly GradientCheck _check;
    private readonly Network _network;
    private readonly Twin? _twin;
    private readonly int[] _images;
    private readonly CheckedTensor[] _inputs;
    private readonly CheckedTensor[] _parameters;
    private readonly Tensor[] _state;
    private readonly ProbeData _data;
    private readonly ProbeLoss _loss;
    private readonly List<(GradientMismatch Mismatch, double Error)> _mismatches = [];

    public GradientCheckRun(GradientCheck check, Network network, IReadOnlyList<Shape> inputs, Twin? twin)
    {
        (_check, _network, _twin) = (check, network, twin);
        _images = [.. Enumerable.Range(0, network.Options.BatchSize)];
        _inputs = [.. inputs.Select((shape, i) =>
            new CheckedTensor(inputs.Count == 1 ? "input" : $"input {i}", shape, Tensor.Zeros(new Shape(_images.Length, shape.Length))))];
        // In the order of the network's; those that several layers share once.
        _parameters = [.. network.Layers.SelectMany(layer => layer.Layer.Parameters.Select(p => (layer.Name, Parameter: p))).DistinctBy(one => one.Parameter)
            .Select(one => new CheckedTensor($"{one.Name}.{one.Parameter.Name}", one.Parameter.Shape, one.Parameter.Value))];
        _state = [.. network.Layers.SelectMany(layer => layer.Layer.State.Select(s => s.Value))];
        _data = new ProbeData(_inputs, network.InputShape, _images.Length);
        float[] upstream = new float[_images.Length * network.OutputShape.Length];
        Fill(upstream, Stream.Upstream, 0, -1, 1);
        _loss = new ProbeLoss(upstream);
    }

    public GradientCheckResult Run()
    {
        Tensor[] kept = [.. _parameters.Select(p => p.Values), .. _state];
        long steps = _network.Steps;
        float[][] before = Array.ConvertAll(kept, values => values.Span.ToArray());
        try
        {
            FillWithRandomNumbers();
            _network.Backpropagate(_data, _images, _loss);
            _network.Steps = steps;
            TakeGradients();
            return Compare();
        }
        finally
        {
            _network.Steps = steps;
            for (int i = 0; i < before.Length; i++) before[i].CopyTo(kept[i].Span);
        }
    }

    private void FillWithRandomNumbers()
    {
        for (int i = 0; i < _inputs.Length; i++)
            Fill(_inputs[i].Values.Span, Stream.Inputs, i, _check.InputRange.Low, _check.InputRange.High);
        for (int i = 0; i < _parameters.Length; i++)
        {
            Span<float> values = _parameters[i].Values.Span;
            float[] shifts = new float[values.Length];
            Fill(shifts, Stream.Parameters, i, -Shift, Shift);
            for (int j = 0; j < shifts.Length; j++) values[j] += shifts[j];
        }
    }

    private void Fill(Span<float> values, Stream stream, int item, float low, float high)
    {
        SplitMix64 random = SplitMix64.For((ulong)_check.Seed, (ulong)stream, (ulong)item);
        foreach (ref float value in values) value = random.Between(low, high);
    }

    /// <summary>Copies the network's gradients: differences of the network itself overwrite them.</summary>
    private void TakeGradients()
    {
        int row = _network.InputShape.Length, first = 0;
        foreach (CheckedTensor input in _inputs)
        {
            int length = input.Shape.Length;
            for (int n = 0; n < _images.Length; n++)
                _network.InputGradient.Span.Slice((n * row) + first, length).CopyTo(input.Gradient.AsSpan(n * length));
            first += length;
        }
        for (int i = 0; i < _parameters.Length; i++) _network.Parameters[i].Gradient.Span.CopyTo(_parameters[i].Gradient);
    }

    private GradientCheckResult Compare()
    {
        List<TensorCheck> checks = [];
        Differences differences;
        if (_twin is null)
        {
            differences = new NetworkDifferences(_network, _data, _images, _loss);
        }
        else
        {
            float[] outputs = _network.Outputs.ToArray();
            TwinDifferences twin = new(_twin, _images.Length, _inputs, _parameters, _loss);
            differences = twin;
            if (twin.Outputs.Length != outputs.Length)
                throw new ArgumentException($"the twin's output has {twin.Outputs.Length} numbers, the network's {outputs.Length}");
            checks.Add(Tally("output", _network.OutputShape, differences.Tolerance,
                outputs.Select((y, i) => (i, (double)y, (double?)twin.Outputs[i]))));
        }
        CheckedTensor[] tensors = [.. _inputs, .. _parameters];
        for (int i = 0; i < tensors.Length; i++)
        {
            CheckedTensor tensor = tensors[i];
            checks.Add(Tally(tensor.Name, tensor.Shape, differences.Tolerance,
                PickElements(i, tensor.Gradient.Length).Select(j => (j, (double)tensor.Gradient[j], differences.Of(tensor, j)))));
        }
        return new GradientCheckResult(checks,
            [.. _mismatches.OrderByDescending(m => m.Error).Take(MostMismatches).Select(m => m.Mismatch)]);
    }

    /// <summary>Some elements of a tensor in ascending order, all of them if they are not too many.</summary>
    private IEnumerable<int> PickElements(int tensor, int length)
    {
        int[] elements = [.. Enumerable.Range(0, length)];
        if (length <= _check.MostElements) return elements;
        SplitMix64.For((ulong)_check.Seed, (ulong)Stream.Elements, (ulong)tensor).Shuffle(elements);
        return elements.Take(_check.MostElements).Order();
    }

    private TensorCheck Tally(
        string name, Shape shape, Tolerance tolerance, IEnumerable<(int Index, double Analytic, double? Numeric)> elements)
    {
        int compared = 0, skipped = 0, nonZero = 0, wrong = 0;
        double largest = 0;
        foreach ((int index, double analytic, double? found) in elements)
        {
            if (found is not { } numeric)
            {
                skipped++;
                continue;
            }
            compared++;
            if (Math.Abs(numeric) > 10 * tolerance.Absolute) nonZero++;
            double error = Math.Abs(analytic - numeric) / tolerance.Allowed(analytic, numeric);
            if (double.IsNaN(error)) error = double.PositiveInfinity;
            largest = Math.Max(largest, error);
            if (error <= 1) continue;
            wrong++;
            _mismatches.Add((new GradientMismatch(name, index, analytic, numeric), error));
        }
        return new TensorCheck(name, shape, compared, skipped, nonZero, wrong, largest);
    }
}
