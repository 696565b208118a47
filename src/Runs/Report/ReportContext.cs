using System.Numerics.Tensors;
using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Imaging;

namespace CnnEngine.Runs.Report;

/// <summary>What several sections need, computed once.</summary>
internal sealed class ReportContext
{
    private const int MostMistakes = 24;
    private const int MostSamples = 6;
    private const int MostLookedAt = 500;

    private readonly IProgress<ReportProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private (string Title, int Before, int All) _section;

    public ReportContext(ReportData data, IProgress<ReportProgress>? progress, CancellationToken cancellation)
    {
        (Data, _progress, _cancellation) = (data, progress, cancellation);
        Network = data.Network;
        if (Network is null || data.Data is not { } images) return;
        _progress?.Report(new ReportProgress("measuring the network", 0));
        Evaluation = Classification.Of(Network, images, MostMistakes, cancellation);
        Samples = [.. Choose(images).Select(index => new Sample(this, index))];
    }

    public ReportData Data { get; }

    public Network? Network { get; }

    /// <summary>How the network does on the images; null without them.</summary>
    public Classification? Evaluation { get; }

    /// <summary>Images to look at more closely, of different classes.</summary>
    public IReadOnlyList<Sample> Samples { get; } = [];

    /// <summary>What stands in place of a section that needs the images, where these could not be had; null where nobody named any.</summary>
    public ReportSection? Missing(string id, string title) => Data.DataFault is null ? null : new(id, title, html =>
        html.Write($"<p>Left out: it is measured on the run’s images, which could not be opened.</p>"));

    /// <summary>Says that a section is begun.</summary>
    /// <exception cref="OperationCanceledException">Nobody wants it any more.</exception>
    public void Begin(ReportSection section, List<ReportSection> sections)
    {
        _section = (section.Title, sections.IndexOf(section), sections.Count);
        Advance(0);
    }

    /// <summary>Says how much of the section is done, 0 to 1.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public void Advance(double share)
    {
        _cancellation.ThrowIfCancellationRequested();
        _progress?.Report(new ReportProgress($"writing: {_section.Title}", (_section.Before + share) / _section.All));
    }

    /// <summary>An image of the data as a picture.</summary>
    public Picture Show(ReadOnlySpan<float> image) => ReportPictures.Of(image, Network!.InputShape, Data.Preprocessing ?? Data.Data?.Preprocessing);

    /// <summary>The numbers of an image.</summary>
    public Tensor Read(int index, out int label)
    {
        IDataset data = Data.Data!;
        Tensor image = Tensor.Zeros(data.ImageShape);
        int[] labels = new int[1];
        data.Read([index], image.Span, labels);
        label = labels[0];
        return image;
    }

    /// <summary>An image of each of some classes: the first ones among images spread evenly, since data may lie class by class and be slow to read.</summary>
    private static IEnumerable<int> Choose(IDataset data)
    {
        HashSet<int> seen = [];
        float[] image = new float[data.ImageShape.Length];
        int[] label = new int[1];
        int step = Math.Max(1, data.Count / MostLookedAt);
        for (int index = 0; index < data.Count && seen.Count < Math.Min(MostSamples, data.Classes); index += step)
        {
            data.Read([index], image, label);
            if (seen.Add(label[0])) yield return index;
        }
    }
}

/// <summary>An image, and what the network takes it for.</summary>
internal sealed class Sample
{
    public Sample(ReportContext context, int index)
    {
        Image = context.Read(index, out int label);
        float[] scores = new float[context.Network!.OutputShape.Length];
        context.Network.Predict(Image.Span, scores);
        Guess = TensorPrimitives.IndexOfMax(scores);
        (Label, Confidence) = (label, Probabilities.Of(scores, Probabilities.AreOutputsOf(context.Network))[Guess]);
        Picture = context.Show(Image.Span);
    }

    public Tensor Image { get; }

    public Picture Picture { get; }

    public int Label { get; }

    public int Guess { get; }

    public double Confidence { get; }
}

/// <summary>A part of the page under a heading of its own.</summary>
/// <param name="Id">What links to it name.</param>
/// <param name="Title">The heading.</param>
/// <param name="Write">Writes what is below the heading.</param>
internal sealed record ReportSection(string Id, string Title, Action<HtmlWriter> Write);
