namespace CnnEngine.Kernels;

/// <summary>
/// One way to compute convolutions. All take the same geometry and the same layouts (images N×C×H×W, filters K×(C/g)×R×S) and
/// agree but for rounding; they differ in which shapes they can do and how fast.
/// </summary>
internal abstract unsafe class ConvAlgorithm
{
    /// <summary>All there are. Tests run every member on every shape it supports against the same reference.</summary>
    public static IReadOnlyList<ConvAlgorithm> All { get; } =
    [
        new ShiftConvolution(), new DirectConvolution(), new WinogradConvolution<WinogradTile4>("winograd"), new WinogradConvolution<WinogradTile2>("winograd2"), new ChwnAlgorithm(),
        new DepthwiseConvolution(), new Depthwise3x3Convolution(), new PointwiseConvolution(), new FullyConnectedConvolution(), new RotatedConvolution(), new Im2ColConvolution(),
    ];

    public abstract string Name { get; }

    /// <summary>Whether small whole numbers come out exactly.</summary>
    public virtual bool IsExact => true;

    /// <summary>
    /// Null where nothing but sums of products of pixels and weights is computed, so that each result is within the rounding of its own
    /// products. Or else what all results together may err, relatively, in the L2 norm.
    /// </summary>
    public virtual double? ErrorBound => null;

    /// <summary>Whether the pass can be computed this way for this shape.</summary>
    public abstract bool Supports(ConvPass pass, in ConvShape shape);

    /// <summary>
    /// The pass's estimated cost in multiply-adds, those on padding and on memory traffic included. Depends on the shape alone,
    /// so that the choice does, too.
    /// </summary>
    public abstract double Cost(ConvPass pass, in ConvShape shape);

    /// <summary>Working memory that the pass takes (<see cref="Scratch"/>) on so many threads, all of them together, in bytes.</summary>
    public abstract long ScratchBytes(ConvPass pass, in ConvShape shape, int threads);

    /// <summary><c>y = σ(w ⋆ x + b)</c>; no bias if null.</summary>
    public abstract void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y);

    /// <summary><c>∂x = ∂loss/∂x</c>, overwritten.</summary>
    public abstract void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx);

    /// <summary>
    /// <c>∂w += ∂loss/∂w</c> and <c>∂b[k] += Σ δ[n,k,·,·]</c>, added to what is there; no <c>∂b</c> if null. δ is best added up while it is in
    /// the caches for <c>∂w</c>.
    /// </summary>
    public abstract void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias);

    /// <summary><c>∂b</c> in a pass of its own.</summary>
    protected static void AddDelta(in ConvShape shape, float* dy, float* dbias)
    {
        if (dbias != null) PlaneBias.Backward(shape.N * shape.K, shape.OutputPlane, shape.K, dy, dbias);
    }

    /// <summary>What a call takes, of a register tile or for a row that is copied, beside its multiply-adds and numbers: 8 ns.</summary>
    protected const double Call = 1000;

    /// <summary>By how much a register tile of few rows is slower than a full one, because it loads more than it multiplies.</summary>
    protected static double FewRows(int rows) => Math.Max(1, 4.5 / rows);

    /// <summary>
    /// By how much a register tile is slower than its multiply-adds, two of which begin in a cycle: for fewer than eight accumulators, which
    /// hide the latency, or because a step loads a number or vector for each row and column, of which two come in a cycle.
    /// </summary>
    protected static double SmallTile(int rows, int columns) => Math.Max(1, Math.Max(8.0, rows + columns) / (rows * columns));

    /// <summary>Numbers that vectors take, whole ones.</summary>
    protected static double WholeVectors(int numbers) => Quotient.Up(numbers, Simd.Lanes) * (double)Simd.Lanes;

    /// <summary>
    /// By how much a pass costs more that is a single chunk where others are shared out: it takes as long on one thread and twice as long on
    /// two, and the choice must do for both.
    /// </summary>
    protected static double Unshared(in ConvShape shape, int chunks) => chunks == 1 && shape.FewestChunks > 1 ? 1.4 : 1;

    /// <summary>
    /// What the groups of all images take, where each is laid out, multiplied and brought to its place alone: more than the products, if they
    /// have a channel each.
    /// </summary>
    protected static double EachGroup(in ConvShape shape, double cost) => shape.Groups == 1 ? 0 : cost * shape.N * shape.Groups;

    /// <summary>Bytes of what the calling thread takes once and what each thread takes for a chunk, both in floats.</summary>
    protected static long Bytes(long once, long eachThread, int chunks, int threads) => sizeof(float) * (once + (eachThread * Math.Min(chunks, threads)));
}
