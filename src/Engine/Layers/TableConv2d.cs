using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Convolution in which each output channel sees some of the input channels, as a table says, <c>C×H×W → K×H'×W'</c>. What the table leaves
/// out is no weight: it is neither stored, nor counted, nor learnt. With <see cref="ConnectionTable.LeNet5"/> and 5×5 filters it is
/// LeNet-5's third layer, of 1,516 parameters.
/// </summary>
/// <remarks>
/// Computed as a <see cref="Conv2d"/> whose other weights are 0: vectors of channels without gaps make up for the products with 0.
/// </remarks>
public sealed class TableConv2d : FilterLayer
{
    /// <summary>Describes a convolution by a table.</summary>
    /// <param name="table">Which channels are connected.</param>
    /// <param name="filter">R×S, the filter's size.</param>
    /// <param name="stride">Rows and columns from one position to the next; 1 if left out.</param>
    /// <param name="padding">Zeros around the image; none if left out.</param>
    public TableConv2d(ConnectionTable table, Size2 filter, Size2? stride = null, Padding padding = default)
        : base(filter, new ConvOptions { Stride = stride ?? 1, Padding = padding })
    {
        ArgumentNullException.ThrowIfNull(table);
        Table = table;
    }

    /// <summary>Which channels are connected.</summary>
    public ConnectionTable Table { get; }

    /// <inheritdoc/>
    public override string Kind => "conv";

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, _, _) = plan.InputImage();
        if (channels != Table.Inputs) throw new ArgumentException($"input has {channels} channels; the table is for {Table.Inputs}");
        ConvShape shape = Geometry(1, plan.Input());
        // On average over the channels.
        int weights = Table.Connections * shape.R * shape.S, fanIn = Math.Max(1, weights / Table.Outputs), fanOut = Math.Max(1, weights / Table.Inputs);
        MakeParameters(plan, new Shape(Table.Connections, shape.R, shape.S), Table.Outputs, fanIn, fanOut);
        return new Shape(shape.K, shape.OutputHeight, shape.OutputWidth);
    }

    /// <inheritdoc/>
    public override unsafe void Forward(in Step step)
    {
        ConvShape shape = Geometry(step.Images, step.InputShape());
        ReadOnlySpan<float> bias = Bias is null ? default : Bias.Value.Span;
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength);
        Span<float> filters = new(scratch.Data, (int)shape.FilterLength);
        Spread(Weight!.Value.Span, filters);
        if (step.Layout == BatchLayout.Chwn) ChwnConvolution.Forward(shape, step.Input(), filters, bias, step.Activation, step.Output);
        else Convolution.Forward(shape, step.Input(), filters, bias, step.Activation, step.Output);
    }

    /// <inheritdoc/>
    public override unsafe void Backward(in Step step)
    {
        ConvShape shape = Geometry(step.Images, step.InputShape());
        Span<float> biasGradient = Bias is null ? default : step.Gradient(Bias);
        using Scratch.Lease scratch = Scratch.Take(shape.FilterLength);
        Span<float> filters = new(scratch.Data, (int)shape.FilterLength);
        filters.Clear();
        if (step.Layout == BatchLayout.Chwn) ChwnConvolution.BackwardFilter(shape, step.Input(), step.OutputGradient, filters, biasGradient);
        else Convolution.BackwardFilter(shape, step.Input(), step.OutputGradient, filters, biasGradient);
        AddGathered(filters, step.Gradient(Weight!));
        if (!step.WantsInputGradient()) return;
        Spread(Weight!.Value.Span, filters);
        if (step.Layout == BatchLayout.Chwn) ChwnConvolution.BackwardInput(shape, step.OutputGradient, filters, step.InputGradient());
        else Convolution.BackwardInput(shape, step.OutputGradient, filters, step.InputGradient());
    }

    /// <summary>Of the connections that there are.</summary>
    public override long MultiplyAdds(Shape input, Shape output) => (long)Table.Connections * Filter.Height * Filter.Width * output[1] * output[2];

    /// <inheritdoc/>
    public override Footprint Reach(Shape input, Shape output) => Footprint.Window(Filter, Options.Stride, Geometry(1, input).Padding);

    /// <inheritdoc/>
    public override string ToString() => Describe($"TableConv2d({Table}, {Filter}");

    private ConvShape Geometry(int images, Shape input) => new(images, input[0], (input[1], input[2]), Table.Outputs, Filter, Options);

    /// <summary>K×C×R×S filters from those that there are; the others are 0.</summary>
    private void Spread(ReadOnlySpan<float> weights, Span<float> filters)
    {
        int area = Filter.Height * Filter.Width;
        filters.Clear();
        for (int i = 0; i < Table.Connections; i++) weights.Slice(i * area, area).CopyTo(filters[(Table.Places[i] * area)..]);
    }

    /// <summary>Adds the gradients of the filters that there are.</summary>
    private void AddGathered(ReadOnlySpan<float> filters, Span<float> gradients)
    {
        int area = Filter.Height * Filter.Width;
        for (int i = 0; i < gradients.Length; i++) gradients[i] += filters[(Table.Places[i / area] * area) + (i % area)];
    }
}
