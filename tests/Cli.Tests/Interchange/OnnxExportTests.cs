using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Interchange;
using CnnEngine.Interchange.Onnx;
using CnnEngine.Layers;
using CnnEngine.Models;
using Google.Protobuf;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>What stands in a model, and what is refused.</summary>
public class OnnxExportTests
{
    private static readonly Shape Image = new(3, 6, 8);

    private static readonly Preprocessing Preprocessing = new(Image, new Normalization([0.4f, 0.5f, 0.45f], [0.2f, 0.25f, 0.3f]));

    [Fact]
    public void A_model_is_of_operator_set_13_and_takes_any_number_of_images()
    {
        ModelProto model = OnnxExport.Model(Small(), new OnnxOptions());
        Assert.Equal((7, 13, "CnnEngine"), (model.IrVersion, Assert.Single(model.OpsetImport).Version, model.ProducerName));
        Assert.Equal("input: N 3 6 8", Described(Assert.Single(model.Graph.Input)));
        Assert.Equal("fc: N 5", Described(Assert.Single(model.Graph.Output)));
        Assert.Equal(
            [
                "Conv input conv1.weight conv1.bias → conv1", "BatchNormalization conv1 bn1.weight bn1.bias bn1.running_mean bn1.running_var → bn1", "Relu bn1 → relu1",
                "Flatten relu1 → flatten1", "Gemm flatten1 fc.weight fc.bias → fc",
            ],
            Nodes(model));
    }

    [Fact]
    public void Weights_are_those_of_the_network_bit_for_bit()
    {
        Network network = Small();
        ModelProto model = OnnxExport.Model(network, new OnnxOptions());
        Dictionary<string, TensorProto> tensors = model.Graph.Initializer.ToDictionary(tensor => tensor.Name);
        foreach (NetworkLayer layer in network.Layers)
            foreach (Parameter parameter in layer.Layer.Parameters.Concat(layer.Layer.State))
            {
                TensorProto tensor = tensors[$"{layer.Name}.{parameter.Name}"];
                Assert.Equal(parameter.Shape.ToArray(), tensor.Dims.Select(extent => (int)extent));
                Assert.Equal(parameter.Value.Span.ToArray(), Floats(tensor));
            }
        Assert.Equal(8, tensors.Count);
    }

