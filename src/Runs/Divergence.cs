using System.Text.Json;
using System.Text.Json.Serialization;
using CnnEngine.Analysis;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>Where a training diverged, as <c>divergence.json</c> in its folder says until it goes on.</summary>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Step">The step in it, from 1; null if it was the loss of the images to measure by, after the epoch.</param>
/// <param name="Loss">The mean loss.</param>
/// <param name="LearningRate">η of the step, or of the epoch's last.</param>
/// <param name="Place">The moment of the step at which the first number was not finite; null if it could not be found.</param>
/// <param name="Layer">In which layer; null for images and the loss.</param>
/// <param name="Parameter">In which of its parameters or running means, if it was in one.</param>
public sealed record Divergence(int Epoch, int? Step, double Loss, float LearningRate, NonFinitePlace? Place = null, string? Layer = null, string? Parameter = null)
{
    /// <summary>Where the first number that was not finite came from; null if it could not be found.</summary>
    [JsonIgnore]
    public NonFiniteOrigin? Origin
    {
        get => Place is { } place ? new NonFiniteOrigin(place, Layer, Parameter) : null;
        init => (Place, Layer, Parameter) = (value?.Place, value?.Layer, value?.Parameter);
    }

    /// <summary>Reads the file of a run's folder; null if the training has not diverged.</summary>
    /// <exception cref="InvalidDataException">The file is something else.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Divergence? Read(RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!File.Exists(folder.Divergence)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(folder.Divergence), DivergenceJson.Default.Divergence)
                ?? throw new InvalidDataException($"{folder.Divergence}: it is null; it must be an object, {{ … }}");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{folder.Divergence}: it does not say where a training diverged: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    internal void Write(RunFolder folder) =>
        AtomicFile.Write(folder.Divergence, stream => stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(this, DivergenceJson.Default.Divergence), (byte)'\n']));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(WordConverter<NonFinitePlace>)])]
[JsonSerializable(typeof(Divergence))]
internal sealed partial class DivergenceJson : JsonSerializerContext;
