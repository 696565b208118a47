using CnnEngine.Data;

namespace CnnEngine.Runs;

/// <summary>The images of a training, opened: what is learnt from, what is measured by.</summary>
public sealed class RunData
{
    private const double DefaultValidation = 0.1;

    // Apart from the streams of weights, order and augmentation.
    private const ulong SplitStream = 1 << 28;

    private RunData(DataConfig config, string origin, IDataset train, IDataset? validation, IDataset? test) =>
        (Config, Origin, Train, Validation, Test) = (config, origin, train, validation, test);

    /// <summary>What was opened, with nothing left out.</summary>
    public DataConfig Config { get; }

    /// <summary>Where it came from, in words.</summary>
    public string Origin { get; }

    /// <summary>The images to learn from, as they are.</summary>
    public IDataset Train { get; }

    /// <summary>The images to measure by after each epoch; null for none.</summary>
    public IDataset? Validation { get; }

    /// <summary>Further images to measure the best epoch's network by; null for none.</summary>
    public IDataset? Test { get; }

    /// <summary>What else there is to say of it: which pictures were left out, say.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>What to call it.</summary>
    public string Name => Train.Name;

    /// <summary>The shape of an image, C×H×W.</summary>
    public Shape Image => Train.ImageShape;

    /// <summary>How many classes there are.</summary>
    public int Classes => Train.Classes;

    /// <summary>What they are called: numbers, if they have no names.</summary>
    public IReadOnlyList<string> ClassNames => Train.ClassNames ?? [.. Enumerable.Range(0, Classes).Select(c => $"{c}")];

    /// <summary>Whether images, mirrored left and right, show the same, as photographs do and digits do not.</summary>
    internal bool Mirrors => Config.Kind is not (DataKind.Mnist or DataKind.Synthetic) && (Image[0] == 3 || Config.Kind == DataKind.FashionMnist);

    /// <summary>Opens data.</summary>
    /// <param name="config">What to open.</param>
    /// <param name="source">Where that is from, for messages.</param>
    /// <param name="size">Height and width that the network wants, if the configuration does not say; null for any.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <exception cref="ConfigurationException">What is asked for cannot be.</exception>
    /// <exception cref="InvalidDataException">The data is damaged.</exception>
    /// <exception cref="IOException">The data is not there or cannot be read.</exception>
    public static RunData Open(DataConfig config, string source, int[]? size = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        (TrainTest sets, string origin) = config.Kind switch
        {
            DataKind.Mnist => Located(config, cancellation),
            DataKind.FashionMnist => (Mnist.Load(PathOf(config, "FASHION_MNIST_DIR")), config.Path ?? ""),
            DataKind.Cifar10 => (Cifar10.Load(PathOf(config, "CIFAR10_DIR")), ""),
            DataKind.Synthetic => (SyntheticDigits.Generate(1, config.Images ?? 60_000, config.TestImages ?? 10_000), "digits drawn by the program"),
            DataKind.Shapes => (SyntheticShapes.Generate(1, config.Images ?? 50_000, config.TestImages ?? 10_000), "coloured shapes drawn by the program"),
            _ => throw new ConfigurationException($"{source}: data.kind"),
        };
        return Split(config, origin, sets.Train, sets.Test);
    }

    private static RunData Split(DataConfig config, string origin, ByteImages train, ByteImages? test)
    {
        double share = config.Validation ?? (test is null ? DefaultValidation : 0);
        config = config with { Validation = share };
        (int[] kept, int[] held) = Indices(train.Count, train.Classes, train.Label, share);
        if (held.Length == 0) return new RunData(config, origin, train, test, null);
        return new RunData(config, origin, new Subset(train, kept), new Subset(train, held), test);
    }

    /// <summary>
    /// Holds back a share of each class, at least one image of each that has two; which follows from the numbers alone, so that every
    /// training of a data set holds back the same.
    /// </summary>
    internal static (int[] Kept, int[] Held) Indices(int count, int classes, Func<int, int> label, double share)
    {
        if (share <= 0) return ([.. Enumerable.Range(0, count)], []);
        int[][] ofClass = new int[classes][];
        foreach (IGrouping<int, int> group in Enumerable.Range(0, count).GroupBy(label)) ofClass[group.Key] = [.. group];
        List<int> kept = [], held = [];
        for (int c = 0; c < classes; c++)
        {
            int[] images = ofClass[c] ?? [];
            SplitMix64 random = SplitMix64.For(0, SplitStream, (ulong)c);
            random.Shuffle(images);
            int some = images.Length < 2 ? 0 : Math.Clamp((int)Math.Round(images.Length * share), 1, images.Length - 1);
            held.AddRange(images[..some]);
            kept.AddRange(images[some..]);
        }
        kept.Sort();
        held.Sort();
        return ([.. kept], [.. held]);
    }

    private static (TrainTest, string) Located(DataConfig config, CancellationToken cancellation)
    {
        LocatedData located = new DataLocator().LocateAsync(config.Path, cancellation: cancellation).GetAwaiter().GetResult();
        return located.Advice is null ? (located.Sets, located.Origin) : throw new DirectoryNotFoundException($"data mnist: it is not here; {located.Advice}");
    }

    private static string PathOf(DataConfig config, string variable) =>
        config.Path ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named
            ? named
            : throw new DirectoryNotFoundException($"data {ConfigReader.Word(config.Kind)}: name its folder, or set {variable}"));
}

/// <summary>What happens to pictures that cannot be read.</summary>
public enum BadImages
{
    /// <summary>The first one ends the training before it begins.</summary>
    Refuse,

    /// <summary>They are left out, and named.</summary>
    Skip,
}
