using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using CnnEngine.Cli.Training;
using CnnEngine.Models;
using CnnEngine.Runs;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn train</c>: every option is a key of the configuration, laid over that of a file.</summary>
internal sealed class TrainCommand : CliCommand
{
    private readonly Option<string?> _config = OptionKinds.Path(
        "--config", "FILE", "Settings as a run's config.json has them, some or all; the other options are laid over them.");

    private readonly Option<string?> _data = OptionKinds.Path(
        "--data", "DATA",
        "What to learn from: a folder with a sub-folder of pictures for each class, or such folders under train, val and test; a CSV file of picture and "
        + "label; mnist, fashion-mnist or cifar10, or the folder with its files; synthetic (digits) or shapes (coloured), which the program draws itself.");

    private readonly Option<bool> _download = MnistDownload.NewOption();

    private readonly Option<string?> _validationPath = OptionKinds.Path("--validation-data", "PATH", "Pictures to measure by after each epoch, a folder or a CSV file, in place of a share.");

    private readonly Option<string?> _test = OptionKinds.Path("--test-data", "PATH", "Further pictures, a folder or a CSV file, to test the best network on after training.");

    private readonly Option<double?> _validation = OptionKinds.Real(
        "--validation", "SHARE",
        "Share of the images that are measured by after each epoch and not learnt from. [default: 0.1; 0 where the data has test images, which are measured by]", 0, 0.99);

    private readonly Option<int?> _images = OptionKinds.Number("--images", "How many images of synthetic and shapes to draw to learn from. [default: 60000 and 50000]", 1, int.MaxValue);

    private readonly Option<int?> _testImages = OptionKinds.Number("--test-images", "The same of images to measure by. [default: 10000]", 1, int.MaxValue);

    private readonly Option<string?> _size = OptionKinds.Path(
        "--size", "HxW", "Height and width that pictures are brought to, as in 32x32. [default: the pictures' own, if it is small and the same]");

    private readonly Option<string?> _channels = OptionKinds.Words("--channels", "1: grey, 3: colours. [default: the pictures' own]", ["1", "3"]);

    private readonly Option<string?> _resize = OptionKinds.Words(
        "--resize", "What becomes of the proportions of pictures of another size. [default: stretch]", ["stretch", "crop", "pad"]);

    private readonly Option<string?> _badImages = OptionKinds.Words(
        "--on-bad-image", "Pictures that cannot be read: refuse to train, or skip and name them. [default: refuse]", ["refuse", "skip"]);

    private readonly Option<string?> _model = OptionKinds.Path(
        "--model", "NAME|FILE", $"The network: {string.Join(", ", ModelZoo.Names)}; or a JSON file with its layers. [default: one that suits the images]");

    private readonly Option<double?> _width = OptionKinds.Real("--width", "FACTOR", "What the network's numbers of channels are multiplied by. [default: 1]", 0.001, 100);

    private readonly Option<int?> _epochs = OptionKinds.Number("--epochs", "How often every image is seen. [default: by the network]", 1, 1_000_000);

    private readonly Option<int?> _batch = OptionKinds.Number("--batch", "Images of one step. [default: by the network]", 1, 65_536);

    private readonly Option<string?> _optimizer = OptionKinds.Words("--optimizer", "How weights are updated. [default: sgd]", ["sgd", "adam", "adamw", "rmsprop", "adagrad"]);

    private readonly Option<double?> _momentum = OptionKinds.Real("--momentum", "SHARE", "Momentum of sgd and rmsprop.", 0, 0.9999);

    private readonly Option<double?> _decay = OptionKinds.Real("--weight-decay", "FACTOR", "How strongly weights are drawn to 0.", 0);

    private readonly Option<string?> _schedule = OptionKinds.Words(
        "--schedule", "How the learning rate goes. [default: one-cycle]", ["constant", "cosine", "one-cycle", "step", "multi-step", "exponential", "plateau"]);

    private readonly Option<float?> _rate = OptionKinds.Rate("--lr", "The highest learning rate. [default: by the network]");

