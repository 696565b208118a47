using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Models;

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
        Assert.Equal(model, ModelDescription.Parse(named.ToJson(), "a test").Model);
        Assert.Null(layers.Model);
        ModelDescription again = ModelDescription.Parse(layers.ToJson(), "a test");
        Assert.Equal(layers, again);
        string architecture = ArchitectureOf(model.Build(), model.Input);
        Assert.Equal(architecture, ArchitectureOf(named.Build(), named.Input));
        Assert.Equal(architecture, ArchitectureOf(again.Build(), again.Input));
        Assert.Equal(Connections(model.Build()), Connections(again.Build()));
    }

    private static string ArchitectureOf(Graph graph, Shape input) =>
        NetworkCompiler.Compile(graph, input, new NetworkOptions { BatchSize = 1 }, LayerPlan.MemoryUse.None).Architecture;

    // What the architecture's text does not tell.
    private static IEnumerable<string> Connections(Graph graph) =>
        graph.Layers.Select(l => $"{string.Join(",", l.Inputs)} {l.Layer.SharesWith?.Name}").Concat(graph.FurtherOutputs.Select(o => $"{o}"));
}
