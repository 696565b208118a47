namespace CnnEngine;

/// <summary>
/// The pseudo-random numbers of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): 64 bits of
/// state, whole-number arithmetic only, so that a seed gives the same numbers on every machine.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private const ulong Step = 0x9e3779b97f4a7c15; // 2⁶⁴ / golden ratio

    private ulong _state = seed;

    /// <summary>A generator for one part of a whole, independent of those for the other parts.</summary>
    public static SplitMix64 For(ulong seed, ulong part, ulong item) => new(Mix(Mix(Mix(seed + Step) + part) + (item * Step)));

    public ulong Next() => Mix(_state += Step);

    /// <summary>A whole number from 0 to <paramref name="bound"/> − 1.</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>A number evenly spread from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public float Between(float low, float high) => low + ((high - low) * ((Next() >> 40) * (1f / (1 << 24))));

    /// <summary>
    /// A bell-shaped number of mean 0 and the given deviation, at most 3.46 times as large: the sum of four even ones, which needs
    /// no logarithm, whose last bit differs between machines.
    /// </summary>
    public float Bell(float deviation)
    {
        ulong bits = Next();
        int sum = (int)((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48));
        return (sum - (2 * 65535)) * (deviation * (1.7320508f / 65536));
    }

    /// <summary>A number of the standard normal distribution (G. Box, M. Muller, 1958).</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Even()));
        return radius * Math.Cos(2 * Math.PI * Even());
    }

    /// <summary>
    /// A number of the distribution Beta(α, α), α above 0 (L. Devroye, "Non-Uniform Random Variate Generation", 1986, IX.3): up to α = ½ the
    /// share of U^(1/α) in U^(1/α) + V^(1/α) if that sum is at most 1 (M. Jöhnk, 1964), above it <c>½ + ½·√(1 − U^(2/(2α − 1)))·cos 2πV</c>
    /// (G. Ulrich, 1984).
    /// </summary>
    public double Beta(double alpha)
    {
        if (alpha > 0.5) return 0.5 + (0.5 * Math.Sqrt(1 - Math.Pow(1 - Even(), 2 / ((2 * alpha) - 1))) * Math.Cos(2 * Math.PI * Even()));
        while (true)
        {
            // By logarithms: both powers may be too small for a number.
            double u = Math.Log(1 - Even()) / alpha, v = Math.Log(1 - Even()) / alpha;
            if (Math.Exp(u) + Math.Exp(v) <= 1) return 1 / (1 + Math.Exp(v - u));
        }
    }

    /// <summary>A number evenly spread from 0 up to but not 1.</summary>
    public double Even() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Puts numbers into random order (R. Fisher, F. Yates).</summary>
    public void Shuffle(Span<int> numbers)
    {
        for (int i = numbers.Length - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (numbers[i], numbers[j]) = (numbers[j], numbers[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
