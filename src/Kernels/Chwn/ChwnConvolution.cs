using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Convolution of as many images as a vector has lanes, all in the layout of <see cref="ChwnLayout"/>, and its two derivatives. Filters
/// are K×(C/g)×R×S as everywhere. A pixel is a vector, so strides, padding and odd sizes cost no lanes. The number of images in the
/// geometry does not matter. Runs on the calling thread: threads share out images.
/// </summary>
public static unsafe class ChwnConvolution
{
    /// <summary><c>y = σ(w ⋆ x + b)</c>, as <see cref="Convolution.Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="w">K·(C/g)·R·S numbers.</param>
    /// <param name="bias">K numbers, or empty for none.</param>
    /// <param name="activation">σ.</param>
    /// <param name="y">Receives K·H'·W'·lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void Forward(
        in ConvShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<float> bias, Activation activation, Span<float> y)
    {
        CheckLengths(shape, x.Length, nameof(x), w.Length, nameof(w), y.Length, nameof(y));
        if (!bias.IsEmpty) Require.Length(bias.Length, shape.K, nameof(bias));
        fixed (float* px = x, pw = w, pb = bias, py = y)
        {
            Call call = new(ConvPass.Forward, shape, px, pw, pb, py) { Activation = activation };
            Simd.Run(ref call);
            if (!activation.IsLinearByParts) Activations.Forward(activation, py, py, (int)(shape.OutputLength / shape.N * Simd.Lanes));
        }
    }

    /// <summary><c>∂x</c> from δ, as <see cref="Convolution.BackwardInput"/>.</summary>
    /// <param name="shape">The geometry of the forward pass.</param>
    /// <param name="dy">δ = ∂loss/∂z, K·H'·W'·lanes numbers.</param>
    /// <param name="w">K·(C/g)·R·S numbers.</param>
    /// <param name="dx">Receives C·H·W·lanes numbers; what it held is overwritten.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void BackwardInput(in ConvShape shape, ReadOnlySpan<float> dy, ReadOnlySpan<float> w, Span<float> dx)
    {
        CheckLengths(shape, dx.Length, nameof(dx), w.Length, nameof(w), dy.Length, nameof(dy));
        fixed (float* pdy = dy, pw = w, pdx = dx)
        {
            Call call = new(ConvPass.BackwardInput, shape, pdx, pw, null, pdy);
            Simd.Run(ref call);
        }
    }

    /// <summary><c>∂w += …</c> and <c>∂b += …</c> over all lanes, as <see cref="Convolution.BackwardFilter"/>: δ is 0 in lanes without an image.</summary>
    /// <param name="shape">The geometry of the forward pass.</param>
    /// <param name="x">C·H·W·lanes numbers, the forward pass's input.</param>
    /// <param name="dy">δ, K·H'·W'·lanes numbers.</param>
    /// <param name="dw">K·(C/g)·R·S numbers that the gradient is added to.</param>
    /// <param name="dbias">K numbers that the bias's gradient is added to, or empty for none.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void BackwardFilter(in ConvShape shape, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dw, Span<float> dbias)
    {
        CheckLengths(shape, x.Length, nameof(x), dw.Length, nameof(dw), dy.Length, nameof(dy));
        if (!dbias.IsEmpty) Require.Length(dbias.Length, shape.K, nameof(dbias));
        fixed (float* px = x, pdy = dy, pdw = dw, pdb = dbias)
        {
            Call call = new(ConvPass.BackwardFilter, shape, px, pdw, pdb, pdy);
            Simd.Run(ref call);
        }
    }

    private static void CheckLengths(in ConvShape shape, int x, string nameX, int w, string nameW, int y, string nameY)
    {
        Require.Length(x, shape.InputLength / shape.N * Simd.Lanes, nameX);
        Require.Length(w, shape.FilterLength, nameW);
        Require.Length(y, shape.OutputLength / shape.N * Simd.Lanes, nameY);
    }

    private readonly struct Call(ConvPass pass, ConvShape shape, float* x, float* w, float* bias, float* y) : ISimdKernel
    {
        public Activation Activation { get; init; }

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            switch (pass)
            {
                case ConvPass.Forward: Forward<S, V>(shape, x, w, bias, Activation, y); break;
                case ConvPass.BackwardInput: BackwardInput<S, V>(shape, y, w, x); break;
                default: BackwardFilter<S, V>(shape, x, y, w, bias); break;
            }
        }
    }

    /// <summary><c>y = σ(w ⋆ x + b)</c> for σ linear to either side of zero; no bias if null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Forward<S, V>(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        Padding sides = ForwardPadding(shape);
        using Scratch.Lease scratch = Scratch.Take(ScratchFloats(ConvPass.Forward, shape));
        float* image = Pad<S, V>(shape.C, shape.H, shape.W, sides, x, scratch.Data);
        int width = shape.W + sides.Left + sides.Right;
        nint plane = (nint)shape.H * width * S.Lanes, outputPlane = (nint)shape.OutputPlane * S.Lanes;

        // The longer of a pixel's channels and a filter's row is the inner loop.
        bool alongChannels = shape.GroupChannels >= shape.S;
        int mostTaps = shape.R * (alongChannels ? shape.S : shape.GroupChannels);
        int* offsets = stackalloc int[2 * mostTaps];
        ChwnKernel.Operands operands = new()
        {
            OffsetsA = offsets,
            OffsetsB = offsets + mostTaps,
            Steps = alongChannels ? shape.GroupChannels : shape.S,
            StepA = alongChannels ? shape.R * shape.S : 1,
            StepB = alongChannels ? plane : shape.Dilation.Width * S.Lanes,
            RowA = shape.Taps,
            ColumnB = shape.Stride.Width * S.Lanes,
            RowC = outputPlane,
            ColumnC = S.Lanes,
            End = ChwnKernel.EndWith(activation),
            Slope = activation.Slope,
        };
        RowBlocks filters = new(shape.GroupFilters, ChwnKernel.MostRows);
        RowBlocks tiles = new(shape.OutputWidth, ChwnKernel.Columns(filters.Height(0)));
        (int, int) taps = (-1, -1);
        for (int i = 0; i < shape.OutputHeight; i++)
        {
            int top = (i * shape.Stride.Height) - shape.Padding.Top;
            (int, int) inside = Inside(top, shape.Dilation.Height, shape.R, shape.H);
            if (inside != taps) operands.Taps = Taps(shape, taps = inside, alongChannels, plane, width * S.Lanes, S.Lanes, operands.OffsetsA, operands.OffsetsB);
            for (int k = 0; k < shape.K; k += shape.GroupFilters)
                for (int block = 0; block < filters.Count; block++)
                {
                    int filter = k + filters.First(block);
                    operands.Bias = bias == null ? null : bias + filter;
                    float* from = image + (k / shape.GroupFilters * shape.GroupChannels * plane) + ((nint)top * width * S.Lanes);
                    float* to = y + (filter * outputPlane) + ((nint)i * shape.OutputWidth * S.Lanes);
                    for (int tile = 0; tile < tiles.Count; tile++)
                    {
                        int j = tiles.First(tile);
                        ChwnKernel.Run<S, V>(
                            filters.Height(block), tiles.Height(tile), w + ((nint)filter * shape.Taps), from + (j * operands.ColumnB), to + (j * S.Lanes), operands);
                    }
                }
        }
    }

    /// <summary><c>∂x = ∂loss/∂x</c>, overwritten.</summary>
    /// <remarks>
    /// The rotated filter over δ, phase by phase: the pixels of ∂x that are a stride apart see the same taps, and each tap sees
    /// neighbouring pixels of δ. No zero of a spread out delta is multiplied, and hardly one of its padding.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void BackwardInput<S, V>(in ConvShape shape, float* dy, float* w, float* dx)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        RowBlocks channels = new(shape.GroupChannels, ChwnKernel.MostRows);
        int columns = ChwnKernel.Columns(channels.Height(0));
        Padding sides = BackwardPadding(shape);
        using Scratch.Lease scratch = Scratch.Take(ScratchFloats(ConvPass.BackwardInput, shape));
        float* delta = Pad<S, V>(shape.K, shape.OutputHeight, shape.OutputWidth, sides, dy, scratch.Data);
        int width = shape.OutputWidth + sides.Left + sides.Right;
        nint deltaPlane = (nint)shape.OutputHeight * width * S.Lanes, plane = (nint)shape.InputPlane * S.Lanes;

        int* offsets = stackalloc int[2 * shape.R * shape.S], columnTaps = stackalloc int[2 * shape.S];
        ChwnKernel.Operands operands = new()
        {
            OffsetsA = offsets,
            OffsetsB = offsets + (shape.R * shape.S),
            Steps = shape.GroupFilters,
            StepA = shape.Taps,
            StepB = deltaPlane,
            RowA = shape.R * shape.S,
            ColumnB = S.Lanes,
            RowC = plane,
            ColumnC = shape.Stride.Width * S.Lanes,
        };
        for (int phase = 0; phase < Math.Min(shape.Stride.Width, shape.W); phase++)
        {
            RowBlocks tiles = new((shape.W - phase + shape.Stride.Width - 1) / shape.Stride.Width, columns);
            for (int tile = 0; tile < tiles.Count; tile++)
            {
                int j = phase + (tiles.First(tile) * shape.Stride.Width), pixels = tiles.Height(tile);
                int across = TapsAcross(shape, j, pixels, columnTaps, columnTaps + shape.S);
                for (int i = 0; i < shape.H; i++)
                {
                    operands.Taps = RotatedTaps(shape, i, across, columnTaps, columnTaps + shape.S, width, sides.Left, S.Lanes, operands.OffsetsA, operands.OffsetsB);
                    for (int group = 0; group < shape.Groups; group++)
                        for (int block = 0; block < channels.Count; block++)
                        {
                            int channel = channels.First(block);
                            float* filters = w + ((nint)group * shape.GroupFilters * shape.Taps) + ((nint)channel * shape.R * shape.S);
                            float* to = dx + (((group * shape.GroupChannels) + channel) * plane) + ((((nint)i * shape.W) + j) * S.Lanes);
                            ChwnKernel.Run<S, V>(channels.Height(block), pixels, filters, delta + (group * shape.GroupFilters * deltaPlane), to, operands);
                        }
                }
            }
        }
    }

    /// <summary><c>∂w += ∂loss/∂w</c> and, if not null, <c>∂b += Σ δ</c>: dot products of δ and x over pixels and lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void BackwardFilter<S, V>(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        using Scratch.Lease scratch = Scratch.Take(ScratchFloats(ConvPass.BackwardFilter, shape));
        float* image = Pad<S, V>(shape.C, shape.H, shape.W, shape.Padding, x, scratch.Data);
        int width = shape.W + shape.Padding.Left + shape.Padding.Right, height = shape.H + shape.Padding.Top + shape.Padding.Bottom;
        nint plane = (nint)height * width * S.Lanes, outputPlane = (nint)shape.OutputPlane * S.Lanes;

        DotKernel.Operands operands = new()
        {
            RowStrideA = outputPlane,
            ImageStrideA = (nint)shape.OutputWidth * S.Lanes,
            StepB = (nint)shape.Stride.Width * S.Lanes,
            ImageStrideB = (nint)shape.Stride.Height * width * S.Lanes,
            RowStrideC = shape.Taps,
        };
        int* offsets = stackalloc int[DotKernel.TallestB];
        operands.OffsetsB = offsets;
        RowBlocks filters = new(shape.GroupFilters, DotKernel.TallestA), taps = new(shape.Taps, DotKernel.TallestB);
        for (int group = 0; group < shape.Groups; group++)
            for (int block = 0; block < filters.Count; block++)
            {
                int filter = (group * shape.GroupFilters) + filters.First(block);
                operands.A = dy + (filter * outputPlane);
                operands.B = image + (group * shape.GroupChannels * plane);
                for (int t = 0; t < taps.Count; t++)
                {
                    int first = taps.First(t);
                    for (int n = 0; n < taps.Height(t); n++)
                    {
                        (int channel, int tap) = Math.DivRem(first + n, shape.R * shape.S);
                        (int row, int column) = Math.DivRem(tap, shape.S);
                        offsets[n] = (int)(channel * plane) + (((row * shape.Dilation.Height * width) + (column * shape.Dilation.Width)) * S.Lanes);
                    }
                    operands.C = dw + ((nint)filter * shape.Taps) + first;
                    DotKernel.Run<S, V>(filters.Height(block), taps.Height(t), shape.OutputHeight, shape.OutputWidth, operands);
                }
            }
        if (dbias == null) return;
        for (int k = 0; k < shape.K; k++, dy += outputPlane) dbias[k] += RowSum.Of<S, V>(dy, (int)outputPlane);
    }

    /// <summary>Of taps at <c>first + t·step</c>, those that lie in 0 … size − 1.</summary>
    private static (int First, int End) Inside(int first, int step, int taps, int size)
    {
        int start = first >= 0 ? 0 : (-first + step - 1) / step;
        int end = first >= size ? 0 : Math.Min(taps, ((size - 1 - first) / step) + 1);
        return (Math.Min(start, end), end);
    }

    /// <summary>
    /// Where the taps of some rows of the filter lie in w and, from the window's first pixel, in x: for each row and column, if the
    /// kernel's inner loop runs along the channels, else for each row and channel.
    /// </summary>
    private static int Taps(
        in ConvShape shape, (int First, int End) rows, bool alongChannels, nint plane, int rowStride, int pixel, int* inFilter, int* inImage)
    {
        int count = 0, others = alongChannels ? shape.S : shape.GroupChannels;
        for (int r = rows.First; r < rows.End; r++)
            for (int other = 0; other < others; other++, count++)
            {
                inFilter[count] = (r * shape.S) + (alongChannels ? other : other * shape.R * shape.S);
                inImage[count] = (r * shape.Dilation.Height * rowStride) + (alongChannels ? other * shape.Dilation.Width * pixel : other * (int)plane);
            }
        return count;
    }

    /// <summary>
    /// The columns s of the filter that reach pixel j of a row of ∂x, or one of the <paramref name="pixels"/> pixels a stride apart
    /// that begin there, and where they find δ for the first of them: <c>j' = (j + left − s·dilation) / stride</c> where that has no
    /// remainder.
    /// </summary>
    private static int TapsAcross(in ConvShape shape, int j, int pixels, int* taps, int* inDelta)
    {
        int count = 0;
        for (int s = 0; s < shape.S; s++)
        {
            (int column, int rest) = Math.DivRem(j + shape.Padding.Left - (s * shape.Dilation.Width), shape.Stride.Width);
            if (rest != 0 || column <= -pixels || column >= shape.OutputWidth) continue;
            (taps[count], inDelta[count++]) = (s, column);
        }
        return count;
    }

    /// <summary>The same for row i of ∂x, together with the columns: where each tap lies in w and in the padded δ.</summary>
    private static int RotatedTaps(
        in ConvShape shape, int i, int across, int* columnTaps, int* columnsInDelta, int width, int left, int pixel, int* inFilter, int* inDelta)
    {
        int count = 0;
        for (int r = 0; r < shape.R; r++)
        {
            (int row, int rest) = Math.DivRem(i + shape.Padding.Top - (r * shape.Dilation.Height), shape.Stride.Height);
            if (rest != 0 || row < 0 || row >= shape.OutputHeight) continue;
            for (int s = 0; s < across; s++)
            {
                inFilter[count] = (r * shape.S) + columnTaps[s];
                inDelta[count++] = ((row * width) + left + columnsInDelta[s]) * pixel;
            }
        }
        return count;
    }

    /// <summary>Floats of scratch memory that a pass takes: the padded copy of x or δ.</summary>
    internal static long ScratchFloats(ConvPass pass, in ConvShape shape) => pass switch
    {
        ConvPass.Forward => PaddedLength(shape.C, shape.H, shape.W, ForwardPadding(shape)),
        ConvPass.BackwardInput => PaddedLength(shape.K, shape.OutputHeight, shape.OutputWidth, BackwardPadding(shape)),
        _ => PaddedLength(shape.C, shape.H, shape.W, shape.Padding),
    };

    // Taps above or below the image are left out; those to its sides read zeros.
    private static Padding ForwardPadding(in ConvShape shape) => new(0, 0, shape.Padding.Left, shape.Padding.Right);

    // A tile that reaches over δ's side by all but one of its pixels still reads zeros there.
    private static Padding BackwardPadding(in ConvShape shape)
    {
        int columns = ChwnKernel.Columns(new RowBlocks(shape.GroupChannels, ChwnKernel.MostRows).Height(0));
        return new Padding(0, 0, columns - 1, columns - 1);
    }

    private static long PaddedLength(int planes, int height, int width, Padding padding) =>
        padding == Padding.Valid ? 0 : (long)planes * (height + padding.Top + padding.Bottom) * (width + padding.Left + padding.Right) * Simd.Lanes;

    /// <summary>Copies planes into a frame of zeros; returns them where they are if there is no padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float* Pad<S, V>(int planes, int height, int width, Padding padding, float* x, float* padded)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (padding == Padding.Valid) return x;
        int across = width + padding.Left + padding.Right;
        float* to = padded;
        for (int plane = 0; plane < planes; plane++)
        {
            to = Clear<S, V>(padding.Top * across, to);
            for (int i = 0; i < height; i++)
            {
                to = Clear<S, V>(padding.Left, to);
                for (int j = 0; j < width; j++, x += S.Lanes, to += S.Lanes) S.Store(to, S.Load(x));
                to = Clear<S, V>(padding.Right, to);
            }
            to = Clear<S, V>(padding.Bottom * across, to);
        }
        return padded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Clear<S, V>(int vectors, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        for (int i = 0; i < vectors; i++, to += S.Lanes) S.Store(to, S.Zero);
        return to;
    }
}
