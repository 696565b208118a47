using BenchmarkDotNet.Attributes;
using CnnEngine.Bench.Work;

namespace CnnEngine.Bench.Benchmarks;

/// <summary>Max and mean pooling, forward and backward.</summary>
public class PoolBenchmarks : KernelBenchmarks
{
    /// <summary>The sizes.</summary>
    public static IEnumerable<PoolCase> Cases => Shapes.Pooling;

    /// <summary>The size.</summary>
    [ParamsSource(nameof(Cases))]
    public PoolCase Size { get; set; } = Shapes.Pooling[0];

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(MaxForward))]
    public void SetupMaxForward() => Prepare(() => new PoolWork(Size, max: true, forward: true));

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(MaxBackward))]
    public void SetupMaxBackward() => Prepare(() => new PoolWork(Size, max: true, forward: false));

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(MeanForward))]
    public void SetupMeanForward() => Prepare(() => new PoolWork(Size, max: false, forward: true));

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(MeanBackward))]
    public void SetupMeanBackward() => Prepare(() => new PoolWork(Size, max: false, forward: false));

    /// <summary>Each window's largest number, and where it was.</summary>
    [Benchmark]
    public void MaxForward() => Run();

    /// <summary>Each gradient to where the largest number was.</summary>
    [Benchmark]
    public void MaxBackward() => Run();

    /// <summary>Each window's mean.</summary>
    [Benchmark]
    public void MeanForward() => Run();

    /// <summary>Each gradient shared out over its window.</summary>
    [Benchmark]
    public void MeanBackward() => Run();
}
