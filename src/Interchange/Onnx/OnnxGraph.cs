using System.Runtime.InteropServices;
using CnnEngine.Layers;
using Google.Protobuf;

namespace CnnEngine.Interchange.Onnx;

/// <summary>A graph of ONNX while it is made: nodes, initialisers, and names that are there once only.</summary>
internal sealed class OnnxGraph
{
    /// <summary>The most bytes that initialisers take together: a protobuf message ends at 2³¹ − 1, of which nodes and names get 16 MB.</summary>
    public const long Limit = int.MaxValue - (1 << 24);

    private readonly HashSet<string> _names;
    private readonly Dictionary<Parameter, string> _parameters = [];
    private readonly long _limit;
    private long _bytes;

    /// <param name="reserved">Names that nothing else may have: those of the layers.</param>
    /// <param name="limit">The most bytes of all initialisers.</param>
    public OnnxGraph(IEnumerable<string> reserved, long limit) => (_names, _limit) = ([.. reserved], limit);

    public GraphProto Proto { get; } = new() { Name = "CnnEngine" };

    /// <summary>The name, with strokes behind it if it is taken.</summary>
    public string Unique(string name)
    {
        while (!_names.Add(name)) name += "'";
        return name;
    }

    public void Node(string type, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<AttributeProto> attributes)
    {
        NodeProto node = new() { OpType = type, Name = output };
        foreach (string input in inputs) node.Input.Add(input);
        node.Output.Add(output);
        foreach (AttributeProto attribute in attributes) node.Attribute.Add(attribute);
        Proto.Node.Add(node);
    }

    /// <summary>An initialiser with the numbers of a parameter, which layers that share it have in common.</summary>
    /// <param name="layer">The name of the layer, or the first of the layers.</param>
    /// <param name="parameter">Which parameter.</param>
    /// <param name="dimensions">The shape; the parameter's own if left out.</param>
    public string Parameter(string layer, Parameter parameter, params ReadOnlySpan<int> dimensions)
    {
        if (!_parameters.TryGetValue(parameter, out string? name))
            _parameters[parameter] = name = Floats($"{layer}.{parameter.Name}", parameter.Value.Span, dimensions.IsEmpty ? parameter.Shape.ToArray() : dimensions);
        return name;
    }

    /// <summary>An initialiser of float32 numbers.</summary>
    public string Floats(string name, ReadOnlySpan<float> numbers, params ReadOnlySpan<int> dimensions)
    {
        Count(4L * numbers.Length);
        return Initializer(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(numbers), dimensions);
    }

    /// <summary>An initialiser of a row of int64 numbers.</summary>
    public string Integers(string name, params ReadOnlySpan<long> numbers) => Integers(name, numbers, [numbers.Length]);

    /// <summary>An initialiser of int64 numbers.</summary>
    public string Integers(string name, ReadOnlySpan<long> numbers, ReadOnlySpan<int> dimensions)
    {
        Count(8L * numbers.Length);
        return Initializer(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(numbers), dimensions);
    }

    public static AttributeProto Attribute(string name, long number) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Int, I = number };

    public static AttributeProto Attribute(string name, float number) => new() { Name = name, Type = AttributeProto.Types.AttributeType.Float, F = number };

    public static AttributeProto Attribute(string name, string text) =>
        new() { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(text) };

    public static AttributeProto Attribute(string name, params ReadOnlySpan<long> numbers)
    {
        AttributeProto attribute = new() { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        foreach (long number in numbers) attribute.Ints.Add(number);
        return attribute;
    }

    /// <summary>A value of any number of images.</summary>
    public static ValueInfoProto Value(string name, Shape image)
    {
        TensorShapeProto shape = new() { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        foreach (int extent in image.ToArray()) shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = extent });
        TypeProto.Types.Tensor type = new() { ElemType = (int)TensorProto.Types.DataType.Float, Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } };
    }

    // Before the bytes are copied.
    private void Count(long bytes)
    {
        _bytes += bytes;
        if (_bytes > _limit) throw new IOException($"the model takes more than {_limit} bytes, which is the most that an ONNX file holds; make the network narrower");
    }

    private string Initializer(string name, TensorProto.Types.DataType type, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> dimensions)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("ONNX files are little-endian; this machine is big-endian");
        TensorProto tensor = new() { Name = Unique(name), DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (int extent in dimensions) tensor.Dims.Add(extent);
        Proto.Initializer.Add(tensor);
        return tensor.Name;
    }
}
