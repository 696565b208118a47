using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;

namespace LeNet;

/// <summary>A test image that was taken for another class.</summary>
/// <param name="Index">Its place in the test set.</param>
/// <param name="Truth">Its class.</param>
/// <param name="Guess">The class that it was taken for.</param>
/// <param name="Confidence">The softmax of that guess, 0 to 1.</param>
internal sealed record Mistake(int Index, int Truth, int Guess, float Confidence);

/// <summary>How a trained network does on the test images, one by one.</summary>
/// <param name="Total">Loss and right guesses.</param>
/// <param name="Confusion">How many images of class <c>[truth, …]</c> were taken for class <c>[…, guess]</c>.</param>
/// <param name="Mistakes">The images that were taken for another class, the most confident guess first.</param>
internal sealed record TestResult(BatchResult Total, int[,] Confusion, IReadOnlyList<Mistake> Mistakes)
{
    /// <summary>Runs all images through the network.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static TestResult Measure(Network network, ByteImages test, Loss loss, CancellationToken cancellation)
    {
        int classes = network.OutputShape.Length;
        int[,] confusion = new int[classes, classes];
        List<Mistake> mistakes = [];
        float[] probabilities = new float[classes];
        int[] indices = [.. Enumerable.Range(0, test.Count)];
        BatchResult total = default;
        foreach (int[] batch in indices.Chunk(network.Options.BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            total += network.Evaluate(test, batch, loss);
            for (int i = 0; i < batch.Length; i++)
            {
                ReadOnlySpan<float> logits = network.Outputs.Slice(i * classes, classes);
                TensorPrimitives.SoftMax(logits, probabilities);
                int truth = test.Label(batch[i]), guess = TensorPrimitives.IndexOfMax(logits);
                confusion[truth, guess]++;
                if (guess != truth) mistakes.Add(new Mistake(batch[i], truth, guess, probabilities[guess]));
            }
        }
        return new TestResult(total, confusion, [.. mistakes.OrderByDescending(m => m.Confidence).ThenBy(m => m.Index)]);
    }
}
