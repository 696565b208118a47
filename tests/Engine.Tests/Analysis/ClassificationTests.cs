using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>Confusion, precision, recall, F1, and the worst mistakes.</summary>
public class ClassificationTests
{
    // Counted image by image, as the definitions say.
    [Fact]
    public void Metrics_are_those_of_the_definitions()
    {
        int[,] confusion = { { 5, 2, 0, 1 }, { 0, 7, 3, 0 }, { 1, 0, 0, 2 }, { 0, 0, 0, 0 } };
        List<(int Truth, int Guess)> guesses = [.. from t in Enumerable.Range(0, 4) from g in Enumerable.Range(0, 4) from _ in Enumerable.Range(0, confusion[t, g]) select (t, g)];
        Classification result = new(confusion);
        for (int c = 0; c < 4; c++)
        {
            double right = guesses.Count(one => one == (c, c)), found = guesses.Count(one => one.Guess == c), there = guesses.Count(one => one.Truth == c);
            double precision = found > 0 ? right / found : 0, recall = there > 0 ? right / there : 0;
            double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
            ClassMetrics metrics = result.Classes[c];
            Assert.Equal((there, found), (metrics.Images, metrics.Guesses));
            Assert.Equal((precision, recall), (metrics.Precision, metrics.Recall));
            Assert.Equal(f1, metrics.F1, 12);
        }
        Assert.Equal((21, 12, 12 / 21.0), (result.Images, result.Right, result.Accuracy));
        Assert.Equal((12 / 21.0, 12 / 21.0, 12 / 21.0), (result.Micro.Precision, result.Micro.Recall, result.Micro.F1));
        // No image belongs to class 3.
        Assert.Equal(((5 / 6.0) + (7 / 9.0) + 0) / 3, result.Macro.Precision, 12);
        Assert.Equal(((5 / 8.0) + (7 / 10.0) + 0) / 3, result.Macro.Recall, 12);
        Assert.Equal((3, 0, 2), (result.Confusion(1, 2), result.Confusion(2, 1), result.Confusion(2, 3)));
        Assert.Equal([(1, 2, 3), (0, 1, 2), (2, 3, 2)], result.TopConfusions(3));
        Assert.Equal(5, result.TopConfusions(99).Count);
        Assert.Equal(0, new Classification(new int[3, 3]).Macro.F1);
        Expect.Throws<ArgumentException>("the confusion matrix is 2×3; it must be square", () => _ = new Classification(new int[2, 3]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_network_is_asked_image_by_image(bool softmax)
    {
        Shape image = new(1, 3, 4);
        Sequential layers = [new Flatten(), new Linear(3)];
        if (softmax) layers.Add(new Softmax());
        Network network = layers.Compile(image, new NetworkOptions { BatchSize = 8 });
        TensorDataset data = Some.Images(50, image, 3);

        Classification result = Classification.Of(network, data, mostMistakes: 5);

        int[,] confusion = new int[3, 3];
        List<WrongGuess> mistakes = [];
        float[] weight = network.Parameters[0].Value.Span.ToArray(), bias = network.Parameters[1].Value.Span.ToArray(), pixels = new float[12];
        int[] label = new int[1];
        for (int n = 0; n < 50; n++)
        {
            data.Read([n], pixels, label);
            double[] scores = [.. Enumerable.Range(0, 3).Select(k => bias[k] + Enumerable.Range(0, 12).Sum(i => (double)weight[(k * 12) + i] * pixels[i]))];
            int guess = Array.IndexOf(scores, scores.Max());
            confusion[label[0], guess]++;
            if (guess != label[0]) mistakes.Add(new WrongGuess(n, label[0], guess, Math.Exp(scores[guess]) / scores.Sum(Math.Exp)));
        }
        for (int i = 0; i < 9; i++) Assert.Equal(confusion[i / 3, i % 3], result.Confusion(i / 3, i % 3));
        List<WrongGuess> worst = [.. mistakes.OrderByDescending(one => one.Confidence).Take(5)];
        Assert.Equal(5, worst.Count);
        Assert.Equal(worst.Select(one => (one.Index, one.Label, one.Guess)), result.Mistakes.Select(one => (one.Index, one.Label, one.Guess)));
        Assert.All(worst.Zip(result.Mistakes), pair => Assert.Equal(pair.First.Confidence, pair.Second.Confidence, 5));
    }

    [Fact]
    public void Data_that_does_not_fit_is_refused()
    {
        Network network = new Sequential { new Flatten(), new Linear(3) }.Compile(new Shape(1, 3, 4));
        Expect.Throws<ArgumentException>("random has images of 1×4×3, the network takes 1×3×4", () => Classification.Of(network, Some.Images(5, new Shape(1, 4, 3), 3)));
        TensorDataset more = new("more", Tensor.Zeros(new Shape(2, 1, 3, 4)), [0, 3], 4);
        Expect.Throws<ArgumentException>("more: the label of image 1 is 3; the network's classes are 0 to 2", () => Classification.Of(network, more));
    }

    [Fact]
    public void Data_is_summarised_as_the_network_sees_it()
    {
        Shape image = new(2, 3, 4);
        TensorDataset data = Some.Images(150, image, 3);
        float[] all = new float[150 * 24];
        int[] labels = new int[150];
        data.Read(Some.Indices(150), all, labels);
        DataSummary summary = DataSummary.Of(data);
        for (int c = 0; c < 2; c++)
        {
            double[] channel = [.. all.Where((_, i) => i / 12 % 2 == c).Select(x => (double)x)];
            Assert.Equal(channel.Average(), summary.Mean[c], 9);
            Assert.Equal(Math.Sqrt(channel.Average(x => Math.Pow(x - channel.Average(), 2))), summary.Deviation[c], 9);
        }
        Assert.Equal((150, null), (summary.Images, summary.OutOfRange));
        Assert.Equal(Enumerable.Range(0, 3).Select(c => labels.Count(label => label == c)), summary.Labels);
        DataSummary some = DataSummary.Of(data, 90);
        Assert.Equal((90, 90), (some.Images, some.Labels.Sum()));
        Assert.All(some.Labels, (count, c) => Assert.InRange(count, 1, summary.Labels[c]));
        Assert.Equal(some.Mean, DataSummary.Of(data, 90).Mean);
        Assert.Equal((4, 7), DataSummary.Of(new WrongLabels(data)).OutOfRange);
    }

    private sealed class WrongLabels(IDataset data) : IDataset
    {
        public string Name => "wrong";

        public Shape ImageShape => data.ImageShape;

        public int Count => data.Count;

        public int Classes => 3;

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            data.Read(indices, images, labels);
            for (int i = 0; i < indices.Length; i++)
                if (indices[i] % 5 == 4) labels[i] = 7;
        }
    }
}
