using CnnEngine.Kernels;

namespace CnnEngine.Bench.Work;

/// <summary>One pass of a convolution on plain N×C×H×W images, with a bias as training has it.</summary>
internal sealed class ConvWork : IWork
{
    private readonly ConvShape _shape;
    private readonly FloatBlock _x;
    private readonly FloatBlock _w;
    private readonly FloatBlock _bias;
    private readonly FloatBlock _dy;
    private readonly FloatBlock _result;
    private readonly FloatBlock _dbias;
    private readonly Action _run;

    public ConvWork(ConvCase convolution, string pass)
    {
        _shape = convolution.Shape;
        (_run, long length) = pass switch
        {
            Passes.Forward => ((Action)Forward, _shape.OutputLength),
            Passes.BackwardInput => (BackwardInput, _shape.InputLength),
            Passes.BackwardFilter => (BackwardFilter, _shape.FilterLength),
            _ => throw new ArgumentOutOfRangeException(nameof(pass), pass, "no pass of a convolution"),
        };
        _x = FloatBlock.Pattern(_shape.InputLength, 13);
        _w = FloatBlock.Pattern(_shape.FilterLength, 11);
        _bias = FloatBlock.Pattern(_shape.K, 5);
        _dy = FloatBlock.Pattern(_shape.OutputLength, 7);
        _dbias = FloatBlock.Zeros(_shape.K);
        _result = FloatBlock.Zeros(length);
    }

    public void Run() => _run();

    /// <summary>Computes it once more, into cleared memory, and sums up the result.</summary>
    public double Checksum()
    {
        _result.Span.Clear(); // the filter's gradient is added to what is there
        Run();
        return _result.Checksum();
    }

    public void Dispose()
    {
        foreach (FloatBlock block in (ReadOnlySpan<FloatBlock>)[_x, _w, _bias, _dy, _dbias, _result]) block.Dispose();
    }

    private void Forward() => Convolution.Forward(_shape, _x.Span, _w.Span, _bias.Span, Activation.Identity, _result.Span);

    private void BackwardInput() => Convolution.BackwardInput(_shape, _dy.Span, _w.Span, _result.Span);

    private void BackwardFilter() => Convolution.BackwardFilter(_shape, _x.Span, _dy.Span, _result.Span, _dbias.Span);
}