    private readonly Option<double?> _warmUp = OptionKinds.Real("--warm-up", "EPOCHS", "Let the learning rate grow for so many epochs, not necessarily a whole number.", 0.001);

    private readonly Option<double?> _smoothing = OptionKinds.Real("--smoothing", "SHARE", "Label smoothing. [default: 0]", 0, 0.999);

    private readonly Option<int?> _crop = OptionKinds.Number("--crop", "Move images by up to so many pixels, anew in every epoch. [default: by the data]", 0, 1024);

    private readonly Option<bool?> _flip = new("--flip") { Description = "Mirror half of the images, left and right; --flip false: never. [default: by the data]" };

    private readonly Option<double?> _rotate = OptionKinds.Real("--rotate", "DEGREES", "Rotate images by up to so much, either way.", 0, 180);

    private readonly Option<double?> _shift = OptionKinds.Real("--shift", "SHARE", "Move images by up to this share of their sides, not by whole pixels.", 0, 1);

    private readonly Option<double?> _scale = OptionKinds.Real("--scale", "SHARE", "Make images larger or smaller by up to this share.", 0, 0.9);

    private readonly Option<string?> _elastic = OptionKinds.Path(
        "--elastic", "ALPHA,SIGMA", "Bend images: pixels displaced by up to ALPHA, smoothed over SIGMA pixels, as in 34,4 for digits.");

    private readonly Option<int?> _cutout = OptionKinds.Number("--cutout", "Blot out a square of so many pixels a side somewhere in each image.", 0, 65_536);

    private readonly Option<double?> _jitter = OptionKinds.Real("--jitter", "SHARE", "Change brightness, contrast and saturation by up to this share.", 0, 1);

    private readonly Option<double?> _mixup = OptionKinds.Real("--mixup", "ALPHA", "Add another image to each one, and their labels, by shares of Beta(ALPHA, ALPHA).", 0, 1000);

    private readonly Option<double?> _cutmix = OptionKinds.Real("--cutmix", "ALPHA", "Lay a rectangle of another image over each one, and share the label accordingly.", 0, 1000);

    private readonly Option<double?> _clipNorm = OptionKinds.Real("--clip-norm", "LENGTH", "Shorten gradients to this length.", 1e-9);

    private readonly Option<double?> _clipValue = OptionKinds.Real("--clip-value", "NUMBER", "Cut gradients' numbers off at this one.", 1e-9);

    private readonly Option<double?> _average = OptionKinds.Real("--average", "SHARE", "Measure by a moving average of the weights, of which so much is kept in each step, as in 0.999.", 0, 0.999999);

    private readonly Option<int?> _patience = OptionKinds.Number("--patience", "Stop early, when it has not got better for so many epochs.", 1, 1_000_000);

    private readonly Option<string?> _stopBy = OptionKinds.Words("--stop-by", "What early stopping goes by. [default: loss]", ["loss", "accuracy"]);

    private readonly Option<string?> _best = OptionKinds.Words("--best", "What the best epoch is chosen by. [default: accuracy]", ["loss", "accuracy"]);

    private readonly Option<int?> _seed = OptionKinds.Number("--seed", "First weights, order of the images and chance follow from it. [default: 1]", 0, int.MaxValue);

    private readonly Option<int?> _threads = OptionKinds.Number("--threads", "Threads to compute on; the results do not depend on it. [default: all]", 1, 1024);

    private readonly Option<double?> _every = OptionKinds.Real("--checkpoint-every", "SECONDS", "Save within epochs after so much time; it is saved after every epoch, too. [default: 60]", 0.001, 1e6);

    private readonly Option<int?> _digits = OptionKinds.Number("--digits", "Digits after the point of the log's losses. [default: 4]", 2, 15);

    private readonly Option<string[]> _set = new("--set")
    {
        HelpName = "KEY=VALUE",
        Description = "Any other key of the configuration, as in optimizer.beta2=0.95; can be given several times.",
    };

    private readonly Option<string?> _run = OptionKinds.Path("--run", "DIR", "The run's folder, which must be new or empty. [default: one in --runs, named by time, network and data]");

