using System.Reflection;
using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Interchange.Onnx;
using CnnEngine.Layers;
using CnnEngine.Serialization;
using Google.Protobuf;

namespace CnnEngine.Interchange;

/// <summary>
/// Writes networks as ONNX models, which onnxruntime and other programs compute: operator set 13, one input and the network's outputs, any
/// number of images (the axis <c>N</c>), the weights within. A model is what the network is at inference: dropout is left out, and so are
/// auxiliary classifiers.
/// </summary>
/// <remarks>
/// Values have the names of the layers that compute them, weights those of weights files (<c>conv1.weight</c>). Where a layer has no operator of
/// the same definition, it becomes several: pooling in ceil mode is padded, so that no two programs can differ in where it ends.
/// </remarks>
public static class OnnxExport
{
    // Written down in 2020 with ONNX 1.8: old enough to be read by everything, new enough for all layers.
    private const int IrVersion = 7, OperatorSet = 13;

    /// <summary>Writes a network as an ONNX model, whole or not at all.</summary>
    /// <param name="network">The network, compiled for training or not.</param>
    /// <param name="path">The file to make or to replace, as in <c>model.onnx</c>.</param>
    /// <param name="options">What the model is given, what comes behind the last layer, and the like.</param>
    /// <exception cref="ArgumentException">The options do not go together, or with the network.</exception>
    /// <exception cref="NotSupportedException">A layer has no form in ONNX: one that is not of this library.</exception>
    /// <exception cref="IOException">The file cannot be written, or would be larger than the 2 GB that ONNX allows.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public static void Write(Network network, string path, OnnxOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => Model(network, options ?? new OnnxOptions()).WriteTo(stream));
    }

    internal static ModelProto Model(Network network, OnnxOptions options, long limit = OnnxGraph.Limit)
    {
        ArgumentNullException.ThrowIfNull(network);
        Check(network, options);
        if (options.Fold) network = network.Fold(network.Options with { Training = false, InputGradient = false, BatchSize = 1 });
        OnnxGraph graph = new(network.Layers.Select(layer => layer.Name), limit);
        ModelProto model = new()
        {
            IrVersion = IrVersion,
            OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } },
            ProducerName = "CnnEngine",
            ProducerVersion = Version,
            Graph = graph.Proto,
        };
        string input = graph.Unique(options.InputName);
        graph.Proto.Input.Add(OnnxGraph.Value(input, network.InputShape));
        string[] values = WriteLayers(network, graph, Normalize(graph, input, options));
        foreach (int number in OutputsOf(network))
        {
            string output = values[network.OutputLayerOf(number)];
            if (number == 0 && options.Softmax)
            {
                string probabilities = graph.Unique("probabilities");
                if (network.Layers[network.OutputLayerOf(0)].Layer is Softmax) graph.Node("Identity", [output], probabilities);
                else graph.Node("Softmax", [output], probabilities, OnnxGraph.Attribute("axis", 1L));
                output = probabilities;
            }
            graph.Proto.Output.Add(OnnxGraph.Value(output, network.OutputShapeOf(number)));
        }
        foreach ((string key, string value) in Metadata(options)) model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    private static void Check(Network network, OnnxOptions options)
    {
        if (string.IsNullOrEmpty(options.InputName)) throw new ArgumentException("the input has no name");
        if (network.Layers.Any(layer => layer.Name == options.InputName))
            throw new ArgumentException($"the input is to be called \"{options.InputName}\", as a layer is already; give it another name");
        if (options.Preprocessing is { } preprocessing && preprocessing.Input != network.InputShape)
            throw new ArgumentException($"the preprocessing is for images of {preprocessing.Input}, the network takes {network.InputShape}");
        if (options.Input != OnnxInput.Normalized && options.Preprocessing is null)
            throw new ArgumentException("a model of pixels normalises them itself; give the preprocessing that says how");
        if (options.Classes is { } classes && classes.Count != network.OutputShape[0])
            throw new ArgumentException($"{classes.Count} names of classes were given; the network's output is {network.OutputShape}");
    }

    /// <summary>Pixels as the network takes them, <c>(x − mean) / deviation</c> channel by channel; both are of pixels from 0 to 1.</summary>
    private static string Normalize(OnnxGraph graph, string input, OnnxOptions options)
    {
        if (options.Input == OnnxInput.Normalized) return input;
        float range = options.Input == OnnxInput.PixelsTo255 ? 255 : 1;
        float[] means = [.. options.Preprocessing!.Mean.Select(mean => mean * range)];
        float[] deviations = [.. options.Preprocessing.Deviation.Select(deviation => deviation * range)];
        string mean = graph.Floats($"{input}/mean", means, means.Length, 1, 1), deviation = graph.Floats($"{input}/deviation", deviations, means.Length, 1, 1);
        string centred = graph.Unique($"{input}/centred"), normalized = graph.Unique($"{input}/normalized");
        graph.Node("Sub", [input, mean], centred);
        graph.Node("Div", [centred, deviation], normalized);
        return normalized;
    }

    /// <summary>Writes the layers that outputs depend on; returns the name of each layer's value.</summary>
    private static string[] WriteLayers(Network network, OnnxGraph graph, string input)
    {
        HashSet<int> outputs = [.. OutputsOf(network).Select(network.OutputLayerOf)];
        bool[] isWanted = new bool[network.Layers.Count];
        for (int i = isWanted.Length - 1; i >= 0; i--)
        {
            isWanted[i] |= outputs.Contains(i);
            if (!isWanted[i]) continue;
            foreach (int from in network.Layers[i].Inputs)
                if (from >= 0) isWanted[from] = true;
        }
        string[] values = new string[isWanted.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!isWanted[i]) continue;
            NetworkLayer layer = network.Layers[i];
            string[] inputs = [.. layer.Inputs.Select(from => from < 0 ? input : values[from])];
            // An output has its layer's name, whatever the layer does.
            if (layer.Layer is DroppingLayer && !outputs.Contains(i)) values[i] = inputs[0];
            else
            {
                new LayerNodes(graph, layer, inputs).Write();
                values[i] = layer.Name;
            }
        }
        return values;
    }

    private static IEnumerable<int> OutputsOf(Network network) =>
        Enumerable.Range(0, network.OutputCount).Where(number => !network.IsAuxiliary(number));

    private static IEnumerable<(string Key, string Value)> Metadata(OnnxOptions options)
    {
        yield return ("engine", $"CnnEngine {Version}");
        yield return ("input", options.Input switch { OnnxInput.PixelsTo1 => "pixels 0 to 1", OnnxInput.PixelsTo255 => "pixels 0 to 255", _ => "normalized" });
        if (options.Classes is not null) yield return ("classes", new JsonArray([.. options.Classes]).ToJsonString());
        if (options.Preprocessing is not null) yield return ("preprocessing", options.Preprocessing.ToJson().ToJsonString());
        foreach ((string key, string value) in options.Metadata ?? new Dictionary<string, string>()) yield return (key, value);
    }

    private static string Version { get; } =
        typeof(Network).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
