using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// The dot-product micro-kernel, for products whose two factors both lie along the summed index:
/// <code>C[i, j] += Σ_n Σ_p A[n, i, p] · B[n, offsets[j] + p]      i &lt; 4, j &lt; 6, p &lt; steps·lanes</code>
/// A filter's gradient is one (delta and image both run over pixels), a fully connected layer another (input and weights both
/// run over features). No packing; the price is one horizontal sum for each element of C.
/// </summary>
/// <remarks>Along the vector: the summed index. 4 × 6 accumulators where there are 32 registers, 2 × 6 where there are 16.</remarks>
internal static unsafe class DotKernel
{
    /// <summary>The most rows of A and of B in one tile.</summary>
    public static int TallestA { get; } = Simd.Registers == 32 ? 4 : 2;

    public const int TallestB = 6;

    /// <summary>Where the factors and the result lie; strides in floats.</summary>
    public struct Operands
    {
        public float* A;
        public nint RowStrideA;
        public nint ImageStrideA;
        public float* B;
        public int* OffsetsB;
        public nint ImageStrideB;

        /// <summary>From one vector of B to the next; those of A lie side by side.</summary>
        public nint StepB;
        public float* C;
        public nint RowStrideC;

        /// <summary>What is read next: asked for step by step, a vector at a time; null for nothing.</summary>
        public float* Ahead;
    }

    public static void Run<S, V>(int rowsA, int rowsB, int images, int steps, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        switch (rowsA)
        {
            case 1: Run<S, V, N1>(rowsB, images, steps, operands); break;
            case 2: Run<S, V, N2>(rowsB, images, steps, operands); break;
            case 3: Run<S, V, N3>(rowsB, images, steps, operands); break;
            case 4: Run<S, V, N4>(rowsB, images, steps, operands); break;
            default: throw new ArgumentOutOfRangeException(nameof(rowsA), rowsA, "a tile has 1 to 4 rows of A");
        }
    }

