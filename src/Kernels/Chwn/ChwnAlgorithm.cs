namespace CnnEngine.Kernels;

/// <summary>
/// Brings as many images as a vector has lanes into the layout C×H×W×N, convolves them there and brings the result back. Pays where
/// channels are few and rows short, so that other ways leave lanes empty, and a batch is there to fill these.
/// </summary>
internal sealed unsafe class ChwnAlgorithm : ConvAlgorithm
{
    // By how much the kernel slows down where channels are alone.
    private const double Depthwise = 2;

    public override string Name => "chwn";

    public override bool Supports(ConvPass pass, in ConvShape shape) => true;

    // Measured, in the time of multiply-adds: what a number takes that changes its layout, three times as much if the images of a vector do not fit
    // a core's cache; one of the filters, which are read one by one, or of their gradient, each the sum of a vector; and by how much the kernel
    // slows down with the square root of what the images take beyond one cache. The images of one vector keep one core busy.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        double images = (double)Groups(shape) * Simd.Lanes, numbers = InputFloats(shape) + OutputFloats(shape);
        (double moving, double ofFilter, double slower) = pass switch { ConvPass.Forward => (6, 6, 0.06), ConvPass.BackwardInput => (9, 14, 0.1), _ => (6.0, 170.0, 0.06) };
        double caches = numbers * Simd.Lanes / (1 << 18), farther = 1 + (slower * Math.Sqrt(Math.Max(0, caches - 1)));
        (int rows, int columns, double tiles) = Tiles(pass, shape);
        // Back, each step of a tile reads another plane of δ, which is not in the first-level cache.
        double slow = pass == ConvPass.BackwardInput ? Math.Max(SmallTile(rows, columns), FewRows(rows)) : SmallTile(rows, columns);
        if (shape.Groups > 1 && shape.GroupChannels == 1) slow *= Depthwise;
        // Zeros above and below the image are not multiplied.
        double inside = pass == ConvPass.BackwardFilter ? 1 : Inside(shape.OutputHeight, shape.R, shape.Stride.Height, shape.Dilation.Height, shape.Padding.Top, shape.H);
        double products = images * shape.MultiplyAdds / shape.N * inside * slow * farther, moved = (caches > 1 ? 3 : 1) * moving * images * numbers;
        return Unshared(shape, Groups(shape)) * (products + moved + (Groups(shape) * ((ofFilter * shape.FilterLength) + (Call * tiles))));
    }

    /// <summary>The share of taps along an axis, of all outputs, that lie on the image.</summary>
    private static double Inside(int outputs, int taps, int stride, int dilation, int padding, int size)
    {
        long count = 0;
        for (int tap = 0; tap < taps; tap++)
        {
            int left = padding - (tap * dilation), right = size - 1 + left; // where, at i·stride, the tap sees the image's first and last number
            if (right >= 0) count += Math.Max(0, Math.Min(outputs, (right / stride) + 1) - (left > 0 ? Quotient.Up(left, stride) : 0));
        }
        return count / ((double)outputs * taps);
    }

    /// <summary>A register tile's rows and columns, and how many a vector of images has of them.</summary>
    private static (int Rows, int Columns, double Count) Tiles(ConvPass pass, in ConvShape shape)
    {
        if (pass == ConvPass.BackwardFilter)
            return (new RowBlocks(shape.GroupFilters, DotKernel.TallestA).Height(0), new RowBlocks(shape.Taps, DotKernel.TallestB).Height(0), 0);
        bool isForward = pass == ConvPass.Forward;
        RowBlocks rows = new(isForward ? shape.GroupFilters : shape.GroupChannels, ChwnKernel.MostRows);
        int phases = isForward ? 1 : shape.Stride.Width;
        RowBlocks columns = new(isForward ? shape.OutputWidth : Quotient.Up(shape.W, phases), ChwnKernel.Columns(rows.Height(0)));
        return (rows.Height(0), columns.Height(0), (double)shape.Groups * rows.Count * columns.Count * phases * (isForward ? shape.OutputHeight : shape.H));
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        long images = (InputFloats(shape) + OutputFloats(shape)) * Simd.Lanes;
        long padded = ChwnConvolution.ScratchFloats(pass, shape);
        return Bytes(pass == ConvPass.BackwardFilter ? Groups(shape) * (shape.FilterLength + shape.K) : 0, images + padded, Groups(shape), threads);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) =>
        Threads.ForVectors(Groups(shape), new Group(ConvPass.Forward, shape, x, w, bias, y) { Activation = activation });

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        Threads.ForVectors(Groups(shape), new Group(ConvPass.BackwardInput, shape, dx, w, null, dy));

    /// <summary>Each group of images has gradients of its own; they are added in their order.</summary>
    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        int groups = Groups(shape);
        using Scratch.Lease scratch = Scratch.Take(groups * (shape.FilterLength + shape.K));
        float* gradients = scratch.Data, biases = dbias == null ? null : gradients + (groups * shape.FilterLength);
        Threads.ForVectors(groups, new Group(ConvPass.BackwardFilter, shape, x, gradients, biases, dy));
        Add((int)shape.FilterLength, gradients, dw);
        if (dbias != null) Add(shape.K, biases, dbias);

        void Add(int length, float* parts, float* to)
        {
            Span<float> sum = new(to, length);
            for (int group = 0; group < groups; group++)
                System.Numerics.Tensors.TensorPrimitives.Add(sum, new ReadOnlySpan<float>(parts + ((long)group * length), length), sum);
        }
    }

    private static int Groups(in ConvShape shape) => (shape.N + Simd.Lanes - 1) / Simd.Lanes;

    private static int InputFloats(in ConvShape shape) => shape.C * shape.InputPlane;

    private static int OutputFloats(in ConvShape shape) => shape.K * shape.OutputPlane;

    private readonly struct Group(ConvPass pass, ConvShape shape, float* x, float* w, float* bias, float* y) : IVectorChunks
    {
        public Activation Activation { get; init; }

        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int first = chunk * S.Lanes, images = Math.Min(S.Lanes, shape.N - first), input = InputFloats(shape), output = OutputFloats(shape);
            float* fromX = x + ((long)first * input), fromY = y + ((long)first * output);
            using Scratch.Lease scratchX = Scratch.Take((long)input * S.Lanes), scratchY = Scratch.Take((long)output * S.Lanes);
            float* lanesX = scratchX.Data, lanesY = scratchY.Data;
            if (pass != ConvPass.BackwardInput) ChwnLayout.FromNchw<S, V>(images, input, fromX, lanesX);
            if (pass != ConvPass.Forward) ChwnLayout.FromNchw<S, V>(images, output, fromY, lanesY);
            switch (pass)
            {
                case ConvPass.Forward:
                    ChwnConvolution.Forward<S, V>(shape, lanesX, w, bias, Activation, lanesY);
                    ChwnLayout.ToNchw<S, V>(images, output, lanesY, fromY);
                    if (!Activation.IsLinearByParts) Activations.Forward(Activation, fromY, fromY, images * output);
                    break;
                case ConvPass.BackwardInput:
                    ChwnConvolution.BackwardInput<S, V>(shape, lanesY, w, lanesX);
                    ChwnLayout.ToNchw<S, V>(images, input, lanesX, fromX);
                    break;
                default:
                    float* gradient = w + (chunk * shape.FilterLength), biases = bias == null ? null : bias + (chunk * shape.K);
                    new Span<float>(gradient, (int)shape.FilterLength).Clear();
                    if (biases != null) new Span<float>(biases, shape.K).Clear();
                    ChwnConvolution.BackwardFilter<S, V>(shape, lanesX, lanesY, gradient, biases);
                    break;
            }
        }
    }
}
