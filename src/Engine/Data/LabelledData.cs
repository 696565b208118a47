namespace CnnEngine.Data;

/// <summary>
/// Images to train with and images to validate with, found by what a path leads to: a folder with a folder for each class; such folders under
/// <c>train</c> and <c>val</c>, <c>valid</c>, <c>validation</c> or, without any of these, <c>test</c>; a CSV file of <c>file,label</c>; the four files of MNIST or of a set in its
/// likeness; CIFAR-10's binary version.
/// </summary>
/// <param name="Train">The images to train with.</param>
/// <param name="Validation">The images to validate with: same shape, classes and normalisation; null if there are none and none are to be taken from the others.</param>
/// <param name="Skipped">Files that were left out, as <see cref="ImageOptions.SkipBad"/> allowed.</param>
public sealed record LabelledData(IDataset Train, IDataset? Validation, IReadOnlyList<SkippedFile> Skipped)
{
    private static readonly string[] ValidationFolders = ["val", "valid", "validation", "test"];

    /// <summary>Reads data to train with and data to validate with.</summary>
    /// <param name="path">Where the data is.</param>
    /// <param name="validationPath">Where the data to validate with is, a folder of classes or a CSV file; null to find it in, or take it from, the other.</param>
    /// <param name="options">How pictures become images.</param>
    /// <param name="progress">Told how far the reading of pictures has come.</param>
    /// <param name="cancellation">Ends the reading of pictures.</param>
    /// <exception cref="InvalidDataException">The data is damaged or laid out in another way; the message names the place and what would be right.</exception>
    /// <exception cref="IOException">A file is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file must not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static LabelledData Load(
        string path, string? validationPath = null, ImageOptions? options = null, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ImageOptions();
        if (validationPath is null && ReadyMade(path) is { } sets)
        {
            (ByteImages first, ByteImages second) = Fitted(sets, options);
            return new LabelledData(first, second, []);
        }
        (ImageListing train, ImageListing? validation) = validationPath is null ? ListBoth(path, options) : (List(path, options.ClassNames), null);
        if (validationPath is not null) validation = List(validationPath, train.ClassNames);
        if (validation is null)
        {
            if (train.Others.Count == 0 || options.SkipBad) train.RequireAllClasses();
            if (options.ValidationShare != 0) (train, validation) = train.Split(options.ValidationShare, options.Seed);
            if (validation?.Count == 0) throw new InvalidDataException($"{path}: has one picture of each class; of some there must be two, to train with and to validate with");
        }
        int all = train.Count + (validation?.Count ?? 0);
        ImageFiles trainFiles = ImageFiles.Load(train, options, Part(progress, 0, all), cancellation);
        trainFiles.RequireAllClasses();
        if (validation is null) return new LabelledData(trainFiles, null, trainFiles.Skipped);
        ImageFiles validationFiles = ImageFiles.Load(validation, options with { Preprocessing = trainFiles.Preprocessing }, Part(progress, train.Count, all), cancellation);
        return new LabelledData(trainFiles, validationFiles, [.. trainFiles.Skipped, .. validationFiles.Skipped]);
    }

    /// <summary>
    /// Reads data to measure a network by, whose <see cref="ImageOptions.Preprocessing"/> and <see cref="ImageOptions.ClassNames"/> the options
    /// should have: of data in two parts, that which is not for training, otherwise all of it.
    /// </summary>
    /// <inheritdoc cref="Load"/>
    public static (IDataset Images, IReadOnlyList<SkippedFile> Skipped) LoadToTest(
        string path, ImageOptions? options = null, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ImageOptions();
        if (ReadyMade(path) is { } sets) return (Fitted(sets, options).Test, []);
        (ImageListing all, ImageListing? validation) = ListBoth(path, options);
        ImageFiles files = ImageFiles.Load(validation ?? all, options, progress, cancellation);
        return (files, files.Skipped);
    }

    /// <summary>The folder <c>test</c> of a folder that has one to train with and one to validate with, too; null otherwise.</summary>
    internal static string? TestFolderOf(string path)
    {
        if (!Directory.Exists(Path.Combine(path, "train"))) return null;
        string[] rest = [.. ImageListing.FoldersOf(path).Where(name => name != "train")];
        return rest.Length > 1 && rest.Contains("test") && rest.All(ValidationFolders.Contains) ? Path.Combine(path, "test") : null;
    }

    /// <summary>MNIST or CIFAR-10, if the folder has one of their files; null otherwise.</summary>
    private static TrainTest? ReadyMade(string path) =>
        MnistFile.All.Any(file => file.Find(path) is not null) ? Mnist.Load(path) : Cifar10.IsIn(path) ? Cifar10.Load(path) : null;

    private static TrainTest Fitted(TrainTest sets, ImageOptions options)
    {
        if (options.ClassNames is { } names && !names.SequenceEqual(sets.Train.ClassNames!))
            throw new InvalidDataException($"{sets.Train.Name}: its classes are {string.Join(", ", sets.Train.ClassNames!)}; those asked for are {string.Join(", ", names)}");
        if (options.Preprocessing is { } preprocessing) return new TrainTest(sets.Train.With(preprocessing), sets.Test.With(preprocessing));
        Shape own = sets.Train.ImageShape;
        (int height, int width) = options.Size ?? (own[1], own[2]);
        Shape shape = new(options.Channels ?? own[0], height, width);
        if (shape == own) return sets;
        ByteImages train = sets.Train.With(new Preprocessing(shape, Normalization.None(shape[0]), options.Resize, options.Interpolation)).Measured();
        return new TrainTest(train, sets.Test.With(train.Preprocessing!));
    }

    private static (ImageListing Train, ImageListing? Validation) ListBoth(string path, ImageOptions options)
    {
        string train = Path.Combine(path, "train");
        string[] rest = Directory.Exists(train) ? [.. ImageListing.FoldersOf(path).Where(name => name != "train")] : [];
        // Classes may be called train and bus.
        if (!Directory.Exists(train) || !rest.All(ValidationFolders.Contains)) return (List(path, options.ClassNames), null);
        ImageListing listing = ImageListing.OfFolder(train, options.ClassNames);
        string? validation = ValidationFolders.FirstOrDefault(rest.Contains);
        return (listing, validation is null ? null : ImageListing.OfFolder(Path.Combine(path, validation), listing.ClassNames));
    }

    private static ImageListing List(string path, IReadOnlyList<string>? classNames)
    {
        if (Directory.Exists(path)) return ImageListing.OfFolder(path, classNames);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such folder or file; a folder with a folder of pictures for each class, or a CSV file of file,label is needed", path);
        return ImageListing.OfCsv(path, classNames);
    }

    private static Progress? Part(IProgress<LoadingProgress>? whole, int before, int all) => whole is null ? null : new Progress(whole, before, all);

    private sealed class Progress(IProgress<LoadingProgress> whole, int before, int all) : IProgress<LoadingProgress>
    {
        public void Report(LoadingProgress value) => whole.Report(new LoadingProgress(before + value.Read, all));
    }
}
