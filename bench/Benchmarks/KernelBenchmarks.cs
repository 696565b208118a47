using BenchmarkDotNet.Attributes;
using CnnEngine.Bench.Work;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Benchmarks;

/// <summary>What benchmarks have in common: a number of threads, and work that is prepared, run and given back.</summary>
public abstract class KernelBenchmarks
{
    private IWork? _work;

    /// <summary>The numbers of threads.</summary>
    public static IEnumerable<int> ThreadCounts => Shapes.ThreadCounts;

    /// <summary>The number of threads.</summary>
    [ParamsSource(nameof(ThreadCounts))]
    public int ThreadCount { get; set; }

    /// <summary>Gives memory back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _work!.Dispose();

    private protected void Prepare(Func<IWork> work)
    {
        Threads.Count = ThreadCount;
        _work = work();
    }

    private protected void Run() => _work!.Run();
}
