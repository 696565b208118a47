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

/// <summary>A micro-kernel for R rows of W, 1, 3 or 7, and N images, 1 to 4.</summary>
internal interface IWeightTile
{
    static abstract bool WritesY { get; }

    static abstract void Run<S, V, N, R>(in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant where R : struct, IConstant;
}

/// <summary>
/// The two micro-kernels of <see cref="WeightStreams"/>. Along the vector: features. Of 32 registers 28 hold the sums of four images and seven
/// rows, or the factors; the others x and a vector of W. Strides in bytes, and pointers of their own to what lies ahead, save address arithmetic,
/// so that more loads find a place among the instructions under way: 4 %.
/// </summary>
internal static unsafe class WeightTiles
{
    // Bytes: half a page. Each line of W is asked for so far ahead, if three or four images' multiply-adds come between the loads.
    private const int Ahead = 2048;

    /// <summary><c>y[n, r] += Σ_i x[n, i] · W[r, i]</c></summary>
    public readonly struct Forward : IWeightTile
    {
        public static bool WritesY => true;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run<S, V, N, R>(in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant where R : struct, IConstant
        {
            V y00 = S.Zero, y01 = S.Zero, y02 = S.Zero, y03 = S.Zero, y04 = S.Zero, y05 = S.Zero, y06 = S.Zero;
            V y10 = S.Zero, y11 = S.Zero, y12 = S.Zero, y13 = S.Zero, y14 = S.Zero, y15 = S.Zero, y16 = S.Zero;
            V y20 = S.Zero, y21 = S.Zero, y22 = S.Zero, y23 = S.Zero, y24 = S.Zero, y25 = S.Zero, y26 = S.Zero;
            V y30 = S.Zero, y31 = S.Zero, y32 = S.Zero, y33 = S.Zero, y34 = S.Zero, y35 = S.Zero, y36 = S.Zero;
            nint row = tile.Stride * sizeof(float), two = 2 * row, three = 3 * row, step = S.Lanes * sizeof(float);
            float* x = tile.X;
            byte* low = (byte*)tile.W, high = low + three, lowAhead = low + Ahead, highAhead = high + Ahead;
            for (byte* end = low + (tile.Steps * step); low < end; low += step, high += step, lowAhead += step, highAhead += step, x += N.Value * S.Lanes)
            {
                V x0 = S.Load(x), x1 = N.Value > 1 ? S.Load(x + S.Lanes) : S.Zero;
                V x2 = N.Value > 2 ? S.Load(x + (2 * S.Lanes)) : S.Zero, x3 = N.Value > 3 ? S.Load(x + (3 * S.Lanes)) : S.Zero;
                {
                    V w = S.Load((float*)low);
                    y00 = S.MultiplyAdd(w, x0, y00);
                    if (N.Value > 1) y10 = S.MultiplyAdd(w, x1, y10);
                    if (N.Value > 2) y20 = S.MultiplyAdd(w, x2, y20);
                    if (N.Value > 3) y30 = S.MultiplyAdd(w, x3, y30);
                    if (N.Value > 2) Simd.PrefetchNear(lowAhead);
                }
                if (R.Value > 1)
                {
                    V w = S.Load((float*)(low + row));
                    y01 = S.MultiplyAdd(w, x0, y01);
                    if (N.Value > 1) y11 = S.MultiplyAdd(w, x1, y11);
                    if (N.Value > 2) y21 = S.MultiplyAdd(w, x2, y21);
                    if (N.Value > 3) y31 = S.MultiplyAdd(w, x3, y31);
                    if (N.Value > 2) Simd.PrefetchNear(lowAhead + row);
                }
                if (R.Value > 1)
                {
                    V w = S.Load((float*)(low + two));
                    y02 = S.MultiplyAdd(w, x0, y02);
                    if (N.Value > 1) y12 = S.MultiplyAdd(w, x1, y12);
                    if (N.Value > 2) y22 = S.MultiplyAdd(w, x2, y22);
                    if (N.Value > 3) y32 = S.MultiplyAdd(w, x3, y32);
                    if (N.Value > 2) Simd.PrefetchNear(lowAhead + two);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)high);
                    y03 = S.MultiplyAdd(w, x0, y03);
                    if (N.Value > 1) y13 = S.MultiplyAdd(w, x1, y13);
                    if (N.Value > 2) y23 = S.MultiplyAdd(w, x2, y23);
                    if (N.Value > 3) y33 = S.MultiplyAdd(w, x3, y33);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)(high + row));
                    y04 = S.MultiplyAdd(w, x0, y04);
                    if (N.Value > 1) y14 = S.MultiplyAdd(w, x1, y14);
                    if (N.Value > 2) y24 = S.MultiplyAdd(w, x2, y24);
                    if (N.Value > 3) y34 = S.MultiplyAdd(w, x3, y34);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead + row);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)(high + two));
                    y05 = S.MultiplyAdd(w, x0, y05);
                    if (N.Value > 1) y15 = S.MultiplyAdd(w, x1, y15);
                    if (N.Value > 2) y25 = S.MultiplyAdd(w, x2, y25);
                    if (N.Value > 3) y35 = S.MultiplyAdd(w, x3, y35);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead + two);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)(high + three));
                    y06 = S.MultiplyAdd(w, x0, y06);
                    if (N.Value > 1) y16 = S.MultiplyAdd(w, x1, y16);
                    if (N.Value > 2) y26 = S.MultiplyAdd(w, x2, y26);
                    if (N.Value > 3) y36 = S.MultiplyAdd(w, x3, y36);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead + three);
                }
            }
            Add<S, V, R>(tile, 0, y00, y01, y02, y03, y04, y05, y06);
            if (N.Value > 1) Add<S, V, R>(tile, 1, y10, y11, y12, y13, y14, y15, y16);
            if (N.Value > 2) Add<S, V, R>(tile, 2, y20, y21, y22, y23, y24, y25, y26);
            if (N.Value > 3) Add<S, V, R>(tile, 3, y30, y31, y32, y33, y34, y35, y36);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add<S, V, R>(in WeightTile tile, int image, V y0, V y1, V y2, V y3, V y4, V y5, V y6)
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
            sums = S.Sums(y4, y5, y6, y6);
            y[4 * row] += sums[0];
            y[5 * row] += sums[1];
            y[6 * row] += sums[2];
        }
    }

    /// <summary><c>∂x[n, i] += Σ_r δ[n, r] · W[r, i]</c>; X has the sums, Y δ.</summary>
    public readonly struct BackwardInput : IWeightTile
    {
        public static bool WritesY => false;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run<S, V, N, R>(in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant where R : struct, IConstant
        {
            V d00 = Factor<S, V, N, R>(tile, 0, 0), d01 = Factor<S, V, N, R>(tile, 0, 1), d02 = Factor<S, V, N, R>(tile, 0, 2), d03 = Factor<S, V, N, R>(tile, 0, 3);
            V d04 = Factor<S, V, N, R>(tile, 0, 4), d05 = Factor<S, V, N, R>(tile, 0, 5), d06 = Factor<S, V, N, R>(tile, 0, 6);
            V d10 = Factor<S, V, N, R>(tile, 1, 0), d11 = Factor<S, V, N, R>(tile, 1, 1), d12 = Factor<S, V, N, R>(tile, 1, 2), d13 = Factor<S, V, N, R>(tile, 1, 3);
            V d14 = Factor<S, V, N, R>(tile, 1, 4), d15 = Factor<S, V, N, R>(tile, 1, 5), d16 = Factor<S, V, N, R>(tile, 1, 6);
            V d20 = Factor<S, V, N, R>(tile, 2, 0), d21 = Factor<S, V, N, R>(tile, 2, 1), d22 = Factor<S, V, N, R>(tile, 2, 2), d23 = Factor<S, V, N, R>(tile, 2, 3);
            V d24 = Factor<S, V, N, R>(tile, 2, 4), d25 = Factor<S, V, N, R>(tile, 2, 5), d26 = Factor<S, V, N, R>(tile, 2, 6);
            V d30 = Factor<S, V, N, R>(tile, 3, 0), d31 = Factor<S, V, N, R>(tile, 3, 1), d32 = Factor<S, V, N, R>(tile, 3, 2), d33 = Factor<S, V, N, R>(tile, 3, 3);
            V d34 = Factor<S, V, N, R>(tile, 3, 4), d35 = Factor<S, V, N, R>(tile, 3, 5), d36 = Factor<S, V, N, R>(tile, 3, 6);
            nint row = tile.Stride * sizeof(float), two = 2 * row, three = 3 * row, step = S.Lanes * sizeof(float);
            float* x = tile.X;
            byte* low = (byte*)tile.W, high = low + three, lowAhead = low + Ahead, highAhead = high + Ahead;
            for (byte* end = low + (tile.Steps * step); low < end; low += step, high += step, lowAhead += step, highAhead += step, x += N.Value * S.Lanes)
            {
                V x0 = S.Load(x), x1 = N.Value > 1 ? S.Load(x + S.Lanes) : S.Zero;
                V x2 = N.Value > 2 ? S.Load(x + (2 * S.Lanes)) : S.Zero, x3 = N.Value > 3 ? S.Load(x + (3 * S.Lanes)) : S.Zero;
                {
                    V w = S.Load((float*)low);
                    x0 = S.MultiplyAdd(w, d00, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d10, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d20, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d30, x3);
                    if (N.Value > 2) Simd.PrefetchNear(lowAhead);
                }
                if (R.Value > 1)
                {
                    V w = S.Load((float*)(low + row));
                    x0 = S.MultiplyAdd(w, d01, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d11, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d21, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d31, x3);
                    if (N.Value > 2) Simd.PrefetchNear(lowAhead + row);
                }
                if (R.Value > 1)
                {
                    V w = S.Load((float*)(low + two));
                    x0 = S.MultiplyAdd(w, d02, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d12, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d22, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d32, x3);
                    if (N.Value > 2) Simd.PrefetchNear(lowAhead + two);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)high);
                    x0 = S.MultiplyAdd(w, d03, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d13, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d23, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d33, x3);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)(high + row));
                    x0 = S.MultiplyAdd(w, d04, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d14, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d24, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d34, x3);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead + row);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)(high + two));
                    x0 = S.MultiplyAdd(w, d05, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d15, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d25, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d35, x3);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead + two);
                }
                if (R.Value > 3)
                {
                    V w = S.Load((float*)(high + three));
                    x0 = S.MultiplyAdd(w, d06, x0);
                    if (N.Value > 1) x1 = S.MultiplyAdd(w, d16, x1);
                    if (N.Value > 2) x2 = S.MultiplyAdd(w, d26, x2);
                    if (N.Value > 3) x3 = S.MultiplyAdd(w, d36, x3);
                    if (N.Value > 2) Simd.PrefetchNear(highAhead + three);
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
