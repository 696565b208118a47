namespace CnnEngine.Kernels.Tests;

/// <summary>Test data, the same at every run.</summary>
internal static class Numbers
{
    /// <summary>Whole numbers from −4 to 4 and not 0: products and sums of these are exact in float32.</summary>
    public static float[] Integers(long length, int seed)
    {
        Random random = new(seed);
        float[] numbers = new float[length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = random.Next(1, 5) * (random.Next(2) == 0 ? -1 : 1);
        return numbers;
    }

    /// <summary>Numbers between −<paramref name="limit"/> and <paramref name="limit"/>.</summary>
    public static float[] Random(long length, int seed, float limit = 1)
    {
        Random random = new(seed);
        float[] numbers = new float[length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = ((random.NextSingle() * 2) - 1) * limit;
        return numbers;
    }
}
