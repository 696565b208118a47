using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>Where a pooling's windows lie along one axis of the image.</summary>
internal readonly record struct PoolAxis
{
    private readonly bool _isPartition;

    private PoolAxis(int size, int window, int stride, int before, int after, int outputs, bool isPartition = false)
    {
        (Size, Window, Stride, Before, After, Outputs) = (size, window, stride, before, after, outputs);
        _isPartition = isPartition;
    }

    /// <summary>Pixels of the image along the axis.</summary>
    public int Size { get; }

    /// <summary>Pixels of a window, the largest if they differ.</summary>
    public int Window { get; }

    /// <summary>Pixels from one window to the next; 0 where windows are <see cref="IsAdaptive"/>.</summary>
    public int Stride { get; }

    /// <summary>Padding before the image.</summary>
    public int Before { get; }

    /// <summary>Padding behind it.</summary>
    public int After { get; }

    /// <summary>How many windows there are.</summary>
    public int Outputs { get; }

    /// <summary>Whether windows follow from their number and differ in size and distance.</summary>
    public bool IsAdaptive => Stride == 0;

    /// <summary>Whether every window lies inside the image as a whole, and all are of one size and distance.</summary>
    public bool IsPlain => !IsAdaptive && Before == 0 && ((Outputs - 1) * Stride) + Window <= Size;

    /// <summary>
    /// Windows of one size, stride by stride; with <paramref name="ceilMode"/> one more where pixels are left over, if it begins inside the
    /// image or the padding before it (PyTorch's rule).
    /// </summary>
    public static PoolAxis Sliding(string name, int size, int window, int stride, int before, int after, bool ceilMode)
    {
        int rest = size + before + after - window;
        if (rest < 0 && (!ceilMode || rest <= -stride))
            throw new ArgumentException($"the window spans {window} {name}, the padded image has {size + before + after}; the window must fit into the image");
        int outputs = (Math.Max(rest, 0) / stride) + 1;
        if (ceilMode && (outputs - 1) * stride < rest && outputs * stride < size + before) outputs++;
        return new PoolAxis(size, window, stride, before, after, outputs);
    }

    /// <summary>As many windows as asked for, <c>⌊i·size/outputs⌋ … ⌈(i + 1)·size/outputs⌉</c>, which overlap where the division leaves a rest.</summary>
    public static PoolAxis Adaptive(int size, int outputs) => OfNumber(size, outputs, isPartition: false);

    /// <summary>Windows that share out the pixels: p lies in window <c>⌊p·outputs/size⌋</c>.</summary>
    public static PoolAxis Partition(int size, int outputs) => OfNumber(size, outputs, isPartition: true);

    /// <summary>
    /// Windows of <c>⌈size/outputs⌉</c> pixels every <c>⌊size/outputs⌋</c>, where this gives as many as asked for (13 pixels, 2 windows: 7 pixels
    /// every 6); else <see cref="Adaptive"/> (11 pixels, 4 windows).
    /// </summary>
    public static PoolAxis Pyramid(int size, int outputs)
    {
        int window = (size + outputs - 1) / outputs, stride = size / outputs;
        return stride > 0 && ((size - window) / stride) + 1 == outputs ? new PoolAxis(size, window, stride, 0, 0, outputs) : Adaptive(size, outputs);
    }

    private static PoolAxis OfNumber(int size, int outputs, bool isPartition)
    {
        if (size % outputs == 0) return new PoolAxis(size, size / outputs, size / outputs, 0, 0, outputs);
        PoolAxis axis = new(size, 0, 0, 0, 0, outputs, isPartition);
        int largest = 0;
        for (int i = 0; i < outputs; i++)
        {
            (int first, int end) = axis.Inside(i);
            largest = Math.Max(largest, end - first);
        }
        return new PoolAxis(size, largest, 0, 0, 0, outputs, isPartition);
    }

    /// <summary>The pixels of the image that window i holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (int First, int End) Inside(int i)
    {
        if (IsAdaptive) return Share(i);
        int first = (i * Stride) - Before;
        return (Math.Max(first, 0), Math.Min(first + Window, Size));
    }

    private (int First, int End) Share(int i)
    {
        long first = (long)i * Size, end = first + Size + Outputs - 1;
        if (_isPartition) first += Outputs - 1;
        return ((int)(first / Outputs), (int)(end / Outputs));
    }

    /// <summary>How many pixels of the image and its padding window i holds: in ceil mode the last may reach beyond both.</summary>
    public int WithPadding(int i)
    {
        if (!IsAdaptive) return Math.Min(Window, Size + After + Before - (i * Stride));
        (int first, int end) = Inside(i);
        return end - first;
    }
}
