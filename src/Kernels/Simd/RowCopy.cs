using System.Runtime.CompilerServices;

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

    /// <summary>
    /// <c>to[i, j] = σ(from[i, j] + b)</c>, where σ is piecewise linear, into rows without gaps. The source may be read a vector
    /// beyond its last row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather<S, V>(int rows, int width, float* from, nint fromStride, float bias, Activation activation, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // One loop for three functions: below zero y = slope · x, but for ReLU 0, because 0 · −∞ is not.
        bool isRelu = activation.Kind == ActivationKind.Relu;
        float slope = activation.Kind == ActivationKind.LeakyRelu ? activation.Slope : 1;
        V biases = S.Broadcast(bias), slopes = S.Broadcast(slope);
        float* end = to + ((nint)rows * width);
        for (int i = 0; i < rows; i++, from += fromStride, to += width)
            for (nint j = 0; j < width; j += S.Lanes)
            {
                V x = S.Add(S.Load(from + j), biases);
                V y = S.WhereNegative(x, isRelu ? S.Zero : S.Multiply(slopes, x), x);
                if (to + j + S.Lanes <= end) S.Store(to + j, y);
                else Unsafe.CopyBlockUnaligned(to + j, &y, (uint)((width - j) * sizeof(float)));
            }
    }
}
