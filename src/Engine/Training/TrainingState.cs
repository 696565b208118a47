using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CnnEngine.Graphs;

namespace CnnEngine.Training;

/// <summary>
/// Where a training stands between two steps: all that it goes on from but the numbers of weights, optimiser and average
/// (<see cref="Checkpoint"/> keeps those, too). Random numbers follow from seeds and positions, so that no state of theirs is needed.
/// </summary>
public sealed record TrainingState
{
    /// <summary>The seed of the images' order.</summary>
    public required long Seed { get; init; }

    /// <summary>How many images there are to learn from.</summary>
    public required int Images { get; init; }

    /// <summary>How many of them a minibatch has.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The optimiser in words.</summary>
    public required string Optimizer { get; init; }

    /// <summary>The learning rate's schedule in words.</summary>
    public required string Schedule { get; init; }

    /// <summary>The epoch at hand, from 1; the one after the last when training is over.</summary>
    public required int Epoch { get; init; }

    /// <summary>Steps done in it. When all are, the test images are still to be measured.</summary>
    public required int Step { get; init; }

    /// <summary>The epoch's losses and right guesses so far.</summary>
    public required BatchResult Train { get; init; }

    /// <summary>Time of the epoch's steps so far.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>η of the last step.</summary>
    public required float LearningRate { get; init; }

    /// <summary>The network's steps, which random numbers of layers follow from.</summary>
    public required long NetworkSteps { get; init; }

    /// <summary>The optimiser's steps.</summary>
    public required long OptimizerSteps { get; init; }

    /// <summary>The steps that the average of weights has taken in; 0 without one.</summary>
    public required long AverageSteps { get; init; }

    /// <summary>What came of the epochs before.</summary>
    public required IReadOnlyList<EpochResult> Results { get; init; }

    /// <summary>Steps of an epoch.</summary>
    public int StepsPerEpoch => (int)(((long)Images + BatchSize - 1) / BatchSize);

    /// <summary>The state as JSON; numbers come back to the last bit, those that are not finite as texts.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, TrainingJson.Default.TrainingState)!.AsObject();

    /// <summary>Reads a state back and checks that it is one.</summary>
    /// <param name="json">What <see cref="ToJson"/> made.</param>
    /// <param name="source">What to call its place in messages: the file's name.</param>
    /// <exception cref="InvalidDataException">Something is missing, unknown or impossible; the message says what.</exception>
    public static TrainingState FromJson(JsonObject json, string source)
    {
        TrainingState state;
        try
        {
            state = json.Deserialize(TrainingJson.Default.TrainingState)!;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{source}: the training's state cannot be read: {error.Message}", error);
        }
        if (state.Fault() is { } fault) throw new InvalidDataException($"{source}: the training's state is impossible: {fault}");
        return state;
    }

    private string? Fault()
    {
        if (Images < 1) return $"images is {Images}; there must be 1 or more";
        if (BatchSize < 1) return $"batchSize is {BatchSize}; it must be 1 or more";
        if (Epoch < 1) return $"epoch is {Epoch}; it must be 1 or more";
        if (Step < 0 || Step > StepsPerEpoch) return $"step is {Step}; it must be 0 to {StepsPerEpoch}";
        int seen = (int)Math.Min((long)Step * BatchSize, Images);
        if (Train.Images != seen) return $"train.images is {Train.Images}; after {Step} steps of {BatchSize} it must be {seen}";
        if (NetworkSteps < 0) return $"networkSteps is {NetworkSteps}; it must be 0 or more";
        if (OptimizerSteps < 0) return $"optimizerSteps is {OptimizerSteps}; it must be 0 or more";
        if (AverageSteps < 0) return $"averageSteps is {AverageSteps}; it must be 0 or more";
        if (Results.Count != Epoch - 1) return $"there are {Results.Count} results before epoch {Epoch}; there must be {Epoch - 1}";
        for (int i = 0; i < Results.Count; i++)
            if (Results[i]?.Epoch != i + 1) return $"result {i + 1} is of epoch {Results[i]?.Epoch}";
        return null;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    IgnoreReadOnlyProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class TrainingJson : JsonSerializerContext;
