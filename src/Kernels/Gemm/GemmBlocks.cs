namespace CnnEngine.Kernels;

/// <summary>
/// How large the blocks of a matrix product are, derived from the caches after K. Goto and R. van de Geijn, "Anatomy of High-Performance
/// Matrix Multiplication" (2008), and T. M. Low et al., "Analytical Modeling Is Enough for High-Performance BLIS" (2016). They keep a
/// block of A in the second-level cache and stream B past it; here the roles are exchanged, since B is what vectors are loaded from:
/// <list type="bullet">
/// <item>A block of A, R rows × K', meets all of B's panel while it is in the first-level cache: <c>4·R·K' ≤ L1</c>.</item>
/// <item>The panel of B, K' × N', stays in half of the second-level cache, A and C stream through the other half: <c>4·K'·N' ≤ L2/2</c>.</item>
/// <item>The slab of A that is packed at a time, M × K'', stays in an eighth of the third-level cache, which cores share:
/// <c>4·M·K'' ≤ L3/8</c>.</item>
/// </list>
/// They follow the machine alone, never the number of threads. Machines whose K' differ round sums differently.
/// </summary>
internal readonly struct GemmBlocks
{
    /// <summary>Tiles are so many columns wide, or a multiple: two vectors of the widest kind.</summary>
    public const int Strip = 32;

    private const int Unit = 16; // K' is a multiple

    private readonly long _panelFloats;

    public GemmBlocks(CacheSizes caches, int tallest)
    {
        _panelFloats = caches.Level2 / 2 / sizeof(float);
        SlabFloats = caches.Level3 / 8 / sizeof(float);
        long deepest = Math.Min(caches.Level1 / sizeof(float) / tallest, _panelFloats / Strip);
        Depth = (int)Math.Max(Unit, deepest / Unit * Unit);
    }

    /// <summary>The blocks on this machine.</summary>
    public static GemmBlocks Current => new(CacheSizes.Current, RowBlocks.BroadcastTallest);

    /// <summary>K', the rows of a panel of packed B: the deeper, the less often C is read and written.</summary>
    public int Depth { get; }

    /// <summary>The same where B is read in place: its rows are far apart, and deeper panels push each other out of the caches.</summary>
    public int DepthInPlace => Math.Max(Unit, Depth / 2);

    /// <summary>What a slab of packed A may take, in floats.</summary>
    public long SlabFloats { get; }

    /// <summary>N' in strips of columns, for a panel that is so deep.</summary>
    public int WidestStrips(int depth) => (int)Math.Max(1, _panelFloats / depth / Strip);

    /// <summary>K'', the columns of a slab of A: all, or a multiple of K'.</summary>
    public int SlabDepth(int m, int k) => (int)Math.Min(k, Math.Max(1, SlabFloats / m / Depth) * Depth);
}
