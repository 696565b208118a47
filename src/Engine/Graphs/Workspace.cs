using System.Diagnostics;
using System.Numerics.Tensors;
using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>
/// Memory in which a network runs some images through all its layers and back: one part of a batch. Parts run side by side, each
/// in a workspace of its own, so nothing in here is shared.
/// </summary>
internal sealed class Workspace
{
    private readonly IReadOnlyList<Node> _nodes;
    private readonly AlignedMemory _memory;
    private readonly AlignedMemory? _gradients;
    private readonly Dictionary<Parameter, int> _offsets; // not the interface, whose enumerator would be an allocation at every step

    /// <param name="nodes">The network's nodes, the input first.</param>
    /// <param name="floats">What their buffers take.</param>
    /// <param name="offsets">Where each parameter's gradient lies in this workspace.</param>
    /// <param name="ownGradients">Floats of gradients if this workspace adds up its own; 0 if the parameters' own gradients serve.</param>
    public Workspace(IReadOnlyList<Node> nodes, long floats, Dictionary<Parameter, int> offsets, long ownGradients)
    {
        (_nodes, _offsets) = (nodes, offsets);
        _memory = new AlignedMemory(floats);
        _gradients = ownGradients > 0 ? new AlignedMemory(ownGradients) : null;
        ForwardTicks = new long[nodes.Count];
        BackwardTicks = new long[nodes.Count];
    }

    /// <summary>Time spent in each node, if it is asked for.</summary>
    public long[] ForwardTicks { get; }

    public long[] BackwardTicks { get; }

    /// <summary>This part's sum of the losses and number of right guesses.</summary>
    public double Loss { get; set; }

    public int Correct { get; set; }

    public Span<float> Span(Buffer buffer, int images) => _memory.Span(buffer.Offset, buffer.FloatsPerImage * images);

    public Span<float> Gradient(Parameter parameter) =>
        _gradients is null ? parameter.Gradient.Span : _gradients.Span(_offsets[parameter], parameter.Value.Length);

    public void ClearGradients()
    {
        if (_gradients is not null) _gradients.Span(0, _gradients.Length).Clear();
        else
            foreach (Parameter parameter in _offsets.Keys) parameter.Gradient.Span.Clear();
    }

    public void Forward(int images, bool training, bool timed)
    {
        for (int seat = 1; seat < _nodes.Count; seat++)
        {
            Node node = _nodes[seat];
            if (node.IsFused) continue;
            long start = timed ? Stopwatch.GetTimestamp() : 0;
            node.Layer!.Forward(new Step(this, node, images, training));
            if (timed) ForwardTicks[seat] += Stopwatch.GetTimestamp() - start;
        }
    }

    public void Backward(int images, bool timed)
    {
        for (int seat = _nodes.Count - 1; seat > 0; seat--)
        {
            Node node = _nodes[seat];
            if (node.Gradient is null) continue;
            long start = timed ? Stopwatch.GetTimestamp() : 0;
            AddFurtherGradients(node, images);
            node.Layer!.Backward(new Step(this, node, images, training: true));
            if (timed) BackwardTicks[seat] += Stopwatch.GetTimestamp() - start;
        }
        AddFurtherGradients(_nodes[0], images);
    }

    private void AddFurtherGradients(Node node, int images)
    {
        foreach (Buffer further in node.FurtherGradients)
        {
            Span<float> gradient = Span(node.Gradient!, images);
            TensorPrimitives.Add(gradient, Span(further, images), gradient);
        }
    }
}
