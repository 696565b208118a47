using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The commonest overlapping windows, 3×3 by 2, that reach at most one pixel over any edge of the image: AlexNet's and SqueezeNet's, those of
/// ResNet and DenseNet with a padding of 1, GoogLeNet's in ceil mode.
/// </summary>
internal static unsafe class Windows3x3
{
    // Results that are gathered: 8 KB, and as much of places, which stay in the first-level cache with what is read.
    private const int Gathered = 2048;

    public static bool Fits(in PoolShape shape) =>
        shape.Window == 3 && shape.Stride == 2 && Fits(shape.RowAxis) && Fits(shape.ColumnAxis) && shape.InputPlane < 1 << 24;

    // The last window ends 2·outputs − before pixels behind the first one of the image.
    private static bool Fits(PoolAxis axis) => axis.Before <= 1 && (2 * axis.Outputs) - axis.Before <= axis.Size;

    /// <summary>Pools some planes. Input may be read up to <paramref name="xEnd"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="planes">How many planes.</param>
    /// <param name="divisor">Of means.</param>
    /// <param name="x">The first plane.</param>
    /// <param name="xEnd">The end of memory.</param>
    /// <param name="y">Receives maxima and</param>
    /// <param name="argMax">their places; where this is null, means.</param>
    public static void Forward<S, V>(in PoolShape shape, int planes, PoolDivisor divisor, float* x, float* xEnd, float* y, int* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        PoolDivisor? ofMeans = argMax == null ? divisor : null;
        bool isPaired = PairedForward3x3<S, V>.Fits(shape);
        using Scratch.Lease lease = Scratch.Take(isPaired ? PairedForward3x3<S, V>.ScratchLength(shape, ofMeans) : Forward3x3<S, V>.ScratchLength(shape, ofMeans));
        bool isSound = isPaired
            ? Forward<S, V, PairedForward3x3<S, V>>(shape, planes, new(shape, ofMeans, lease.Data), x, xEnd, y, (float*)argMax)
            : Forward<S, V, Forward3x3<S, V>>(shape, planes, new(shape, ofMeans, lease.Data), x, xEnd, y, (float*)argMax);
        if (!isSound) MaxPooling.Windows<S, V>(shape, planes, x, xEnd, y, argMax);
    }

