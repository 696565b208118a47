using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Runs;

/// <summary>What is chosen where nothing was said: a network that suits the images, and a training that suits the network.</summary>
internal static class Recipe
{
    // The side up to which grey images go to LeNet-5.
    private const int SmallGrey = 40;

    /// <summary>The side up to which pictures are taken as they are, by a small ResNet if not by LeNet-5.</summary>
    public const int Small = 64;

    /// <summary>The side that larger pictures are brought to, if their size is not said.</summary>
    public const int Large = 96;

    /// <summary>The name of a network for images of a shape.</summary>
    public static string ModelFor(Shape image)
    {
        int side = Math.Min(image[1], image[2]);
        if (image[0] == 1 && side >= 16 && Math.Max(image[1], image[2]) <= SmallGrey) return "lenet5";
        return Math.Max(image[1], image[2]) <= Small ? "cifar-resnet20" : "resnet18";
    }

    /// <summary>The training of a network.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="image">Its input.</param>
    /// <param name="mirrors">Whether its images show the same when they are mirrored: not so with digits.</param>
    /// <param name="settings">What was said; where it names an optimiser or a schedule, the rest is made to suit it.</param>
    public static RunConfig For(Graph graph, Shape image, bool mirrors, JsonObject settings)
    {
        bool isNormalized = graph.Layers.Any(layer => layer.Layer is BatchNorm2d), isSmall = Math.Max(image[1], image[2]) <= Small;
        // Networks that normalise bear large steps.
        (int epochs, int batch, float rate, float decay) = (isNormalized, isSmall) switch
        {
            (true, true) => (20, 128, 0.2f, 5e-4f),
            (true, false) => (30, 32, 0.05f, 1e-4f),
            (false, true) => (10, 64, 0.05f, 5e-4f),
            (false, false) => (30, 32, 0.01f, 5e-4f),
        };
        OptimizerConfig optimizer = Word(settings["optimizer"]) switch
        {
            "adam" => new AdamConfig(),
            "adamw" => new AdamWConfig(),
            "rmsprop" => new RmsPropConfig(),
            "adagrad" => new AdagradConfig(),
            _ => new SgdConfig { Nesterov = isNormalized, WeightDecay = decay },
        };
        // Their steps are about η whatever the gradients.
        if (optimizer is not SgdConfig) rate = optimizer is AdagradConfig ? 0.01f : 0.001f;
        if (settings["epochs"] is JsonValue value && value.TryGetValue(out int said) && said > 0) epochs = said;
        ScheduleConfig schedule = Word(settings["schedule"]) switch
        {
            "constant" => new ConstantConfig(),
            "cosine" => new CosineConfig(),
            "step" => new StepConfig { Epochs = Math.Max(1, epochs / 3) },
            "multi-step" => new MultiStepConfig { Epochs = epochs < 4 ? [] : [epochs / 2, epochs * 3 / 4] },
            "exponential" => new ExponentialConfig(),
            "plateau" => new PlateauConfig(),
            _ => new OneCycleConfig(),
        };
        return new RunConfig
        {
            Augmentation = new Augmentation { Crop = image[0] == 1 ? 0 : Math.Max(1, Math.Min(image[1], image[2]) / 8), Flip = mirrors },
            Optimizer = optimizer,
            Schedule = schedule with { Rate = rate },
            Clip = new ClipConfig { Norm = isNormalized || isSmall ? null : 5 },
            Epochs = epochs,
            Batch = batch,
        };
    }

    private static string? Word(JsonNode? part) =>
        part is JsonObject members && members[ConfigReader.Kind] is JsonValue value && value.TryGetValue(out string? word) ? word : null;
}
