using System.Diagnostics;
using System.Numerics.Tensors;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>
/// Memory in which a network runs some images through all its layers and back. Each thread has one, which stays in its core's cache
/// from part to part; gradients and results belong to the part.
/// </summary>
internal sealed class Workspace
{
    private readonly IReadOnlyList<Node> _nodes;
    private readonly AlignedMemory _memory;
    private readonly AlignedMemory _staging;
    private BatchPart? _part;
    private readonly Dictionary<Parameter, int> _offsets; // not the interface, whose enumerator would be an allocation at every step

    /// <param name="nodes">The network's nodes, the input first.</param>
    /// <param name="floats">What their buffers take.</param>
    /// <param name="staging">Floats for a pass's images or outputs one after another, if passes may be in the other layout; else 0.</param>
    /// <param name="offsets">Where each parameter's gradient lies in a part's own.</param>
    public Workspace(IReadOnlyList<Node> nodes, long floats, long staging, Dictionary<Parameter, int> offsets)
    {
        (_nodes, _offsets) = (nodes, offsets);
        _memory = new AlignedMemory(floats);
        _staging = new AlignedMemory(staging);
        ForwardTicks = new long[nodes.Count];
        BackwardTicks = new long[nodes.Count];
    }

    /// <summary>Time spent in each node, if it is asked for.</summary>
    public long[] ForwardTicks { get; }

    public long[] BackwardTicks { get; }

    /// <summary>How many images the pass at hand has.</summary>
    public int Images { get; private set; }

    /// <summary>Where the pass's random numbers begin.</summary>
    public StepOrigin Origin { get; private set; }

    /// <summary>How they lie in all buffers of the pass at hand.</summary>
    public BatchLayout Layout { get; private set; }

    /// <summary>How many images there is room for in the buffers' spans: in C×H×W×N, a vector's lanes.</summary>
    public int Places => Layout == BatchLayout.Chwn ? Simd.Lanes : Images;

    public Span<float> Span(Buffer buffer) => _memory.Span(buffer.Offset, (int)buffer.Floats(Places));

    /// <summary>Begins a pass over images of a part.</summary>
    public void Begin(BatchPart part, int images, BatchLayout layout, StepOrigin origin) => (_part, Images, Layout, Origin) = (part, images, layout, origin);

    /// <summary>Where to write the images, one after another, before <see cref="EndInput"/>.</summary>
    public Span<float> BeginInput() => BeginWrite(_nodes[0].Value);

    public void EndInput() => EndWrite(_nodes[0].Value);

    /// <summary>Where to write ∂loss/∂output, image after image, before <see cref="EndOutputGradient"/>.</summary>
    public Span<float> BeginOutputGradient() => BeginWrite(_nodes[^1].Gradient!);

    public void EndOutputGradient() => EndWrite(_nodes[^1].Gradient!);

    public void ReadOutput(Node node, Span<float> outputs) => Read(node.Value, outputs);

    public void ReadInputGradient(Span<float> gradient) => Read(_nodes[0].Gradient!, gradient);

    private Span<float> BeginWrite(Buffer buffer) =>
        Layout == BatchLayout.Chwn ? _staging.Span(0, buffer.FloatsPerImage * Images) : Span(buffer);

    private void EndWrite(Buffer buffer)
    {
        if (Layout == BatchLayout.Chwn)
            ChwnLayout.FromNchw(Images, buffer.FloatsPerImage, _staging.Span(0, buffer.FloatsPerImage * Images), Span(buffer));
    }

    private void Read(Buffer buffer, Span<float> images)
    {
        if (Layout == BatchLayout.Chwn) ChwnLayout.ToNchw(Images, buffer.FloatsPerImage, Span(buffer), images);
        else Span(buffer).CopyTo(images);
    }

    public Span<float> Gradient(Parameter parameter) =>
        _part!.Gradients is { } own ? own.Span(_offsets[parameter], parameter.Value.Length) : parameter.Gradient.Span;

    public void Forward(bool training, bool timed)
    {
        for (int seat = 1; seat < _nodes.Count; seat++)
        {
            Node node = _nodes[seat];
            if (node.IsFused) continue;
            long start = timed ? Stopwatch.GetTimestamp() : 0;
            node.Layer!.Forward(new Step(this, node, training));
            if (timed) ForwardTicks[seat] += Stopwatch.GetTimestamp() - start;
        }
    }

    public void Backward(bool timed)
    {
        for (int seat = _nodes.Count - 1; seat > 0; seat--)
        {
            Node node = _nodes[seat];
            if (node.Gradient is null || node.IsUndoneByReader) continue;
            long start = timed ? Stopwatch.GetTimestamp() : 0;
            AddFurtherGradients(node);
            Activations.Backward(node.InputActivation, Span(node.Value), Span(node.Gradient), Span(node.Gradient));
            node.Layer!.Backward(new Step(this, node, training: true));
            if (timed) BackwardTicks[seat] += Stopwatch.GetTimestamp() - start;
        }
        AddFurtherGradients(_nodes[0]);
    }

    private void AddFurtherGradients(Node node)
    {
        foreach (Buffer further in node.FurtherGradients)
        {
            Span<float> gradient = Span(node.Gradient!);
            TensorPrimitives.Add(gradient, Span(further), gradient);
        }
    }
}
