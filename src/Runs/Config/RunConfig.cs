using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CnnEngine.Data;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>
/// Everything that a training follows from, as <c>config.json</c> has it: the same configuration and the same data give the same bits,
/// on any number of threads. Keys are the properties' names in camel case, choices are words, comments and trailing commas do no harm.
/// </summary>
public sealed record RunConfig
{
    /// <summary>What is learnt from.</summary>
    public DataConfig Data { get; init; } = new();

    /// <summary>
    /// The network: the name of one of the literature (<c>"resnet18"</c>), the same with options (<c>{ "model": "resnet18", "width": 0.5 }</c>),
    /// or its layers (<c>{ "layers": [ … ] }</c>); null for one that suits the images. Input and classes may be left out: the data knows them.
    /// </summary>
    public JsonNode? Model { get; init; }

    /// <summary>What becomes of images before they are learnt from, anew in every epoch.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>How parameters are updated.</summary>
    public OptimizerConfig Optimizer { get; init; } = new SgdConfig();

    /// <summary>How the learning rate goes.</summary>
    public ScheduleConfig Schedule { get; init; } = new OneCycleConfig();

    /// <summary>What is made small.</summary>
    public LossConfig Loss { get; init; } = new();

    /// <summary>How often every image is seen.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images of one step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>The first weights, the order of the images and what becomes of them follow from it.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Threads to compute on; null for all that there are. The results do not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>How far gradients may go.</summary>
    public ClipConfig Clip { get; init; } = new();

    /// <summary>What share of the weights' moving average is kept in each step, 0 to below 1; null for no average.</summary>
    public float? Average { get; init; }

    /// <summary>When to stop before the last epoch; null for never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>What the epoch that is kept as the best is chosen by.</summary>
    public EpochMetric Best { get; init; } = EpochMetric.Accuracy;

    /// <summary>After how many seconds within an epoch the training is saved; it is saved after every epoch, too.</summary>
    public double CheckpointSeconds { get; init; } = 60;

    /// <summary>Digits after the point of the log's losses; accuracies, in per cent, have two less.</summary>
    public int LogDigits { get; init; } = 4;

    /// <summary>Reads a configuration, in which everything that is left out has the defaults above.</summary>
    /// <exception cref="ConfigurationException">A key is unknown or a value not possible; the message names the file and the key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunConfig Read(string path) => Parse(ReadSettings(path), path);

    /// <summary>Makes a configuration of settings.</summary>
    /// <param name="settings">Some or all of the keys.</param>
    /// <param name="source">Where they are from, for messages.</param>
    /// <exception cref="ConfigurationException">A key is unknown or a value not possible.</exception>
    public static RunConfig Parse(JsonObject settings, string source)
    {
        RunConfig config = ConfigReader.Read(settings, RunJson.Default.RunConfig, source);
        config.Check(source);
        return config;
    }

    /// <summary>Reads a file of settings, to be laid over others; values that depend on what is left out are not checked yet.</summary>
    /// <exception cref="ConfigurationException">A key is unknown or a value of the wrong kind; the message names the file and the key.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static JsonObject ReadSettings(string path)
    {
        JsonObject settings = ConfigReader.ReadObject(path);
        if (settings["model"] is JsonValue name) settings["model"] = new JsonObject { ["model"] = name.DeepClone() };
        return Checked(settings, path);
    }

    /// <summary>The same of settings that are there already.</summary>
    /// <exception cref="ConfigurationException">A key is unknown or a value of the wrong kind; the message names the source and the key.</exception>
    public static JsonObject Checked(JsonObject settings, string source)
    {
        ConfigReader.Check(settings, RunJson.Default.RunConfig, source, "", isWhole: false);
        return settings;
    }

    /// <summary>Reads a file with a network's description, for <see cref="Model"/>.</summary>
    /// <exception cref="ConfigurationException">It is no JSON object, or describes no network.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static JsonObject ReadModel(string path)
    {
        JsonObject model = ConfigReader.ReadObject(path);
        return model.ContainsKey("model") || model.ContainsKey("layers") ? model
            : throw new ConfigurationException($"{path}: there is neither \"model\", the name of a network, nor \"layers\", a list");
    }

    /// <summary>Settings laid over others: what both have is the upper one's.</summary>
    public static JsonObject Merge(JsonObject below, JsonObject above) => ConfigReader.Merge(below, above);

    /// <summary>The configuration as JSON, with every key.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, RunJson.Default.RunConfig)!.AsObject();

