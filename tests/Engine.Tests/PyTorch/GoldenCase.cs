using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Tests.PyTorch;

/// <summary>A golden case, and what computes it in the engine.</summary>
/// <param name="Type">The class that the case is of.</param>
/// <param name="Name">The name in the files, <c>operation/case</c>.</param>
/// <param name="Tolerance">How far a number may be off, as a share of the largest of its tensor.</param>
/// <param name="Make">Makes what is to be compared: a layer, a row of layers, a loss, an optimiser, a schedule, <see cref="Error"/>, <see cref="Clip"/>, <see cref="Average"/>.</param>
internal sealed record GoldenCase(Type Type, string Name, double Tolerance, Func<object> Make)
{
    /// <summary>The cases of all kinds of things.</summary>
    public static GoldenCase[] All { get; } = [.. LayerCases.All, .. TrainingCases.All];

    /// <summary>The cases of one class.</summary>
    public static IEnumerable<GoldenCase> Of<T>(double tolerance, Dictionary<string, Func<T>> cases) where T : class => Of(typeof(T), tolerance, cases);

    /// <summary>The cases of a class whose methods make what is compared.</summary>
    public static IEnumerable<GoldenCase> Of<T>(Type type, double tolerance, Dictionary<string, Func<T>> cases) where T : class =>
        cases.Select(one => new GoldenCase(type, $"{type.Name}/{one.Key}", tolerance, one.Value));

    /// <summary>Compares with PyTorch.</summary>
    public void Check()
    {
        Golden golden = GoldenFiles.All[Name];
        switch (Make())
        {
            case Layer layer: LayerRun.Check(golden, Tolerance, layer); break;
            case Sequential layers: LayerRun.Check(golden, Tolerance, [.. layers]); break;
            case Loss loss: TrainingRun.Check(golden, loss, Tolerance); break;
            case Optimizer optimizer: TrainingRun.Check(golden, optimizer, Tolerance); break;
            case Schedule schedule: TrainingRun.Check(golden, schedule, Tolerance); break;
            case Error error: TrainingRun.Check(golden, error, Tolerance); break;
            case Clip clip: TrainingRun.Check(golden, clip, Tolerance); break;
            case Average average: TrainingRun.Check(golden, average, Tolerance); break;
            case object other: throw new NotSupportedException($"{Name}: {other}");
        }
    }
}

/// <summary>Compares the engine's numbers with a golden case's.</summary>
internal static class Agreement
{
    /// <summary>
    /// That two tensors agree, <c>|actual − expected| ≤ tolerance · max |expected|</c>; NaN agrees with NaN alone.
    /// </summary>
    public static void Check(Golden golden, string tensor, ReadOnlySpan<float> actual, double tolerance, string where = "")
    {
        ReadOnlySpan<float> expected = golden[tensor].Span;
        Assert.True(expected.Length == actual.Length, $"{golden.Name}{where}: {tensor} has {actual.Length} numbers, PyTorch's {expected.Length}");
        double largest = 0, worst = 0;
        int at = 0;
        foreach (float value in expected) largest = Math.Max(largest, float.IsFinite(value) ? Math.Abs((double)value) : 0);
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i].Equals(actual[i]) || expected[i] == actual[i]) continue;
            double error = Math.Abs((double)actual[i] - expected[i]) / largest;
            if (double.IsNaN(error)) error = double.PositiveInfinity;
            if (error > worst) (worst, at) = (error, i);
        }
        Assert.True(worst <= tolerance,
            $"{golden.Name}{where}: {tensor}[{at}] is {actual[at]}, PyTorch's {expected[at]}; off by {worst:0.0e0} of the largest, allowed are {tolerance:0.0e0}");
    }
}
