using BenchmarkDotNet.Attributes;
using CnnEngine.Bench.Work;

namespace CnnEngine.Bench.Benchmarks;

/// <summary>C = A·B.</summary>
public class GemmBenchmarks : KernelBenchmarks
{
    /// <summary>The sizes.</summary>
    public static IEnumerable<GemmCase> Cases => Shapes.Gemm;

    /// <summary>The size.</summary>
    [ParamsSource(nameof(Cases))]
    public GemmCase Size { get; set; } = Shapes.Gemm[0];

    /// <summary>Takes memory.</summary>
    [GlobalSetup]
    public void Setup() => Prepare(() => new GemmWork(Size));

    /// <summary>One product.</summary>
    [Benchmark]
    public void Multiply() => Run();
}
