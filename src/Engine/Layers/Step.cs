using System.Runtime.InteropServices;
using CnnEngine.Graphs;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// One layer's view of one pass over some images: where its inputs, its output and their gradients lie. Spans hold the images one
/// after another, each in row-major order, unless the layer says that it <see cref="Layer.SupportsChwn"/> and the pass has that layout.
/// </summary>
public readonly ref struct Step
{
    private readonly Workspace _workspace;
    private readonly Node _node;

    internal Step(Workspace workspace, Node node, bool training)
    {
        _workspace = workspace;
        _node = node;
        Training = training;
    }

    /// <summary>N, how many images the spans hold; in C×H×W×N, empty lanes among them.</summary>
    public int Images => _workspace.Places;

    /// <summary>How the images lie in the spans.</summary>
    public BatchLayout Layout => _workspace.Layout;

    /// <summary>Whether the pass belongs to training; dropout and batch normalisation behave otherwise when it does not.</summary>
    public bool Training { get; }

    /// <summary>The activation that the network joined to this layer: the layer applies it to what it writes in the forward pass.</summary>
    /// <remarks>Only layers that are <see cref="IFusesActivation"/> are given one. In the backward pass it is already undone.</remarks>
    public Activation Activation => _node.Activation;

    /// <summary>The shape of one image of an input.</summary>
    public Shape InputShape(int index = 0) => _node.Inputs[index].Shape;

    /// <summary>The shape of one image of the output.</summary>
    public Shape OutputShape => _node.Shape;

    /// <summary>An input, Images × <see cref="InputShape"/>.</summary>
    public ReadOnlySpan<float> Input(int index = 0) => _workspace.Span(_node.Inputs[index].Value);

    /// <summary>The output, Images × <see cref="OutputShape"/>.</summary>
    public Span<float> Output => _workspace.Span(_node.Value);

    /// <summary>∂loss/∂output. A layer that runs in place finds <see cref="InputGradient"/> in the same memory.</summary>
    public ReadOnlySpan<float> OutputGradient => _workspace.Span(_node.Gradient!);

    /// <summary>Whether anybody upstream learns from ∂loss/∂input; if not, <see cref="InputGradient"/> is empty.</summary>
    public bool WantsInputGradient(int index = 0) => _node.InputGradients[index] is not null;

    /// <summary>∂loss/∂input, to be overwritten; empty if nobody wants it.</summary>
    public Span<float> InputGradient(int index = 0) =>
        _node.InputGradients[index] is { } buffer ? _workspace.Span(buffer) : default;

    /// <summary>∂loss/∂parameter, to be added to.</summary>
    public Span<float> Gradient(Parameter parameter) => _workspace.Gradient(parameter);

    /// <summary>
    /// Random numbers for one image of the spans: they depend on the network's seed, the layer, the number of the training step and the
    /// image's place in the minibatch, and are the same in the backward pass.
    /// </summary>
    internal SplitMix64 Random(int image) => _workspace.Origin.Random(_node.Seat, image);

    /// <summary>What the plan reserved under <paramref name="slot"/>, for all images.</summary>
    public Span<T> Saved<T>(int slot) where T : unmanaged => MemoryMarshal.Cast<float, T>(_workspace.Span(_node.Saved[slot]));
}

/// <summary>A layer of which a factor and a shift of each output channel can become a part, as batch normalisation has them at inference.</summary>
internal interface IFoldsScale
{
    /// <summary>A layer with weights of its own that computes <c>scale·y + shift</c>, channel by channel, where this one computes y.</summary>
    Layer Fold(string name, ReadOnlySpan<double> scale, ReadOnlySpan<double> shift);
}

/// <summary>A layer that can apply the activation behind it as it writes its output.</summary>
public interface IFusesActivation;
