using System.Globalization;
using CnnEngine.Layers;
using CnnEngine.Models;
using CnnEngine.Serialization;

namespace CnnEngine.Graphs;

/// <summary>What comes of compiling a graph: nodes in the order of computation and the buffers they need, before memory is taken.</summary>
/// <param name="Nodes">The input first.</param>
/// <param name="Buffers">Not yet placed.</param>
/// <param name="Outputs">The last value first; with each the weight of its loss, 0 for outputs that no label belongs to.</param>
/// <param name="Architecture">All layers of the graph and their options.</param>
/// <param name="LeftOut">Names of layers that serve auxiliary outputs alone, in a network without training.</param>
internal sealed record NetworkPlan(
    List<Node> Nodes, List<Buffer> Buffers, List<(Node Node, float Weight)> Outputs, string Architecture, List<string> LeftOut)
{
    /// <summary>What a file of the network holds: names and parameters, which need not have numbers yet.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> Weights() =>
        from node in Nodes.Skip(1)
        where node.Layer!.SharesWith is null
        from parameter in node.Layer!.Parameters.Concat(node.Layer.State)
        select ($"{node.Name}.{parameter.Name}", parameter);

    /// <summary>Whether a file's tensor is none of the network's: of a layer that is left out, or of an optimiser.</summary>
    public bool IsUnused(string name) =>
        name.Contains(ModelFile.Separator) || LeftOut.Exists(layer => name.StartsWith(layer + ".", StringComparison.Ordinal));

    /// <summary>Why this machine cannot hold a network of this plan; null if it can.</summary>
    public string? MemoryFault(NetworkOptions options, string advice = "")
    {
        long needed, there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        try
        {
            needed = Bytes(options);
        }
        catch (ArgumentException error)
        {
            return ModelDescription.MessageOf(error);
        }
        return needed <= there ? null : string.Create(
            CultureInfo.InvariantCulture, $"the network needs {needed / 1e9:0.0} GB for batches of {options.BatchSize}; this machine has {there / 1e9:0.0} GB{advice}");
    }

    /// <summary>Bytes that a network of this plan takes in all.</summary>
    public long Bytes(NetworkOptions options)
    {
        long weights = Weights().Sum(weight => (long)weight.Parameter.Shape.Length * (options.Training && weight.Parameter.IsTrained ? 2 : 1));
        long images = options.BatchSize * (long)Nodes[0].Shape.Length, outputs = options.BatchSize * Outputs.Sum(output => (long)output.Node.Shape.Length);
        return (sizeof(float) * (weights + images + outputs)) + new BatchPlan(this, options).Bytes;
    }
}
