namespace CnnEngine.Graphs;

/// <summary>What comes of compiling a graph: nodes in the order of computation and the buffers they need, before memory is taken.</summary>
/// <param name="Nodes">The input first.</param>
/// <param name="Buffers">Not yet placed.</param>
/// <param name="Outputs">The last value first; with each the weight of its loss, 0 for outputs that no label belongs to.</param>
/// <param name="Architecture">All layers of the graph and their options.</param>
/// <param name="LeftOut">Names of layers that serve auxiliary outputs alone, in a network without training.</param>
internal sealed record NetworkPlan(
    List<Node> Nodes, List<Buffer> Buffers, List<(Node Node, float Weight)> Outputs, string Architecture, List<string> LeftOut);
