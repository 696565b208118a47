using CnnEngine.Kernels;

namespace CnnEngine.Bench.Work;

/// <summary>Three matrices and their product.</summary>
internal sealed class GemmWork : IWork
{
    private readonly GemmCase _case;
    private readonly FloatBlock _a;
    private readonly FloatBlock _b;
    private readonly FloatBlock _c;

    public GemmWork(GemmCase gemm)
    {
        _case = gemm;
        _a = FloatBlock.Pattern((long)gemm.M * gemm.K, 7);
        _b = FloatBlock.Pattern((long)gemm.K * gemm.N, 5);
        _c = FloatBlock.Zeros((long)gemm.M * gemm.N);
    }

    public void Run() => Gemm.Multiply(_case.M, _case.N, _case.K, _a.Span, _b.Span, _c.Span);

    /// <summary>Computes it once more and sums up the result.</summary>
    public double Checksum()
    {
        Run();
        return _c.Checksum();
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
    }
}
