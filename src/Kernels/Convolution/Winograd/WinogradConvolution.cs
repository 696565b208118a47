namespace CnnEngine.Kernels;

/// <summary>
/// 3×3 convolutions of stride 1 by Winograd's minimal filtering F(4×4, 3×3) (<see cref="WinogradTransforms"/>): a quarter of the
/// multiplications, for transforms of tiles and filters. Relative errors in the L2 norm
/// are 1 to 4 · 10⁻⁶, measured on layers of 64 to 512 channels.
/// <list type="bullet">
/// <item>Forward: <c>Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A</c>, <see cref="WinogradProducts"/>.</item>
/// <item>Backward input: the same on the zero-padded delta with the filters turned by 180°, their channel axes exchanged.</item>
/// <item>Backward filter: <c>∂g = Gᵀ[(A δ Aᵀ) ⊙ (Bᵀ d B)]G</c>, <see cref="WinogradFilterGradient"/>.</item>
/// </list>
/// </summary>
internal sealed unsafe class WinogradConvolution : ConvAlgorithm
{
    public override string Name => "winograd";

    /// <summary>The transforms have fractions (1/6, 1/24), and sums in them cancel.</summary>
    public override bool IsExact => false;

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        shape.R == 3 && shape.S == 3 && shape.Stride == 1 && shape.Dilation == 1
        && (long)WinogradTransforms.Products * shape.K * (shape.GroupChannels + 16) < int.MaxValue && shape.OutputLength < int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        // Measured: what a transform takes in the time of multiply-adds, for each tile and channel and for each filter and channel.
        (double ofInput, double ofOutput, double ofFilter) = pass == ConvPass.BackwardFilter ? (800, 800, 1500) : (650, 400, 2500);
        WinogradTiles tiles = TilesOf(pass, shape);
        double filters = (double)shape.K * shape.GroupChannels;
        return (tiles.Count * ((WinogradTransforms.Products * filters) + (ofInput * tiles.Channels) + (ofOutput * tiles.Filters))) + (ofFilter * filters) + EachGroup(shape, 20_000);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        if (pass == ConvPass.BackwardFilter)
        {
            WinogradFilterGradient gradient = new(shape, null, null, null);
            return Bytes(gradient.Floats, WinogradFilterGradient.ChunkFloats(Simd.Lanes), gradient.Chunks, threads);
        }
        WinogradTiles tiles = TilesOf(pass, shape);
        WinogradFilters filters = FiltersOf(pass, shape, null);
        WinogradProducts products = new(tiles, filters, null, null, null, default, null);
        return Bytes((tiles.Groups * filters.Length) + products.SharedFloats, products.ChunkFloats, products.Chunks, threads);
    }

    private static WinogradTiles TilesOf(ConvPass pass, in ConvShape shape) =>
        pass == ConvPass.BackwardInput ? WinogradTiles.BackwardInput(shape) : WinogradTiles.Forward(shape);

    // The backward input pass turns the filters and exchanges their channel axes.
    private static WinogradFilters FiltersOf(ConvPass pass, in ConvShape shape, float* w) => pass == ConvPass.BackwardInput
        ? new WinogradFilters(RowBlocks.ForBroadcast(shape.GroupChannels), shape.GroupFilters, w, 9, shape.Taps, isRotated: true)
        : new WinogradFilters(RowBlocks.ForBroadcast(shape.GroupFilters), shape.GroupChannels, w, shape.Taps, 9, isRotated: false);

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) =>
        Run(ConvPass.Forward, shape, x, w, bias, activation, y);

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        Run(ConvPass.BackwardInput, shape, dy, w, null, Activation.Identity, dx);

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        using Scratch.Lease scratch = Scratch.Take(new WinogradFilterGradient(shape, x, dy, null).Floats);
        new WinogradFilterGradient(shape, x, dy, scratch.Data).Run(dw, dbias);
    }

    private static void Run(ConvPass pass, in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        WinogradTiles tiles = TilesOf(pass, shape);
        WinogradFilters filters = FiltersOf(pass, shape, w);
        using Scratch.Lease scratch = Scratch.Take(filters.Length * tiles.Groups);
        Threads.ForVectors(tiles.Groups * filters.Blocks.Count, new FilterBlocks(filters, scratch.Data));
        new WinogradProducts(tiles, filters, scratch.Data, x, bias, activation, y).Run();
    }

    private readonly struct FilterBlocks(WinogradFilters filters, float* packed) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int group, int block) = Math.DivRem(chunk, filters.Blocks.Count);
            filters.Transform<S, V>(group, block, packed + (group * filters.Length));
        }
    }
}
