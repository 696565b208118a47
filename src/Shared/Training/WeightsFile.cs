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
    public static void Save(string path, Network network, ByteImages data, string[] classNames) => network.Save(path, new Dictionary<string, string>
    {
        ["preprocessing"] = $"(pixel / 255 - {MeanKey}) / {DeviationKey}",
        [MeanKey] = data.Normalization.Mean.ToString(CultureInfo.InvariantCulture),
        [DeviationKey] = data.Normalization.Deviation.ToString(CultureInfo.InvariantCulture),
        ["classes"] = string.Join(", ", classNames),
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
        float deviation = Read(DeviationKey);
        if (deviation <= 0) throw new InvalidDataException($"{path}: metadata \"{DeviationKey}\" is {deviation}; it must be above 0");
        Normalization normalization = new(Read(MeanKey), deviation);
        return new TrainTest(sets.Train.With(normalization), sets.Test.With(normalization));

        float Read(string key)
        {
            string text = metadata.GetValueOrDefault(key, "");
            return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
                ? number
                : throw new InvalidDataException($"{path}: metadata \"{key}\" is \"{text}\"; it must be a number");
        }
    }
}
