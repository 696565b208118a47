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

    public ReportContext(ReportData data, CancellationToken cancellation)
    {
        Data = data;
        Network = data.Network;
        if (Network is null || data.Data is not { } images) return;
        Evaluation = Classification.Of(Network, images, MostMistakes, cancellation);
        Samples = [.. Choose(images).Select(index => new Sample(this, index))];
    }

    public ReportData Data { get; }

    public Network? Network { get; }

    /// <summary>How the network does on the images; null without them.</summary>
    public Classification? Evaluation { get; }

    /// <summary>Images to look at more closely, of different classes.</summary>
    public IReadOnlyList<Sample> Samples { get; } = [];

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

    /// <summary>The first image of each of some classes.</summary>
    private static IEnumerable<int> Choose(IDataset data)
    {
        HashSet<int> seen = [];
        float[] image = new float[data.ImageShape.Length];
        int[] label = new int[1];
        for (int index = 0; index < data.Count && seen.Count < Math.Min(MostSamples, data.Classes); index++)
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
