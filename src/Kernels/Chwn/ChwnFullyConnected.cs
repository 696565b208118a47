using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The fully connected layer for as many images as a vector has lanes: input I×N, weights O×I, output O×N. The weights are read
/// where they lie. Runs on the calling thread: threads share out images.
/// </summary>
public static unsafe class ChwnFullyConnected
{
    /// <summary><c>y = σ(W·x + b)</c>, as <see cref="FullyConnected.Forward"/>.</summary>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="x">I·lanes numbers.</param>
    /// <param name="w">O·I numbers.</param>
    /// <param name="bias">O numbers, or empty for none.</param>
    /// <param name="activation">σ.</param>
    /// <param name="y">Receives O·lanes numbers.</param>
    /// <exception cref="ArgumentException">A size is below 1 or a span too short.</exception>
    public static void Forward(
        int inputs, int outputs, ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> bias, Activation activation, Span<float> y)
    {
        Check(inputs, outputs, x.Length, nameof(x), w.Length, nameof(w), y.Length, nameof(y));
        if (!bias.IsEmpty) Require.Length(bias.Length, outputs, nameof(bias));
        fixed (float* px = x, pw = w, pb = bias, py = y)
        {
            Call call = new(ConvPass.Forward, inputs, outputs, px, pw, pb, py) { Activation = activation };
            Simd.Run(ref call);
            if (!activation.IsLinearByParts) Activations.Forward(activation, py, py, outputs * Simd.Lanes);
        }
    }

    /// <summary><c>∂x = Wᵀ·δ</c>, as <see cref="FullyConnected.BackwardInput"/>.</summary>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="dy">δ = ∂loss/∂z, O·lanes numbers.</param>
    /// <param name="w">O·I numbers.</param>
    /// <param name="dx">Receives I·lanes numbers.</param>
    /// <exception cref="ArgumentException">A size is below 1 or a span too short.</exception>
    public static void BackwardInput(int inputs, int outputs, ReadOnlySpan<float> dy, ReadOnlySpan<float> w, Span<float> dx)
    {
        Check(inputs, outputs, dx.Length, nameof(dx), w.Length, nameof(w), dy.Length, nameof(dy));
        fixed (float* pdy = dy, pw = w, pdx = dx)
        {
            Call call = new(ConvPass.BackwardInput, inputs, outputs, pdx, pw, null, pdy);
            Simd.Run(ref call);
        }
    }

    /// <summary><c>∂W += δ·xᵀ</c> and <c>∂b += Σ δ</c> over all lanes: δ is 0 in lanes without an image.</summary>
    /// <param name="inputs">I.</param>
    /// <param name="outputs">O.</param>
    /// <param name="x">I·lanes numbers, the forward pass's input.</param>
    /// <param name="dy">δ = ∂loss/∂z, O·lanes numbers.</param>
    /// <param name="dw">O·I numbers that the gradient is added to.</param>
    /// <param name="dbias">O numbers that the bias's gradient is added to, or empty for none.</param>
    /// <exception cref="ArgumentException">A size is below 1 or a span too short.</exception>
    public static void BackwardWeights(int inputs, int outputs, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dw, Span<float> dbias)
    {
        Check(inputs, outputs, x.Length, nameof(x), dw.Length, nameof(dw), dy.Length, nameof(dy));
        if (!dbias.IsEmpty) Require.Length(dbias.Length, outputs, nameof(dbias));
        fixed (float* px = x, pdy = dy, pdw = dw, pdb = dbias)
        {
            Call call = new(ConvPass.BackwardFilter, inputs, outputs, px, pdw, pdb, pdy);
            Simd.Run(ref call);
        }
    }

