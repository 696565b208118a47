using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Max and mean pooling of as many images as a vector has lanes, in the layout of <see cref="ChwnLayout"/>. Runs on the calling
/// thread: threads share out images. The number of images in the geometry does not matter.
/// </summary>
public static unsafe class ChwnPooling
{
    /// <summary>The maxima of windows and their places, as <see cref="MaxPooling.Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="y">Receives C·H'·W'·lanes maxima.</param>
    /// <param name="argMax">Receives, for each of them, its place <c>h·W + w</c> in its channel's plane.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void MaxForward(in PoolShape shape, ReadOnlySpan<float> x, Span<float> y, Span<int> argMax)
    {
        CheckLengths(shape, x.Length, nameof(x), y.Length, nameof(y), argMax.Length, nameof(argMax));
        fixed (float* px = x, py = y)
        fixed (int* pa = argMax)
        {
            Call call = new(Pass.MaxForward, shape, px, py) { ArgMax = pa };
            Simd.Run(ref call);
        }
    }

    /// <summary>Sends each δ to its maximum's place, as <see cref="MaxPooling.Backward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, C·H'·W'·lanes numbers.</param>
    /// <param name="argMax">What the forward pass kept.</param>
    /// <param name="dx">Receives C·H·W·lanes numbers; what it held is overwritten.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void MaxBackward(in PoolShape shape, ReadOnlySpan<float> dy, ReadOnlySpan<int> argMax, Span<float> dx)
    {
        CheckLengths(shape, dx.Length, nameof(dx), dy.Length, nameof(dy), argMax.Length, nameof(argMax));
        fixed (float* pdy = dy, pdx = dx)
        fixed (int* pa = argMax)
        {
            Call call = new(Pass.MaxBackward, shape, pdx, pdy) { ArgMax = pa };
            Simd.Run(ref call);
        }
    }

    /// <summary>The means of windows, as <see cref="MeanPooling.Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="y">Receives C·H'·W'·lanes numbers.</param>
    /// <param name="divisor">What the sum over a window is divided by.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void MeanForward(in PoolShape shape, ReadOnlySpan<float> x, Span<float> y, PoolDivisor divisor = PoolDivisor.Window)
    {
        CheckLengths(shape, x.Length, nameof(x), y.Length, nameof(y), int.MaxValue, nameof(y));
        fixed (float* px = x, py = y)
        {
            Call call = new(Pass.MeanForward, shape, px, py) { Divisor = divisor };
            Simd.Run(ref call);
        }
    }

    /// <summary>Spreads each δ evenly over its window, as <see cref="MeanPooling.Backward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, C·H'·W'·lanes numbers.</param>
    /// <param name="dx">Receives C·H·W·lanes numbers; what it held is overwritten.</param>
    /// <param name="divisor">As in the forward pass.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void MeanBackward(in PoolShape shape, ReadOnlySpan<float> dy, Span<float> dx, PoolDivisor divisor = PoolDivisor.Window)
    {
        CheckLengths(shape, dx.Length, nameof(dx), dy.Length, nameof(dy), int.MaxValue, nameof(dy));
        fixed (float* pdy = dy, pdx = dx)
        {
            Call call = new(Pass.MeanBackward, shape, pdx, pdy) { Divisor = divisor };
            Simd.Run(ref call);
        }
    }

    private static void CheckLengths(in PoolShape shape, int x, string nameX, int y, string nameY, int places, string namePlaces)
    {
        Require.Length(x, shape.InputLength / shape.N * Simd.Lanes, nameX);
        Require.Length(y, shape.OutputLength / shape.N * Simd.Lanes, nameY);
        Require.Length(places, shape.OutputLength / shape.N * Simd.Lanes, namePlaces);
    }

    private enum Pass
    {
        MaxForward,
        MaxBackward,
        MeanForward,
        MeanBackward,
    }

    private readonly struct Call(Pass pass, PoolShape shape, float* x, float* y) : ISimdKernel
    {
        public int* ArgMax { get; init; }

        public PoolDivisor Divisor { get; init; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            if (Rows2x2.Fits(shape)) Run2x2<S, V>();
            else RunWindows<S, V>();
        }

        private void Run2x2<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            float weight = MeanPooling.Weight(shape.RowAxis, Divisor, 0) * MeanPooling.Weight(shape.ColumnAxis, Divisor, 0);
            switch (pass)
            {
                case Pass.MaxForward: ChwnPooling2x2.MaxForward<S, V>(shape, x, y, ArgMax); break;
                case Pass.MaxBackward: ChwnPooling2x2.MaxBackward<S, V>(shape, y, ArgMax, x); break;
                case Pass.MeanForward: ChwnPooling2x2.MeanForward<S, V>(shape, weight, x, y); break;
                default: ChwnPooling2x2.MeanBackward<S, V>(shape, weight, y, x); break;
            }
        }