    private static bool Forward<S, V, TRows>(in PoolShape shape, int planes, TRows kernel, float* x, float* xEnd, float* y, float* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TRows : struct, IForward3x3<V> => argMax == null
            ? shape.ColumnAxis.Before == 0
                ? Forward<S, V, TRows, Total<S, V>, PlainColumns>(shape, planes, kernel, x, xEnd, y, argMax)
                : Forward<S, V, TRows, Total<S, V>, PaddedColumns>(shape, planes, kernel, x, xEnd, y, argMax)
            : shape.ColumnAxis.Before == 0
                ? Forward<S, V, TRows, Largest<S, V>, PlainColumns>(shape, planes, kernel, x, xEnd, y, argMax)
                : Forward<S, V, TRows, Largest<S, V>, PaddedColumns>(shape, planes, kernel, x, xEnd, y, argMax);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Forward<S, V, TRows, TReduction, TColumns>(in PoolShape shape, int planes, TRows kernel, float* x, float* xEnd, float* y, float* argMax)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TRows : struct, IForward3x3<V>
        where TReduction : struct, IReduction<V>
        where TColumns : struct, IColumns
    {
        // An even number of rows at a time, as they may be taken in pairs.
        int outputs = shape.OutputWidth, count = planes * shape.OutputHeight, perBlock = Math.Max(2, Gathered / outputs / 2 * 2);
        bool isStreaming = shape.IsStreamingLines(y, TReduction.HasPlaces ? argMax : y), isSound = true;
        // Rows that would be read beyond the end of memory are pooled from a copy, rows that would be written beyond the end of the planes are gathered.
        int safe = count, direct = isStreaming ? 0 : Math.Max(0, (count - Quotient.Up(kernel.Overrun, outputs)) / 2 * 2);
        while (safe > 0 && x + kernel.End(safe - 1) > xEnd) safe--;
        int copied = safe == count ? planes * shape.InputPlane : kernel.Begin(safe), rest = (planes * shape.InputPlane) - copied;
        int reach = kernel.Reach, room = (perBlock * outputs) + kernel.Overrun + (2 * CacheSizes.FloatsOfLine);
        using Scratch.Lease lease = Scratch.Take(rest + reach + (2L * room));
        float* copy = lease.Data, gathered = copy + rest + reach;
        new Span<float>(x + copied, rest).CopyTo(new Span<float>(copy, rest));
        new Span<float>(copy + rest, reach).Clear();

        for (int row = 0, end; row < count; row = end)
        {
            float* from = row < safe ? x : copy - copied;
            bool isDirect = row < direct;
            end = Math.Min(row < safe ? safe : count, isDirect ? direct : row + perBlock);
            int length = (end - row) * outputs;
            if (isDirect) isSound &= kernel.Rows<TReduction, TColumns>(row, end, from, y, argMax, null, null);
            else
            {
                float* results = ResultLines.Begin(gathered, y, length), places = ResultLines.Begin(gathered + room, argMax, TReduction.HasPlaces ? length : 0);
                isSound &= kernel.Rows<TReduction, TColumns>(row, end, from, results, places, isStreaming ? y : null, isStreaming ? argMax : null);
                ResultLines.Finish(results, length, y, isStreaming);
                if (TReduction.HasPlaces) ResultLines.Finish(places, length, argMax, isStreaming);
            }
            y += length;
            argMax += length;
        }
        if (isStreaming) Interlocked.MemoryBarrier();
        return isSound;
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
        if (argMax == null && NarrowBackward3x3<S, V>.Fits(shape))
        {
            NarrowBackward<S, V>(shape, planes, divisor, dy, dyEnd, dx, isStreaming);
            return;
        }
        Backward3x3<S, V> kernel = new(shape, dy, dyEnd, argMax);
        int count = planes * kernel.RowPairs, whole = count;
        while (!isStreaming && whole > 0 && kernel.Start(whole) + kernel.Overrun > kernel.Start(count)) whole--;
        int rest = (int)(kernel.Start(count) - kernel.Start(whole)), room = rest + kernel.Overrun;
        using Scratch.Lease lease = Scratch.Take(kernel.ScratchLength + room + shape.OutputHeight + shape.OutputWidth + S.Lanes);
        float* restDx = lease.Data + kernel.ScratchLength, rowWeights = restDx + room, columnWeights = rowWeights + shape.OutputHeight;
        if (argMax == null)
        {
            MeanPooling.Weights(shape.RowAxis, divisor, rowWeights);
            MeanPooling.Weights(shape.ColumnAxis, divisor, columnWeights);
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

    private static void NarrowBackward<S, V>(in PoolShape shape, int planes, PoolDivisor divisor, float* dy, float* dyEnd, float* dx, bool isStreaming)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int tables = NarrowBackward3x3<S, V>.ScratchLength(shape), perBlock = NarrowBackward3x3<S, V>.PlanesPerBlock(shape), plane = shape.InputPlane;
        using Scratch.Lease lease = Scratch.Take(tables);
        NarrowBackward3x3<S, V> kernel = new(shape, divisor, lease.Data);
        using Scratch.Lease last = Scratch.Take((perBlock * plane) + kernel.Overrun);
        for (int first = 0, count; first < planes; first += count)
        {
            count = Math.Min(perBlock, planes - first);
            float* from = dy + (first * shape.OutputPlane), to = dx + (first * plane);
            if (((first + count) * plane) + kernel.Overrun > planes * plane)
            {
                kernel.Planes<CachedStore>(count, from, dyEnd, last.Data);
                new Span<float>(last.Data, count * plane).CopyTo(new Span<float>(to, count * plane));
            }
            else if (isStreaming) kernel.Planes<StreamingStore>(count, from, dyEnd, to);
            else kernel.Planes<CachedStore>(count, from, dyEnd, to);
        }
        if (isStreaming) Interlocked.MemoryBarrier();
    }
}
