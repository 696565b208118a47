using System.Globalization;
using CnnEngine.Data;
using CnnEngine.Graphs;

namespace CnnEngine.Programs;

/// <summary>Weights with what is needed to use them: how pixels become inputs, and what the outputs mean.</summary>
internal static class WeightsFile
{
    private const string MeanKey = "mean";
    private const string DeviationKey = "deviation";

    /// <summary>Saves a network's weights.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, Network network, ByteImages data) => network.Save(path, new Dictionary<string, string>
    {
        ["preprocessing"] = $"(pixel / 255 - {MeanKey}) / {DeviationKey}",
        [MeanKey] = Write(data.Normalization.Mean),
        [DeviationKey] = Write(data.Normalization.Deviation),
        ["classes"] = string.Join(", ", data.ClassNames ?? []),
        ["data"] = data.Name,
    });

    /// <summary>Loads a network's weights, and gives the data the preprocessing that they were trained with.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or of another network.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TrainTest Load(string path, Network network, TrainTest sets)
    {
        IReadOnlyDictionary<string, string> metadata = network.Load(path);
        // Other programs' files may leave them out; then the data's own have to do.
        if (!metadata.ContainsKey(MeanKey) && !metadata.ContainsKey(DeviationKey)) return sets;
        float[] mean = Read(MeanKey), deviation = Read(DeviationKey);
        if (deviation.Any(number => number <= 0)) throw new InvalidDataException($"{path}: metadata \"{DeviationKey}\" is {metadata[DeviationKey]}; it must be above 0");
        Normalization normalization = new(mean, deviation);
        return new TrainTest(sets.Train.With(normalization), sets.Test.With(normalization));

        // A number for each channel, or one for all.
        float[] Read(string key)
        {
            string text = metadata.GetValueOrDefault(key, "");
            int channels = sets.Train.ImageShape[0];
            string[] parts = text.Split(',');
            float[] numbers = new float[channels];
            for (int c = 0; c < channels; c++)
                if (parts.Length != 1 && parts.Length != channels
                    || !float.TryParse(parts[Math.Min(c, parts.Length - 1)], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[c]) || !float.IsFinite(numbers[c]))
                    throw new InvalidDataException(
                        $"{path}: metadata \"{key}\" is \"{text}\"; it must be {(channels == 1 ? "a number" : $"a number or {channels}")}");
            return numbers;
        }
    }

    private static string Write(IReadOnlyList<float> numbers) => string.Join(", ", numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
}
