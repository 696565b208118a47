namespace CnnEngine.Kernels;

/// <summary>
/// 3×3 convolutions of stride 1 by one of Winograd's minimal filterings (<see cref="IWinogradTile"/>): a quarter of the
/// multiplications, or four ninths with the smaller tile, for transforms of tiles and filters.
/// <list type="bullet">
/// <item>Forward: <c>Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A</c>, <see cref="WinogradProducts{F}"/>.</item>
/// <item>Backward input: the same on the zero-padded delta with the filters turned by 180°, their channel axes exchanged.</item>
/// <item>Backward filter: <c>∂g = Gᵀ[(A δ Aᵀ) ⊙ (Bᵀ d B)]G</c>, <see cref="WinogradFilterGradient{F}"/>.</item>
/// </list>
/// </summary>
internal sealed unsafe class WinogradConvolution<F>(string name) : ConvAlgorithm where F : struct, IWinogradTile
{
    // So many numbers of transformed filters, 9 MB, still cost no more than fewer.
    private const int CachedFilters = 9 << 18;

    // What three parallel regions and lists of tiles and copies cost.
    private const int SetUp = 300_000;

    public override string Name => name;

    public override bool IsExact => F.IsExact;

    public override double? ErrorBound => F.ErrorBound;

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        shape.R == 3 && shape.S == 3 && shape.Stride == 1 && shape.Dilation == 1
        && (long)F.Products * shape.K * (shape.GroupChannels + 16) < int.MaxValue && shape.OutputLength < int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        (double ofInput, double ofOutput, double ofFilter) = F.Costs(pass);
        WinogradTiles tiles = TilesOf(pass, shape);
        double filters = (double)shape.K * shape.GroupChannels, count = tiles.Count;
        // Tiles lie along the vector, but for the filters' gradient, which sums over them.
        if (pass != ConvPass.BackwardFilter) count = Math.Ceiling(count / Simd.Lanes) * Simd.Lanes;
        // Transformed filters that the last cache does not keep are written to memory and read from there, summed ones while others are added up.
        double uncached = Math.Max(0, (F.Products * filters) - CachedFilters) * (pass == ConvPass.BackwardFilter ? 50 : 150);
        // Tiles side by side are read and written row by row.
        double calls = pass == ConvPass.BackwardFilter ? 0 : (double)shape.N * tiles.Rows * (tiles.Channels + tiles.Filters);
        return (count * ((F.Products * filters) + (ofInput * tiles.Channels) + (ofOutput * tiles.Filters))) + (ofFilter * filters) + uncached + (Call * calls) + SetUp + EachGroup(shape, pass == ConvPass.BackwardFilter ? 180_000 : 20_000);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        if (pass == ConvPass.BackwardFilter)
        {
            WinogradFilterGradient<F> gradient = new(shape, null, null, null);
            return Bytes(gradient.Floats, WinogradFilterGradient<F>.ChunkFloats(Simd.Lanes), gradient.Chunks, threads);
        }
        WinogradTiles tiles = TilesOf(pass, shape);
        WinogradFilters<F> filters = FiltersOf(pass, shape, null);
        WinogradProducts<F> products = new(tiles, filters, null, null, null, default, null);
        return Bytes((tiles.Groups * filters.Length) + products.SharedFloats, products.ChunkFloats, products.Chunks, threads);
    }

    private static WinogradTiles TilesOf(ConvPass pass, in ConvShape shape) =>
        pass == ConvPass.BackwardInput ? WinogradTiles.BackwardInput(shape, F.Tile) : WinogradTiles.Forward(shape, F.Tile);

    // The backward input pass turns the filters and exchanges their channel axes.
    private static WinogradFilters<F> FiltersOf(ConvPass pass, in ConvShape shape, float* w) => pass == ConvPass.BackwardInput
        ? new WinogradFilters<F>(RowBlocks.ForBroadcast(shape.GroupChannels), shape.GroupFilters, w, 9, shape.Taps, isRotated: true)
        : new WinogradFilters<F>(RowBlocks.ForBroadcast(shape.GroupFilters), shape.GroupChannels, w, shape.Taps, 9, isRotated: false);

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) =>
        Run(ConvPass.Forward, shape, x, w, bias, activation, y);

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx) =>
        Run(ConvPass.BackwardInput, shape, dy, w, null, Activation.Identity, dx);

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias)
    {
        using Scratch.Lease scratch = Scratch.Take(new WinogradFilterGradient<F>(shape, x, dy, null).Floats);
        new WinogradFilterGradient<F>(shape, x, dy, scratch.Data).Run(dw, dbias);
    }

    private static void Run(ConvPass pass, in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        WinogradTiles tiles = TilesOf(pass, shape);
        WinogradFilters<F> filters = FiltersOf(pass, shape, w);
        using Scratch.Lease scratch = Scratch.Take(filters.Length * tiles.Groups);
        Threads.ForVectors(tiles.Groups * filters.Blocks.Count, new FilterBlocks(filters, scratch.Data));
        new WinogradProducts<F>(tiles, filters, scratch.Data, x, bias, activation, y).Run();
    }

    private readonly struct FilterBlocks(WinogradFilters<F> filters, float* packed) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int group, int block) = Math.DivRem(chunk, filters.Blocks.Count);
            filters.Transform<S, V>(group, block, packed + (group * filters.Length));
        }
    }
}
