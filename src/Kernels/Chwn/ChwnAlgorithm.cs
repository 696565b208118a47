namespace CnnEngine.Kernels;

/// <summary>
/// Brings as many images as a vector has lanes into the layout C×H×W×N, convolves them there and brings the result back. Pays where
/// channels are few and rows short, so that other ways leave lanes empty, and a batch is there to fill these.
/// </summary>
internal sealed unsafe class ChwnAlgorithm : ConvAlgorithm
{
    public override string Name => "chwn";

    public override bool Supports(ConvPass pass, in ConvShape shape) => true;

    // Measured against `shift` on LeNet's and CIFAR's first layers: the kernel takes 0.85 or 0.9 of its time for a multiply-add, more the fewer
    // accumulators it has; a number that changes its layout takes the time of 6, three times that where the images of a vector do not fit a
    // core's cache. The further they are from fitting, the longer the kernel waits for them, which it reads once for each tile of filters:
    // measured on AlexNet's first two layers, ResNet's 3×3 and MobileNet's 1×1 convolutions. The images of one vector keep one core busy,
    // while the other algorithms share out their work.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        double numbers = InputFloats(shape) + OutputFloats(shape);
        int rows = new RowBlocks(pass == ConvPass.BackwardInput ? shape.GroupChannels : shape.GroupFilters, ChwnKernel.MostRows).Height(0);
        double waiting = pass == ConvPass.BackwardFilter ? 1 : Math.Pow(2.0 * ChwnKernel.MostRows / (rows * ChwnKernel.Columns(rows)), 0.7);
        double caches = numbers * Simd.Lanes / (1 << 18), copying = caches > 1 ? 18 : 6;
        (double kernel, double farther) = pass switch { ConvPass.Forward => (0.85, 0.1), ConvPass.BackwardInput => (0.85, 0.2), _ => (0.9, 0.1) };
        double perImage = (kernel * waiting * Math.Max(1, 1 + (farther * (caches - 2))) * shape.MultiplyAdds / shape.N) + (copying * numbers);
        double cost = (Groups(shape) * Simd.Lanes * perImage) + (pass == ConvPass.BackwardFilter ? 12.0 * Groups(shape) * shape.FilterLength : 0);
        // With one channel a group, a load or two for every multiply-add.
        bool isDepthwise = shape.Groups > 1 && shape.GroupChannels == 1;
        return (Groups(shape) == 1 ? 2 : 1) * (isDepthwise ? 2 : 1) * cost;
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
