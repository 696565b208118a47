using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Models;
using CnnEngine.Tests.Training;

namespace CnnEngine.Tests.Models;

/// <summary>
/// <c>docs/models.md</c> is what the code says. With <c>CNNENGINE_WRITE_DOCS=1</c> in the environment, the file is written instead of compared.
/// </summary>
public partial class ModelTableTests
{
    private const string FileName = "docs/models.md";

    private const int TrainingBatch = 32;

    private static readonly Dictionary<string, XElement> Documentation = XDocument.Load(Path.ChangeExtension(typeof(Model).Assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    [Fact]
    public void The_committed_table_is_the_codes()
    {
        string path = Repository.PathOf(FileName), table = Page();
        if (Environment.GetEnvironmentVariable("CNNENGINE_WRITE_DOCS") == "1") File.WriteAllText(path, table);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == table,
            $"{FileName} is not what the code says; run this test with CNNENGINE_WRITE_DOCS=1 and commit the file");
    }

    private static string Page()
    {
        // What parts and lanes take depends on the threads and the vectors.
        using ForcedThreads _ = new(2);
        SimdWidth width = Simd.Width;
        Simd.Width = SimdWidth.Vector512;
        try
        {
            return Write();
        }
        finally
        {
            Simd.Width = width;
        }
    }

    private static string Write()
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Networks

            Written by `ModelTableTests` from the code. `ModelZoo.Named("resnet18")`, or a record of `CnnEngine.Models` with its options. Multiply-adds
            are those of one image's forward pass. Both counts include auxiliary classifiers; `ModelCountTests` compares them with published figures.

            Memory is what a compiled network plans, in MB of 10⁶ bytes, on two threads with vectors of 512 bits; not counted are the optimiser's numbers
            and the kernels' working memory. *Between layers*: activations, their gradients, and what layers keep for the backward pass, where buffers
            that are never needed at the same moment share their place; *unshared*: the same if they did not. *All*: with parameters, their gradients,
            running means, the batch's images and outputs. Training is planned for {TrainingBatch} images, inference for one.

            | | input | parameters | multiply-adds | training: between layers | unshared | all | inference: between layers | unshared | all | source |
            |---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|

            """);
        foreach (string name in ModelZoo.Names)
        {
            Model model = ModelZoo.Named(name);
            NetworkOptions training = new() { BatchSize = TrainingBatch }, inference = new() { BatchSize = 1, Training = false };
            NetworkSummary summary = NetworkSummary.Of(model.Build(), model.Input, training);
            MemorySummary one = NetworkSummary.Of(model.Build(), model.Input, inference).Inference;
            page.Append(CultureInfo.InvariantCulture, $"| `{name}` | {model.Input} | {summary.Parameters:N0} | {summary.Cost.MultiplyAdds:N0} |");
            page.Append(Columns(summary.Training!, model, training)).Append(Columns(one, model, inference)).Append($" {Source(model)} |\n");
        }
        return page.ToString();
    }

    private static string Columns(MemorySummary memory, Model model, NetworkOptions options)
    {
        NetworkPlan plan = NetworkCompiler.Compile(model.Build(), model.Input, options, LayerPlan.MemoryUse.None);
        BatchPlan batch = new(plan, options);
        long unshared = sizeof(float) * ((batch.Workspaces * plan.Buffers.Sum(buffer => buffer.Floats(batch.PassImages))) + ((long)batch.Parts * batch.OwnGradients));
        return $" {Megabytes(memory.BetweenLayers)} | {Megabytes(unshared)} | {Megabytes(memory.Total)} |";

        static string Megabytes(long bytes) => (bytes / 1e6).ToString(bytes < 10_000_000 ? "0.00" : "N0", CultureInfo.InvariantCulture);
    }

    /// <summary>The paper that the documentation names in brackets.</summary>
    private static string Source(Model model)
    {
        string member = model is ResNet { IsSqueezed: true } ? $"P:{typeof(ResNet).FullName}.{nameof(ResNet.IsSqueezed)}" : $"T:{model.GetType().FullName}";
        string text = Space().Replace(Documentation[member].Element("summary")!.Value, " ");
        return Citation().Match(text).Groups[1].Value;
    }

    [GeneratedRegex(@"\(([^)]*\b(?:19|20)\d\d\b[^)]*)\)")]
    private static partial Regex Citation();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