        private void RunWindows<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            switch (pass)
            {
                case Pass.MaxForward: MaxForward<S, V>(shape, x, y, ArgMax); break;
                case Pass.MaxBackward: MaxBackward<S, V>(shape, y, ArgMax, x); break;
                case Pass.MeanForward: MeanForward<S, V>(shape, x, y, Divisor); break;
                default: MeanBackward<S, V>(shape, y, x, Divisor); break;
            }
        }
    }

    /// <summary>Maxima, and for each its place <c>h·W + w</c> in its plane: the first in row order on a tie, NaN before all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MaxForward<S, V>(in PoolShape shape, float* x, float* y, int* argMax) where S : struct, ISimd<V> where V : unmanaged
    {
        V nothing = S.Broadcast(float.NegativeInfinity);
        for (int c = 0; c < shape.C; c++, x += (nint)shape.InputPlane * S.Lanes)
            for (int i = 0; i < shape.OutputHeight; i++)
            {
                (int firstRow, int endRow) = shape.Rows(i);
                for (int j = 0; j < shape.OutputWidth; j++, y += S.Lanes, argMax += S.Lanes)
                {
                    (int firstColumn, int endColumn) = shape.Columns(j);
                    int pixel = (firstRow * shape.W) + firstColumn;
                    V best = nothing, place = S.Broadcast(pixel);
                    for (int h = firstRow; h < endRow; h++)
                        for (int w = firstColumn; w < endColumn; w++)
                        {
                            pixel = (h * shape.W) + w;
                            (best, place) = Better<S, V>(S.Load(x + ((nint)pixel * S.Lanes)), pixel, best, place);
                        }
                    S.Store(y, best);
                    S.Store((float*)argMax, S.ToInt32(place));
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Best, V Place) Better<S, V>(V value, int pixel, V best, V place) where S : struct, ISimd<V> where V : unmanaged =>
        (S.WhereBeats(value, best, value, best), S.WhereBeats(value, best, S.Broadcast(pixel), place));

    /// <summary>Each δ goes to its maximum's place; all other numbers of ∂x become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MaxBackward<S, V>(in PoolShape shape, float* dy, int* argMax, float* dx) where S : struct, ISimd<V> where V : unmanaged
    {
        bool isTiling = IsTiling(shape);
        if (!isTiling) new Span<float>(dx, shape.C * shape.InputPlane * S.Lanes).Clear();
        for (int c = 0; c < shape.C; c++, dx += (nint)shape.InputPlane * S.Lanes)
            for (int i = 0; i < shape.OutputHeight; i++)
            {
                (int firstRow, int endRow) = shape.Rows(i);
                for (int j = 0; j < shape.OutputWidth; j++, dy += S.Lanes, argMax += S.Lanes)
                {
                    (int firstColumn, int endColumn) = shape.Columns(j);
                    V delta = S.Load(dy), place = S.LoadInt32(argMax);
                    for (int h = firstRow; h < endRow; h++)
                        for (int w = firstColumn; w < endColumn; w++)
                        {
                            int pixel = (h * shape.W) + w;
                            float* to = dx + ((nint)pixel * S.Lanes);
                            V share = S.WhereEqual(place, S.Broadcast(pixel), delta, S.Zero);
                            S.Store(to, isTiling ? share : S.Add(S.Load(to), share));
                        }
                }
            }
    }

    /// <summary>Means over the windows, as in <see cref="MeanPooling.Forward"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MeanForward<S, V>(in PoolShape shape, float* x, float* y, PoolDivisor divisor) where S : struct, ISimd<V> where V : unmanaged
    {
        bool isPlain = shape.ColumnAxis.IsPlain;
        for (int c = 0; c < shape.C; c++, x += (nint)shape.InputPlane * S.Lanes)
            for (int i = 0; i < shape.OutputHeight; i++)
            {
                (int firstRow, int endRow) = shape.Rows(i);
                float rowWeight = MeanPooling.Weight(shape.RowAxis, divisor, i);
                V weight = S.Zero;
                for (int j = 0; j < shape.OutputWidth; j++, y += S.Lanes)
                {
                    (int firstColumn, int endColumn) = shape.Columns(j);
                    if (j == 0 || !isPlain) weight = S.Broadcast(rowWeight * MeanPooling.Weight(shape.ColumnAxis, divisor, j));
                    V sum = S.Zero;
                    for (int h = firstRow; h < endRow; h++)
                        for (int w = firstColumn; w < endColumn; w++) sum = S.Add(sum, S.Load(x + ((((nint)h * shape.W) + w) * S.Lanes)));
                    S.Store(y, S.Multiply(sum, weight));
                }
            }
    }

    /// <summary>Each δ is spread evenly over its window.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MeanBackward<S, V>(in PoolShape shape, float* dy, float* dx, PoolDivisor divisor) where S : struct, ISimd<V> where V : unmanaged
    {
        bool isTiling = IsTiling(shape), isPlain = shape.ColumnAxis.IsPlain;
        if (!isTiling) new Span<float>(dx, shape.C * shape.InputPlane * S.Lanes).Clear();
        for (int c = 0; c < shape.C; c++, dx += (nint)shape.InputPlane * S.Lanes)
            for (int i = 0; i < shape.OutputHeight; i++)
            {
                (int firstRow, int endRow) = shape.Rows(i);
                float rowWeight = MeanPooling.Weight(shape.RowAxis, divisor, i);
                V weight = S.Zero;
                for (int j = 0; j < shape.OutputWidth; j++, dy += S.Lanes)
                {
                    (int firstColumn, int endColumn) = shape.Columns(j);
                    if (j == 0 || !isPlain) weight = S.Broadcast(rowWeight * MeanPooling.Weight(shape.ColumnAxis, divisor, j));
                    V share = S.Multiply(S.Load(dy), weight);
                    for (int h = firstRow; h < endRow; h++)
                        for (int w = firstColumn; w < endColumn; w++)
                        {
                            float* to = dx + ((((nint)h * shape.W) + w) * S.Lanes);
                            S.Store(to, isTiling ? share : S.Add(S.Load(to), share));
                        }
                }
            }
    }

    /// <summary>Whether the windows cover the image, each pixel once: then the backward pass need not add to zeros.</summary>
    private static bool IsTiling(in PoolShape shape) =>
        shape.Window == shape.Stride && shape.IsPlain &&
        shape.OutputHeight * shape.Window.Height == shape.H && shape.OutputWidth * shape.Window.Width == shape.W;
}
