using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Convolution with channels along the vector. Forward the output channels: filters are transposed so that a tap's numbers of as many
/// filters as a vector has lanes lie side by side, and each pixel is broadcast straight from the image. The images' gradient takes the
/// input channels (<see cref="DirectInputGradient"/>). So does the filters': the image is transposed once, and δ is broadcast; or, where
/// channels are few, the filters (<see cref="DirectFilterGradient"/>). No idle columns however short the rows are.
/// </summary>
internal sealed unsafe class DirectConvolution : ConvAlgorithm
{
    // Vectors of channels that are computed together: a tile of 12 filters × 2 vectors.
    private const int VectorsTogether = 2;

    // Measured, in the time of multiply-adds: what it takes to bring a number of y to its place and to transpose a filter's, forward; a number
    // of x or δ, back; a number of the image, of δ and of the gradient, for the filters' gradient.
    private const double Writing = 22, Transposing = 12, MovingBack = 13, TransposingImage = 9, ReadingDelta = 10, AddingUp = 15;

    // A filter's number is transposed by itself for the images' gradient, and added so to the filters'.
    private const double OneByOne = 75;

    // Where channels are few: what it takes to transpose a number of δ, to add one of the gradient's, and for a tile to go on to the next row.
    private const double TransposingDelta = 17, AddingParts = 110, NextRow = 370;

    // By how much longer than its tiles let expect a single vector of channels takes.
    private const double SingleVector = 1.2;

    // What the two parallel regions of an image take.
    private const double Regions = 50_000;

    public override string Name => "direct";

