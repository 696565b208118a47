using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Graphs;

namespace CnnEngine.Analysis;

/// <summary>How a classifier does on a data set, class by class.</summary>
public sealed class Classification
{
    private readonly int[,] _confusion;

    /// <summary>Makes the metrics of a confusion matrix.</summary>
    /// <param name="confusion"><c>[truth, guess]</c>, how often; square.</param>
    /// <param name="mistakes">Mistakes to show, the most confident first.</param>
    /// <exception cref="ArgumentException">The matrix is not square.</exception>
    public Classification(int[,] confusion, IReadOnlyList<WrongGuess>? mistakes = null)
    {
        ArgumentNullException.ThrowIfNull(confusion);
        int classes = confusion.GetLength(0);
        if (confusion.GetLength(1) != classes) throw new ArgumentException($"the confusion matrix is {classes}×{confusion.GetLength(1)}; it must be square", nameof(confusion));
        (_confusion, Mistakes) = (confusion, mistakes ?? []);
        Classes = [.. Enumerable.Range(0, classes).Select(c => ClassMetrics.Of(confusion[c, c], Sum(c, column: false), Sum(c, column: true)))];
        Images = Classes.Sum(one => one.Images);
        Right = Enumerable.Range(0, classes).Sum(c => confusion[c, c]);

        int Sum(int c, bool column) => Enumerable.Range(0, classes).Sum(i => column ? confusion[i, c] : confusion[c, i]);
    }

    /// <summary>How many images there are.</summary>
    public int Images { get; }

    /// <summary>How many were recognised.</summary>
    public int Right { get; }

    /// <summary>The share of right guesses.</summary>
    public double Accuracy => Images == 0 ? 0 : (double)Right / Images;

    /// <summary>How often an image of class <paramref name="truth"/> was taken for class <paramref name="guess"/>.</summary>
    public int Confusion(int truth, int guess) => _confusion[truth, guess];

    /// <summary>Class by class.</summary>
    public IReadOnlyList<ClassMetrics> Classes { get; }

    /// <summary>The mean over the classes that have images, each counting the same.</summary>
    public ClassMetrics Macro
    {
        get
        {
            List<ClassMetrics> seen = [.. Classes.Where(one => one.Images > 0)];
            return seen.Count == 0
                ? new ClassMetrics(0, 0, 0, 0, 0)
                : new ClassMetrics(seen.Average(one => one.Precision), seen.Average(one => one.Recall), seen.Average(one => one.F1), Images, Images);
        }
    }

    /// <summary>The metrics of all guesses together, each image counting the same; with one class an image, all three are the accuracy.</summary>
    public ClassMetrics Micro => ClassMetrics.Of(Right, Images, Images);

    /// <summary>Wrong guesses, the most confident first.</summary>
    public IReadOnlyList<WrongGuess> Mistakes { get; }

    /// <summary>The pairs of classes that are confused most often, without the right guesses.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<(int Truth, int Guess, int Count)> TopConfusions(int most) =>
    [
        .. Enumerable.Range(0, Classes.Count).SelectMany(truth => Enumerable.Range(0, Classes.Count).Select(guess => (truth, guess, Count: _confusion[truth, guess])))
            .Where(one => one.truth != one.guess && one.Count > 0).OrderByDescending(one => one.Count).Take(most),
    ];

    /// <summary>Classifies all images of a data set.</summary>
    /// <param name="network">A classifier; it is left as it is.</param>
    /// <param name="data">Images with a label each.</param>
    /// <param name="mostMistakes">How many mistakes to keep, the most confident ones.</param>
    /// <param name="cancellation">Asked before every batch.</param>
    /// <exception cref="ArgumentException">The data does not fit the network, or a label is not one of its classes.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Classification Of(Network network, IDataset data, int mostMistakes = 24, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(data);
        if (data.ImageShape != network.InputShape) throw new ArgumentException($"{data.Name} has images of {data.ImageShape}, the network takes {network.InputShape}", nameof(data));
        if (network.OutputShape.Rank != 1 || data.LabelsPerImage != 1)
            throw new ArgumentException($"{data.Name} has {data.LabelsPerImage} labels an image, the network's output is {network.OutputShape}; a classifier has one label and one score for each class", nameof(data));
        int image = network.InputShape.Length, classes = network.OutputShape.Length, batch = network.Options.BatchSize;
        float[] images = new float[batch * image], outputs = new float[batch * classes];
        int[] indices = new int[batch], labels = new int[batch];
        bool areProbabilities = Probabilities.AreOutputsOf(network);
        int[,] confusion = new int[classes, classes];
        PriorityQueue<WrongGuess, double> mistakes = new(); // the least confident in front
        for (int first = 0; first < data.Count; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(batch, data.Count - first);
            for (int n = 0; n < count; n++) indices[n] = first + n;
            data.Read(indices.AsSpan(0, count), images, labels);
            network.Predict(images.AsSpan(0, count * image), outputs);
            for (int n = 0; n < count; n++)
            {
                int label = labels[n], guess = TensorPrimitives.IndexOfMax(outputs.AsSpan(n * classes, classes));
                if ((uint)label >= (uint)classes) throw new ArgumentException($"{data.Name}: the label of image {first + n} is {label}; the network's classes are 0 to {classes - 1}", nameof(data));
                confusion[label, guess]++;
                if (label == guess) continue;
                double confidence = Probabilities.Of(outputs.AsSpan(n * classes, classes), areProbabilities)[guess];
                mistakes.Enqueue(new WrongGuess(first + n, label, guess, confidence), confidence);
                if (mistakes.Count > mostMistakes) mistakes.Dequeue();
            }
        }
        return new Classification(confusion, [.. mistakes.UnorderedItems.Select(item => item.Element).OrderByDescending(one => one.Confidence).ThenBy(one => one.Index)]);
    }
}
