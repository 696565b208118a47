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
    public string Name => NameOf(Config) ?? Train.Name;

    /// <summary>Where it came from, in words.</summary>
    public string Origin => Config.Path ?? "drawn by the program";

    /// <summary>The shape of an image, C×H×W.</summary>
    public Shape Image => Train.ImageShape;

    /// <summary>How many classes there are.</summary>
    public int Classes => Train.Classes;

    /// <summary>What they are called: numbers, if they have no names.</summary>
    public IReadOnlyList<string> ClassNames => Train.ClassNames ?? [.. Enumerable.Range(0, Classes).Select(c => $"{c}")];

    /// <summary>Whether images, mirrored left and right, show the same, as photographs do and digits do not.</summary>
    internal bool Mirrors => Config.Kind == DataKind.FashionMnist || (Config.Kind != DataKind.Mnist && Image[0] == 3);

    /// <summary>What to call picture files; null for other data, which has a name of its own.</summary>
    internal static string? NameOf(DataConfig config) =>
        config is { Kind: DataKind.Files, Path: { } path } ? Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path)) : null;

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
        ((ByteImages train, ByteImages test), string? folder) = ReadyMadeSets.Load(config);
        Shape own = train.ImageShape, wanted = new(config.Channels ?? own[0], config.Size?[0] ?? own[1], config.Size?[1] ?? own[2]);
        if (wanted != own) (train, test) = Resized(train, test, wanted, config, source);
        config = config with { Path = folder, Validation = config.Validation ?? 0, Size = [wanted[1], wanted[2]], Channels = wanted[0] };
        (IDataset? further, IReadOnlyList<SkippedFile> skipped) = config.TestPath is null ? (null, []) : LoadToTest(config, train.Preprocessing, train.ClassNames, cancellation);
        if (config.Validation == 0) return new RunData(config, train, test, further, skipped);
        int[] labels = [.. Enumerable.Range(0, train.Count).Select(train.Label)];
        (int[] kept, int[] held) = StratifiedSplit.Of(labels, config.Validation.Value);
        return new RunData(config, new Subset(train, kept), new Subset(train, held), further ?? test, skipped);
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
        ByteImages test = ReadyMadeSets.Load(config).Sets.Test;
        if (classNames is not null && !classNames.SequenceEqual(new RunData(config, test, null, null, []).ClassNames))
            throw new InvalidDataException($"{test.Name}: its classes are {Quoting.QuoteSome([.. test.ClassNames ?? []])}; the network's are {Quoting.QuoteSome([.. classNames])}");
        return (preprocessing is null ? test : test.With(preprocessing), []);
    }

    private static (ByteImages Train, ByteImages Test) Resized(ByteImages train, ByteImages test, Shape shape, DataConfig config, string source)
    {
        try
        {
            train = train.With(new Preprocessing(shape, Normalization.None(shape[0]), config.Resize)).Measured();
            return (train, test.With(train.Preprocessing!));
        }
        catch (ArgumentException error)
        {
            throw new ConfigurationException($"{source}: data.size: {ConfigReader.Message(error)}", error);
        }
    }

    private static RunData OpenFiles(DataConfig config, string source, int[] preferred, IProgress<LoadingProgress>? progress, CancellationToken cancellation)
    {
        if (config.Path is null) throw new ConfigurationException($"{source}: data.path is left out; it must be the pictures' folder or a CSV file");
        config = config with { Validation = config.Validation ?? DefaultValidation, TestPath = config.TestPath ?? LabelledData.TestFolderOf(config.Path) };
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
}