    public override bool Supports(ConvPass pass, in ConvShape shape) => shape.Groups == 1;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        bool areFew = pass == ConvPass.BackwardFilter && HasFewChannels(shape);
        int channels = pass == ConvPass.Forward || areFew ? shape.K : shape.C;
        double idle = (double)Vectors(channels) * Simd.Lanes / channels, filter = idle * shape.FilterLength;
        if (pass == ConvPass.Forward)
        {
            RowBlocks tiles = new(shape.OutputWidth, ChwnKernel.MostRows);
            double calls = (tiles.Count * (double)shape.OutputHeight * Quotient.Up(Vectors(channels), VectorsTogether)) + (shape.Padding == Padding.Valid ? 0 : shape.C * shape.H);
            return (shape.MultiplyAdds * PerProduct(tiles.Height(0), channels)) + (Writing * idle * shape.OutputLength) + (Transposing * filter) + (Call * shape.N * calls);
        }
        if (pass == ConvPass.BackwardInput)
        {
            // Zeros around δ are multiplied like others.
            double products = (double)shape.InputLength * shape.K * shape.R * shape.S / (shape.Stride.Height * shape.Stride.Width);
            int across = new RowBlocks(Quotient.Up(shape.W, shape.Stride.Width), ChwnKernel.MostRows).Height(0);
            return (products * PerProduct(across, channels)) + (MovingBack * ((idle * shape.InputLength) + shape.OutputLength)) + (OneByOne * filter);
        }
        if (areFew)
        {
            bool alongChannels = shape.C > shape.S;
            RowBlocks rows = new(alongChannels ? shape.C : shape.S, ChwnKernel.MostRows), columns = new(Vectors(channels), ChwnKernel.Columns(rows.Height(0)));
            double tiles = (double)rows.Count * columns.Count * shape.R * (alongChannels ? shape.S : shape.C);
            return (shape.MultiplyAdds * idle * SmallTile(rows.Height(0), columns.Height(0))) + (TransposingDelta * idle * shape.OutputLength)
                + (AddingParts * filter) + (NextRow * shape.N * shape.OutputHeight * tiles);
        }
        int height = new RowBlocks(FilterRanges(shape).Height(0), ChwnKernel.MostRows).Height(0);
        return (shape.MultiplyAdds * PerProduct(height, channels)) + (ReadingDelta * shape.OutputLength) + (OneByOne * filter)
            + (shape.N * ((TransposingImage * ImageFloats(shape)) + (AddingUp * filter) + Regions));
    }

    // Idle lanes, and what tiles of so many rows wait, the last of which may have a single vector of channels: then each broadcast serves one
    // multiply-add, and comes from the second-level cache.
    private static double PerProduct(int rows, int channels)
    {
        int vectors = Vectors(channels), single = vectors % VectorsTogether;
        return (((vectors - single) * SmallTile(rows, VectorsTogether)) + (single * SingleVector * SmallTile(rows, 1))) * Simd.Lanes / channels;
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        if (pass == ConvPass.Forward)
        {
            DirectForward forward = new(shape);
            return Bytes(forward.FilterFloats, forward.ChunkFloats, forward.Chunks, threads);
        }
        if (pass == ConvPass.BackwardInput)
        {
            DirectInputGradient input = new(shape);
            return Bytes(input.FilterFloats, input.ChunkFloats, input.Chunks, threads);
        }
        if (!HasFewChannels(shape)) return Bytes(ImageFloats(shape) + GradientFloats(shape) + (2 * shape.OutputHeight), 0, 0, threads);
        DirectFilterGradient filter = new(shape);
        return Bytes(filter.PartsFloats, filter.ChunkFloats, filter.Chunks, threads);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) =>
        new DirectForward(shape).Run(x, w, bias, activation, y);

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) => new DirectInputGradient(shape).Run(dy, w, dx);

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        if (HasFewChannels(shape))
        {
            new DirectFilterGradient(shape).Run(x, dy, dw, dbias);
            return;
        }
        using Scratch.Lease imageScratch = Scratch.Take(ImageFloats(shape)), gradientScratch = Scratch.Take(GradientFloats(shape));
        using Scratch.Lease offsetScratch = Scratch.Take(2 * shape.OutputHeight);
        float* image = imageScratch.Data, gradient = gradientScratch.Data;
        int* rows = (int*)offsetScratch.Data; // where each output row lies in δ and, seen by the first tap, in the image
        for (int i = 0; i < shape.OutputHeight; i++)
            (rows[i], rows[shape.OutputHeight + i]) = (i * shape.OutputWidth, i * shape.Stride.Height * PaddedWidth(shape) * Simd.Lanes);
        new Span<float>(gradient, (int)GradientFloats(shape)).Clear();
        int pairs = (Vectors(shape.C) + VectorsTogether - 1) / VectorsTogether, area = shape.R * shape.S;
        for (int n = 0; n < shape.N; n++)
        {
            Threads.ForVectors(Vectors(shape.C), new TransposeImage(shape, x + ((long)n * shape.C * shape.InputPlane), image));
            Threads.ForVectors(pairs * area * FilterRanges(shape).Count, new FilterTiles(shape, image, rows, dy + ((long)n * shape.K * shape.OutputPlane), gradient));
        }
        Threads.For(shape.K, new AddGradient(shape, gradient, dw));
        AddDelta(shape, dy, dbias);
    }

    // Channels that leave most of a vector idle.
    private static bool HasFewChannels(in ConvShape shape) => 2 * shape.C <= Simd.Lanes;

    private static int Vectors(int channels) => (channels + Simd.Lanes - 1) / Simd.Lanes;

    /// <summary>Floats of the padded image with its channels along vectors: C/lanes × H×W × lanes.</summary>
    private static long ImageFloats(in ConvShape shape) => (long)Vectors(shape.C) * Simd.Lanes * PaddedHeight(shape) * PaddedWidth(shape);

    /// <summary>Floats of the gradient with the channels innermost: K × R×S × C.</summary>
    private static long GradientFloats(in ConvShape shape) => (long)shape.K * shape.R * shape.S * Vectors(shape.C) * Simd.Lanes;

    /// <summary>What a chunk of the filter's gradient has of the filters.</summary>
    private static RowBlocks FilterRanges(in ConvShape shape) => new(shape.K, 4 * ChwnKernel.MostRows);

    private static int PaddedHeight(in ConvShape shape) => shape.H + shape.Padding.Top + shape.Padding.Bottom;

    private static int PaddedWidth(in ConvShape shape) => PaddedRow.Width(shape);

    /// <summary>Floats of the padded image, if it has to be copied.</summary>
    private static long Copied(in ConvShape shape) => shape.Padding == Padding.Valid ? 0 : (long)shape.C * PaddedHeight(shape) * PaddedWidth(shape);

    /// <summary>A chunk brings a vector of channels from <c>c, (h, w)</c> to <c>(h, w), c</c> in a frame of zeros; missing channels become zeros.</summary>
    private readonly struct TransposeImage(ConvShape shape, float* x, float* transposed) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int channels = Math.Min(S.Lanes, shape.C - (chunk * S.Lanes)), width = PaddedWidth(shape), plane = PaddedHeight(shape) * width;
            float* from = x + ((long)chunk * S.Lanes * shape.InputPlane), to = transposed + ((long)chunk * plane * S.Lanes);
            if (shape.Padding == Padding.Valid)
            {
                ChwnLayout.FromNchw<S, V>(channels, shape.InputPlane, from, to);
                return;
            }
            new Span<float>(to, plane * S.Lanes).Clear();
            for (int h = 0; h < shape.H; h++)
                ChwnLayout.FromNchw<S, V>(
                    channels, shape.W, from + (h * shape.W), shape.InputPlane, to + ((((nint)(h + shape.Padding.Top) * width) + shape.Padding.Left) * S.Lanes));
        }
    }

    /// <summary>A chunk is one tap of two vectors of channels and some filters: <c>∂w[k, tap, c] += Σ δ[k, pixel] · x[pixel + tap, c]</c>.</summary>
    private readonly struct FilterTiles(ConvShape shape, float* image, int* rows, float* dy, float* gradient) : IVectorChunks
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            RowBlocks ranges = FilterRanges(shape);
            (int rest, int range) = Math.DivRem(chunk, ranges.Count);
            (int pair, int tap) = Math.DivRem(rest, shape.R * shape.S);
            (int r, int s) = Math.DivRem(tap, shape.S);
            int first = pair * VectorsTogether, vectors = Math.Min(VectorsTogether, Vectors(shape.C) - first), width = PaddedWidth(shape);
            nint plane = (nint)PaddedHeight(shape) * width * S.Lanes, channels = (nint)Vectors(shape.C) * S.Lanes;

            ChwnKernel.Operands operands = new()
            {
                Taps = shape.OutputHeight,
                OffsetsA = rows,
                OffsetsB = rows + shape.OutputHeight,
                Steps = shape.OutputWidth,
                StepA = 1,
                StepB = (nint)shape.Stride.Width * S.Lanes,
                RowA = shape.OutputPlane,
                ColumnB = plane,
                RowC = shape.R * shape.S * channels,
                ColumnC = S.Lanes,
                End = ChwnKernel.End.Add,
            };
            float* from = image + (first * plane) + (((nint)r * shape.Dilation.Height * width) + (s * shape.Dilation.Width)) * S.Lanes;
            RowBlocks blocks = new(ranges.Height(range), ChwnKernel.MostRows);
            for (int block = 0; block < blocks.Count; block++)
            {
                int k = ranges.First(range) + blocks.First(block);
                ChwnKernel.Run<S, V>(
                    blocks.Height(block), vectors, dy + ((nint)k * shape.OutputPlane), from, gradient + (k * operands.RowC) + (tap * channels) + (first * S.Lanes), operands);
            }
        }
    }

    /// <summary>A chunk adds one filter's gradient, <c>(r, s), c</c>, to <c>c, (r, s)</c>.</summary>
    private readonly struct AddGradient(ConvShape shape, float* gradient, float* dw) : IChunks
    {
        public void Run(int chunk)
        {
            int area = shape.R * shape.S, channels = Vectors(shape.C) * Simd.Lanes;
            float* from = gradient + ((long)chunk * area * channels), to = dw + ((long)chunk * shape.Taps);
            for (int tap = 0; tap < area; tap++)
                for (int c = 0; c < shape.C; c++) to[(c * area) + tap] += from[(tap * channels) + c];
        }
    }
}