    private readonly Option<string?> _runs = OptionKinds.Path("--runs", "DIR", "The folder to make the run's folder in. [default: runs]");

    private readonly Option<bool> _noReport = TrainingSession.NewNoReport();

    public TrainCommand()
        : base(
            "train",
            "Trains a network, in a folder of its own: configuration, metrics, checkpoints, TensorBoard files, report.",
            new Example("cnn train --data photos/", "a folder with a sub-folder of pictures for each class; the rest is chosen"),
            new Example("cnn train --data mnist --model lenet5 --epochs 5", "LeNet-5 on MNIST, from $MNIST_DIR or the cache folder, into which --download fetches it"),
            new Example("cnn train --data list.csv --size 64x64 --model resnet18 --width 0.5", "pictures of a list, brought to one size"),
            new Example("cnn train --data cifar10 --optimizer adamw --lr 0.001 --schedule cosine", "another optimiser and schedule"),
            new Example("cnn train --data photos/ --patience 5 --epochs 100", "until it gets no better"),
            new Example("cnn train --config runs/first/config.json --run runs/again", "the same run once more, bit for bit"),
            new Example("cnn train --data synthetic --images 2000 --epochs 2 --json", "JSON lines for a script"))
    {
        foreach (Option option in (Option[])
            [
                _config, _data, _download, _validation, _validationPath, _test, _images, _testImages, _size, _channels, _resize, _badImages, _model, _width, _epochs, _batch,
                _optimizer, _momentum, _decay, _schedule, _rate, _warmUp, _smoothing, _crop, _flip, _rotate, _shift, _scale, _elastic, _cutout, _jitter, _mixup,
                _cutmix, _clipNorm, _clipValue, _average, _patience, _stopBy, _best, _seed, _threads, _every, _digits, _set, _run, _runs, _noReport,
            ])
            Options.Add(option);
        _data.CompletionSources.Add("mnist", "fashion-mnist", "cifar10", "synthetic", "shapes");
        _model.CompletionSources.Add([.. ModelZoo.Names]);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        JsonObject settings = RunConfig.Checked(Read(arguments), "command line");
        string source = "command line";
        if (arguments.GetValue(_config) is { } file)
        {
            PathCheck.RequireFile("--config", file);
            source = settings.Count == 0 ? file : $"{file} with the command line";
            settings = RunConfig.Merge(RunConfig.ReadSettings(file), settings);
        }
        if (settings["data"] is null)
            throw new ConfigurationException("--data is missing; it must be mnist, fashion-mnist, cifar10, synthetic, shapes, a folder or a CSV file");
        if (arguments.GetValue(_download)) MnistDownload.Run((JsonObject)settings["data"]!, session);
        if (arguments.GetValue(_stopBy) is { } metric && settings["earlyStopping"]?["patience"] is null)
            throw new ConfigurationException($"--stop-by is '{metric}', but it does not stop early without --patience");
        string? layers = arguments.GetValue(_model) is { } model && Settings.IsFile(model) ? model : null;
        RunPlan plan = ProgressLine.Open(session, progress => RunPlan.Make(settings, source, layers, progress, session.Cancellation));
        RunFolder folder = arguments.GetValue(_run) is { } path
            ? new RunFolder(path)
            : RunFolder.MakeNamed(arguments.GetValue(_runs) ?? "runs", plan.ModelName, plan.Data.Name, DateTime.Now);
        using TrainingRun run = TrainingRun.Start(plan, folder);
        return TrainingSession.Run(run, !arguments.GetValue(_noReport), session);
    }

