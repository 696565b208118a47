using CnnEngine.Graphs;

namespace CnnEngine.Models;

/// <summary>A network of the literature: its options, and the graph that they make.</summary>
/// <example><code>
/// Network network = new ResNet(18) { Classes = 10 }.Compile(new NetworkOptions { BatchSize = 32 });
/// </code></example>
public abstract record Model
{
    private protected Model(Shape input, int classes) => (Input, Classes) = (input, classes);

    /// <summary>What people call it, in small letters: <c>resnet18</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The shape of one image, <c>C×H×W</c>; the paper's if left out.</summary>
    public Shape Input { get; init; }

    /// <summary>How many classes there are; the paper's number if left out.</summary>
    public int Classes { get; init; }

    /// <summary>What the numbers of channels and features are multiplied by (A. Howard et al., "MobileNets", 2017, section 3.3); 1 if left out.</summary>
    public double Width { get; init; } = 1;

    /// <summary>Whether there is dropout where the paper has it; true if left out.</summary>
    public bool HasDropout { get; init; } = true;

    /// <summary>What is connected to what.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Graph Build()
    {
        if (Classes < 1) throw new ArgumentException($"{Name}: the number of classes is {Classes}; it must be at least 1");
        if (!(Width > 0) || !double.IsFinite(Width)) throw new ArgumentException($"{Name}: the width is {Width}; it must be a number above 0");
        Graph graph = new();
        Build(graph);
        return graph;
    }

    /// <summary>The graph compiled for images of <see cref="Input"/>.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or an image is too small for the network.</exception>
    public Network Compile(NetworkOptions? options = null) => Build().Compile(Input, options);

    private protected abstract void Build(Graph graph);

    /// <summary>What share of features the paper's dropout takes out, if there is dropout.</summary>
    private protected float Share(float dropout) => HasDropout ? dropout : 0;

    /// <summary>A number of channels times the width: even, so that it can be cut into two groups.</summary>
    private protected int Scaled(int channels) => Width == 1 ? channels : Math.Max(2, 2 * (int)Math.Round(channels * Width / 2));
}
