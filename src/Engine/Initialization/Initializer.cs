using CnnEngine.Kernels;

namespace CnnEngine.Initialization;

/// <summary>
/// How a parameter begins. The variance of random weights follows the number of inputs (fan-in) or outputs (fan-out) of a neuron,
/// so that signals neither die out nor blow up on their way through the layers.
/// </summary>
public sealed record Initializer
{
    private enum Fan
    {
        None,
        In,
        Average,
    }

    // Weights of more numbers than these are filled by all threads.
    private const int LargestAlone = 1 << 20;

    private readonly float _gain;
    private readonly float _factor;
    private readonly Fan _fan;
    private readonly bool _uniform;
    private readonly string _name;

    private Initializer(string name, float gain, Fan fan, bool uniform, float factor = 1) =>
        (_name, _gain, _fan, _uniform, _factor) = (name, gain, fan, uniform, factor);

    /// <summary>Zeros, the beginning of biases.</summary>
    public static Initializer Zeros { get; } = new("zeros", 0, Fan.None, uniform: false);

    /// <summary>Ones, the beginning of a normalisation's factors.</summary>
    public static Initializer Ones { get; } = Constant(1);

    /// <summary>One number everywhere.</summary>
    public static Initializer Constant(float value) => new($"{value}", value, Fan.None, uniform: false);

    /// <summary>
    /// Normal with variance <c>1/fan-in</c>, for tanh and sigmoid (Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp", 1998).
    /// </summary>
    public static Initializer LeCun { get; } = new("lecun", 1, Fan.In, uniform: false);

    /// <summary>
    /// Uniform with variance <c>2/(fan-in + fan-out)</c>, for tanh and sigmoid (X. Glorot, Y. Bengio, "Understanding the Difficulty of
    /// Training Deep Feedforward Neural Networks", 2010).
    /// </summary>
    public static Initializer Xavier { get; } = new("xavier", 1, Fan.Average, uniform: true);

    /// <summary>
    /// Normal with variance <c>2/fan-in</c>, for ReLU and its kin (K. He et al., "Delving Deep into Rectifiers", 2015).
    /// </summary>
    public static Initializer Kaiming { get; } = new("kaiming", 2, Fan.In, uniform: false);

    /// <summary>The same with smaller or larger weights: a small last layer, for one, begins with no opinion on any class.</summary>
    /// <param name="factor">What weights are multiplied by, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not above 0.</exception>
    public Initializer Scaled(float factor)
    {
        if (!(factor > 0) || !float.IsFinite(factor)) throw new ArgumentOutOfRangeException(nameof(factor), factor, "weights are multiplied by a number above 0");
        return new Initializer(_name, _gain, _fan, _uniform, _factor * factor);
    }

    /// <summary>The initializer's name and factor.</summary>
    public override string ToString() => _factor == 1 ? _name : $"{_name} ×{_factor}";

    /// <summary>What makes the same initializer: the name of one that draws random numbers or the number itself, and the factor.</summary>
    internal (string Name, float? Constant, float Factor) Description => (_name, _fan == Fan.None ? _gain : null, _factor);

    internal void Fill(Span<float> values, int fanIn, int fanOut, ref SplitMix64 random)
    {
        if (_fan == Fan.None)
        {
            values.Fill(_gain * _factor);
            return;
        }
        double deviation = _factor * Math.Sqrt(_gain / (_fan == Fan.In ? fanIn : (fanIn + fanOut) / 2.0));
        // A uniform distribution on (−a, a) has the deviation a/√3.
        double reach = deviation * Math.Sqrt(3);
        if (values.Length > LargestAlone) FillPieces(values, random.Next(), reach, deviation);
        else Fill(values, ref random, reach, deviation);
    }

    private void Fill(Span<float> values, ref SplitMix64 random, double reach, double deviation)
    {
        foreach (ref float value in values)
            value = (float)(_uniform ? ((2 * random.Even()) - 1) * reach : random.Normal() * deviation);
    }

    /// <summary>Piece by piece, each from a stream of its own, so that threads can share out what VGG's 100 million weights take.</summary>
    private unsafe void FillPieces(Span<float> values, ulong seed, double reach, double deviation)
    {
        long length = values.Length;
        fixed (float* first = values)
        {
            float* to = first;
            Threads.For((int)((length + LargestAlone - 1) / LargestAlone), piece =>
            {
                SplitMix64 random = SplitMix64.For(seed, (ulong)piece, 0);
                long start = (long)piece * LargestAlone;
                Fill(new Span<float>(to + start, (int)Math.Min(LargestAlone, length - start)), ref random, reach, deviation);
            });
        }
    }
}