    /// <summary>Writes the configuration; the file is whole or not there at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        JsonSerializer.Serialize(stream, this, RunJson.Default.RunConfig);
        stream.WriteByte((byte)'\n');
    });

    /// <summary>The loss that is made small.</summary>
    internal Loss CreateLoss() =>
        Augmentation.IsMixed ? new MixedCrossEntropy { Smoothing = Loss.Smoothing } : new CrossEntropy { Smoothing = Loss.Smoothing };

    /// <summary>What the trainer has to know.</summary>
    internal TrainerOptions TrainerOptions() => new()
    {
        Epochs = Epochs,
        Seed = Seed,
        Schedule = Schedule.Create(),
        ClipValue = Clip.Value,
        ClipNorm = Clip.Norm,
        EarlyStopping = EarlyStopping,
    };

    /// <summary>Checks what single values may be.</summary>
    /// <exception cref="ConfigurationException">One is out of range.</exception>
    private void Check(string source)
    {
        Require(Epochs is >= 1 and <= MostEpochs, "epochs", Epochs, $"a whole number from 1 to {MostEpochs}");
        Require(Batch is >= 1 and <= MostImages, "batch", Batch, $"a whole number from 1 to {MostImages}");
        Require(Seed >= 0, "seed", Seed, "a whole number, 0 or more");
        Require(Threads is null or (>= 1 and <= MostThreads), "threads", Threads, $"a whole number from 1 to {MostThreads}, or null for all");
        Require(Loss.Smoothing is >= 0 and < 1, "loss.smoothing", Loss.Smoothing, "0 to below 1");
        Require(Average is null or (>= 0 and < 1), "average", Average, "0 to below 1, or null for no average");
        Require(Clip.Value is null or > 0, "clip.value", Clip.Value, "a number above 0, or null");
        Require(Clip.Norm is null or > 0, "clip.norm", Clip.Norm, "a number above 0, or null");
        Require(CheckpointSeconds is > 0 and <= 1e6, "checkpointSeconds", CheckpointSeconds, "a number of seconds above 0");
        Require(LogDigits is >= 2 and <= 15, "logDigits", LogDigits, "a whole number from 2 to 15");
        Require(Data.Validation is null or (>= 0 and < 1), "data.validation", Data.Validation, "a share, 0 to below 1");
        Require(Data.Size is null or [>= 1 and <= MostSide, >= 1 and <= MostSide], "data.size", $"[{string.Join(", ", Data.Size ?? [])}]", $"two whole numbers, height and width, from 1 to {MostSide}");
        Require(Data.Channels is null or 1 or 3, "data.channels", Data.Channels, "1 or 3, or null for the pictures' own");
        Require(Data.Images is null or > 0, "data.images", Data.Images, "a whole number above 0");
        Require(Data.TestImages is null or > 0, "data.testImages", Data.TestImages, "a whole number above 0");
        Require(Data.IsDrawn || Data.Images is null, "data.images", Data.Images, "left out but for synthetic and shapes");
        Require(Data.IsDrawn || Data.TestImages is null, "data.testImages", Data.TestImages, "left out but for synthetic and shapes");
        Try("optimizer", () => Optimizer.Create());
        Try("schedule", () => Schedule.Create());

        void Require(bool isRight, string key, object? value, string wanted)
        {
            if (!isRight) throw new ConfigurationException(FormattableString.Invariant($"{source}: {key} is {value}; it must be {wanted}"));
        }

        // The constructors know best what their numbers may be.
        void Try(string part, Action create)
        {
            try
            {
                create();
            }
            catch (ArgumentException error)
            {
                throw new ConfigurationException($"{source}: {part}: {ConfigReader.Message(error)}", error);
            }
        }
    }

    private const int MostEpochs = 1_000_000;
    private const int MostImages = 65_536;
    private const int MostThreads = 1024;
    private const int MostSide = 4096;
}

/// <summary>What is made small: the cross-entropy of the softmax.</summary>
public sealed record LossConfig
{
    /// <summary>Label smoothing ε, 0 to below 1.</summary>
    public float Smoothing { get; init; }
}

/// <summary>How far gradients may go: <see cref="ClipGradients"/>.</summary>
public sealed record ClipConfig
{
    /// <summary>The largest that a number of a gradient may be; null for any.</summary>
    public float? Value { get; init; }

    /// <summary>The longest that all gradients together may be; null for any.</summary>
    public float? Norm { get; init; }
}
