using CnnEngine.Graphs;
using CnnEngine.Layers;

namespace CnnEngine.Analysis;

/// <summary>What the tap behind one layer has seen so far.</summary>
internal sealed class LayerObservation
{
    // As far from the ends of a sigmoid's range, its derivative is a twenty-fifth of what it is at most.
    private const float Edge = 0.01f;

    private readonly NetworkLayer _layer;
    private readonly bool[]? _isAlive; // channel by channel, of a ReLU
    private readonly (float Low, float High)? _range; // between which an activation is not saturated
    private double _squares;
    private double _deltaSquares;
    private long _numbers;
    private long _deltas;
    private long _saturated;

    public LayerObservation(NetworkLayer layer)
    {
        _layer = layer;
        if (layer.Layer is ReLU) _isAlive = new bool[layer.Output[0]];
        _range = layer.Layer switch
        {
            Sigmoid => (Edge, 1 - Edge),
            Tanh => (-1 + (2 * Edge), 1 - (2 * Edge)),
            ScaledTanh => (-1.7159f * (1 - (2 * Edge)), 1.7159f * (1 - (2 * Edge))),
            _ => null,
        };
    }

    public bool HasNonFiniteOutput { get; private set; }

    public bool HasNonFiniteDelta { get; private set; }

    /// <summary>The tap to stand behind the layer.</summary>
    public Tap Tap() => new(LookForward, LookBack);

    public LayerHealth Result(IReadOnlyList<ParameterHealth> parameters) => new(
        _layer.Name, $"{_layer.Layer}", _layer.Output, Math.Sqrt(_squares / _numbers), _deltas > 0 ? Math.Sqrt(_deltaSquares / _deltas) : null,
        _isAlive is null ? null : (double)_isAlive.Count(isAlive => !isAlive) / _isAlive.Length,
        _range is null ? null : (double)_saturated / _numbers,
        parameters);

    private void LookForward(ReadOnlySpan<float> numbers, int images)
    {
        _numbers += numbers.Length;
        double squares = SumOfSquares(numbers);
        _squares += squares;
        HasNonFiniteOutput |= !double.IsFinite(squares);
        if (_range is (float low, float high))
            foreach (float number in numbers)
                if (number < low || number > high) _saturated++;
        if (_isAlive is null) return;
        int plane = numbers.Length / images / _isAlive.Length;
        for (int i = 0; i < images * _isAlive.Length; i++)
            _isAlive[i % _isAlive.Length] |= numbers.Slice(i * plane, plane).ContainsAnyExcept(0);
    }

    private void LookBack(ReadOnlySpan<float> deltas, int images)
    {
        _deltas += deltas.Length;
        double squares = SumOfSquares(deltas);
        _deltaSquares += squares;
        HasNonFiniteDelta |= !double.IsFinite(squares);
    }

    /// <summary>In double precision, in which no finite numbers' squares overflow.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> numbers)
    {
        double sum = 0;
        foreach (float number in numbers) sum += (double)number * number;
        return sum;
    }
}
