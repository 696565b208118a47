using System.Diagnostics;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Runs;

/// <summary>How fast a network is on this machine, with random images and random weights, on as many threads as there are.</summary>
/// <param name="Batch">Images of one step.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="Training">Seconds of a training step: forward, backward, update.</param>
/// <param name="Prediction">Seconds of a forward pass of a batch, without training.</param>
/// <param name="Latency">Seconds of the forward pass of one image alone.</param>
/// <param name="MultiplyAdds">Multiply-adds of one image's forward pass.</param>
/// <param name="Peak">The machine's multiply-add peak, in GFLOP/s.</param>
/// <param name="Layers">Time spent in each layer in a training step, the mean of many, added up over all threads.</param>
public sealed record SpeedTest(
    int Batch, int Threads, double Training, double Prediction, double Latency, long MultiplyAdds, double Peak, IReadOnlyList<LayerTime> Layers)
{
    private const int FewestCalls = 3;

    /// <summary>Training images a second.</summary>
    public double TrainingRate => Batch / Training;

    /// <summary>Predicted images a second.</summary>
    public double PredictionRate => Batch / Prediction;

    /// <summary>GFLOP/s of a training step, counted as three times the forward pass: its own products, those of the weights' and of the inputs' gradients.</summary>
    public double TrainingSpeed => 6e-9 * MultiplyAdds * TrainingRate;

    /// <summary>GFLOP/s of a prediction.</summary>
    public double PredictionSpeed => 2e-9 * MultiplyAdds * PredictionRate;

    /// <summary>Measures a network: what else runs on the machine only adds time, so that the fastest of several calls counts.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="input">The shape of one image.</param>
    /// <param name="batch">Images of one step.</param>
    /// <param name="time">How long each of the four measurements takes, about.</param>
    /// <param name="cancellation">Asked between calls.</param>
    /// <exception cref="ArgumentException">The network cannot be compiled; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static SpeedTest Run(Graph graph, Shape input, int batch, TimeSpan time, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Network network = graph.Compile(input, new NetworkOptions { BatchSize = batch });
        float[] images = RandomImages(batch * input.Length);
        Sgd optimizer = new(momentum: 0.9f);
        double training = Best(TrainOnce, time, cancellation);
        network.IsTimed = true;
        int timed = 0;
        for (long start = Stopwatch.GetTimestamp(); timed == 0 || Stopwatch.GetElapsedTime(start) < time; timed++)
        {
            cancellation.ThrowIfCancellationRequested();
            TrainOnce();
        }
        network.IsTimed = false;
        LayerTime[] layers = [.. network.LayerTimes().Select(layer => new LayerTime(layer.Layer, layer.Forward / timed, layer.Backward / timed))];

        (double prediction, double latency) = (Predict(batch), Predict(1));
        return new SpeedTest(
            batch, Kernels.Threads.Count, training, prediction, latency, network.Layers.Sum(layer => layer.MultiplyAdds), MultiplyAddPeak.Measure(), layers);

        void TrainOnce()
        {
            network.Backpropagate(images, (in LossStep step) => Upstream(step, network.OutputCount));
            // A rate that changes nothing much: the numbers stay finite however long it runs.
            optimizer.Step(network.Parameters, 1e-9f);
        }

        double Predict(int count)
        {
            Network small = graph.Compile(input, new NetworkOptions { BatchSize = count, Training = false });
            float[] outputs = new float[count * small.OutputShape.Length];
            return Best(() => small.Predict(images.AsSpan(0, count * input.Length), outputs), time, cancellation);
        }
    }

    // The derivatives of any loss are as many numbers; which ones makes no difference to the time.
    private static double Upstream(in LossStep step, int outputs)
    {
        for (int i = 0; i < outputs; i++) step.OutputGradient(i).Fill(1e-3f);
        return 0;
    }

    private static float[] RandomImages(int length)
    {
        Random random = new(1);
        float[] images = new float[length];
        foreach (ref float pixel in images.AsSpan()) pixel = (random.NextSingle() * 2) - 1;
        return images;
    }

    private static double Best(Action run, TimeSpan time, CancellationToken cancellation)
    {
        run(); // wakes the workers, fills the caches
        double best = double.PositiveInfinity;
        long start = Stopwatch.GetTimestamp();
        for (int call = 0; call < FewestCalls || Stopwatch.GetElapsedTime(start) < time; call++)
        {
            cancellation.ThrowIfCancellationRequested();
            long begin = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        return best;
    }
}
