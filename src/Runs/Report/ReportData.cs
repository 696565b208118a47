using System.Globalization;
using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
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

    /// <summary>What the images are, in words: <c>10,000 test images</c>.</summary>
    public string? DataText { get; init; }

    /// <summary>The names of the classes; those of the data, or numbers, if left out.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>What happens to a picture before the network sees it, to be undone for showing images; the data's if left out, and if that has none, each image's darkest number is black and its lightest white.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>What there is of a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="cancellation">Asked while the data is opened and examined.</param>
    /// <exception cref="ConfigurationException">The configuration is not one.</exception>
    /// <exception cref="InvalidDataException">The configuration, the data or a model file is damaged.</exception>
    /// <exception cref="IOException">There is no run in the folder, or something cannot be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ReportData Of(RunFolder folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder.RequireRun();
        return Of(folder, RunPlan.Make(RunConfig.Read(folder.Config), folder.Config, null, cancellation), cancellation);
    }

    /// <summary>The same, with the run's data opened already.</summary>
    internal static ReportData Of(RunFolder folder, RunPlan plan, CancellationToken cancellation)
    {
        NetworkOptions options = new() { BatchSize = plan.Config.Batch };
        string? file = File.Exists(folder.Best) ? folder.Best : File.Exists(folder.Last) ? folder.Last : null;
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

    /// <summary>The name of a class.</summary>
    internal string NameOf(int label)
    {
        IReadOnlyList<string>? names = ClassNames ?? Data?.ClassNames;
        return names is not null && label < names.Count ? names[label] : $"{label}";
    }
}