    [Fact]
    public void Batch_normalisation_is_folded_on_request()
    {
        Network network = Small();
        OnnxComparison.MakeTrained(network);
        ModelProto model = OnnxExport.Model(network, new OnnxOptions { Fold = true });
        Assert.Equal(["Conv", "Relu", "Flatten", "Gemm"], model.Graph.Node.Select(node => node.OpType));
        Assert.Equal(["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"], model.Graph.Initializer.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Dropout_and_auxiliary_classifiers_are_left_out()
    {
        Network network = new GoogLeNet { Width = 1 / 16.0, Input = new Shape(3, 80, 80), Classes = 4 }.Compile(new NetworkOptions { BatchSize = 1 });
        Assert.Equal(3, network.OutputCount);
        ModelProto model = OnnxExport.Model(network, new OnnxOptions());
        Assert.Equal("fc: N 4", Described(Assert.Single(model.Graph.Output)));
        Assert.DoesNotContain(model.Graph.Node, node => node.Name.StartsWith("aux", StringComparison.Ordinal) || node.Name.StartsWith("dropout", StringComparison.Ordinal));
        Assert.DoesNotContain(model.Graph.Initializer, tensor => tensor.Name.StartsWith("aux", StringComparison.Ordinal));
        // What is compiled without training is the same model.
        Assert.Equal(model, OnnxExport.Model(network.Fold(), new OnnxOptions()));
    }

    [Fact]
    public void Shared_weights_are_there_once()
    {
        Graph graph = new();
        Conv2d first = new(3, 3, padding: 1) { Name = "a" };
        graph.Input.Then(first).Then(new Conv2d(3, 3, padding: 1) { Name = "b", SharesWith = first });
        ModelProto model = OnnxExport.Model(graph.Compile(Image), new OnnxOptions());
        Assert.Equal(["Conv input a.weight a.bias → a", "Conv a a.weight a.bias → b"], Nodes(model));
        Assert.Equal(["a.weight", "a.bias"], model.Graph.Initializer.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Pixels_are_normalised_and_a_softmax_added_on_request()
    {
        ModelProto model = OnnxExport.Model(Small(), new OnnxOptions { Input = OnnxInput.PixelsTo255, Preprocessing = Preprocessing, Softmax = true, InputName = "pixels" });
        string[] nodes = Nodes(model);
        Assert.Equal(["Sub pixels pixels/mean → pixels/centred", "Div pixels/centred pixels/deviation → pixels/normalized"], nodes[..2]);
        Assert.StartsWith("Conv pixels/normalized ", nodes[2], StringComparison.Ordinal);
        Assert.Equal("Softmax fc → probabilities", nodes[^1]);
        Assert.Equal(("pixels: N 3 6 8", "probabilities: N 5"), (Described(model.Graph.Input[0]), Described(model.Graph.Output[0])));
        Assert.Equal([255 * 0.4f, 255 * 0.5f, 255 * 0.45f], Floats(model.Graph.Initializer.Single(tensor => tensor.Name == "pixels/mean")));
    }

    // The softmax of probabilities would be other numbers; that of their logarithms is the probabilities.
    [Fact]
    public void A_network_that_ends_with_a_softmax_gets_no_second_one()
    {
        Assert.Equal(
            ["Gemm flatten1 fc1.weight fc1.bias → fc1", "Softmax fc1 → softmax1", "Identity softmax1 → probabilities"], Nodes(Ending(new Softmax()))[1..]);
        Assert.Equal(["LogSoftmax fc1 → logsoftmax1", "Softmax logsoftmax1 → probabilities"], Nodes(Ending(new LogSoftmax()))[2..]);

        static ModelProto Ending(Layer last) =>
            OnnxExport.Model(new Sequential { new Flatten(), new Linear(5), last }.Compile(Image), new OnnxOptions { Softmax = true });
    }

    [Fact]
    public void Metadata_says_what_the_model_is_for()
    {
        OnnxOptions options = new()
        {
            Preprocessing = Preprocessing,
            Classes = ["ant", "bee \"b\"", "cat", "dog", "Ente"],
            Metadata = new Dictionary<string, string> { ["run"] = "42" },
        };
        Dictionary<string, string> metadata = OnnxExport.Model(Small(), options).MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value);
        Assert.Equal(["classes", "engine", "input", "preprocessing", "run"], metadata.Keys.Order());
        Assert.Equal(("normalized", "42"), (metadata["input"], metadata["run"]));
        Assert.StartsWith("CnnEngine 0.", metadata["engine"], StringComparison.Ordinal);
        Assert.Equal(options.Classes, JsonNode.Parse(metadata["classes"])!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal(Preprocessing, Preprocessing.FromJson(JsonNode.Parse(metadata["preprocessing"]), "the model"));
    }

    [Fact]
    public void Names_of_values_are_there_once()
    {
        // The parts of a scaled tanh would be called so, too.
        Sequential layers = [new ScaledTanh { Name = "a" }, new ReLU { Name = "a/scaled" }, new ReLU { Name = "a/tanh" }, new ReLU { Name = "a/steepness" }];
        ModelProto model = OnnxExport.Model(layers.Compile(Image), new OnnxOptions());
        IEnumerable<string> names = model.Graph.Node.SelectMany(node => node.Output).Concat(model.Graph.Initializer.Select(tensor => tensor.Name));
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public void The_file_holds_the_model_and_replaces_another()
    {
        using TemporaryFolder folder = new();
        Network network = Small();
        File.WriteAllText(folder["model.onnx"], "another");
        OnnxExport.Write(network, folder["model.onnx"]);
        byte[] bytes = File.ReadAllBytes(folder["model.onnx"]);
        Assert.Equal(OnnxExport.Model(network, new OnnxOptions()), ModelProto.Parser.ParseFrom(bytes));
        OnnxExport.Write(network, folder["again.onnx"]);
        Assert.Equal(bytes, File.ReadAllBytes(folder["again.onnx"]));
        Assert.Equal(["again.onnx", "model.onnx"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using TemporaryFolder folder = new();
        Refused<ArgumentException>("the input has no name", new OnnxOptions { InputName = "" });
        Refused<ArgumentException>("the input is to be called \"fc\", as a layer is already; give it another name", new OnnxOptions { InputName = "fc" });
        Refused<ArgumentException>("a model of pixels normalises them itself; give the preprocessing that says how", new OnnxOptions { Input = OnnxInput.PixelsTo1 });
        Refused<ArgumentException>(
            "the preprocessing is for images of 1×6×8, the network takes 3×6×8",
            new OnnxOptions { Preprocessing = new Preprocessing(new Shape(1, 6, 8), new Normalization(0, 1)) });
        Refused<ArgumentException>("2 names of classes were given; the network's output is 5", new OnnxOptions { Classes = ["ant", "bee"] });
        Assert.Empty(Directory.GetFiles(folder.Path));

        void Refused<T>(string message, OnnxOptions options) where T : Exception =>
            Assert.Equal(message, Assert.Throws<T>(() => OnnxExport.Write(Small(), folder["model.onnx"], options)).Message);
    }

    [Fact]
    public void A_model_that_is_too_large_is_refused_before_it_is_made()
    {
        // 3·4·9 + 4 + 4·4 floats fit, the fully connected layer's 5·96 do not.
        IOException error = Assert.Throws<IOException>(() => OnnxExport.Model(Small(), new OnnxOptions(), limit: 2000));
        Assert.Equal("the model takes more than 2000 bytes, which is the most that an ONNX file holds; make the network narrower", error.Message);
    }

    [Fact]
    public void Layers_of_others_are_refused()
    {
        Sequential layers = [new ReLU(), new Halved { Name = "mine" }];
        NotSupportedException error = Assert.Throws<NotSupportedException>(() => OnnxExport.Model(layers.Compile(Image), new OnnxOptions()));
        Assert.Equal("Halved \"mine\" has no form in ONNX: the layers of CnnEngine have, others have not", error.Message);
    }

    private static Network Small()
    {
        Sequential layers = [new Conv2d(4, 3) { HasBias = true }, new BatchNorm2d(), new ReLU(), new Dropout(), new Flatten(), new Linear(5) { Name = "fc" }];
        return layers.Compile(Image, new NetworkOptions { BatchSize = 4 });
    }

    private static string[] Nodes(ModelProto model) =>
        [.. model.Graph.Node.Select(node => $"{node.OpType} {string.Join(' ', node.Input)} → {string.Join(' ', node.Output)}")];

    private static string Described(ValueInfoProto value) =>
        $"{value.Name}: {string.Join(' ', value.Type.TensorType.Shape.Dim.Select(extent => extent.HasDimParam ? extent.DimParam : $"{extent.DimValue}"))}";

    private static float[] Floats(TensorProto tensor)
    {
        Assert.Equal((int)TensorProto.Types.DataType.Float, tensor.DataType);
        float[] numbers = new float[tensor.RawData.Length / 4];
        System.Buffer.BlockCopy(tensor.RawData.ToByteArray(), 0, numbers, 0, tensor.RawData.Length);
        return numbers;
    }

    private sealed class Halved : Layer
    {
        public override string Kind => "halved";

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step)
        {
            for (int i = 0; i < step.Output.Length; i++) step.Output[i] = step.Input()[i] / 2;
        }

        public override void Backward(in Step step)
        {
        }

        public override string ToString() => "Halved";
    }
}
