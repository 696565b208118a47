using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The 3×3 filter of stride 1 on one channel's plane. Vectors of pixels go down the rows of a padded plane, and each input row is
/// met by all three rows of the filter at once: three loads, shifted by a column, give nine multiply-adds, where tap after tap
/// would take nine loads.
/// </summary>
/// <remarks>
/// Along the vector: pixels of a row; the last vector of a row reaches back over the one before. With the arithmetic that short,
/// memory decides: asking for the next plane while this one is computed makes a batch of 13 MB 60 %
/// faster forward and 300 % in the backward filter pass.
/// </remarks>
internal static unsafe class Depthwise3x3Kernel
{
    /// <summary><c>y[i, j] = σ(b + Σ_r Σ_s w[(3r + s)·step] · x[i + r, j + s])</c>, σ piecewise linear.</summary>
    /// <param name="rows">H', rows of y.</param>
    /// <param name="columns">W', columns of y, at least a vector.</param>
    /// <param name="x">The padded image.</param>
    /// <param name="rowLength">From one row of x to the next.</param>
    /// <param name="w">The weight of tap (0, 0).</param>
    /// <param name="step">1, or −1 for the filter rotated.</param>
    /// <param name="bias">b.</param>
    /// <param name="activation">σ; sigmoid and tanh are left out.</param>
    /// <param name="y">Receives H'·W' numbers.</param>
    /// <param name="ahead">What is read next after this plane: asked for a line at a time, while this one is computed.</param>
    /// <param name="aheadWritten">What is written next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<S, V>(
        int rows, int columns, float* x, nint rowLength, float* w, nint step, float bias, Activation activation, float* y, float* ahead, float* aheadWritten)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V w00 = S.Broadcast(w[0]), w01 = S.Broadcast(w[step]), w02 = S.Broadcast(w[2 * step]);
        V w10 = S.Broadcast(w[3 * step]), w11 = S.Broadcast(w[4 * step]), w12 = S.Broadcast(w[5 * step]);
        V w20 = S.Broadcast(w[6 * step]), w21 = S.Broadcast(w[7 * step]), w22 = S.Broadcast(w[8 * step]);
        // ReLU is 0 below zero, not 0 · x: 0 · −∞ is NaN.
        bool isRelu = activation.Kind == ActivationKind.Relu, isBent = isRelu || activation.Kind == ActivationKind.LeakyRelu;
        V biases = S.Broadcast(bias), slope = S.Broadcast(isRelu ? 0 : activation.Slope);
        for (int vector = 0; vector < columns; vector += S.Lanes)
        {
            nint column = Math.Min(vector, columns - S.Lanes);
            float* from = x + column, to = y + column;
            // The sums of output rows i and i + 1, as far as the input's rows before i + 2 make them up.
            V first = biases, second = biases;
            for (int i = -2; i < rows; i++, from += rowLength)
            {
                V left = S.Load(from), middle = S.Load(from + 1), right = S.Load(from + 2);
                V done = S.MultiplyAdd(w22, right, S.MultiplyAdd(w21, middle, S.MultiplyAdd(w20, left, first)));
                first = S.MultiplyAdd(w12, right, S.MultiplyAdd(w11, middle, S.MultiplyAdd(w10, left, second)));
                second = S.MultiplyAdd(w02, right, S.MultiplyAdd(w01, middle, S.MultiplyAdd(w00, left, biases)));
                if (i < 0) continue;
                if (isBent) done = S.WhereNegative(done, isRelu ? S.Zero : S.Multiply(slope, done), done);
                S.Store(to, done);
                to += columns;
                Simd.Prefetch(ahead);
                Simd.Prefetch(aheadWritten);
                ahead += S.Lanes;
                aheadWritten += S.Lanes;
            }
        }
    }

    /// <summary><c>dw[r, s] += Σ_i Σ_j δ[i, j] · x[i + r, j + s]</c> and <c>db += Σ_i Σ_j δ[i, j]</c>.</summary>
    /// <param name="rows">H', rows of δ.</param>
    /// <param name="columns">W', columns of δ, at least a vector.</param>
    /// <param name="x">The padded image.</param>
    /// <param name="rowLength">From one row of x to the next.</param>
    /// <param name="dy">δ.</param>
    /// <param name="dw">9 numbers that the sums are added to.</param>
    /// <param name="db">A number that the sum is added to, or null.</param>
    /// <param name="aheadX">The image that is read next: asked for a line at a time, while this one is summed up.</param>
    /// <param name="aheadY">The δ that is read next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProducts<S, V>(int rows, int columns, float* x, nint rowLength, float* dy, float* dw, float* db, float* aheadX, float* aheadY)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero;
        V c10 = S.Zero, c11 = S.Zero, c12 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, sum = S.Zero;
        for (int vector = 0; vector < columns; vector += S.Lanes)
        {
            nint column = Math.Min(vector, columns - S.Lanes);
            float* from = x + column, delta = dy + column;
            // Positive in the lanes that the vector before has not summed up.
            V isNew = S.Subtract(S.Iota, S.Broadcast(vector - column - 0.5f));
            V d1 = S.Zero, d2 = S.Zero;
            for (int i = 0; i < rows + 2; i++, from += rowLength)
            {
                // Row i of the padded image meets row r of the filter at row i − r of δ.
                V d0 = S.Zero;
                if (i < rows)
                {
                    d0 = S.WherePositive(isNew, S.Load(delta), S.Zero);
                    sum = S.Add(sum, d0);
                    delta += columns;
                    Simd.Prefetch(aheadX);
                    Simd.Prefetch(aheadY);
                    aheadX += S.Lanes;
                    aheadY += S.Lanes;
                }
                V left = S.Load(from), middle = S.Load(from + 1), right = S.Load(from + 2);
                c00 = S.MultiplyAdd(d0, left, c00);
                c01 = S.MultiplyAdd(d0, middle, c01);
                c02 = S.MultiplyAdd(d0, right, c02);
                c10 = S.MultiplyAdd(d1, left, c10);
                c11 = S.MultiplyAdd(d1, middle, c11);
                c12 = S.MultiplyAdd(d1, right, c12);
                c20 = S.MultiplyAdd(d2, left, c20);
                c21 = S.MultiplyAdd(d2, middle, c21);
                c22 = S.MultiplyAdd(d2, right, c22);
                (d1, d2) = (d0, d1);
            }
        }
        dw[0] += S.Sum(c00);
        dw[1] += S.Sum(c01);
        dw[2] += S.Sum(c02);
        dw[3] += S.Sum(c10);
        dw[4] += S.Sum(c11);
        dw[5] += S.Sum(c12);
        dw[6] += S.Sum(c20);
        dw[7] += S.Sum(c21);
        dw[8] += S.Sum(c22);
        if (db != null) *db += S.Sum(sum);
    }
}
