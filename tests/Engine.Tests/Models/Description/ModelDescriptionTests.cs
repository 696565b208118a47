using System.Reflection;
using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Layers;
using CnnEngine.Models;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Models.Description;

/// <summary>Networks as JSON and back.</summary>
public class ModelDescriptionTests
{
    public static TheoryData<string> Names => [.. ModelZoo.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_network_of_the_zoo_comes_back_from_its_name_and_from_its_layers(string name)
    {
        // The table of the LeNet-5 of 1998 allows for one width.
        Model model = ModelZoo.Named(name) with { Width = name == "lenet5-1998" ? 1 : 0.25, Classes = 7, HasDropout = name.Length % 2 == 0 };
        ModelDescription named = ModelDescription.Of(model), layers = ModelDescription.Of(model.Build(), model.Input);
        Assert.Equal(model, named.Model);
        Assert.Equal(named, ModelDescription.Parse(named.ToJson(), "a test"));
        Assert.Null(layers.Model);
        ModelDescription again = ModelDescription.Parse(layers.ToJson(), "a test");
        Assert.Equal(layers, again);
        Assert.Equal(Text(model.Build()), Text(named.Build()));
        Assert.Equal(Text(model.Build()), Text(again.Build()));
        Assert.Equal(ArchitectureOf(model.Build(), model.Input), ArchitectureOf(again.Build(), again.Input));
    }

    // Every option of every record, none as usual.
    public static TheoryData<string, string> Options => new()
    {
        { "alexnet", """{"model":"alexnet","input":[3,131,131],"classes":5,"width":0.5,"dropout":false,"head":"globalMean"}""" },
        { "alexnet-one-column", """{"model":"alexnet-one-column","input":[3,131,131],"classes":5,"head":"globalMean"}""" },
        { "zfnet", """{"model":"zfnet","input":[3,131,131],"classes":5,"head":"globalMean"}""" },
        { "vgg11", """{"model":"vgg11","input":[3,64,64],"classes":5,"head":"globalMean","batchNorm":true}""" },
        { "googlenet", """{"model":"googlenet","input":[3,224,224],"classes":5,"batchNorm":true}""" },
        { "resnet50", """{"model":"resnet50","input":[3,32,32],"classes":5,"squeezed":true,"smallImages":true}""" },
        { "se-resnet50", """{"model":"se-resnet50","input":[3,32,32],"classes":5,"smallImages":true}""" },
        { "sppnet", """{"model":"sppnet","input":[3,180,180],"classes":5,"levels":[4,2]}""" },
        { "fpn-resnet50", """{"model":"fpn-resnet50","input":[3,64,64],"classes":1,"channels":32,"anchors":2}""" },
        { "encoder-decoder", """{"model":"encoder-decoder","input":[1,32,32],"classes":3,"depth":2,"channels":8}""" },
        { "encoder-decoder-bilinear", """{"model":"encoder-decoder-bilinear","input":[1,32,32],"classes":3,"depth":2,"channels":8}""" },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Options_come_back(string name, string json)
    {
        ModelDescription description = ModelDescription.Parse(json, "a test");
        Assert.IsType(ModelZoo.Named(name).GetType(), description.Model);
        Assert.NotEqual(ModelZoo.Named(name) with { Input = description.Input, Classes = description.Model!.Classes }, description.Model);
        Assert.Equal(description.Model, ModelDescription.Parse(ModelDescription.Of(description.Model!).ToJson(), "a test").Model);
        if (name != "resnet50") Assert.Equal(json, description.ToString()); // se-resnet50 says the same in fewer words
    }

    [Fact]
    public void Every_option_of_the_zoo_has_a_key()
    {
        string keys = string.Join(' ', Options.Select(row => ((string)((object[])row)[1]).ToUpperInvariant()));
        foreach (Model model in ModelZoo.Names.Select(ModelZoo.Named).DistinctBy(model => model.GetType()))
            foreach (PropertyInfo property in model.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                if (property.CanWrite && !(property.Name == nameof(ResNet.Depth) && model is not EncoderDecoder))
                    Assert.Contains($"\"{property.Name.Replace("Is", "", StringComparison.Ordinal).Replace("Has", "", StringComparison.Ordinal).Replace("Bilinear", "model", StringComparison.Ordinal)}\"", keys, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_depth_that_the_zoo_does_not_name_is_described_by_its_layers()
    {
        Model model = new CifarResNet(8) { Width = 0.5 };
        ModelDescription description = ModelDescription.Of(model);
        Assert.Null(description.Model);
        Assert.Equal(Text(model.Build()), Text(ModelDescription.Parse(description.ToJson(), "a test").Build()));
    }

    [Fact]
    public void Any_graph_comes_back_with_its_connections_names_and_outputs()
    {
        Graph graph = new();
        Conv2d first = new(4, 3, padding: 1) { Initializer = Initializer.Xavier };
        Value x = graph.Input.Then(first).Then(new ReLU()), skip = x;
        x = x.Then(new Conv2d(4, 3, padding: 1) { Name = "again" }).Then(new BatchNorm2d());
        Value sum = graph.Add(new Add(), skip, x), joined = graph.Add(new Concat(3), sum, graph.Input, skip);
        Value shared = graph.Input.Then(new Conv2d(4, 3, padding: 1) { SharesWith = first, Name = "twin" });
        graph.AddOutput(shared);
        graph.AddAuxiliary(joined.Then(new Flatten()).Then(new Linear(2)), 0.25f);
        joined.Then(new Flatten()).Then(new Linear(2));
        Shape input = new(4, 5, 6);

        ModelDescription description = ModelDescription.Of(graph, input);
        ModelDescription again = ModelDescription.Parse(description.ToJson(), "a test");
        Assert.Equal(Text(graph), Text(again.Build()));
        Assert.Equal(description, ModelDescription.Of(again.Build().Compile(input)));
        JsonArray layers = (JsonArray)description.ToJsonObject()["layers"]!;
        Assert.Equal("""{"kind":"add","from":["relu1","bn1"]}""", layers[4]!.ToJsonString());
        Assert.Equal("""{"kind":"conv","name":"twin","from":"input","shares":"conv1","channels":4,"size":3,"padding":1}""", layers[6]!.ToJsonString());
        Assert.Equal("""["twin",{"from":"fc1","weight":0.25}]""", description.ToJsonObject()["outputs"]!.ToJsonString());

        // The same numbers to start from, initialisers included.
        NetworkOptions options = new() { BatchSize = 2 };
        Network one = graph.Compile(input, options), other = again.Build().Compile(input, options);
        Assert.Equal(one.Parameters.SelectMany(p => p.Value.Span.ToArray()), other.Parameters.SelectMany(p => p.Value.Span.ToArray()));
    }

    [Fact]
    public void What_people_write_is_read()
    {
        ModelDescription description = ModelDescription.Parse(
            """
            {
              // a small one
              "input": [1, 28, 28],
              "layers": [
                {"kind": "conv", "name": "conv1", "channels": 6, "size": 5, "padding": "same"}, {"kind": "relu"}, {"kind": "maxPool", "size": 2},
                {"kind": "conv", "channels": 6, "size": [3, 1], "padding": [1, 1, 0, 0]}, {"kind": "add", "from": ["conv2", "pool1"]},
                {"kind": "flatten"}, {"kind": "linear", "features": 10},
              ],
            }
            """, "small.json");
        Assert.Equal("1×28×28: conv1 Conv2d(6, 5×5, padding same) > relu1 ReLU > pool1 MaxPool2d(2×2) > conv2 Conv2d(6, 3×1, padding (1, 1, 0, 0)) > add1 Add > flatten1 Flatten > fc1 Linear(10)",
            description.Build().Compile(description.Input).Architecture);
        Assert.Equal(new Shape(10), description.Build().Compile(description.Input).OutputShape);
    }

    [Theory]
    [InlineData("", ", line 1, byte 1: this is not JSON: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true")]
    [InlineData("{\n \"model\": lenet5}", ", line 2, byte 11: this is not JSON: 'l' is an invalid start of a value")]
    [InlineData("[]", ": this is []; it must be an object in braces")]
    [InlineData("{}", ": there is neither \"model\", the name of a network, nor \"layers\", a list")]
    [InlineData("""{"model":"lenet5","layers":[]}""", ": there are \"model\" and \"layers\"; a network is described by one of them")]
    [InlineData("""{"model":"lenet6"}""", ": \"model\" is \"lenet6\"; it must be one of lenet5-1998, lenet5, *")]
    [InlineData("""{"model":5}""", ": \"model\" is 5; it must be a text in quotes")]
    [InlineData("""{"model":"lenet5","clases":3,"head":1}""", ": lenet5: there is no option \"clases\", \"head\"; there are \"model\", \"layers\", \"input\", \"classes\", \"width\", \"dropout\"")]
    [InlineData("""{"model":"lenet5","classes":0}""", ": lenet5: \"classes\" is 0; it must be a whole number from 1 to 1048576")]
    [InlineData("""{"model":"lenet5","width":-1}""", ": lenet5: the width is -1; it must be a number above 0")]
    [InlineData("""{"model":"lenet5","width":"wide"}""", ": lenet5: \"width\" is \"wide\"; it must be a number")]
    [InlineData("""{"model":"lenet5","width":1e400}""", ": lenet5: \"width\" is 1e400; it must be a number")]
    [InlineData("""{"model":"lenet5","input":[1,8,8]}""", ": Conv2d \"conv2\": the window spans 5 rows, the padded image has 4; the window must fit into the image")]
    [InlineData("""{"model":"lenet5","input":[1,28,28,28]}""", ": lenet5: \"input\" is [1,28,28,28]; it must be a list of 1 to 3 whole numbers of at least 1, as in [3, 224, 224] for channels, rows and columns")]
    [InlineData("""{"model":"lenet5","input":[1,1048576,1048576]}""", ": lenet5: \"input\" is [1,1048576,1048576]; it must be a shape of at most 2³¹−1 numbers")]
    [InlineData("""{"model":"lenet5","dropout":1}""", ": lenet5: \"dropout\" is 1; it must be true or false")]
    [InlineData("""{"model":"vgg16","head":"big"}""", ": vgg16: \"head\" is \"big\"; it must be \"fullyConnected\" or \"globalMean\"")]
    [InlineData("""{"model":"lenet5","model":"vgg16"}""", ": this is not JSON: Duplicate property 'model'")]
    public void Mistakes_are_named(string json, string message) => Refused(json, message);

    [Theory]
    [InlineData("""[]""", ": the network has no layers")]
    [InlineData("""[5]""", ": layer 1: this is 5; it must be an object in braces")]
    [InlineData("""[{"size":2}]""", ": layer 1: \"kind\" is missing; it must be a kind of layer")]
    [InlineData("""[{"kind":"relu"},{"kind":"convv"}]""", ": layer 2: \"kind\" is \"convv\"; it must be one of conv, depthwise, *")]
    [InlineData("""[{"kind":"conv","name":"c","size":3}]""", ": layer 1 \"c\": \"channels\" is missing; it must be a whole number from 1 to 1048576")]
    [InlineData("""[{"kind":"conv","chanels":3,"channels":3,"size":3}]""", ": layer 1 (conv): there is no option \"chanels\"; there are \"kind\", \"name\", \"from\", \"shares\", \"channels\", \"size\", \"stride\", \"padding\", \"dilation\", \"groups\", \"bias\", \"initializer\"")]
    [InlineData("""[{"kind":"conv","channels":3.5,"size":3}]""", ": layer 1 (conv): \"channels\" is 3.5; it must be a whole number from 1 to 1048576")]
    [InlineData("""[{"kind":"conv","channels":3,"size":[1,2,3]}]""", ": layer 1 (conv): \"size\" is [1,2,3]; it must be a whole number from 1 to 4096, or two of them: [rows, columns]")]
    [InlineData("""[{"kind":"conv","channels":3,"size":3,"stride":0}]""", ": layer 1 (conv): \"stride\" is 0; it must be a whole number from 1 to 4096, or two of them: [rows, columns]")]
    [InlineData("""[{"kind":"conv","channels":3,"size":3,"padding":"some"}]""", ": layer 1 (conv): \"padding\" is \"some\"; it must be a whole number from 0 to 4096, \"same\", or [top, bottom, left, right]")]
    [InlineData("""[{"kind":"conv","channels":3,"size":3,"initializer":"he"}]""", ": layer 1 (conv): \"initializer\" is \"he\"; it must be \"kaiming\" or \"xavier\" or \"lecun\"")]
    [InlineData("""[{"kind":"conv","channels":3,"size":3,"initializer":{"kind":"lecun","factor":0}}]""", ": layer 1 (conv): \"initializer\": \"factor\" is 0; it must be a number above 0")]
    [InlineData("""[{"kind":"conv","channels":3,"size":3,"groups":2}]""", ": Conv2d \"conv1\": input has 3 channels, groups is 2; channels must divide by groups")]
    [InlineData("""[{"kind":"tableConv","size":3,"inputs":3,"table":[[0],[5]]}]""", ": layer 1 (tableConv): output 1 has input 5; inputs are 0 to 2, rising")]
    [InlineData("""[{"kind":"tableConv","size":3,"inputs":3,"table":[0]}]""", ": layer 1 (tableConv): \"table\" is [0]; it must be for each output channel the list of its input channels, as in [[0, 1], [1, 2], [0, 2]]")]
    [InlineData("""[{"kind":"filter","filter":{"weights":[[1,2],[3]]}}]""", ": layer 1 (filter): \"filter\": \"weights\" is [[1,2],[3]]; it must be rows of numbers, all of one length")]
    [InlineData("""[{"kind":"filter","filter":"soften"}]""", ": layer 1 (filter): \"filter\" is \"soften\"; it must be an object with \"name\" and \"weights\", or one of \"identity\", *")]
    [InlineData("""[{"kind":"leakyRelu","slope":-1}]""", ": layer 1 (leakyRelu): the slope is -1; it must be 0 or more")]
    [InlineData("""[{"kind":"dropout","probability":2}]""", ": Dropout \"dropout1\": the probability is 2; it must be from 0 to 1")]
    [InlineData("""[{"kind":"upsample","factor":2,"output":9}]""", ": layer 1 (upsample): there are \"factor\" and \"output\"; one settles the other")]
    [InlineData("""[{"kind":"pyramidPool","levels":[]}]""", ": layer 1 (pyramidPool): \"levels\" is []; it must be a list of whole numbers from 1 to 1048576")]
    [InlineData("""[{"kind":"pyramidPool","levels":[65537]}]""", ": the network has more numbers than can be counted")]
    [InlineData("""[{"kind":"upsample","factor":4096},{"kind":"upsample","factor":4096}]""", ": *the shape 3×*")]
    [InlineData("""[{"kind":"relu","name":"a"},{"kind":"relu","name":"a"}]""", ": layer 2 \"a\": another layer before it is named \"a\"; names must differ")]
    [InlineData("""[{"kind":"relu","name":"a/b"}]""", ": layer 1 \"a/b\": the name has a '/'")]
    [InlineData("""[{"kind":"relu","name":""}]""", ": layer 1 \"\": the name is empty")]
    [InlineData("""[{"kind":"relu"},{"kind":"relu","from":"relu2"}]""", ": layer 2 (relu): \"from\" is \"relu2\"; it must be of layers before it: \"input\", \"relu1\"")]
    [InlineData("""[{"kind":"relu"},{"kind":"relu","from":["relu1","input"]}]""", ": layer 2 (relu): \"from\" is [\"relu1\",\"input\"]; it must be 1 names, which is what ReLU reads")]
    [InlineData("""[{"kind":"add"}]""", ": layer 1 (add): \"from\" is missing; it must be the names of the 2 layers that it reads")]
    [InlineData("""[{"kind":"flatten"},{"kind":"linear","features":2},{"kind":"linear","features":2,"shares":"linear1"}]""", ": layer 3 (linear): \"shares\" is \"linear1\"; it must be the name of a layer before it: \"input\", \"flatten1\", \"fc1\"")]
    public void Mistakes_in_layers_are_named(string layers, string message) => Refused($$"""{"input":[3,8,8],"layers":{{layers}}}""", message);

    [Theory]
    [InlineData("""["relu3"]""", ": output 1: \"from\" is \"relu3\"; it must be the name of a layer: \"input\", \"relu1\", \"relu2\"")]
    [InlineData("""["relu1",{"from":"relu1","weight":1}]""", ": output 2: the value is an output already")]
    [InlineData("""[{"from":"relu1","weight":0}]""", ": output 1: the weight of an auxiliary loss is a number above 0")]
    [InlineData("""[{"weight":1}]""", ": output 1: \"from\" is missing; it must be the name of a layer")]
    public void Mistakes_in_outputs_are_named(string outputs, string message) =>
        Refused($$"""{"input":[3,8,8],"layers":[{"kind":"relu"},{"kind":"relu"}],"outputs":{{outputs}}}""", message);

    [Fact]
    public void What_cannot_be_described_is_refused()
    {
        Expect.Throws<ArgumentException>("layer 2 \"mine1\": Mine is no layer of the engine's own and cannot be described",
            () => ModelDescription.Of(new Sequential { new ReLU(), new Mine() }, new Shape(3)));
        Expect.Throws<ArgumentException>("layer 1: the name \"a/b\" has a '/'", () => ModelDescription.Of(new Sequential { new ReLU { Name = "a/b" } }, new Shape(3)));
        Expect.Throws<ArgumentException>("layer 1 \"fc1\" shares the weights of a layer that does not stand before it",
            () => ModelDescription.Of(new Sequential { new Linear(2) { SharesWith = new Linear(2) } }, new Shape(3)));
    }

    // A star stands for the rest.
    private static void Refused(string json, string message)
    {
        string actual = Assert.Throws<InvalidDataException>(() => ModelDescription.Parse(json, "net.json")).Message;
        Assert.DoesNotContain('\n', actual);
        string[] parts = $"net.json{message}".Split('*');
        if (parts.Length == 1) Assert.Equal(parts[0], actual);
        else Assert.All(parts, part => Assert.Contains(part, actual, StringComparison.Ordinal));
    }

    private static string ArchitectureOf(Graph graph, Shape input) =>
        NetworkCompiler.Compile(graph, input, new NetworkOptions { BatchSize = 1 }, LayerPlan.MemoryUse.None).Architecture;

    // All that a graph is, name by name.
    private static IEnumerable<string> Text(Graph graph) => graph.Layers
        .Select(l => $"{l.Layer.Name} {l.Layer} of {string.Join(", ", l.Inputs)}, shares {graph.Layers.ToList().FindIndex(other => other.Layer == l.Layer.SharesWith)}")
        .Concat(graph.FurtherOutputs.Select(output => $"{output}"));

    private sealed class Mine : Layer
    {
        public override string Kind => "mine";

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step)
        {
        }

        public override void Backward(in Step step)
        {
        }

        public override string ToString() => "Mine";
    }
}
