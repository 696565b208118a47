using BenchmarkDotNet.Attributes;
using CnnEngine.Bench.Work;

namespace CnnEngine.Bench.Benchmarks;

/// <summary>The three passes of convolutions.</summary>
public class ConvBenchmarks : KernelBenchmarks
{
    /// <summary>The sizes.</summary>
    public static IEnumerable<ConvCase> Cases => Shapes.Convolution;

    /// <summary>The size.</summary>
    [ParamsSource(nameof(Cases))]
    public ConvCase Size { get; set; } = Shapes.Convolution[0];

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(Forward))]
    public void SetupForward() => Prepare(() => new ConvWork(Size, Passes.Forward));

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(BackwardInput))]
    public void SetupBackwardInput() => Prepare(() => new ConvWork(Size, Passes.BackwardInput));

    /// <summary>Takes memory.</summary>
    [GlobalSetup(Target = nameof(BackwardFilter))]
    public void SetupBackwardFilter() => Prepare(() => new ConvWork(Size, Passes.BackwardFilter));

    /// <summary>Outputs from images.</summary>
    [Benchmark]
    public void Forward() => Run();

    /// <summary>The images' gradient from the outputs'.</summary>
    [Benchmark]
    public void BackwardInput() => Run();

    /// <summary>The filters' and biases' gradient from images and outputs' gradient.</summary>
    [Benchmark]
    public void BackwardFilter() => Run();
}
