using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>A classifier's outputs as probabilities: their softmax, unless the network ends with one.</summary>
internal static class Probabilities
{
    public static bool AreOutputsOf(Network network) => network.Layers[^1].Layer is Softmax;

    /// <summary>The probabilities of one image's classes, in double precision; NaN if an output is.</summary>
    public static double[] Of(ReadOnlySpan<float> outputs, bool areProbabilities)
    {
        double[] probabilities = Array.ConvertAll(outputs.ToArray(), output => (double)output);
        if (areProbabilities) return probabilities;
        double largest = probabilities.Max(), sum = 0;
        for (int i = 0; i < probabilities.Length; i++) sum += probabilities[i] = Math.Exp(probabilities[i] - largest);
        for (int i = 0; i < probabilities.Length; i++) probabilities[i] /= sum;
        return probabilities;
    }
}