    private JsonObject Read(ParseResult arguments)
    {
        Settings settings = new();
        if (arguments.GetValue(_data) is { } data) settings.SetData(data);
        settings.Set(FullPath(arguments.GetValue(_validationPath)), "data.validationPath");
        settings.Set(FullPath(arguments.GetValue(_test)), "data.testPath");
        settings.Set(arguments.GetValue(_validation), "data.validation");
        settings.Set(arguments.GetValue(_images), "data.images");
        settings.Set(arguments.GetValue(_testImages), "data.testImages");
        if (arguments.GetValue(_size) is { } size) settings.SetJson(ReadSize(size), "data.size");
        if (arguments.GetValue(_channels) is { } channels) settings.SetJson(int.Parse(channels, CultureInfo.InvariantCulture), "data.channels");
        settings.Set(arguments.GetValue(_resize), "data.resize");
        settings.Set(arguments.GetValue(_badImages), "data.badImages");
        if (arguments.GetValue(_model) is { } model) settings.SetModel(model);
        settings.Set(arguments.GetValue(_width), "model.width");
        settings.Set(arguments.GetValue(_epochs), "epochs");
        settings.Set(arguments.GetValue(_batch), "batch");
        settings.Set(arguments.GetValue(_optimizer), "optimizer.kind");
        settings.Set(arguments.GetValue(_momentum), "optimizer.momentum");
        settings.Set(arguments.GetValue(_decay), "optimizer.weightDecay");
        settings.Set(arguments.GetValue(_schedule), "schedule.kind");
        settings.Set(arguments.GetValue(_rate), "schedule.rate");
        settings.Set(arguments.GetValue(_warmUp), "schedule.warmUp.epochs");
        settings.Set(arguments.GetValue(_smoothing), "loss.smoothing");
        settings.Set(arguments.GetValue(_crop), "augmentation.crop");
        settings.Set(arguments.GetValue(_flip), "augmentation.flip");
        settings.Set(arguments.GetValue(_rotate), "augmentation.rotation");
        settings.Set(arguments.GetValue(_shift), "augmentation.shift");
        settings.Set(arguments.GetValue(_scale), "augmentation.scale");
        if (arguments.GetValue(_elastic) is { } elastic) settings.SetJson(ReadElastic(elastic), "augmentation.elastic");
        settings.Set(arguments.GetValue(_cutout), "augmentation.cutout");
        foreach (string part in (string[])["brightness", "contrast", "saturation"]) settings.Set(arguments.GetValue(_jitter), $"augmentation.{part}");
        settings.Set(arguments.GetValue(_mixup), "augmentation.mixup");
        settings.Set(arguments.GetValue(_cutmix), "augmentation.cutmix");
        settings.Set(arguments.GetValue(_clipNorm), "clip.norm");
        settings.Set(arguments.GetValue(_clipValue), "clip.value");
        settings.Set(arguments.GetValue(_average), "average");
        settings.Set(arguments.GetValue(_patience), "earlyStopping.patience");
        settings.Set(arguments.GetValue(_stopBy), "earlyStopping.metric");
        settings.Set(arguments.GetValue(_best), "best");
        settings.Set(arguments.GetValue(_seed), "seed");
        settings.Set(arguments.GetValue(_threads), "threads");
        settings.Set(arguments.GetValue(_every), "checkpointSeconds");
        settings.Set(arguments.GetValue(_digits), "logDigits");
        foreach (string assignment in arguments.GetValue(_set) ?? []) settings.Assign(assignment);
        return settings.Json;
    }

    // The run may be resumed from elsewhere.
    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static JsonObject ReadElastic(string text)
    {
        string[] numbers = text.Split(',');
        if (numbers.Length == 2
            && float.TryParse(numbers[0], NumberStyles.Float, CultureInfo.InvariantCulture, out float alpha) && alpha is >= 0 and <= 100_000
            && float.TryParse(numbers[1], NumberStyles.Float, CultureInfo.InvariantCulture, out float sigma) && sigma is >= 0.1f and <= 1000)
            return new JsonObject { ["alpha"] = alpha, ["sigma"] = sigma };
        throw new ConfigurationException($"--elastic is '{text}'; it must be a number from 0 to 100000 and one from 0.1 to 1000, as in 34,4");
    }

    private static JsonArray ReadSize(string text)
    {
        string[] sides = text.Split('x');
        if (sides.Length == 2 && sides.All(side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 4096))
            return [int.Parse(sides[0], CultureInfo.InvariantCulture), int.Parse(sides[1], CultureInfo.InvariantCulture)];
        throw new ConfigurationException($"--size is '{text}'; it must be a height and a width from 1 to 4096, as in 32x32");
    }
}
