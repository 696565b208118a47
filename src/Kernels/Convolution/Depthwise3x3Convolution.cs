using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Convolution of each channel alone with a 3×3 filter of stride 1 or 2. Chunks are runs of planes as they lie in memory, which the
/// kernels read and write in place. They reach a little around a plane: the first and last planes of the batch are read from a copy, and
/// the last of a chunk, where rows do not end with a vector, is written by way of one.
/// </summary>
internal sealed unsafe class Depthwise3x3Convolution : ConvAlgorithm
{
    // A chunk costs so much, eight microseconds or so, that handing it out does not count; a small batch is cut into so many for threads to share.
    private const double ChunkCost = 1 << 20, FewestChunks = 8;

    public override string Name => "depthwise3x3";

    // Backwards, the deltas of several filters would have to be added up in one plane.
    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        shape is { R: 3, S: 3, GroupChannels: 1, Groups: > 1 } && (shape.Stride == 1 || shape.Stride == 2) && shape.Dilation == 1
        && (pass != ConvPass.BackwardInput || shape.GroupFilters == 1)
        && new Planes(pass, shape) is { Floats: < int.MaxValue, GradientFloats: < int.MaxValue };

    public override double Cost(ConvPass pass, in ConvShape shape) => CostOf(pass, shape);

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        Planes planes = new(pass, shape);
        return Bytes(planes.Columns.MaskFloats + planes.GradientFloats, planes.Floats, planes.Chunks, threads);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        Planes planes = new(ConvPass.Forward, shape);
        using Scratch.Lease masks = Scratch.Take(planes.Columns.MaskFloats);
        planes.Columns.WriteMasks(masks.Data);
        Threads.ForVectors(planes.Chunks, new Sums(planes, masks.Data, x, w, bias, activation, y));
    }

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        Planes planes = new(ConvPass.BackwardInput, shape);
        using Scratch.Lease masks = Scratch.Take(planes.Columns.MaskFloats);
        planes.Columns.WriteMasks(masks.Data);
        Threads.ForVectors(planes.Chunks, new Sums(planes, masks.Data, dy, w, null, Activation.Identity, dx));
    }

    /// <summary>Each image has a gradient of its own; they are added in their order.</summary>
    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        Planes planes = new(ConvPass.BackwardFilter, shape);
        using Scratch.Lease masks = Scratch.Take(planes.Columns.MaskFloats), scratch = Scratch.Take(planes.GradientFloats);
        planes.Columns.WriteMasks(masks.Data);
        float* gradients = scratch.Data, biases = gradients + (shape.N * shape.FilterLength);
        Threads.ForVectors(planes.Chunks, new Products(planes, masks.Data, x, dy, gradients, biases));
        Add(shape.N, (int)shape.FilterLength, gradients, dw);
        if (dbias != null) Add(shape.N, shape.K, biases, dbias);
    }

    // Multiply-adds, idle lanes among them, the way from and to memory, and what a plane takes to begin and to end with.
    private static double CostOf(ConvPass pass, in ConvShape shape)
    {
        int width = pass == ConvPass.BackwardInput ? shape.W : shape.OutputWidth, computed = (width + Simd.Lanes - 1) / Simd.Lanes * Simd.Lanes;
        double multiplyAdd = shape.Stride == 1 ? 1.2 : 2.4;
        return (shape.MultiplyAdds * multiplyAdd * computed / width) + (4.0 * (shape.InputLength + shape.OutputLength)) + (1500.0 * shape.N * shape.K);
    }

    private static void Add(int images, int length, float* gradients, float* sum)
    {
        Span<float> sums = new(sum, length);
        for (int n = 0; n < images; n++) TensorPrimitives.Add(sums, new ReadOnlySpan<float>(gradients + ((long)n * length), length), sums);
    }

    /// <summary>How a pass is cut, and what its kernel reads and writes around a plane.</summary>
    private readonly struct Planes
    {
        private readonly ConvPass _pass;
        private readonly RowBlocks _groups;

        public Planes(ConvPass pass, in ConvShape shape)
        {
            _pass = pass;
            // For the images' gradient and stride 1, the convolution of δ.
            Shape = pass == ConvPass.BackwardInput && shape.Stride == 1 ? shape.OfDelta() : shape;
            IsRotated = pass == ConvPass.BackwardInput && shape.Stride == 1;
            IsSpread = pass == ConvPass.BackwardInput && shape.Stride == 2;
            double chunks = Math.Max(CostOf(pass, shape) / ChunkCost, FewestChunks);
            _groups = new RowBlocks(shape.Groups, (int)Math.Clamp((double)shape.N * shape.Groups / chunks, 1, shape.Groups));
            Columns = IsSpread ? Depthwise3x3Columns.OfPairs(shape) : new Depthwise3x3Columns(Shape);
            int reach = Math.Max(Columns.Total, Simd.Lanes);
            Source = IsSpread
                ? new Window(shape.OutputPlane, -Columns.FirstTap, ((shape.OutputHeight - 1L) * shape.OutputWidth) + Columns.FirstTap + reach + 1)
                : new Window(Shape.InputPlane, -Columns.FirstTap, ((Shape.H - 1L) * Shape.W) + Columns.FirstTap + (Shape.Stride.Width * reach) + 2);
            Target = IsSpread
                ? new Window(shape.InputPlane, 0, ((shape.H - 1L) * shape.W) + (2 * reach))
                : new Window(Shape.OutputPlane, 0, ((Shape.OutputHeight - 1L) * Shape.OutputWidth) + reach);
        }

        /// <summary>The convolution whose outputs are summed up, or whose δ is spread out.</summary>
        public ConvShape Shape { get; }

        public bool IsRotated { get; }

        public bool IsSpread { get; }

        public Depthwise3x3Columns Columns { get; }

        /// <summary>Planes of x, or of δ for the images' gradient.</summary>
        public Window Source { get; }

        /// <summary>Planes of y or ∂x, which are written, or of δ for the filters' gradient.</summary>
        public Window Target { get; }

        public int Chunks => Shape.N * _groups.Count;

        /// <summary>A copy of a plane of each.</summary>
        public long Floats => Source.Floats + Target.Floats;

        /// <summary>Gradients of the filters and biases, of each image.</summary>
        public long GradientFloats => _pass == ConvPass.BackwardFilter ? Shape.N * (Shape.FilterLength + Shape.K) : 0;

        /// <summary>The groups of all images that a chunk takes.</summary>
        public (long First, long End) GroupsOf(int chunk)
        {
            (int image, int block) = Math.DivRem(chunk, _groups.Count);
            long first = ((long)image * Shape.Groups) + _groups.First(block);
            return (first, first + _groups.Height(block));
        }
    }

    /// <summary>A plane's numbers, and how many a kernel reads before it, and up to which it reads or writes.</summary>
    private readonly record struct Window(int Plane, long Before, long End)
    {
        public long Floats => Math.Max(Before, 0) + Math.Max(End, Plane);

        /// <summary>A plane of a batch, or where what is around it does not belong to the batch, a copy.</summary>
        public float* Read(float* batch, long length, long plane, float* copy)
        {
            long first = plane * Plane;
            if (first - Before >= 0 && first + End <= length) return batch + first;
            copy += Math.Max(Before, 0);
            new ReadOnlySpan<float>(batch + first, Plane).CopyTo(new Span<float>(copy, Plane));
            return copy;
        }
    }

    private readonly struct Sums(Planes planes, float* masks, float* x, float* w, float* bias, Activation activation, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            ConvShape shape = planes.Shape;
            Depthwise3x3Columns columns = planes.Columns;
            (long first, long end) = planes.GroupsOf(chunk);
            using Scratch.Lease scratch = Scratch.Take(planes.Floats);
            float* copyFrom = scratch.Data, copyTo = copyFrom + planes.Source.Floats;
            for (long g = first; g < end; g++)
            {
                float* from = planes.Source.Read(x, planes.IsSpread ? shape.OutputLength : shape.InputLength, g, copyFrom);
                for (long filter = g * shape.GroupFilters; filter < (g + 1) * shape.GroupFilters; filter++)
                {
                    int k = (int)(filter % (shape.Groups * shape.GroupFilters)), plane = planes.Target.Plane;
                    float* results = y + (filter * plane), weights = w + (9 * (long)k);
                    // What is written beyond a plane is the next one's of this chunk, and written again.
                    bool isInside = (filter * plane) + planes.Target.End <= end * shape.GroupFilters * plane;
                    float* to = isInside ? results : copyTo;
                    if (planes.IsSpread) Depthwise3x3Stride2Kernel.Spread<S, V>(shape, columns, masks, from, weights, to);
                    else if (shape.Stride == 2) Depthwise3x3Stride2Kernel.Sum<S, V>(shape, columns, masks, from, weights, bias == null ? 0 : bias[k], activation, to);
                    else if (planes.IsRotated) Depthwise3x3Kernel.Sum<S, V>(shape, columns, masks, from, weights + 8, -1, 0, activation, to);
                    else Depthwise3x3Kernel.Sum<S, V>(shape, columns, masks, from, weights, 1, bias == null ? 0 : bias[k], activation, to);
                    if (!isInside) new ReadOnlySpan<float>(to, plane).CopyTo(new Span<float>(results, plane));
                    if (!activation.IsLinearByParts) Activations.Forward(activation, results, results, plane);
                }
            }
        }
    }

    private readonly struct Products(Planes planes, float* masks, float* x, float* dy, float* dw, float* db) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            ConvShape shape = planes.Shape;
            Depthwise3x3Columns columns = planes.Columns;
            (long first, long end) = planes.GroupsOf(chunk);
            using Scratch.Lease scratch = Scratch.Take(planes.Floats);
            float* copyX = scratch.Data, copyDelta = copyX + planes.Source.Floats;
            for (long g = first; g < end; g++)
            {
                float* from = planes.Source.Read(x, shape.InputLength, g, copyX);
                for (long filter = g * shape.GroupFilters; filter < (g + 1) * shape.GroupFilters; filter++)
                {
                    float* deltas = planes.Target.Read(dy, shape.OutputLength, filter, copyDelta);
                    if (shape.Stride == 2) Depthwise3x3Stride2Kernel.Products<S, V>(shape, columns, masks, from, deltas, dw + (9 * filter), db + filter);
                    else Depthwise3x3Kernel.Products<S, V>(shape, columns, masks, from, deltas, dw + (9 * filter), db + filter);
                }
            }
        }
    }
}
