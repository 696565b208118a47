using System.Runtime.InteropServices;

namespace CnnEngine.Bench.Work;

/// <summary>Floats on the C heap, aligned to 64 bytes as the peers have theirs.</summary>
internal sealed unsafe class FloatBlock : IDisposable
{
    private readonly int _length;
    private float* _data;

    private FloatBlock(long length)
    {
        _length = checked((int)length);
        _data = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
    }

    public Span<float> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_data == null, this);
            return new Span<float>(_data, _length);
        }
    }

    /// <summary>Zeros.</summary>
    public static FloatBlock Zeros(long length)
    {
        FloatBlock block = new(length);
        block.Span.Clear();
        return block;
    }

    /// <summary>The numbers 0, 0.01, … (period − 1)/100, over and over; the peers' drivers fill their matrices with the same.</summary>
    public static FloatBlock Pattern(long length, int period)
    {
        FloatBlock block = new(length);
        Span<float> span = block.Span;
        for (int i = 0; i < span.Length; i++) span[i] = i % period * 0.01f;
        return block;
    }

    /// <summary>A sum in which most places have a weight of their own, to tell whether two programs computed the same.</summary>
    public double Checksum()
    {
        double sum = 0;
        Span<float> span = Span;
        for (int i = 0; i < span.Length; i++) sum += span[i] * (double)((i % 31) + 1);
        return sum;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
