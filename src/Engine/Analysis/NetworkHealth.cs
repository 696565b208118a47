using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Analysis;

/// <summary>
/// How the numbers in a network look while it learns from a sample of images: layer by layer on the way forward and back, and what a step of the
/// optimiser would change. Measured on a copy of the network's graph with a tap behind every layer.
/// </summary>
/// <param name="Layers">Layer by layer, in the order of computation.</param>
/// <param name="Result">Losses and right guesses of the sample, by the forward pass of training.</param>
/// <param name="Origin">Where the first number that is not finite came from; null if all are.</param>
public sealed record NetworkHealth(IReadOnlyList<LayerHealth> Layers, BatchResult Result, NonFiniteOrigin? Origin)
{
    /// <summary>
    /// The layers through which the loss reaches the weights: those that have any, the first and the last of them. By what δ is multiplied on its
    /// way from the last one's outputs to the first one's; null with fewer than two, or if the last one's is 0.
    /// </summary>
    public double? DeltaRatio
    {
        get
        {
            List<LayerHealth> learning = [.. Layers.Where(layer => layer.Parameters.Count > 0 && layer.DeltaRms is not null)];
            return learning.Count >= 2 && learning[^1].DeltaRms > 0 ? learning[0].DeltaRms / learning[^1].DeltaRms : null;
        }
    }

    /// <summary>Looks at a network with the weights that it has; they, and what it and the optimiser keep, are left as they are.</summary>
    /// <param name="network">Compiled for training. The gradients of its parameters are overwritten.</param>
    /// <param name="data">Where the images come from.</param>
    /// <param name="indices">Which images; taken in minibatches of the network's batch size.</param>
    /// <param name="loss">What is made small.</param>
    /// <param name="optimizer">By whose steps to measure updates; null for no updates.</param>
    /// <param name="learningRate">η of these steps.</param>
    /// <exception cref="ArgumentException">The network was compiled without training, or the data does not fit it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not one of the network's classes, or there are no images.</exception>
    public static NetworkHealth Measure(
        Network network, IDataset data, ReadOnlySpan<int> indices, Loss loss, Optimizer? optimizer = null, float learningRate = 0)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfZero(indices.Length, nameof(indices));
        if (!network.Options.Training) throw new ArgumentException("the network was compiled without training; it keeps no gradients", nameof(network));
        HealthRun run = new(network, Math.Min(network.Options.BatchSize, indices.Length));
        using (new Snapshot(network, optimizer))
            for (int first = 0; first < indices.Length; first += run.BatchSize)
                run.Add(data, indices.Slice(first, Math.Min(run.BatchSize, indices.Length - first)), loss, optimizer, learningRate);
        return run.Result();
    }

    /// <summary>Puts back, at the end, what a training step changes.</summary>
    private sealed class Snapshot : IDisposable
    {
        private readonly Optimizer? _optimizer;
        private readonly long _steps;
        private readonly (Tensor Tensor, float[] Numbers)[] _kept;

        public Snapshot(Network network, Optimizer? optimizer)
        {
            if (optimizer is { Steps: 0 }) optimizer.Prepare(network.Parameters);
            (_optimizer, _steps) = (optimizer, optimizer?.Steps ?? 0);
            IEnumerable<Tensor> tensors = network.Parameters.Select(parameter => parameter.Value)
                .Concat(network.Layers.SelectMany(layer => layer.Layer.State).Select(state => state.Value))
                .Concat(optimizer?.State.Select(state => state.Tensor) ?? []);
            _kept = [.. tensors.Select(tensor => (tensor, tensor.Span.ToArray()))];
        }

        public void Dispose()
        {
            foreach ((Tensor tensor, float[] numbers) in _kept) numbers.CopyTo(tensor.Span);
            if (_optimizer is not null) _optimizer.Steps = _steps;
        }
    }
}
