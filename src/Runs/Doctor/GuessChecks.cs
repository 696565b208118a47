using System.Numerics.Tensors;
using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;

namespace CnnEngine.Runs;

/// <summary>What a trained network takes images for.</summary>
internal static class GuessChecks
{
    // The share of one class among the guesses from which on the network does not tell classes apart.
    private const double MostOfOneClass = 0.95;

    public static IEnumerable<Finding> Run(Patient patient, DataSummary data, int[] sample)
    {
        (Network network, IDataset train) = (patient.Network!, patient.Train!);
        if (patient.Epochs.Count == 0 || train.Classes < 2) yield break;
        int image = train.ImageShape.Length, classes = network.OutputShape.Length;
        float[] images = new float[sample.Length * image], scores = new float[sample.Length * classes];
        train.Read(sample, images, new int[sample.Length]);
        network.Predict(images, scores);
        int[] guesses = new int[classes];
        for (int n = 0; n < sample.Length; n++) guesses[TensorPrimitives.IndexOfMax(scores.AsSpan(n * classes, classes))]++;
        int favourite = Array.IndexOf(guesses, guesses.Max());
        double share = (double)guesses[favourite] / sample.Length, real = favourite < data.Labels.Count ? (double)data.Labels[favourite] / data.Labels.Sum() : 0;
        if (share >= MostOfOneClass && real < MostOfOneClass - 0.1)
            yield return new Finding(
                Severity.Problem, "Only one class is guessed",
                $"{Words.Percent(share)} of {sample.Length} training images are taken for class {(patient.ClassNames is { } names ? names[favourite] : favourite)}, to which {Words.Percent(real)} belong.",
                "The network has collapsed: lower the learning rate and begin anew; check that labels belong to their images.");
    }
}
