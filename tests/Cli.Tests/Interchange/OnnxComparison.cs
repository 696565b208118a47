using CnnEngine.Graphs;
using CnnEngine.Interchange;
using CnnEngine.Layers;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>A network and its export, given the same images.</summary>
internal static class OnnxComparison
{
    private const double Tolerance = 1e-4;

    /// <summary>
    /// Exports a network, has the file checked, computes it for one image and for three, and compares all outputs with the network's.
    /// </summary>
    /// <returns>The largest deviation, relative to the greater of 1 and the network's number.</returns>
    public static double Run(OnnxTools tools, Network network, OnnxOptions? options = null)
    {
        string model = tools.NewModel();
        OnnxExport.Write(network, model, options);
        Assert.Equal("ok", tools.Check(model));
        double largest = 0;
        foreach (int count in (int[])[1, 3])
        {
            float[] images = RandomNumbers(count, count * network.InputShape.Length, -1, 1);
            OnnxOutput[] outputs = tools.Run(model, network.InputShape, images);
            network.Predict(images, new float[count * network.OutputShape.Length]);
            int[] numbers = [.. Enumerable.Range(0, network.OutputCount).Where(number => !network.IsAuxiliary(number))];
            Assert.Equal(numbers.Select(number => network.Layers[network.OutputLayerOf(number)].Name), outputs.Select(output => output.Name));
            foreach ((int number, OnnxOutput output) in numbers.Zip(outputs))
            {
                Assert.Equal(network.OutputShapeOf(number).Prepend(count).ToArray(), output.Shape);
                Assert.Contains(output.Numbers, one => Math.Abs(one) > 0.01);
                largest = Math.Max(largest, Deviation(network.OutputsOf(number), output.Numbers));
            }
        }
        File.Delete(model);
        Assert.InRange(largest, 0, Tolerance);
        return largest;
    }

    public static double Deviation(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double deviation = Math.Abs((double)actual[i] - expected[i]) / Math.Max(1, Math.Abs(expected[i]));
            // NaN is no small number.
            if (!(deviation <= largest)) largest = deviation;
        }
        return largest;
    }

    /// <summary>
    /// Gives normalisations and biases numbers of a trained network's kind: running moments of random images, factors about 1, shifts about 0.
    /// The network is compiled for training.
    /// </summary>
    public static void MakeTrained(Network network)
    {
        int count = Math.Min(4, network.Options.BatchSize);
        network.Backpropagate(RandomNumbers(7, count * network.InputShape.Length, -1, 1), (in Losses.LossStep _) => 0);
        int seed = 0;
        foreach (NetworkLayer layer in network.Layers)
        {
            if (layer.Layer is BatchNorm2d norm)
            {
                // What one step left of the first means, 0 and 1, is taken out.
                foreach (ref float mean in norm.RunningMean!.Value.Span) mean /= norm.Momentum;
                foreach (ref float variance in norm.RunningVariance!.Value.Span) variance = (variance - (1 - norm.Momentum)) / norm.Momentum;
            }
            foreach (Parameter parameter in layer.Layer.Parameters)
            {
                Span<float> numbers = parameter.Value.Span;
                if (parameter.Name == "bias") RandomNumbers(++seed, numbers.Length, -0.1f, 0.1f).CopyTo(numbers);
                else if (layer.Layer is BatchNorm2d or GroupNormalizationLayer or PReLU or Subsampling) RandomNumbers(++seed, numbers.Length, 0.2f, 1.2f).CopyTo(numbers);
            }
        }
    }

    public static float[] RandomNumbers(int seed, int count, float from, float to)
    {
        Random random = new(seed);
        float[] numbers = new float[count];
        foreach (ref float number in numbers.AsSpan()) number = from + ((to - from) * random.NextSingle());
        return numbers;
    }
}
