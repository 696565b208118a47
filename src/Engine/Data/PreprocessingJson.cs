using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CnnEngine.Imaging;
using CnnEngine.Serialization;

namespace CnnEngine.Data;

public sealed partial record Preprocessing
{
    private const string InputKey = "input", ResizeKey = "resize", InterpolationKey = "interpolation", MeanKey = "mean", DeviationKey = "deviation";

    private static readonly string[] Keys = [InputKey, ResizeKey, InterpolationKey, MeanKey, DeviationKey];

    /// <summary>
    /// As JSON: <c>{"input":[3,32,32],"resize":"stretch","interpolation":"bilinear","mean":[…],"deviation":[…]}</c>, with numbers that are read
    /// as the same floats again.
    /// </summary>
    public JsonObject ToJson() => new()
    {
        [InputKey] = new JsonArray([.. Input.ToArray().Select(extent => (JsonNode)extent)]),
        [ResizeKey] = Name(Resize),
        [InterpolationKey] = Name(Interpolation),
        [MeanKey] = new JsonArray([.. Mean.Select(number => (JsonNode)number)]),
        [DeviationKey] = new JsonArray([.. Deviation.Select(number => (JsonNode)number)]),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote; <c>resize</c> and <c>interpolation</c> may be left out.</summary>
    /// <param name="json">The object.</param>
    /// <param name="source">What to call where it comes from in messages, such as a file's name.</param>
    /// <exception cref="InvalidDataException">It is something else; the message names the source, the key and what would be right.</exception>
    public static Preprocessing FromJson(JsonNode? json, string source)
    {
        if (json is not JsonObject keys) throw Wrong("is no object in braces");
        foreach ((string key, _) in keys)
            if (!Keys.Contains(key)) throw Wrong($"has no key {Quoting.Quote(key)}; it has {string.Join(", ", Keys)}");
        int[] extents = Numbers<int>(InputKey, "three whole numbers, as in [3, 32, 32]");
        if (extents.Length != 3 || extents[0] is not (1 or 3) || !Picture.IsSize(extents[2], extents[1]))
            throw Wrong($"has \"{InputKey}\": [{string.Join(", ", extents)}]; it must be [1, height, width] or [3, height, width]");
        float[] mean = Numbers<float>(MeanKey, "a number for each channel"), deviation = Numbers<float>(DeviationKey, "a number for each channel");
        if (mean.Length != extents[0] || deviation.Length != extents[0])
            throw Wrong($"has {mean.Length} numbers as \"{MeanKey}\", {deviation.Length} as \"{DeviationKey}\"; each of the {extents[0]} channels must have one");
        if (!mean.All(float.IsFinite) || !deviation.All(number => number > 0 && float.IsFinite(number)))
            throw Wrong($"has a \"{DeviationKey}\" that is not above 0, or a number that is not finite");
        return new Preprocessing(new Shape(extents), new Normalization(mean, deviation), OneOf<ResizeMode>(ResizeKey), OneOf<Interpolation>(InterpolationKey));

        T[] Numbers<T>(string key, string what) where T : INumberBase<T>
        {
            if (keys[key] is not JsonArray { Count: > 0 } array) throw NoNumbers();
            T[] numbers = new T[array.Count];
            for (int i = 0; i < numbers.Length; i++)
                if (!T.TryParse(array[i]?.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]!)) throw NoNumbers();
            return numbers;

            InvalidDataException NoNumbers() => Wrong($"has \"{key}\": {keys[key]?.ToJsonString() ?? "nothing"}; it must be {what}");
        }

        T OneOf<T>(string key) where T : struct, Enum
        {
            if (!keys.ContainsKey(key)) return default;
            foreach (T value in Enum.GetValues<T>())
                if (keys[key] is JsonValue text && text.GetValueKind() == JsonValueKind.String && text.GetValue<string>() == Name(value)) return value;
            throw Wrong($"has \"{key}\": {keys[key]?.ToJsonString() ?? "null"}; there are {string.Join(", ", Enum.GetValues<T>().Select(value => $"\"{Name(value)}\""))}");
        }

        InvalidDataException Wrong(string what) => new($"{source}: the preprocessing {what}");
    }

    // The names are the enumerations' own, which nothing else depends on.
    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
