namespace CnnEngine.Kernels;

/// <summary>
/// Convolution as a matrix product with the column matrix, image after image and group after group:
/// <list type="bullet">
/// <item>Forward: <c>[K × T] · [T × P] → [K × P]</c>, filters times columns, T = (C/g)·R·S taps and P = H'·W' pixels.</item>
/// <item>Backward input: <c>[T × K] · [K × P] → [T × P]</c>, transposed filters times delta, whose columns are added back to pixels.</item>
/// <item>Backward filter: <c>[K × P] · [P × T] → [K × T]</c>, delta times transposed columns, summed over images.</item>
/// </list>
/// The plainest path, for every shape; the column buffer is T/C times as large as the image.
/// </summary>
internal sealed unsafe class Im2ColConvolution : ConvAlgorithm
{
    public override string Name => "im2col";

    public override bool Supports(ConvPass pass, in ConvShape shape) => (long)shape.Taps * shape.OutputPlane < int.MaxValue;

    // The columns are written and read once for every K/g products made of each.
    public override double Cost(ConvPass pass, in ConvShape shape) => shape.MultiplyAdds * (1.5 + (16.0 / shape.GroupFilters));

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) =>
        Threads.For(shape.N, new ForwardImages(shape, x, w, bias, activation, y));

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        Threads.For(shape.N, new BackwardInputImages(shape, dy, w, dx));

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw)
    {
        int taps = shape.Taps, pixels = shape.OutputPlane;
        using Scratch.Lease scratch = Scratch.Take((long)taps * pixels);
        MatrixView columns = new(scratch.Data, pixels);
        for (int n = 0; n < shape.N; n++)
            for (int g = 0; g < shape.Groups; g++)
            {
                Im2Col.Gather(shape, GroupInput(shape, x, n, g), scratch.Data);
                MatrixView delta = new(GroupOutput(shape, dy, n, g), pixels);
                Gemm.Multiply(shape.GroupFilters, taps, pixels, 1, delta, columns.Transposed, 1, GroupWeights(shape, dw, g), taps);
            }
    }

    private static float* GroupInput(in ConvShape shape, float* x, int n, int g) =>
        x + ((((long)n * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane);

    private static float* GroupOutput(in ConvShape shape, float* y, int n, int g) =>
        y + ((((long)n * shape.K) + (g * shape.GroupFilters)) * shape.OutputPlane);

    private static float* GroupWeights(in ConvShape shape, float* w, int g) => w + ((long)g * shape.GroupFilters * shape.Taps);

    private readonly struct ForwardImages(ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) : IChunks
    {
        public void Run(int n)
        {
            int taps = shape.Taps, pixels = shape.OutputPlane;
            using Scratch.Lease scratch = Scratch.Take((long)taps * pixels);
            for (int g = 0; g < shape.Groups; g++)
            {
                Im2Col.Gather(shape, GroupInput(shape, x, n, g), scratch.Data);
                float* to = GroupOutput(shape, y, n, g);
                for (int k = 0; k < shape.GroupFilters; k++)
                    new Span<float>(to + ((long)k * pixels), pixels).Fill(bias == null ? 0 : bias[(g * shape.GroupFilters) + k]);
                Gemm.Multiply(shape.GroupFilters, pixels, taps, 1, new MatrixView(GroupWeights(shape, w, g), taps), new MatrixView(scratch.Data, pixels), 1, to, pixels);
                Activations.Forward(activation, to, to, shape.GroupFilters * pixels);
            }
        }
    }

    private readonly struct BackwardInputImages(ConvShape shape, float* dy, float* w, float* dx) : IChunks
    {
        public void Run(int n)
        {
            int taps = shape.Taps, pixels = shape.OutputPlane;
            using Scratch.Lease scratch = Scratch.Take((long)taps * pixels);
            for (int g = 0; g < shape.Groups; g++)
            {
                MatrixView filters = new(GroupWeights(shape, w, g), taps), delta = new(GroupOutput(shape, dy, n, g), pixels);
                Gemm.Multiply(taps, pixels, shape.GroupFilters, 1, filters.Transposed, delta, 0, scratch.Data, pixels);
                float* to = GroupInput(shape, dx, n, g);
                new Span<float>(to, shape.GroupChannels * shape.InputPlane).Clear();
                Im2Col.ScatterAdd(shape, scratch.Data, to);
            }
        }
    }
}
