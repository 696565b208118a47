using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Interchange.Onnx;

/// <summary>
/// Turns one layer of a network into nodes. The last of them has the layer's name; those before it have a stroke and a word more, as in
/// <c>scaledtanh1/scaled</c>.
/// </summary>
internal sealed partial class LayerNodes(OnnxGraph graph, NetworkLayer place, string[] inputs)
{
    private string X => inputs[0];

    private Shape Input => place.Input;

    private Shape Output => place.Output;

    /// <exception cref="NotSupportedException">There is no form for layers of this type.</exception>
    public void Write()
    {
        switch (place.Layer)
        {
            case ConvolutionLayer layer: Convolution(layer); break;
            case ConvTranspose2d layer: Transposed(layer); break;
            case TableConv2d layer: Table(layer); break;
            case FixedFilter2d layer: Fixed(layer); break;
            case Linear layer: FullyConnected(layer); break;
            case PoolingLayer layer: Pooling(layer); break;
            case SpatialPyramidPool layer: Pyramid(layer); break;
            case Subsampling layer: Subsampled(layer); break;
            case Upsample layer: Enlarged(layer); break;
            case BatchNorm2d layer: OverBatch(layer); break;
            case GroupNormalizationLayer layer: OverGroups(layer); break;
            case LocalResponseNorm layer: LocalResponse(layer); break;
            case ActivationLayer layer: Activated(layer.Function); break;
            case PReLU layer: Add("PRelu", null, [X, Slopes(layer)]); break;
            case Swish: Gated(Add("Sigmoid", "gate", [X])); break;
            case HardSwish: Gated(Add("HardSigmoid", "gate", [X], OnnxGraph.Attribute("alpha", 1f / 6), OnnxGraph.Attribute("beta", 0.5f))); break;
            case Softmax: Add("Softmax", null, [X], OnnxGraph.Attribute("axis", 1L)); break;
            case LogSoftmax: Add("LogSoftmax", null, [X], OnnxGraph.Attribute("axis", 1L)); break;
            case DroppingLayer: Add("Identity", null, [X]); break;
            case Layers.Add: Add("Add", null, inputs); break;
            case Concat: Add("Concat", null, inputs, OnnxGraph.Attribute("axis", 1L)); break;
            case ChannelScale: Add("Mul", null, [X, Scales(inputs[1])]); break;
            case Flatten: Add("Flatten", null, [X], OnnxGraph.Attribute("axis", 1L)); break;
            case PadChannels layer: Add("Pad", null, [X, Integers("pads", 0, layer.Before, 0, 0, 0, layer.After, 0, 0)]); break;
            case Pad2d { Sides: var sides }: Add("Pad", null, [X, Integers("pads", 0, 0, sides.Top, sides.Left, 0, 0, sides.Bottom, sides.Right)]); break;
            case Crop2d { Sides: var sides }: Crop(sides); break;
            default:
                throw new NotSupportedException($"{place.Layer.GetType().Name} \"{place.Name}\" has no form in ONNX: the layers of CnnEngine have, others have not");
        }
    }

    private void Activated(Activation function)
    {
        switch (function.Kind)
        {
            case ActivationKind.Relu: Add("Relu", null, [X]); break;
            case ActivationKind.LeakyRelu: Add("LeakyRelu", null, [X], OnnxGraph.Attribute("alpha", function.Slope)); break;
            case ActivationKind.Elu: Add("Elu", null, [X], OnnxGraph.Attribute("alpha", function.Slope)); break;
            case ActivationKind.Sigmoid: Add("Sigmoid", null, [X]); break;
            case ActivationKind.Tanh: Add("Tanh", null, [X]); break;
            case ActivationKind.ScaledTanh:
                string scaled = Add("Mul", "scaled", [X, Floats("steepness", [2f / 3])]);
                Add("Mul", null, [Add("Tanh", "tanh", [scaled]), Floats("amplitude", [1.7159f])]);
                break;
            default: throw new NotSupportedException($"the activation {function.Kind} of \"{place.Name}\" has no form in ONNX");
        }
    }

    private void Gated(string gate) => Add("Mul", null, [X, gate]);

    private void Crop(Padding sides) => Add("Slice", null,
        [X, Integers("starts", sides.Top, sides.Left), Integers("ends", Input[1] - sides.Bottom, Input[2] - sides.Right), Integers("axes", 2, 3)]);

    private string Scales(string scales) => Add("Reshape", "scales", [scales, Integers("scales_shape", 0, -1, 1, 1)]);

    private string Slopes(PReLU layer) => layer.PerChannel ? PerChannel(layer.Weight!) : graph.Parameter(place.Name, layer.Weight!);

    /// <summary>A parameter with a number for each channel, of a shape that meets the channels of images or the features of rows.</summary>
    private string PerChannel(Parameter parameter) => graph.Parameter(place.Name, parameter, Input.Rank == 3 ? [parameter.Shape[0], 1, 1] : [parameter.Shape[0]]);

    /// <summary>Adds a node and returns the name of what it computes.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="part">What the node is called in the layer; null for the layer's output.</param>
    /// <param name="from">The names of what it reads.</param>
    /// <param name="attributes">Its options.</param>
    private string Add(string type, string? part, ReadOnlySpan<string> from, params ReadOnlySpan<AttributeProto> attributes)
    {
        string output = part is null ? place.Name : graph.Unique($"{place.Name}/{part}");
        graph.Node(type, from, output, attributes);
        return output;
    }

    private string Floats(string part, ReadOnlySpan<float> numbers, params ReadOnlySpan<int> dimensions) => graph.Floats($"{place.Name}/{part}", numbers, dimensions);

    private string Integers(string part, params ReadOnlySpan<long> numbers) => graph.Integers($"{place.Name}/{part}", numbers);
}
