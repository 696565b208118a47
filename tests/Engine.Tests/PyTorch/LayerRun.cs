using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.PyTorch;

/// <summary>Runs a layer, or a row of layers, on a golden case's numbers, and compares everything that the case holds.</summary>
internal sealed class LayerRun
{
    private readonly Golden _golden;
    private readonly double _tolerance;
    private readonly string _where;
    private readonly Network _network;
    private readonly CheckedTensor[] _inputs;
    private readonly int _images;
    private readonly (string Name, Parameter Parameter)[] _parameters;

    private LayerRun(Golden golden, Layer[] layers, double tolerance, BatchLayout layout)
    {
        (_golden, _tolerance) = (golden, tolerance);
        _where = layout == BatchLayout.Chwn ? " (C×H×W×N)" : "";
        _images = golden["input"].Shape[0];
        _inputs = [.. Enumerable.Range(0, layers[0].InputCount).Select(i => i == 0 ? "input" : $"input{i}")
            .Select(name => new CheckedTensor(name, golden[name].Shape.DropFirst(), golden[name]))];
        // As in a gradient check: the network's input is one row with all inputs, each reaches the layer through a slice.
        Graph graph = new();
        List<Value> values = [];
        int length = 0;
        foreach (CheckedTensor input in _inputs)
        {
            values.Add(graph.Add(new Slice(length, input.Shape), graph.Input));
            length += input.Shape.Length;
        }
        Value value = graph.Add(layers[0], [.. values]);
        foreach (Layer layer in layers.Skip(1)) value = graph.Add(layer, value);
        _network = graph.Compile(new Shape(length), new NetworkOptions
        {
            BatchSize = _images,
            InputGradient = true,
            // Two passes where images may be parted, so that gradients must be added up.
            PassImages = (_images + 1) / 2,
            Layout = layout,
        });
        _parameters = [.. Names(layers)];
        foreach ((string name, Parameter parameter) in _parameters) golden[name].Span.CopyTo(parameter.Value.Span);
    }

    /// <summary>Parameters by name; those of one name that several layers in a row have, with the layer's number, as PyTorch names them.</summary>
    private static IEnumerable<(string Name, Parameter Parameter)> Names(Layer[] layers)
    {
        (int Layer, Parameter Parameter)[] all = [.. layers.SelectMany((layer, i) => layer.Parameters.Concat(layer.State).Select(p => (i, p))).DistinctBy(one => one.p)];
        return all.Select(one => (all.Count(other => other.Parameter.Name == one.Parameter.Name) == 1
            ? one.Parameter.Name : $"{one.Layer}.{one.Parameter.Name}", one.Parameter));
    }

    /// <summary>Compares in every layout that the layers can compute in.</summary>
    public static void Check(Golden golden, double tolerance, params Layer[] layers)
    {
        new LayerRun(golden, layers, tolerance, BatchLayout.Nchw).Check();
        if (layers.All(layer => layer.SupportsChwn)) new LayerRun(golden, layers, tolerance, BatchLayout.Chwn).Check();
    }

    private void Check()
    {
        Assert.Equal(_golden["output"].Shape.DropFirst(), _network.OutputShape);
        HashSet<string> compared = [.. _inputs.Select(input => input.Name), .. _parameters.Select(p => p.Name)];
        if (_golden.Has("output.gradient")) Train(compared);
        Predict(compared);
        Assert.Equal(_golden.Tensors.Order(), compared.Order());
    }

    private void Train(HashSet<string> compared)
    {
        compared.Add("output.gradient");
        ProbeData data = new(_inputs, _network.InputShape, _images);
        ProbeLoss loss = new(_golden["output.gradient"].Span.ToArray());
        _network.Backpropagate(data, [.. Enumerable.Range(0, _images)], loss);
        Compare("output", _network.Outputs, compared);

        int row = _network.InputShape.Length, first = 0;
        foreach (CheckedTensor input in _inputs)
        {
            int length = input.Shape.Length;
            for (int n = 0; n < _images; n++)
                _network.InputGradient.Span.Slice((n * row) + first, length).CopyTo(input.Gradient.AsSpan(n * length));
            first += length;
            Compare($"{input.Name}.gradient", input.Gradient, compared);
        }
        foreach ((string name, Parameter parameter) in _parameters)
        {
            if (parameter.IsTrained) Compare($"{name}.gradient", parameter.Gradient.Span, compared);
            else Compare($"{name}.after", parameter.Value.Span, compared);
        }
    }

    private void Predict(HashSet<string> compared)
    {
        float[] row = new float[_images * _network.InputShape.Length], outputs = new float[_images * _network.OutputShape.Length];
        new ProbeData(_inputs, _network.InputShape, _images).Read([.. Enumerable.Range(0, _images)], row, new int[_images]);
        _network.Predict(row, outputs);
        Compare(_golden.Has("inference") ? "inference" : "output", outputs, compared);
    }

    private void Compare(string tensor, ReadOnlySpan<float> actual, HashSet<string> compared)
    {
        Agreement.Check(_golden, tensor, actual, _tolerance, _where);
        compared.Add(tensor);
    }
}
