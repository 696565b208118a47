using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Tests.PyTorch;

/// <summary>Runs one layer on a golden case's numbers, and compares everything that the case holds.</summary>
internal sealed class LayerRun
{
    private readonly Golden _golden;
    private readonly Layer _layer;
    private readonly double _tolerance;
    private readonly string _where;
    private readonly Network _network;
    private readonly CheckedTensor[] _inputs;
    private readonly int _images;

    private LayerRun(Golden golden, Layer layer, double tolerance, BatchLayout layout)
    {
        (_golden, _layer, _tolerance) = (golden, layer, tolerance);
        _where = layout == BatchLayout.Chwn ? " (C×H×W×N)" : "";
        _images = golden["input"].Shape[0];
        _inputs = [.. Enumerable.Range(0, layer.InputCount).Select(i => i == 0 ? "input" : $"input{i}")
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
        graph.Add(layer, [.. values]);
        _network = graph.Compile(new Shape(length), new NetworkOptions
        {
            BatchSize = _images,
            InputGradient = true,
            // Two passes where images may be parted, so that gradients must be added up.
            PassImages = (_images + 1) / 2,
            Layout = layout,
        });
        foreach (Parameter parameter in layer.Parameters.Concat(layer.State)) golden[parameter.Name].Span.CopyTo(parameter.Value.Span);
    }

    /// <summary>Compares in every layout that the layer can compute in.</summary>
    public static void Check(Golden golden, Layer layer, double tolerance)
    {
        new LayerRun(golden, layer, tolerance, BatchLayout.Nchw).Check();
        if (layer.SupportsChwn) new LayerRun(golden, layer, tolerance, BatchLayout.Chwn).Check();
    }

    private void Check()
    {
        Assert.Equal(_golden["output"].Shape.DropFirst(), _network.OutputShape);
        HashSet<string> compared = [.. _inputs.Select(input => input.Name), .. _layer.Parameters.Concat(_layer.State).Select(p => p.Name)];
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
        foreach (Parameter state in _layer.State) Compare($"{state.Name}.after", state.Value.Span, compared);
        foreach (Parameter parameter in _layer.Parameters) Compare($"{parameter.Name}.gradient", parameter.Gradient.Span, compared);
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