    private static void Check(int inputs, int outputs, int x, string nameX, int w, string nameW, int y, string nameY)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        Require.Length(x, (long)inputs * Simd.Lanes, nameX);
        Require.Length(w, (long)outputs * inputs, nameW);
        Require.Length(y, (long)outputs * Simd.Lanes, nameY);
    }

    private readonly struct Call(ConvPass pass, int inputs, int outputs, float* x, float* w, float* bias, float* y) : ISimdKernel
    {
        public Activation Activation { get; init; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            switch (pass)
            {
                case ConvPass.Forward: Forward<S, V>(inputs, outputs, x, w, bias, Activation, y); break;
                case ConvPass.BackwardInput: BackwardInput<S, V>(inputs, outputs, y, w, x); break;
                default: BackwardWeights<S, V>(inputs, outputs, x, y, w, bias); break;
            }
        }
    }

    /// <summary><c>y = σ(W·x + b)</c> for σ linear to either side of zero; no bias if null.</summary>
    private static void Forward<S, V>(int inputs, int outputs, float* x, float* w, float* bias, Activation activation, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged => Multiply<S, V>(outputs, inputs, w, inputs, 1, x, bias, activation, y);

    /// <summary><c>∂x = Wᵀ·δ</c>, overwritten.</summary>
    private static void BackwardInput<S, V>(int inputs, int outputs, float* dy, float* w, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged => Multiply<S, V>(inputs, outputs, w, 1, inputs, dy, null, Activation.Identity, dx);

    /// <summary><c>c = σ(A·b + bias)</c>, b and c with the images along the vector; A's rows and columns are so many floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<S, V>(int m, int k, float* a, nint rowStride, nint columnStride, float* b, float* bias, Activation activation, float* c)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int none = 0;
        ChwnKernel.Operands operands = new()
        {
            Taps = 1,
            OffsetsA = &none,
            OffsetsB = &none,
            Steps = k,
            StepA = columnStride,
            StepB = S.Lanes,
            RowA = rowStride,
            RowC = S.Lanes,
            End = ChwnKernel.EndWith(activation),
            Slope = activation.Slope,
        };
        RowBlocks rows = new(m, ChwnKernel.MostRows);
        for (int block = 0; block < rows.Count; block++)
        {
            int first = rows.First(block);
            operands.Bias = bias == null ? null : bias + first;
            ChwnKernel.Run<S, V>(rows.Height(block), 1, a + (first * rowStride), b, c + ((nint)first * S.Lanes), operands);
        }
    }

    /// <summary><c>∂W += δ·xᵀ</c> and, if not null, <c>∂b += Σ δ</c>.</summary>
    /// <remarks>The images are summed here, so they cannot lie along the vector: x is transposed and the inputs do.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BackwardWeights<S, V>(int inputs, int outputs, float* x, float* dy, float* dw, float* dbias)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        using Scratch.Lease scratch = Scratch.Take((long)inputs * S.Lanes);
        float* images = scratch.Data; // N×I
        ChwnLayout.ToNchw<S, V>(S.Lanes, inputs, x, images);
        int none = 0;
        ChwnKernel.Operands operands = new()
        {
            Taps = 1,
            OffsetsA = &none,
            OffsetsB = &none,
            Steps = S.Lanes,
            StepA = 1,
            StepB = inputs,
            RowA = S.Lanes,
            ColumnB = S.Lanes,
            RowC = inputs,
            ColumnC = S.Lanes,
            End = ChwnKernel.End.Add,
        };
        RowBlocks rows = new(outputs, ChwnKernel.MostRows), columns = new(inputs / S.Lanes, ChwnKernel.Columns(rows.Height(0)));
        for (int block = 0; block < rows.Count; block++)
        {
            int o = rows.First(block), height = rows.Height(block);
            float* delta = dy + (o * S.Lanes), gradient = dw + ((nint)o * inputs);
            for (int tile = 0; tile < columns.Count; tile++)
            {
                nint i = columns.First(tile) * S.Lanes;
                ChwnKernel.Run<S, V>(height, columns.Height(tile), delta, images + i, gradient + i, operands);
            }
            for (int i = inputs / S.Lanes * S.Lanes; i < inputs; i++)
                for (int row = 0; row < height; row++)
                    gradient[((nint)row * inputs) + i] += S.Sum(S.Multiply(S.Load(delta + (row * S.Lanes)), S.Load(x + ((nint)i * S.Lanes))));
        }
        if (dbias == null) return;
        for (int o = 0; o < outputs; o++) dbias[o] += S.Sum(S.Load(dy + (o * S.Lanes)));
    }
}
