using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Serialization;

namespace CnnEngine.Runs.Report;

/// <summary>
/// What a report is made of. Everything but the title may be missing: the page then has no such section. What needs the network and images
/// (saliency, feature maps) is computed while the report is written.
/// </summary>
public sealed record ReportData
{
    /// <summary>What the page is called.</summary>
    public required string Title { get; init; }

    /// <summary>A line below the title: what was trained on what, and when.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>The configuration, as text.</summary>
    public string? Configuration { get; init; }

    /// <summary>The training's epochs.</summary>
    public IReadOnlyList<MetricsLine> Epochs { get; init; } = [];

    /// <summary>What the doctor says.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>What the network costs.</summary>
    public NetworkSummary? Summary { get; init; }

    /// <summary>A classifier with the weights to report on. Its weights stay, their gradients are overwritten.</summary>
    public Network? Network { get; init; }

    /// <summary>The images that it is measured by; with a network, too.</summary>
    public IDataset? Data { get; init; }

    /// <summary>Why there are no images though a training had some, in a line; the sections that need them say that they are left out. Null where nobody misses any.</summary>
    public string? DataFault { get; init; }

    /// <summary>What the images are, in words: <c>10,000 test images</c>.</summary>
    public string? DataText { get; init; }

    /// <summary>The names of the classes; those of the data, or numbers, if left out.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>What happens to a picture before the network sees it, to be undone for showing images; the data's if left out, and if that has none, each image's darkest number is black and its lightest white.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>
    /// What there is of a run. Where the data that it was trained on is not there any more, or is not what it was, that is what the folder holds:
    /// <see cref="DataFault"/> says so.
    /// </summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Asked while the data is opened and examined.</param>
    /// <exception cref="ConfigurationException">The configuration is not one.</exception>
    /// <exception cref="InvalidDataException">A file of the folder is damaged.</exception>
    /// <exception cref="IOException">There is no run in the folder, or something in it cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ReportData Of(RunFolder folder, IProgress<ReportProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder.RequireRun();
        RunConfig config = RunConfig.Read(folder.Config);
        RunPlan plan;
        try
        {
            plan = RunPlan.Make(config, folder.Config, progress is null ? null : new Opening(progress), cancellation);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or ConfigurationException)
        {
            return WithoutData(folder, config, error.Message.ReplaceLineEndings(" "), cancellation);
        }
        return Of(folder, plan, progress, cancellation);
    }

    /// <summary>The same, with the run's data opened already.</summary>
    internal static ReportData Of(RunFolder folder, RunPlan plan, IProgress<ReportProgress>? progress, CancellationToken cancellation)
    {
        NetworkOptions options = new() { BatchSize = plan.Config.Batch };
        string? file = ModelOf(folder);
        progress?.Report(new ReportProgress("examining the training", 0));
        (IDataset images, string kind) = plan.Data.Test is { } test ? (test, "test") : plan.Data.Validation is { } held ? (held, "held-out") : (plan.Data.Train, "training");
        return new ReportData
        {
            Title = $"{plan.ModelName} on {plan.Data.Name}",
            Subtitle = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(Path.GetFullPath(folder.Path))}: {plan.Data.Train.Count:#,0} images to learn from, {plan.Data.Classes} classes"),
            Configuration = File.ReadAllText(folder.Config),
            Epochs = folder.ReadMetrics(),
            Findings = Doctor.Examine(Patient.Of(folder, plan), cancellation),
            Summary = NetworkSummary.Of(plan.Model.Build(), plan.Model.Input, options),
            Network = file is null ? null : ModelFile.Load(file, options with { Training = false }, out _),
            Data = images,
            DataText = string.Create(CultureInfo.InvariantCulture, $"{images.Count:#,0} {kind} images"),
            ClassNames = plan.Data.ClassNames,
        };
    }

    private static ReportData WithoutData(RunFolder folder, RunConfig config, string fault, CancellationToken cancellation)
    {
        NetworkOptions options = new() { BatchSize = config.Batch };
        IReadOnlyList<MetricsLine> epochs = folder.ReadMetrics();
        ModelManifest? manifest = null;
        Network? network = ModelOf(folder) is { } file ? ModelFile.Load(file, options with { Training = false }, out manifest) : null;
        ModelDescription? model = manifest?.Model ?? (config.Model is JsonObject described ? ModelDescription.Parse(described, $"{folder.Config}: model") : null);
        return new ReportData
        {
            Title = $"{(model is null ? "a network" : RunPlan.NameOf(model))} on {RunData.NameOf(config.Data) ?? ConfigReader.Word(config.Data.Kind)}",
            Subtitle = Path.GetFileName(Path.GetFullPath(folder.Path)),
            Configuration = File.ReadAllText(folder.Config),
            Epochs = epochs,
            Findings = epochs.Count > 0 || File.Exists(folder.Divergence) ? Doctor.Examine(Patient.OfHistory(folder), cancellation) : null,
            Summary = model is null ? null : NetworkSummary.Of(model.Build(), model.Input, options),
            Network = network,
            DataFault = fault,
            ClassNames = manifest?.Classes,
        };
    }

    private static string? ModelOf(RunFolder folder) => File.Exists(folder.Best) ? folder.Best : File.Exists(folder.Last) ? folder.Last : null;

    /// <summary>The name of a class.</summary>
    internal string NameOf(int label)
    {
        IReadOnlyList<string>? names = ClassNames ?? Data?.ClassNames;
        return names is not null && label < names.Count ? names[label] : $"{label}";
    }

    private sealed class Opening(IProgress<ReportProgress> progress) : IProgress<LoadingProgress>
    {
        public void Report(LoadingProgress value) =>
            progress.Report(new ReportProgress(string.Create(CultureInfo.InvariantCulture, $"{value.Read:N0} of {value.Count:N0} pictures read"), 0));
    }
}
