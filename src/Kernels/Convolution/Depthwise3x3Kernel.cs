using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// The 3×3 filter of stride 1 on one channel's plane. Vectors of pixels go down the rows, and each input row is met by all three rows
/// of the filter at once: three loads, shifted by a column, give nine multiply-adds, where tap after tap would take nine loads.
/// </summary>
/// <remarks>
/// Along the vector: pixels of a row; the last vector of a row reaches back over the one before. Planes are read where they lie: what a
/// vector reads beside a row belongs to its neighbours, and masks (<see cref="Depthwise3x3Columns"/>) take it out; a padded copy of each
/// plane would cost the filters' gradient a quarter of its speed. With the arithmetic that short, memory decides, and a loop of so many
/// instructions does not run far enough ahead of itself to wait for many lines at once. So rows are taken in blocks, in the order of
/// memory, and each vector asks for what lies <see cref="Ahead"/> of it: the filters' gradient of 26 MB then takes 40 % of the time.
/// </remarks>
internal static unsafe class Depthwise3x3Kernel
{
    /// <summary>How far ahead memory is asked for, in floats: 8 KB. Half or twice as far costs one thread a quarter of its speed.</summary>
    public const int Ahead = 2048;

    /// <summary><c>y[i, j] = σ(b + Σ_r Σ_s w[(3r + s)·step] · x[i + r − top, j + s − left])</c>, σ piecewise linear.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="masks">Theirs.</param>
    /// <param name="x">The plane H×W, readable around it.</param>
    /// <param name="w">The weight of tap (0, 0).</param>
    /// <param name="step">1, or −1 for the filter rotated.</param>
    /// <param name="bias">b.</param>
    /// <param name="activation">σ; sigmoid and tanh are left out.</param>
    /// <param name="y">Receives the plane H'×W', and if that is narrower than a vector, other numbers behind it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<S, V>(in ConvShape shape, in Depthwise3x3Columns columns, float* masks, float* x, float* w, nint step, float bias, Activation activation, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int vectors = columns.Vectors;
        V w00 = S.Broadcast(w[0]), w01 = S.Broadcast(w[step]), w02 = S.Broadcast(w[2 * step]);
        V w10 = S.Broadcast(w[3 * step]), w11 = S.Broadcast(w[4 * step]), w12 = S.Broadcast(w[5 * step]);
        V w20 = S.Broadcast(w[6 * step]), w21 = S.Broadcast(w[7 * step]), w22 = S.Broadcast(w[8 * step]);
        // ReLU is 0 below zero, not 0 · x: 0 · −∞ is NaN.
        bool isRelu = activation.Kind == ActivationKind.Relu, isBent = isRelu || activation.Kind == ActivationKind.LeakyRelu;
        V biases = S.Broadcast(bias), slope = S.Broadcast(isRelu ? 0 : activation.Slope);
        nint height = shape.H, width = shape.W, rows = shape.OutputHeight, outputs = shape.OutputWidth, top = shape.Padding.Top;
        nint block = 2 * columns.BlockRows; // two input rows are met by the block before, too
        for (nint start = 0; start < rows; start += block)
        {
            nint end = Math.Min(start + block, rows);
            for (int vector = 0; vector < vectors; vector++)
            {
                nint column = columns.First<S, V>(vector);
                float* mask = masks + ((nint)vector * Depthwise3x3Columns.Masks * S.Lanes), from = x + ((start - top) * width) + column + columns.FirstTap, to = y + (start * outputs) + column;
                V inLeft = S.Load(mask), inMiddle = S.Load(mask + S.Lanes), inRight = S.Load(mask + (2 * S.Lanes));
                // The sums of output rows i and i + 1, as far as the input's rows before that of i's last tap make them up.
                V first = biases, second = biases;
                for (nint i = start - 2; i < end; i++, from += width)
                {
                    V done = first;
                    (first, second) = (second, biases);
                    if ((nuint)(i + 2 - top) < (nuint)height)
                    {
                        V l = S.And(inLeft, S.Load(from)), m = S.And(inMiddle, S.Load(from + 1)), r = S.And(inRight, S.Load(from + 2));
                        done = S.MultiplyAdd(w22, r, S.MultiplyAdd(w21, m, S.MultiplyAdd(w20, l, done)));
                        first = S.MultiplyAdd(w12, r, S.MultiplyAdd(w11, m, S.MultiplyAdd(w10, l, first)));
                        second = S.MultiplyAdd(w02, r, S.MultiplyAdd(w01, m, S.MultiplyAdd(w00, l, second)));
                    }
                    if (i < start) continue;
                    if (isBent) done = S.WhereNegative(done, isRelu ? S.Zero : S.Multiply(slope, done), done);
                    S.Store(to, done);
                    Simd.PrefetchNear(from + Ahead);
                    Simd.PrefetchNear(to + Ahead);
                    to += outputs;
                }
            }
        }
    }

    /// <summary><c>dw[r, s] = Σ_i Σ_j δ[i, j] · x[i + r − top, j + s − left]</c> and <c>db = Σ_i Σ_j δ[i, j]</c>.</summary>
    /// <param name="shape">The convolution.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="masks">Theirs.</param>
    /// <param name="x">The plane H×W, readable around it.</param>
    /// <param name="dy">δ's plane H'×W', readable a vector beyond it.</param>
    /// <param name="dw">Receives 9 numbers.</param>
    /// <param name="db">Receives a number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Products<S, V>(in ConvShape shape, in Depthwise3x3Columns columns, float* masks, float* x, float* dy, float* dw, float* db)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int vectors = columns.Vectors;
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero;
        V c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, deltas = S.Zero;
        nint height = shape.H, width = shape.W, rows = shape.OutputHeight, outputs = shape.OutputWidth, top = shape.Padding.Top;
        nint block = columns.BlockRows;
        for (nint start = 0; start < rows + 2; start += block)
        {
            nint end = Math.Min(start + block, rows + 2);
            for (int vector = 0; vector < vectors; vector++)
            {
                nint column = columns.First<S, V>(vector);
                float* mask = masks + ((nint)vector * Depthwise3x3Columns.Masks * S.Lanes), from = x + ((start - top) * width) + column + columns.FirstTap, delta = dy + (start * outputs) + column;
                V inLeft = S.Load(mask), inMiddle = S.Load(mask + S.Lanes), inRight = S.Load(mask + (2 * S.Lanes)), isNew = S.Load(mask + (3 * S.Lanes));
                // Row i of the padded image meets row r of the filter at row i − r of δ, which has none there where a block begins with the last.
                V d1 = start > 0 && start <= rows ? S.And(isNew, S.Load(delta - outputs)) : S.Zero;
                V d2 = start > 1 ? S.And(isNew, S.Load(delta - (2 * outputs))) : S.Zero;
                for (nint i = start; i < end; i++, from += width, delta += outputs)
                {
                    V d0 = i < rows ? S.And(isNew, S.Load(delta)) : S.Zero;
                    deltas = S.Add(deltas, d0);
                    Simd.PrefetchNear(from + Ahead);
                    Simd.PrefetchNear(delta + Ahead);
                    if ((nuint)(i - top) < (nuint)height)
                    {
                        V l = S.And(inLeft, S.Load(from)), m = S.And(inMiddle, S.Load(from + 1)), r = S.And(inRight, S.Load(from + 2));
                        c00 = S.MultiplyAdd(d0, l, c00);
                        c01 = S.MultiplyAdd(d0, m, c01);
                        c02 = S.MultiplyAdd(d0, r, c02);
                        c10 = S.MultiplyAdd(d1, l, c10);
                        c11 = S.MultiplyAdd(d1, m, c11);
                        c12 = S.MultiplyAdd(d1, r, c12);
                        c20 = S.MultiplyAdd(d2, l, c20);
                        c21 = S.MultiplyAdd(d2, m, c21);
                        c22 = S.MultiplyAdd(d2, r, c22);
                    }
                    (d1, d2) = (d0, d1);
                }
            }
        }
        S.Sums(c00, c01, c02, c10).Store(dw);
        S.Sums(c11, c12, c20, c21).Store(dw + 4);
        dw[8] = S.Sum(c22);
        *db = S.Sum(deltas);
    }
}
