using CnnEngine.Kernels;

namespace CnnEngine.Bench.Work;

/// <summary>A pooling's memory, with the places of the maxima filled in for the backward passes.</summary>
internal sealed class PoolWork : IWork
{
    private readonly PoolShape _shape;
    private readonly FloatBlock _x;
    private readonly FloatBlock _y;
    private readonly FloatBlock _dx;
    private readonly int[] _argMax;
    private readonly Action _run;

    public PoolWork(PoolCase pooling, bool max, bool forward)
    {
        _shape = pooling.Shape;
        // In no order that a processor could guess.
        _x = FloatBlock.Pattern(_shape.InputLength, 65_537);
        new Random(1).Shuffle(_x.Span);
        _y = FloatBlock.Zeros(_shape.OutputLength);
        _dx = FloatBlock.Zeros(_shape.InputLength);
        _argMax = new int[_shape.OutputLength];
        MaxForward();
        _run = (max, forward) switch
        {
            (true, true) => MaxForward,
            (true, false) => MaxBackward,
            (false, true) => MeanForward,
            (false, false) => MeanBackward,
        };
    }

    public void Run() => _run();

    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
        _dx.Dispose();
    }

    private void MaxForward() => MaxPooling.Forward(_shape, _x.Span, _y.Span, _argMax);

    private void MaxBackward() => MaxPooling.Backward(_shape, _y.Span, _argMax, _dx.Span);

    private void MeanForward() => MeanPooling.Forward(_shape, _x.Span, _y.Span);

    private void MeanBackward() => MeanPooling.Backward(_shape, _y.Span, _dx.Span);
}
