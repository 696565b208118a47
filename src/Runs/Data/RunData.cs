using CnnEngine.Data;
using CnnEngine.Serialization;

namespace CnnEngine.Runs;

/// <summary>The images of a training, opened: what is learnt from, what is measured by.</summary>
public sealed class RunData
{
    private const double DefaultValidation = 0.1;

    private RunData(DataConfig config, IDataset train, IDataset? validation, IDataset? test, IReadOnlyList<SkippedFile> skipped) =>
        (Config, Train, Validation, Test, Skipped) = (config, train, validation, test, skipped);

    /// <summary>What was opened, with nothing left out.</summary>
    public DataConfig Config { get; }

    /// <summary>The images to learn from, as they are.</summary>
    public IDataset Train { get; }

    /// <summary>The images to measure by after each epoch; null for none.</summary>
    public IDataset? Validation { get; }

    /// <summary>Further images to measure the best epoch's network by; null for none.</summary>
    public IDataset? Test { get; }

    /// <summary>Files that were left out, and why.</summary>
    public IReadOnlyList<SkippedFile> Skipped { get; }

    /// <summary>What to call it.</summary>
    public string Name => Config is { Kind: DataKind.Files, Path: { } path } ? Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path)) : Train.Name;

    /// <summary>Where it came from, in words.</summary>
    public string Origin => Config.Path ?? (Config.Kind is DataKind.Synthetic or DataKind.Shapes ? "drawn by the program" : "");

    /// <summary>The shape of an image, C×H×W.</summary>
    public Shape Image => Train.ImageShape;

    /// <summary>How many classes there are.</summary>
    public int Classes => Train.Classes;

    /// <summary>What they are called: numbers, if they have no names.</summary>
    public IReadOnlyList<string> ClassNames => Train.ClassNames ?? [.. Enumerable.Range(0, Classes).Select(c => $"{c}")];

    /// <summary>Whether images, mirrored left and right, show the same, as photographs do and digits do not.</summary>
    internal bool Mirrors => Config.Kind == DataKind.FashionMnist || (Config.Kind != DataKind.Mnist && Image[0] == 3);

    /// <summary>Opens data to train with.</summary>
    /// <param name="config">What to open.</param>
    /// <param name="source">Where that is from, for messages.</param>
    /// <param name="preferred">Height and width for pictures that differ in size or are large, if the configuration does not say.</param>
    /// <param name="progress">Told how far the reading of pictures has come.</param>
    /// <param name="cancellation">Ends the reading of pictures.</param>
    /// <exception cref="ConfigurationException">What is asked for cannot be.</exception>
    /// <exception cref="InvalidDataException">The data is damaged, or laid out in another way.</exception>
    /// <exception cref="IOException">The data is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file must not be read.</exception>
    internal static RunData Open(
        DataConfig config, string source, int[] preferred, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (config.Kind == DataKind.Files) return OpenFiles(config, source, preferred, progress, cancellation);
        if (config.ValidationPath is not null) throw new ConfigurationException($"{source}: data.validationPath goes with picture files; {ConfigReader.Word(config.Kind)} has a share of its images for it, data.validation");
        (ByteImages train, ByteImages test) = Sets(config);
        Shape own = train.ImageShape, wanted = new(config.Channels ?? own[0], config.Size?[0] ?? own[1], config.Size?[1] ?? own[2]);
        if (wanted != own)
        {
            train = train.With(new Preprocessing(wanted, Normalization.None(wanted[0]), config.Resize)).Measured();
            test = test.With(train.Preprocessing!);
        }
        config = config with { Validation = config.Validation ?? 0, Size = [wanted[1], wanted[2]], Channels = wanted[0] };
        IDataset? further = config.TestPath is null ? null : LoadToTest(config, train.Preprocessing, train.ClassNames, cancellation).Images;
        if (config.Validation == 0) return new RunData(config, train, test, further, []);
        int[] labels = [.. Enumerable.Range(0, train.Count).Select(train.Label)];
        (int[] kept, int[] held) = StratifiedSplit.Of(labels, config.Validation.Value);
        return new RunData(config, new Subset(train, kept), new Subset(train, held), further ?? test, []);
    }

    /// <summary>Opens data to measure a network by that exists already: its test images, or all of them if they are not parted.</summary>
    /// <param name="config">What to open.</param>
    /// <param name="preprocessing">What the network wants.</param>
    /// <param name="classNames">Its classes.</param>
    /// <param name="cancellation">Ends the reading of pictures.</param>
    /// <exception cref="InvalidDataException">The data is damaged, or has other classes.</exception>
    /// <exception cref="IOException">The data is not there or cannot be read.</exception>
    internal static (IDataset Images, IReadOnlyList<SkippedFile> Skipped) OpenToTest(
        DataConfig config, Preprocessing? preprocessing, IReadOnlyList<string>? classNames, CancellationToken cancellation = default)
    {
        if (config.Kind == DataKind.Files) return LoadToTest(config with { TestPath = config.Path }, preprocessing, classNames, cancellation);
        ByteImages test = Sets(config).Test;
        if (classNames is not null && !classNames.SequenceEqual(new RunData(config, test, null, null, []).ClassNames))
            throw new InvalidDataException($"{test.Name}: its classes are {Quoting.QuoteSome([.. test.ClassNames ?? []])}; the network's are {Quoting.QuoteSome([.. classNames])}");
        return (preprocessing is null ? test : test.With(preprocessing), []);
    }

    private static RunData OpenFiles(DataConfig config, string source, int[] preferred, IProgress<LoadingProgress>? progress, CancellationToken cancellation)
    {
        if (config.Path is null) throw new ConfigurationException($"{source}: data.path is left out; it must be the pictures' folder or a CSV file");
        if (config.Validation is <= 0) throw new ConfigurationException($"{source}: data.validation is {config.Validation}; of picture files it must be a share above 0");
        config = config with { Validation = config.Validation ?? DefaultValidation };
        if (config.Size is null && !PictureSizes.AreSmallAndEqual(config.Path)) config = config with { Size = preferred };
        LabelledData data = LabelledData.Load(config.Path, config.ValidationPath, Options(config), progress, cancellation);
        Shape shape = data.Train.ImageShape;
        config = config with { Size = [shape[1], shape[2]], Channels = shape[0] };
        if (config.TestPath is null) return new RunData(config, data.Train, data.Validation, null, data.Skipped);
        (IDataset test, IReadOnlyList<SkippedFile> skipped) = LoadToTest(config, data.Train.Preprocessing, data.Train.ClassNames, cancellation);
        return new RunData(config, data.Train, data.Validation, test, [.. data.Skipped, .. skipped]);
    }

    private static (IDataset Images, IReadOnlyList<SkippedFile> Skipped) LoadToTest(
        DataConfig config, Preprocessing? preprocessing, IReadOnlyList<string>? classNames, CancellationToken cancellation) =>
        LabelledData.LoadToTest(config.TestPath!, Options(config) with { Preprocessing = preprocessing, ClassNames = classNames }, null, cancellation);

    private static ImageOptions Options(DataConfig config) => new()
    {
        Size = config.Size is { } size ? (size[0], size[1]) : null,
        Channels = config.Channels,
        Resize = config.Resize,
        SkipBad = config.BadImages == BadImages.Skip,
        ValidationShare = config.Validation ?? DefaultValidation,
    };

    internal static TrainTest Sets(DataConfig config) => config.Kind switch
    {
        DataKind.Mnist => Located(config),
        DataKind.FashionMnist => Mnist.Load(PathOf(config, "FASHION_MNIST_DIR")),
        DataKind.Cifar10 => Cifar10.Load(PathOf(config, "CIFAR10_DIR")),
        DataKind.Synthetic => SyntheticDigits.Generate(1, config.Images ?? 60_000, config.TestImages ?? 10_000),
        DataKind.Shapes => SyntheticShapes.Generate(1, config.Images ?? 50_000, config.TestImages ?? 10_000),
        _ => throw new ArgumentOutOfRangeException(nameof(config), config.Kind, "these are no ready-made sets"),
    };

    private static TrainTest Located(DataConfig config)
    {
        DataLocator locator = null!;
        locator = new DataLocator(Environment.GetEnvironmentVariable, new MnistDownloader(), () => throw new DirectoryNotFoundException(
            $"data mnist: it is not on this machine; put its four files into {locator.CacheDirectory}, or name their folder in {DataLocator.Variable} or in place of the word mnist"));
        return locator.LocateAsync(config.Path).GetAwaiter().GetResult().Sets;
    }

    private static string PathOf(DataConfig config, string variable) =>
        config.Path ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named
            ? named
            : throw new DirectoryNotFoundException($"data {ConfigReader.Word(config.Kind)}: name its folder in its place, or in the environment variable {variable}"));
}
