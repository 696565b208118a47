using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>
/// Receptive fields by both recurrences: from the image up, <c>size ← size + dilation·(R − 1)·jump, jump ← jump·stride</c>, and from
/// the output down, <c>size ← (size − 1)·stride + dilation·(R − 1) + 1</c>. Through joins the union of the paths' fields counts, which is
/// the largest one's where their centres agree. Nothing is allocated for weights or activations.
/// </summary>
/// <remarks>
/// After A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019. Like there, what lies in
/// the padding counts: a field may be larger than the image.
/// </remarks>
public static partial class ReceptiveFields
{
    /// <summary>The field of the network's output, from the image up; a <see cref="NetworkSummary"/> has every layer's.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="input">The shape of one image, C×H×W.</param>
    /// <exception cref="ArgumentException">The graph cannot be compiled for such images, or these are not C×H×W.</exception>
    public static ReceptiveField BottomUp(Graph graph, Shape input) => Fields(Plan(graph, input))[^1];

    /// <summary>The pixels that one place of the network's output sees, or all of its features, from the output down.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="input">The shape of one image, C×H×W.</param>
    /// <param name="row">The row of the output; any for features.</param>
    /// <param name="column">The column of the output; any for features.</param>
    /// <exception cref="ArgumentException">The graph cannot be compiled for such images, or these are not C×H×W.</exception>
    public static PixelBox TopDown(Graph graph, Shape input, int row = 0, int column = 0)
    {
        List<Node> nodes = Plan(graph, input);
        (int top, int bottom) = Descend(nodes, row, footprint => footprint.Rows, grid => grid.Rows);
        (int left, int right) = Descend(nodes, column, footprint => footprint.Columns, grid => grid.Columns);
        return new PixelBox(top, left, bottom - top + 1, right - left + 1);
    }

    /// <summary>The field of every node, the input first.</summary>
    internal static ReceptiveField[] Fields(List<Node> nodes)
    {
        (int Rows, int Columns)[] grids = Grids(nodes);
        ReceptiveField[] fields = new ReceptiveField[nodes.Count];
        fields[0] = new ReceptiveField(AxisField.Pixel, AxisField.Pixel);
        foreach (Node node in nodes.Skip(1))
        {
            IEnumerable<ReceptiveField> paths = node.Inputs.Select(input =>
            {
                (ReceptiveField field, (int rows, int columns)) = (fields[input.Seat], grids[input.Seat]);
                Footprint footprint = node.Layer!.Reach(input.Shape, node.Shape);
                return new ReceptiveField(Through(field.Rows, footprint.Rows, rows), Through(field.Columns, footprint.Columns, columns));
            });
            fields[node.Seat] = paths.Aggregate((a, b) => new ReceptiveField(Union(a.Rows, b.Rows), Union(a.Columns, b.Columns)));
        }
        return fields;
    }

    private static AxisField Through(AxisField field, AxisFootprint footprint, int inputs)
    {
        if (footprint.IsGlobal) footprint = new AxisFootprint(inputs);
        double step = field.Jump / footprint.Spread;
        return new AxisField(
            field.Size + ((footprint.Extent - footprint.Spread) * step),
            footprint.Stride * step,
            field.Centre + ((((footprint.Extent - 1) / 2.0) - footprint.Padding) * step));
    }

    private static AxisField Union(AxisField a, AxisField b)
    {
        double first = Math.Min(a.First, b.First), last = Math.Max(a.Last, b.Last);
        return new AxisField(last - first + 1, Math.Max(a.Jump, b.Jump), (first + last) / 2);
    }

    /// <summary>The first and last pixel along one axis: each node's places that are wanted, widened layer by layer.</summary>
    private static (int First, int Last) Descend(
        List<Node> nodes, int place, Func<Footprint, AxisFootprint> axis, Func<(int Rows, int Columns), int> extent)
    {
        (int Rows, int Columns)[] grids = Grids(nodes);
        (int First, int Last)?[] wanted = new (int, int)?[nodes.Count];
        wanted[^1] = nodes[^1].Shape.Rank == 3 ? (place, place) : (0, extent(grids[^1]) - 1);
        for (int seat = nodes.Count - 1; seat > 0; seat--)
        {
            if (wanted[seat] is not (int first, int last)) continue;
            Node node = nodes[seat];
            foreach (Node input in node.Inputs)
            {
                AxisFootprint footprint = axis(node.Layer!.Reach(input.Shape, node.Shape));
                (int start, int end) = footprint.IsGlobal ? (0, extent(grids[input.Seat]) - 1) : footprint.InputsOf(first, last);
                if (start > end) continue;
                wanted[input.Seat] = wanted[input.Seat] is (int before, int after) ? (Math.Min(before, start), Math.Max(after, end)) : (start, end);
            }
        }
        return wanted[0] ?? (0, -1);
    }

    /// <summary>
    /// Over how many rows and columns each node's numbers are spread. Features have the extent of what was flattened into them, until a
    /// layer mixes them all.
    /// </summary>
    private static (int Rows, int Columns)[] Grids(List<Node> nodes)
    {
        (int Rows, int Columns)[] grids = new (int, int)[nodes.Count];
        foreach (Node node in nodes)
            grids[node.Seat] = node.Shape.Rank == 3 ? (node.Shape[1], node.Shape[2])
                : node.Layer is null || node.Layer.Reach(node.Inputs[0].Shape, node.Shape).Rows.IsGlobal ? (1, 1)
                : grids[node.Inputs[0].Seat];
        return grids;
    }

    private static List<Node> Plan(Graph graph, Shape input)
    {
        ArgumentNullException.ThrowIfNull(graph);
        RequireImage(input);
        return NetworkCompiler.Compile(graph, input, new NetworkOptions(), LayerPlan.MemoryUse.None).Nodes;
    }

    private static void RequireImage(Shape input)
    {
        if (input.Rank != 3) throw new ArgumentException($"the input is {input}; only images, C×H×W, have receptive fields");
    }
}
