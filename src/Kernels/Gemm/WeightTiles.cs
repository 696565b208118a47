using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>The operands of a tile of <see cref="WeightStreams"/>; strides in floats.</summary>
internal readonly unsafe struct WeightTile(float* x, float* w, nint stride, int steps, float* y, nint imageStride, nint rowStride)
{
    /// <summary>Features: in each step a vector of each image.</summary>
    public readonly float* X = x;

    /// <summary>The first row of W; the next is <see cref="Stride"/> behind it.</summary>
    public readonly float* W = w;

    public readonly nint Stride = stride;

    /// <summary>Vectors of a row.</summary>
    public readonly int Steps = steps;

    /// <summary>The first row's output for the first image.</summary>
    public readonly float* Y = y;

    public readonly nint ImageStride = imageStride, RowStride = rowStride;
}

/// <summary>A micro-kernel for R rows of W, 1, 3 or 6, and N images, 1 to 4.</summary>
internal interface IWeightTile
{
    static abstract bool WritesY { get; }

    static abstract void Run<S, V, N, R>(in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant where R : struct, IConstant;
}

/// <summary>
/// The two micro-kernels of <see cref="WeightStreams"/>. Along the vector: features. Of 32 registers 24 hold the sums of four images and six
/// rows, or the factors. With a load of x for R multiply-adds the load units stay idle, which the processor needs to fetch ahead.
/// </summary>
internal static unsafe class WeightTiles
{
    /// <summary><c>y[n, r] += Σ_i x[n, i] · W[r, i]</c></summary>
    public readonly struct Forward : IWeightTile
    {
        public static bool WritesY => true;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run<S, V, N, R>(in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant where R : struct, IConstant
        {
            V y00 = S.Zero, y01 = S.Zero, y02 = S.Zero, y03 = S.Zero, y04 = S.Zero, y05 = S.Zero;
            V y10 = S.Zero, y11 = S.Zero, y12 = S.Zero, y13 = S.Zero, y14 = S.Zero, y15 = S.Zero;
            V y20 = S.Zero, y21 = S.Zero, y22 = S.Zero, y23 = S.Zero, y24 = S.Zero, y25 = S.Zero;
            V y30 = S.Zero, y31 = S.Zero, y32 = S.Zero, y33 = S.Zero, y34 = S.Zero, y35 = S.Zero;
            nint row = tile.Stride, two = 2 * row;
            float* x = tile.X, low = tile.W, high = low + (3 * row);
            for (float* end = low + ((nint)tile.Steps * S.Lanes); low < end; low += S.Lanes, high += S.Lanes, x += N.Value * S.Lanes)
            {
                V w0 = S.Load(low), w1 = R.Value > 1 ? S.Load(low + row) : S.Zero, w2 = R.Value > 1 ? S.Load(low + two) : S.Zero;
                V w3 = R.Value > 3 ? S.Load(high) : S.Zero, w4 = R.Value > 3 ? S.Load(high + row) : S.Zero, w5 = R.Value > 3 ? S.Load(high + two) : S.Zero;
                {
                    V v = S.Load(x);
                    y00 = S.MultiplyAdd(w0, v, y00);
                    if (R.Value > 1) y01 = S.MultiplyAdd(w1, v, y01);
                    if (R.Value > 1) y02 = S.MultiplyAdd(w2, v, y02);
                    if (R.Value > 3) y03 = S.MultiplyAdd(w3, v, y03);
                    if (R.Value > 3) y04 = S.MultiplyAdd(w4, v, y04);
                    if (R.Value > 3) y05 = S.MultiplyAdd(w5, v, y05);
                }
                if (N.Value > 1)
                {
                    V v = S.Load(x + S.Lanes);
                    y10 = S.MultiplyAdd(w0, v, y10);
                    if (R.Value > 1) y11 = S.MultiplyAdd(w1, v, y11);
                    if (R.Value > 1) y12 = S.MultiplyAdd(w2, v, y12);
                    if (R.Value > 3) y13 = S.MultiplyAdd(w3, v, y13);
                    if (R.Value > 3) y14 = S.MultiplyAdd(w4, v, y14);
                    if (R.Value > 3) y15 = S.MultiplyAdd(w5, v, y15);
                }
                if (N.Value > 2)
                {
                    V v = S.Load(x + (2 * S.Lanes));
                    y20 = S.MultiplyAdd(w0, v, y20);
                    if (R.Value > 1) y21 = S.MultiplyAdd(w1, v, y21);
                    if (R.Value > 1) y22 = S.MultiplyAdd(w2, v, y22);
                    if (R.Value > 3) y23 = S.MultiplyAdd(w3, v, y23);
                    if (R.Value > 3) y24 = S.MultiplyAdd(w4, v, y24);
                    if (R.Value > 3) y25 = S.MultiplyAdd(w5, v, y25);
                }
                if (N.Value > 3)
                {
                    V v = S.Load(x + (3 * S.Lanes));
                    y30 = S.MultiplyAdd(w0, v, y30);
                    if (R.Value > 1) y31 = S.MultiplyAdd(w1, v, y31);
                    if (R.Value > 1) y32 = S.MultiplyAdd(w2, v, y32);
                    if (R.Value > 3) y33 = S.MultiplyAdd(w3, v, y33);
                    if (R.Value > 3) y34 = S.MultiplyAdd(w4, v, y34);
                    if (R.Value > 3) y35 = S.MultiplyAdd(w5, v, y35);
                }
            }
            Add<S, V, R>(tile, 0, y00, y01, y02, y03, y04, y05);
            if (N.Value > 1) Add<S, V, R>(tile, 1, y10, y11, y12, y13, y14, y15);
            if (N.Value > 2) Add<S, V, R>(tile, 2, y20, y21, y22, y23, y24, y25);
            if (N.Value > 3) Add<S, V, R>(tile, 3, y30, y31, y32, y33, y34, y35);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add<S, V, R>(in WeightTile tile, int image, V y0, V y1, V y2, V y3, V y4, V y5)
            where S : struct, ISimd<V>
            where V : unmanaged
            where R : struct, IConstant
        {
            float* y = tile.Y + (image * tile.ImageStride);
            nint row = tile.RowStride;
            Vector128<float> sums = S.Sums(y0, y1, y2, y3);
            y[0] += sums[0];
            if (R.Value == 1) return;
            y[row] += sums[1];
            y[2 * row] += sums[2];
            if (R.Value == 3) return;
            y[3 * row] += sums[3];
            sums = S.Sums(y4, y5, y4, y5);
            y[4 * row] += sums[0];
            y[5 * row] += sums[1];
        }
    }

    /// <summary><c>∂x[n, i] += Σ_r δ[n, r] · W[r, i]</c>; X has the sums, Y δ.</summary>
    public readonly struct BackwardInput : IWeightTile
    {
        public static bool WritesY => false;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run<S, V, N, R>(in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant where R : struct, IConstant
        {
            V d00 = Factor<S, V, N, R>(tile, 0, 0), d01 = Factor<S, V, N, R>(tile, 0, 1), d02 = Factor<S, V, N, R>(tile, 0, 2);
            V d03 = Factor<S, V, N, R>(tile, 0, 3), d04 = Factor<S, V, N, R>(tile, 0, 4), d05 = Factor<S, V, N, R>(tile, 0, 5);
            V d10 = Factor<S, V, N, R>(tile, 1, 0), d11 = Factor<S, V, N, R>(tile, 1, 1), d12 = Factor<S, V, N, R>(tile, 1, 2);
            V d13 = Factor<S, V, N, R>(tile, 1, 3), d14 = Factor<S, V, N, R>(tile, 1, 4), d15 = Factor<S, V, N, R>(tile, 1, 5);
            V d20 = Factor<S, V, N, R>(tile, 2, 0), d21 = Factor<S, V, N, R>(tile, 2, 1), d22 = Factor<S, V, N, R>(tile, 2, 2);
            V d23 = Factor<S, V, N, R>(tile, 2, 3), d24 = Factor<S, V, N, R>(tile, 2, 4), d25 = Factor<S, V, N, R>(tile, 2, 5);
            V d30 = Factor<S, V, N, R>(tile, 3, 0), d31 = Factor<S, V, N, R>(tile, 3, 1), d32 = Factor<S, V, N, R>(tile, 3, 2);
            V d33 = Factor<S, V, N, R>(tile, 3, 3), d34 = Factor<S, V, N, R>(tile, 3, 4), d35 = Factor<S, V, N, R>(tile, 3, 5);
            nint row = tile.Stride, two = 2 * row;
            float* x = tile.X, low = tile.W, high = low + (3 * row);
            for (float* end = low + ((nint)tile.Steps * S.Lanes); low < end; low += S.Lanes, high += S.Lanes, x += N.Value * S.Lanes)
            {
                V x0 = S.Load(x), x1 = N.Value > 1 ? S.Load(x + S.Lanes) : S.Zero;
                V x2 = N.Value > 2 ? S.Load(x + (2 * S.Lanes)) : S.Zero, x3 = N.Value > 3 ? S.Load(x + (3 * S.Lanes)) : S.Zero;
                {
                    V w = S.Load(low);
                    x0 = S.MultiplyAdd(w, d00, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d10, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d20, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d30, x3);
                }
                if (R.Value > 1)
                {
                    V w = S.Load(low + row);
                    x0 = S.MultiplyAdd(w, d01, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d11, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d21, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d31, x3);
                }
                if (R.Value > 1)
                {
                    V w = S.Load(low + two);
                    x0 = S.MultiplyAdd(w, d02, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d12, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d22, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d32, x3);
                }
                if (R.Value > 3)
                {
                    V w = S.Load(high);
                    x0 = S.MultiplyAdd(w, d03, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d13, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d23, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d33, x3);
                }
                if (R.Value > 3)
                {
                    V w = S.Load(high + row);
                    x0 = S.MultiplyAdd(w, d04, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d14, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d24, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d34, x3);
                }
                if (R.Value > 3)
                {
                    V w = S.Load(high + two);
                    x0 = S.MultiplyAdd(w, d05, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d15, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d25, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d35, x3);
                }
                S.Store(x, x0);
                if (N.Value > 1) S.Store(x + S.Lanes, x1);
                if (N.Value > 2) S.Store(x + (2 * S.Lanes), x2);
                if (N.Value > 3) S.Store(x + (3 * S.Lanes), x3);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Factor<S, V, N, R>(in WeightTile tile, int image, int row)
            where S : struct, ISimd<V>
            where V : unmanaged
            where N : struct, IConstant
            where R : struct, IConstant =>
            image < N.Value && row < R.Value ? S.Broadcast(tile.Y[(image * tile.ImageStride) + (row * tile.RowStride)]) : S.Zero;
    }
}
