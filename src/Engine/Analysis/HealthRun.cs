using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Analysis;

/// <summary>A network under observation, minibatch after minibatch.</summary>
internal sealed class HealthRun
{
    private readonly Network _network;
    private readonly Network _observed;
    private readonly Dictionary<Layer, LayerObservation> _observations;
    private readonly List<ParameterObservation> _parameters;
    private BatchResult _result;
    private NonFiniteOrigin? _origin;

    public HealthRun(Network network, int batchSize)
    {
        (_network, BatchSize) = (network, batchSize);
        _observations = network.Layers.ToDictionary(layer => layer.Layer, layer => new LayerObservation(layer));
        _parameters = [.. network.Parameters.Select(parameter => new ParameterObservation(parameter))];
        int last = network.Graph.Layers.Count;
        Graph copy = GraphCopy.Of(
            network.Graph,
            [.. network.Graph.FurtherOutputs.Where(output => output.Seat != last), (last, 1)],
            layer => [layer, _observations[layer].Tap()]);
        _observed = copy.Compile(network.InputShape, new NetworkOptions { BatchSize = batchSize, Seed = network.Options.Seed, InputGradient = true });
    }

    public int BatchSize { get; }

    /// <summary>Takes in one minibatch.</summary>
    public void Add(IDataset data, ReadOnlySpan<int> indices, Loss loss, Optimizer? optimizer, float learningRate)
    {
        // What layers keep is written to in the pass, so it is looked at before.
        Dictionary<Layer, NonFiniteOrigin> before = _network.Layers.Select(NonFiniteNumbers).OfType<NonFiniteOrigin>()
            .ToDictionary(origin => _network.Layers.First(layer => layer.Name == origin.Layer).Layer);
        BatchResult result = _observed.Backpropagate(data, indices, loss);
        _result += result;
        foreach (ParameterObservation parameter in _parameters) parameter.AddGradient();
        _origin ??= HasNonFiniteImages(data, indices) ? new NonFiniteOrigin(NonFinitePlace.Image) : OriginForward(before) ?? OriginBackward(result);
        if (optimizer is null || _origin is not null) return;
        optimizer.Step(_network.Parameters, learningRate);
        foreach (ParameterObservation parameter in _parameters) parameter.AddUpdate();
    }

    public NetworkHealth Result()
    {
        Dictionary<Parameter, ParameterObservation> byParameter = _parameters.ToDictionary(observation => observation.Parameter);
        return new NetworkHealth(
            [.. _network.Layers.Select(layer => _observations[layer.Layer].Result(
                layer.Layer.SharesWith is null ? [.. layer.Layer.Parameters.Select(parameter => byParameter[parameter].Result(layer.Name))] : []))],
            _result, _origin);
    }

    private static NonFiniteOrigin? NonFiniteNumbers(NetworkLayer layer) =>
        layer.Layer.Parameters.FirstOrDefault(IsNonFinite) is { } parameter ? new NonFiniteOrigin(NonFinitePlace.Parameter, layer.Name, parameter.Name)
        : layer.Layer.State.FirstOrDefault(IsNonFinite) is { } state ? new NonFiniteOrigin(NonFinitePlace.State, layer.Name, state.Name)
        : null;

    private static bool IsNonFinite(Parameter parameter) => IsNonFinite(parameter.Value.Span);

    private static bool IsNonFinite(ReadOnlySpan<float> numbers) => !double.IsFinite(LayerObservation.SumOfSquares(numbers));

    private static bool HasNonFiniteImages(IDataset data, ReadOnlySpan<int> indices)
    {
        float[] images = new float[indices.Length * data.ImageShape.Length];
        data.Read(indices, images, new int[indices.Length * data.LabelsPerImage]);
        return IsNonFinite(images);
    }

    private NonFiniteOrigin? OriginForward(Dictionary<Layer, NonFiniteOrigin> before)
    {
        foreach (NetworkLayer layer in _network.Layers)
        {
            if (before.TryGetValue(layer.Layer, out NonFiniteOrigin? origin)) return origin;
            if (_observations[layer.Layer].HasNonFiniteOutput) return new NonFiniteOrigin(NonFinitePlace.Activation, layer.Name);
        }
        return null;
    }

    private NonFiniteOrigin? OriginBackward(BatchResult result)
    {
        if (!double.IsFinite(result.Loss)) return new NonFiniteOrigin(NonFinitePlace.Loss);
        IReadOnlyList<(Layer Layer, int[] Inputs)> layers = _network.Graph.Layers;
        for (int seat = layers.Count; seat > 0; seat--)
        {
            Layer layer = layers[seat - 1].Layer;
            if (_observations[layer].HasNonFiniteDelta)
                return layers.FirstOrDefault(reader => reader.Inputs.Contains(seat)).Layer is { } reader
                    ? new NonFiniteOrigin(NonFinitePlace.Delta, NameOf(reader))
                    : new NonFiniteOrigin(NonFinitePlace.Loss);
            if (layer.Parameters.FirstOrDefault(parameter => IsNonFinite(parameter.Gradient.Span)) is { } learnt)
                return new NonFiniteOrigin(NonFinitePlace.Gradient, NameOf(layer), learnt.Name);
        }
        return null;
    }

    private string NameOf(Layer layer) => _network.Layers.First(one => ReferenceEquals(one.Layer, layer)).Name;

    /// <summary>A parameter, its gradients and its updates.</summary>
    private sealed class ParameterObservation(Parameter parameter)
    {
        private readonly float[] _weights = parameter.Value.Span.ToArray();
        private double _gradientSquares;
        private double _updateSquares;
        private int _gradients;
        private int _updates;

        public Parameter Parameter => parameter;

        public void AddGradient()
        {
            _gradientSquares += LayerObservation.SumOfSquares(parameter.Gradient.Span);
            _gradients++;
        }

        /// <summary>Takes in what a step has changed, and takes the step back.</summary>
        public void AddUpdate()
        {
            Span<float> weights = parameter.Value.Span;
            for (int i = 0; i < weights.Length; i++)
            {
                double change = (double)weights[i] - _weights[i];
                _updateSquares += change * change;
            }
            _weights.CopyTo(weights);
            _updates++;
        }

        public ParameterHealth Result(string layer)
        {
            double norm = Math.Sqrt(LayerObservation.SumOfSquares(_weights));
            return new ParameterHealth(
                $"{layer}.{parameter.Name}", norm, Math.Sqrt(_gradientSquares / _gradients),
                _updates > 0 && norm > 0 ? Math.Sqrt(_updateSquares / _updates) / norm : null);
        }
    }
}
