using System.Text.Json;
using System.Text.Json.Serialization;
using CnnEngine.Imaging;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>What configurations and results look like as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(WordConverter<DataKind>), typeof(WordConverter<EpochMetric>), typeof(WordConverter<ResizeMode>), typeof(WordConverter<BadImages>)])]
[JsonSerializable(typeof(RunConfig))]
internal sealed partial class RunJson : JsonSerializerContext;

/// <summary>Choices as words: <c>fashion-mnist</c>.</summary>
internal sealed class WordConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
