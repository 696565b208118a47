using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Graphs;

/// <summary>
/// How the batches of a compiled network are cut into parts and passes, and the memory that this takes, before any is taken. A batch
/// becomes parts, each of which adds up gradients of its own; a part runs through the network in passes of a few images.
/// </summary>
internal sealed class BatchPlan
{
    // A part has at most so many images, until there are as many parts as there may be.
    private const int PartImages = 16;

    // A batch is cut into so many parts at most: each holds a copy of all gradients, to be added up.
    private const int MaxParts = 16;

    // With more parameters than these, adding up copies of the gradients costs more than it saves.
    private const long MaxParametersForParts = 1 << 20;

    // With fewer images than this share of a vector's lanes, one image at a time is faster than a vector with empty lanes.
    private const int FewestImagesPerLane = 3;

    private readonly NetworkOptions _options;

    /// <param name="plan">The network's plan, whose buffers are placed here.</param>
    /// <param name="options">What it is compiled for.</param>
    public BatchPlan(NetworkPlan plan, NetworkOptions options)
    {
        _options = options;
        List<Layer> layers = [.. plan.Nodes.Skip(1).Select(node => node.Layer!)];
        List<Parameter> parameters = [.. layers.SelectMany(layer => layer.Parameters).Distinct()];

        bool inParts = layers.TrueForAll(layer => layer.TreatsImagesAlone) && parameters.Sum(p => (long)p.Shape.Length) <= MaxParametersForParts;
        Parts = inParts ? PartsOf(options.BatchSize) : 1;
        PassImages = inParts ? Math.Min(options.PassImages, options.BatchSize) : options.BatchSize;
        CanBeChwn = inParts && options.Layout != BatchLayout.Nchw && layers.TrueForAll(layer => layer.SupportsChwn) && plan.Outputs.Count == 1 && IsChwnWorth(options.BatchSize);
        if (options.Layout == BatchLayout.Chwn && !CanBeChwn) throw new ArgumentException("some layer cannot compute in the layout C×H×W×N, or images are too few", nameof(options));
        int capacity = CanBeChwn ? Math.Max(PassImages, Simd.Lanes) : PassImages;
        Floats = MemoryPlanner.Place(plan.Buffers, capacity);
        StagingFloats = CanBeChwn ? (long)Math.Max(plan.Nodes[0].Shape.Length, plan.Nodes[^1].Shape.Length) * capacity : 0;

        int gradients = 0;
        foreach (Parameter parameter in parameters)
        {
            Offsets.Add(parameter, gradients);
            gradients += (parameter.Shape.Length + AlignedMemory.Alignment - 1) / AlignedMemory.Alignment * AlignedMemory.Alignment;
        }
        OwnGradients = options.Training && Parts > 1 ? gradients : 0;
    }

    /// <summary>The most parts that a batch becomes.</summary>
    public int Parts { get; }

    /// <summary>The most images of a pass, unless they lie along a vector.</summary>
    public int PassImages { get; }

    /// <summary>Whether passes may have the layout C×H×W×N.</summary>
    public bool CanBeChwn { get; }

    /// <summary>Floats of all buffers of one pass.</summary>
    public long Floats { get; }

    /// <summary>Floats for a pass's images or outputs one after another, if passes may be in the other layout; else 0.</summary>
    public long StagingFloats { get; }

    /// <summary>Where each parameter's gradient lies in a part's own.</summary>
    public Dictionary<Parameter, int> Offsets { get; } = [];

    /// <summary>Floats of a part's own gradients; 0 if the parameters' own serve.</summary>
    public int OwnGradients { get; }

    /// <summary>How many passes can run side by side on the threads there are.</summary>
    public int Workspaces => Math.Min(Threads.Count, Parts);

    /// <summary>Bytes of the buffers of all passes that run side by side, and of the parts' gradients.</summary>
    public long Bytes => sizeof(float) * ((Workspaces * (Floats + StagingFloats)) + ((long)Parts * OwnGradients));

    /// <summary>Into how many parts a batch of so many images is cut, where it may be cut.</summary>
    public static int PartsOf(int images) => Math.Min((images + PartImages - 1) / PartImages, MaxParts);

    /// <summary>Whether so many images fill enough of a vector's lanes.</summary>
    public bool IsChwnWorth(int images) => _options.Layout == BatchLayout.Chwn || images * FewestImagesPerLane >= Simd.Lanes;
}
