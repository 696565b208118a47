using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The commonest overlapping windows, 3×3 by 2, that reach at most one pixel over any edge of the image: AlexNet's and SqueezeNet's, those of
/// ResNet and DenseNet with a padding of 1, GoogLeNet's in ceil mode.
/// </summary>
internal static unsafe class Windows3x3
{
    public static bool Fits(in PoolShape shape) =>
        shape.Window == 3 && shape.Stride == 2 && Fits(shape.RowAxis) && Fits(shape.ColumnAxis) && shape.InputPlane < 1 << 24;

    // The last window ends 2·outputs − before pixels behind the first one of the image.
    private static bool Fits(PoolAxis axis) => axis.Before <= 1 && (2 * axis.Outputs) - axis.Before <= axis.Size;

    /// <summary>Pools some planes. Input may be read from <paramref name="xBegin"/> up to <paramref name="xEnd"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="planes">How many planes.</param>
    /// <param name="divisor">Of means.</param>
    /// <param name="x">The first plane.</param>
    /// <param name="xBegin">The beginning of memory.</param>
    /// <param name="xEnd">The end of memory.</param>
    /// <param name="y">Receives maxima and</param>
    /// <param name="argMax">their places; where this is null, means.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<S, V>(in PoolShape shape, int planes, PoolDivisor divisor, float* x, float* xBegin, float* xEnd, float* y, int* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        Forward3x3<S, V> kernel = new(shape, x, xBegin, xEnd);
        int count = planes * shape.OutputHeight, whole = count, outputs = shape.OutputWidth;
        while (whole > 0 && (whole * (long)outputs) + kernel.Overrun > count * (long)outputs) whole--;
        int rest = (count - whole) * outputs, room = rest + kernel.Overrun;
        using Scratch.Lease lease = Scratch.Take(kernel.ScratchLength + (2 * room) + shape.OutputHeight + outputs + kernel.Overrun);
        float* restY = lease.Data + kernel.ScratchLength, restAt = restY + room, rowWeights = restAt + room, columnWeights = rowWeights + shape.OutputHeight;
        if (argMax == null) Weights(shape, divisor, rowWeights, columnWeights);
        bool isStreaming = shape.IsStreaming(outputs, y, argMax);
        if (argMax == null)
        {
            if (isStreaming) kernel.Rows<Total<S, V>, StreamingStore>(0, whole, columnWeights, rowWeights, y, null, lease.Data);
            else kernel.Rows<Total<S, V>, CachedStore>(0, whole, columnWeights, rowWeights, y, null, lease.Data);
            kernel.Rows<Total<S, V>, CachedStore>(whole, count, columnWeights, rowWeights, restY, null, lease.Data);
        }
        else
        {
            bool isSound = isStreaming
                ? kernel.Rows<Largest<S, V>, StreamingStore>(0, whole, null, null, y, argMax, lease.Data)
                : kernel.Rows<Largest<S, V>, CachedStore>(0, whole, null, null, y, argMax, lease.Data);
            isSound &= kernel.Rows<Largest<S, V>, CachedStore>(whole, count, null, null, restY, (int*)restAt, lease.Data);
            if (!isSound)
            {
                if (isStreaming) Interlocked.MemoryBarrier();
                kernel.Rows<LargestOrNaN<S, V>, CachedStore>(0, whole, null, null, y, argMax, lease.Data);
                kernel.Rows<LargestOrNaN<S, V>, CachedStore>(whole, count, null, null, restY, (int*)restAt, lease.Data);
            }
            new Span<int>(restAt, rest).CopyTo(new Span<int>(argMax + ((nint)whole * outputs), rest));
        }
        new Span<float>(restY, rest).CopyTo(new Span<float>(y + ((nint)whole * outputs), rest));
        if (isStreaming) Interlocked.MemoryBarrier();
    }

    /// <summary>Sends the deltas of some planes back. Deltas may be read up to <paramref name="dyEnd"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="planes">How many planes.</param>
    /// <param name="divisor">Of means.</param>
    /// <param name="dy">Their deltas.</param>
    /// <param name="dyEnd">The end of memory.</param>
    /// <param name="argMax">Places of maxima, or null for means.</param>
    /// <param name="dx">The first plane; all of the planes is written.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<S, V>(in PoolShape shape, int planes, PoolDivisor divisor, float* dy, float* dyEnd, int* argMax, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        bool isStreaming = shape.IsStreaming(shape.W, dx, dx);
        Backward3x3<S, V> kernel = new(shape, dy, dyEnd, argMax);
        int count = planes * kernel.RowPairs, whole = count;
        while (!isStreaming && whole > 0 && kernel.Start(whole) + kernel.Overrun > kernel.Start(count)) whole--;
        int rest = (int)(kernel.Start(count) - kernel.Start(whole)), room = rest + kernel.Overrun;
        using Scratch.Lease lease = Scratch.Take(kernel.ScratchLength + room + shape.OutputHeight + shape.OutputWidth + S.Lanes);
        float* restDx = lease.Data + kernel.ScratchLength, rowWeights = restDx + room, columnWeights = rowWeights + shape.OutputHeight;
        if (argMax == null)
        {
            Weights(shape, divisor, rowWeights, columnWeights);
            new Span<float>(columnWeights + shape.OutputWidth, S.Lanes).Clear();
            if (isStreaming) kernel.Rows<ToAll<S, V>, StreamingStore>(0, whole, columnWeights, rowWeights, dx, lease.Data);
            else kernel.Rows<ToAll<S, V>, CachedStore>(0, whole, columnWeights, rowWeights, dx, lease.Data);
            kernel.Rows<ToAll<S, V>, CachedStore>(whole, count, columnWeights, rowWeights, restDx, lease.Data);
        }
        else
        {
            if (isStreaming) kernel.Rows<ToMaximum<S, V>, StreamingStore>(0, whole, null, null, dx, lease.Data);
            else kernel.Rows<ToMaximum<S, V>, CachedStore>(0, whole, null, null, dx, lease.Data);
            kernel.Rows<ToMaximum<S, V>, CachedStore>(whole, count, null, null, restDx, lease.Data);
        }
        new Span<float>(restDx, rest).CopyTo(new Span<float>(dx + kernel.Start(whole), rest));
        if (isStreaming) Interlocked.MemoryBarrier();
    }

    private static void Weights(in PoolShape shape, PoolDivisor divisor, float* rows, float* columns)
    {
        for (int i = 0; i < shape.OutputHeight; i++) rows[i] = MeanPooling.Weight(shape.RowAxis, divisor, i);
        for (int j = 0; j < shape.OutputWidth; j++) columns[j] = MeanPooling.Weight(shape.ColumnAxis, divisor, j);
    }
}
