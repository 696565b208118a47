using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// Copies rows of an image into a layout with longer rows and back, a vector at a time. Rows are short (10 or 28 floats), so their
/// ends decide the speed: a vector may run over the end of its row, because the next row is written after it.
/// </summary>
internal static unsafe class RowCopy
{
    /// <summary>Copies <paramref name="width"/> floats of each row and fills the rest of the destination's row with zeros.</summary>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="width">Floats of a row.</param>
    /// <param name="from">The first row; rows are <paramref name="fromStride"/> apart.</param>
    /// <param name="fromStride">At least <paramref name="width"/>.</param>
    /// <param name="fromEnd">Where readable memory ends.</param>
    /// <param name="to">Receives rows · toStride floats.</param>
    /// <param name="toStride">At least <paramref name="width"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Spread<S, V>(int rows, int width, float* from, nint fromStride, float* fromEnd, float* to, nint toStride)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        float* toEnd = to + (rows * toStride);
        for (int i = 0; i < rows; i++, from += fromStride, to += toStride)
        {
            nint j = 0;
            for (; j < width && from + j + S.Lanes <= fromEnd && to + j + S.Lanes <= toEnd; j += S.Lanes) S.Store(to + j, S.Load(from + j));
            for (; j < width; j++) to[j] = from[j];
            for (j = width; j < toStride && to + j + S.Lanes <= toEnd; j += S.Lanes) S.Store(to + j, S.Zero);
            for (; j < toStride; j++) to[j] = 0;
        }
    }

    /// <summary>Copies rows and leaves what lies between them in the destination alone.</summary>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="width">Floats of a row.</param>
    /// <param name="from">The first row; rows are <paramref name="fromStride"/> apart.</param>
    /// <param name="fromStride">At least <paramref name="width"/>.</param>
    /// <param name="to">The destination's first row.</param>
    /// <param name="toStride">At least <paramref name="width"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill<S, V>(int rows, int width, float* from, nint fromStride, float* to, nint toStride) where S : struct, ISimd<V> where V : unmanaged
    {
        // The last vector of a row overlaps the one before; rows shorter than a vector are copied in two smaller ones.
        for (int i = 0; i < rows; i++, from += fromStride, to += toStride)
        {
            if (width >= S.Lanes)
            {
                for (nint j = 0; j < width - S.Lanes; j += S.Lanes) S.Store(to + j, S.Load(from + j));
                S.Store(to + (width - S.Lanes), S.Load(from + (width - S.Lanes)));
            }
            else if (width >= 8)
            {
                Vector256.Load(from).Store(to);
                Vector256.Load(from + (width - 8)).Store(to + (width - 8));
            }
            else if (width >= 4)
            {
                Vector128.Load(from).Store(to);
                Vector128.Load(from + (width - 4)).Store(to + (width - 4));
            }
            else
            {
                for (int j = 0; j < width; j++) to[j] = from[j];
            }
        }
    }

    /// <summary>Copies every <paramref name="stride"/>-th float: <c>to[j] = from[j·stride]</c>.</summary>
    /// <param name="count">Floats to copy.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="stride">Vectors serve the strides of 2 and 4; any other is copied number by number.</param>
    /// <param name="fromEnd">Where readable memory ends.</param>
    /// <param name="to">Receives them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Every<S, V>(int count, float* from, int stride, float* fromEnd, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        int done = 0;
        if (stride is 2 or 4 && count >= S.Lanes)
            while (done < count)
            {
                // The last vector overlaps the one before rather than reach over the end.
                int j = Math.Min(done, count - S.Lanes);
                float* source = from + ((nint)j * stride);
                if (source + (stride * S.Lanes) > fromEnd) break;
                V even = S.Deinterleave(S.Load(source), S.Load(source + S.Lanes)).Even;
                if (stride == 4) even = S.Deinterleave(even, S.Deinterleave(S.Load(source + (2 * S.Lanes)), S.Load(source + (3 * S.Lanes))).Even).Even;
                S.Store(to + j, even);
                done = j + S.Lanes;
            }
        for (; done < count; done++) to[done] = from[(nint)done * stride];
    }

    /// <summary>
    /// <c>to[i, j] = σ(from[i, j] + b)</c>, where σ is piecewise linear, into rows without gaps. The source may be read a vector
    /// beyond its last row.
    /// </summary>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="width">Floats of a row.</param>
    /// <param name="from">The first row; rows are <paramref name="fromStride"/> apart.</param>
    /// <param name="fromStride">At least <paramref name="width"/>.</param>
    /// <param name="bias">b.</param>
    /// <param name="activation">σ; what is not linear by parts is left out.</param>
    /// <param name="to">Receives rows · width floats.</param>
    /// <param name="streaming">
    /// Whether to write past the caches, where a row's vectors are aligned, results too large for them: their old content is then not read
    /// first. The caller has to put a memory barrier behind it.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather<S, V>(int rows, int width, float* from, nint fromStride, float bias, Activation activation, float* to, bool streaming = false)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // One loop for three functions: below zero y = slope · x, but for ReLU 0, because 0 · −∞ is not.
        bool isRelu = activation.Kind == ActivationKind.Relu;
        float slope = activation.Kind == ActivationKind.LeakyRelu ? activation.Slope : 1;
        V biases = S.Broadcast(bias), slopes = S.Broadcast(slope);
        float* end = to + ((nint)rows * width);
        bool isStreaming = streaming && (rows == 1 || width % S.Lanes == 0) && (nuint)to % (nuint)sizeof(V) == 0; // all rows begin with a vector
        for (int i = 0; i < rows; i++, from += fromStride, to += width)
        {
            // Vectors from before this column on fit: they may reach into the next row, but not beyond the last.
            nint j = 0, whole = Math.Min(width, (nint)(end - to) - S.Lanes + 1);
            if (isStreaming)
                for (; j < whole; j += S.Lanes) S.StoreStreaming(to + j, Activate<S, V>(from + j, biases, isRelu, slopes));
            else
                for (; j < whole; j += S.Lanes) S.Store(to + j, Activate<S, V>(from + j, biases, isRelu, slopes));
            if (j < width) StoreFirst(to + j, Activate<S, V>(from + j, biases, isRelu, slopes), (int)(width - j));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Activate<S, V>(float* from, V bias, bool isRelu, V slope) where S : struct, ISimd<V> where V : unmanaged
    {
        V x = S.Add(S.Load(from), bias);
        return S.WhereNegative(x, isRelu ? S.Zero : S.Multiply(slope, x), x);
    }

    /// <summary>
    /// Stores the first lanes of a vector. It stands alone because a vector whose address is taken is kept in memory: within the loops
    /// above, that made them four times as slow.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreFirst<V>(float* to, V value, int lanes) where V : unmanaged => Unsafe.CopyBlockUnaligned(to, &value, (uint)(lanes * sizeof(float)));
}