    private static void Run<S, V, A>(int rowsB, int images, int steps, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
        where A : struct, IConstant
    {
        switch (rowsB)
        {
            case 1: Tile<S, V, A, N1>(images, steps, operands); break;
            case 2: Tile<S, V, A, N2>(images, steps, operands); break;
            case 3: Tile<S, V, A, N3>(images, steps, operands); break;
            case 4: Tile<S, V, A, N4>(images, steps, operands); break;
            case 5: Tile<S, V, A, N5>(images, steps, operands); break;
            case 6: Tile<S, V, A, N6>(images, steps, operands); break;
            default: throw new ArgumentOutOfRangeException(nameof(rowsB), rowsB, "a tile has 1 to 6 rows of B");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<S, V, A, B>(int images, int steps, in Operands operands)
        where S : struct, ISimd<V>
        where V : unmanaged
        where A : struct, IConstant
        where B : struct, IConstant
    {
        V c00 = S.Zero, c10 = S.Zero, c20 = S.Zero, c30 = S.Zero;
        V c01 = S.Zero, c11 = S.Zero, c21 = S.Zero, c31 = S.Zero;
        V c02 = S.Zero, c12 = S.Zero, c22 = S.Zero, c32 = S.Zero;
        V c03 = S.Zero, c13 = S.Zero, c23 = S.Zero, c33 = S.Zero;
        V c04 = S.Zero, c14 = S.Zero, c24 = S.Zero, c34 = S.Zero;
        V c05 = S.Zero, c15 = S.Zero, c25 = S.Zero, c35 = S.Zero;

        float* a = operands.A;
        nint stride = operands.RowStrideA, stepB = operands.StepB;
        float* ahead = operands.Ahead == null ? a : operands.Ahead; // a second look at A costs nothing
        float* b0 = operands.B + operands.OffsetsB[0];
        float* b1 = B.Value > 1 ? operands.B + operands.OffsetsB[1] : null;
        float* b2 = B.Value > 2 ? operands.B + operands.OffsetsB[2] : null;
        float* b3 = B.Value > 3 ? operands.B + operands.OffsetsB[3] : null;
        float* b4 = B.Value > 4 ? operands.B + operands.OffsetsB[4] : null;
        float* b5 = B.Value > 5 ? operands.B + operands.OffsetsB[5] : null;

        for (int n = 0; n < images; n++)
        {
            float* end = a + ((nint)steps * S.Lanes);
            for (float* from = a; from < end; from += S.Lanes)
            {
                Simd.Prefetch(ahead);
                ahead += S.Lanes;
                V a0 = S.Load(from);
                V a1 = A.Value > 1 ? S.Load(from + stride) : S.Zero;
                V a2 = A.Value > 2 ? S.Load(from + (2 * stride)) : S.Zero;
                V a3 = A.Value > 3 ? S.Load(from + (3 * stride)) : S.Zero;
                {
                    V y = S.Load(b0);
                    c00 = S.MultiplyAdd(a0, y, c00);
                    if (A.Value > 1) c10 = S.MultiplyAdd(a1, y, c10);
                    if (A.Value > 2) c20 = S.MultiplyAdd(a2, y, c20);
                    if (A.Value > 3) c30 = S.MultiplyAdd(a3, y, c30);
                    b0 += stepB;
                }
                if (B.Value > 1)
                {
                    V y = S.Load(b1);
                    c01 = S.MultiplyAdd(a0, y, c01);
                    if (A.Value > 1) c11 = S.MultiplyAdd(a1, y, c11);
                    if (A.Value > 2) c21 = S.MultiplyAdd(a2, y, c21);
                    if (A.Value > 3) c31 = S.MultiplyAdd(a3, y, c31);
                    b1 += stepB;
                }
                if (B.Value > 2)
                {
                    V y = S.Load(b2);
                    c02 = S.MultiplyAdd(a0, y, c02);
                    if (A.Value > 1) c12 = S.MultiplyAdd(a1, y, c12);
                    if (A.Value > 2) c22 = S.MultiplyAdd(a2, y, c22);
                    if (A.Value > 3) c32 = S.MultiplyAdd(a3, y, c32);
                    b2 += stepB;
                }
                if (B.Value > 3)
                {
                    V y = S.Load(b3);
                    c03 = S.MultiplyAdd(a0, y, c03);
                    if (A.Value > 1) c13 = S.MultiplyAdd(a1, y, c13);
                    if (A.Value > 2) c23 = S.MultiplyAdd(a2, y, c23);
                    if (A.Value > 3) c33 = S.MultiplyAdd(a3, y, c33);
                    b3 += stepB;
                }
                if (B.Value > 4)
                {
                    V y = S.Load(b4);
                    c04 = S.MultiplyAdd(a0, y, c04);
                    if (A.Value > 1) c14 = S.MultiplyAdd(a1, y, c14);
                    if (A.Value > 2) c24 = S.MultiplyAdd(a2, y, c24);
                    if (A.Value > 3) c34 = S.MultiplyAdd(a3, y, c34);
                    b4 += stepB;
                }
                if (B.Value > 5)
                {
                    V y = S.Load(b5);
                    c05 = S.MultiplyAdd(a0, y, c05);
                    if (A.Value > 1) c15 = S.MultiplyAdd(a1, y, c15);
                    if (A.Value > 2) c25 = S.MultiplyAdd(a2, y, c25);
                    if (A.Value > 3) c35 = S.MultiplyAdd(a3, y, c35);
                    b5 += stepB;
                }
            }
            a += operands.ImageStrideA;
            nint next = operands.ImageStrideB - (steps * stepB);
            b0 += next;
            if (B.Value > 1) b1 += next;
            if (B.Value > 2) b2 += next;
            if (B.Value > 3) b3 += next;
            if (B.Value > 4) b4 += next;
            if (B.Value > 5) b5 += next;
        }

        float* c = operands.C;
        AddSums<S, V, B>(c, c00, c01, c02, c03, c04, c05);
        c += operands.RowStrideC;
        if (A.Value > 1) AddSums<S, V, B>(c, c10, c11, c12, c13, c14, c15);
        c += operands.RowStrideC;
        if (A.Value > 2) AddSums<S, V, B>(c, c20, c21, c22, c23, c24, c25);
        c += operands.RowStrideC;
        if (A.Value > 3) AddSums<S, V, B>(c, c30, c31, c32, c33, c34, c35);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSums<S, V, B>(float* c, V x0, V x1, V x2, V x3, V x4, V x5)
        where S : struct, ISimd<V>
        where V : unmanaged
        where B : struct, IConstant
    {
        Vector128<float> sums = S.Sums(x0, x1, x2, x3);
        if (B.Value > 3) (Vector128.Load(c) + sums).Store(c);
        else
        {
            c[0] += sums[0];
            if (B.Value > 1) c[1] += sums[1];
            if (B.Value > 2) c[2] += sums[2];
        }
        if (B.Value <= 4) return;
        sums = S.Sums(x4, x5, x4, x5);
        c[4] += sums[0];
        if (B.Value > 5) c[5] += sums[1];
    }
}
