using CnnEngine.Analysis;
using CnnEngine.Data;

namespace CnnEngine.Runs;

/// <summary>Whether images and labels are what the network takes them to be.</summary>
internal static class DataChecks
{
    // Further from 0 and 1 than this, initial weights no longer fit their inputs.
    private const double MostMean = 0.75;
    private const double LeastDeviation = 0.4;
    private const double MostDeviation = 2.5;

    // How many times more images one class may have than another.
    private const double MostImbalance = 10;

    // How far mean and deviation of two preprocessings may be apart.
    private const double MostDrift = 0.02;

    /// <summary>Whether the network can be run on the images at all.</summary>
    public static bool Fits(Patient patient, DataSummary data) =>
        patient is { Network: { } network, Train: { } train } && data.OutOfRange is null && train.ImageShape == network.InputShape
        && train.LabelsPerImage == 1 && network.OutputShape.Rank == 1 && train.Classes <= network.OutputShape[0];

    public static IEnumerable<Finding> Run(Patient patient, DataSummary data)
    {
        IDataset train = patient.Train!;
        if (data.OutOfRange is (int image, int label))
            yield return new Finding(
                Severity.Problem, "A label is not one of the classes",
                $"Image {image} of {train.Name} has the label {label}; the classes are 0 to {train.Classes - 1}.",
                "Check how labels are read: do they count from 1, or is a column the wrong one?");
        foreach (Finding finding in Classes(patient, train, data)) yield return finding;
        foreach (Finding finding in Preprocessing(patient, train, data)) yield return finding;
    }

    private static IEnumerable<Finding> Classes(Patient patient, IDataset train, DataSummary data)
    {
        if (patient.Network is { OutputShape: { Rank: 1 } outputs } && train.LabelsPerImage == 1 && outputs[0] != train.Classes)
            yield return new Finding(
                train.Classes > outputs[0] ? Severity.Problem : Severity.Warning, "Classes of the network and of the data differ",
                $"The network has {outputs[0]} outputs, {train.Name} has {train.Classes} classes.",
                "Make the network with as many classes as the data has, or choose the data that it was made for.");
        else if (patient.ClassNames is { } names && train.ClassNames is { } theirs && !names.SequenceEqual(theirs))
        {
            int first = Enumerable.Range(0, Math.Min(names.Count, theirs.Count)).FirstOrDefault(i => names[i] != theirs[i]);
            yield return new Finding(
                Severity.Problem, "Class names of the model and of the data differ",
                $"Class {first} is \"{names[first]}\" in the model and \"{theirs[first]}\" in {train.Name}: what is right counts as wrong.",
                "Name and order the folders as they were when the model was trained.");
        }
        int most = data.Labels.Max(), least = data.Labels.Min();
        string Name(int c) => train.ClassNames is { } all && c < all.Count ? all[c] : $"{c}";
        if (data.OutOfRange is null && data.Images >= 20 * train.Classes && most > MostImbalance * least)
            yield return new Finding(
                least == 0 ? Severity.Warning : Severity.Note, "Classes are very uneven",
                $"Of {data.Images} images, {most} are of class {Name(data.Labels.ToList().IndexOf(most))} and {least} of class {Name(data.Labels.ToList().IndexOf(least))}.",
                "Judge by recall and F1 of each class rather than by accuracy; collect more images of the small classes.");
    }

    private static IEnumerable<Finding> Preprocessing(Patient patient, IDataset train, DataSummary data)
    {
        if (patient.Preprocessing is { } model && train.Preprocessing is { } theirs
            && (model.Input != theirs.Input || Drift(model.Mean, theirs.Mean) > MostDrift || Drift(model.Deviation, theirs.Deviation) > MostDrift))
            yield return new Finding(
                Severity.Problem, "Images are prepared otherwise than the model wants",
                $"The model takes {Describe(model)}; {train.Name} is prepared as {Describe(theirs)}.",
                "Use the preprocessing that is kept with the model, for training on and for predictions.");
        for (int c = 0; c < data.Mean.Count; c++)
        {
            if (!double.IsFinite(data.Mean[c])) continue; // said where the network is looked at
            if (Math.Abs(data.Mean[c]) <= MostMean && data.Deviation[c] is >= LeastDeviation and <= MostDeviation) continue;
            yield return new Finding(
                Severity.Warning, "Images are not normalised",
                $"Channel {c} has the mean {Words.Number(data.Mean[c])} and the deviation {Words.Number(data.Deviation[c])} as the network sees it; about 0 and 1 are right.",
                "Measure mean and deviation on the training images and normalise by them. Learning is slow or unstable otherwise.");
            yield break;
        }
    }

    private static string Describe(Preprocessing preprocessing) =>
        $"{preprocessing.Input} with mean {string.Join(", ", preprocessing.Mean.Select(x => Words.Number(x)))} and deviation {string.Join(", ", preprocessing.Deviation.Select(x => Words.Number(x)))}";

    private static double Drift(IReadOnlyList<float> a, IReadOnlyList<float> b) =>
        a.Count != b.Count ? double.PositiveInfinity : a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
}
