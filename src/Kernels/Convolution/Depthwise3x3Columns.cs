namespace CnnEngine.Kernels;

/// <summary>
/// The vectors of columns that the depthwise 3×3 kernels take one by one, and the masks of each: bits all set where a lane counts. Outside
/// the row a tap meets zeros, in memory it meets the neighbouring row.
/// </summary>
internal readonly unsafe struct Depthwise3x3Columns
{
    /// <summary>Masks of a vector: of the pixels that each of the filter's columns meets, and of the columns that the vector before has not got.</summary>
    public const int Masks = 4;

    // What a block of rows has: short beside the way that memory is asked for ahead.
    private const int BlockFloats = 1024;

    private readonly int _width, _stride;

    /// <summary>Columns of y, or of δ for the filters' gradient; taps fall on columns of x.</summary>
    public Depthwise3x3Columns(in ConvShape shape) : this(shape.OutputWidth, shape.W, shape.Stride.Width, -shape.Padding.Left, shape.W)
    {
    }

    private Depthwise3x3Columns(int total, int width, int stride, int firstTap, int imageWidth)
    {
        (Total, _width, _stride, FirstTap) = (total, width, stride, firstTap);
        Vectors = (total + Simd.Lanes - 1) / Simd.Lanes;
        BlockRows = Math.Max(4, BlockFloats / imageWidth);
    }

    /// <summary>
    /// Pairs of columns of ∂x, 2p and 2p + 1, of a convolution of stride 2; taps fall on columns of δ, of which a pair sees p + <see cref="FirstTap"/>
    /// and the next.
    /// </summary>
    public static Depthwise3x3Columns OfPairs(in ConvShape shape) => new((shape.W + 1) / 2, shape.OutputWidth, 1, (shape.Padding.Left - 1) >> 1, shape.W);

    /// <summary>Columns, or pairs of them.</summary>
    public int Total { get; }

    public int Vectors { get; }

    /// <summary>The column that the first column's first tap falls on; below 0 in the padding.</summary>
    public int FirstTap { get; }

    /// <summary>Rows of the image that are taken together: all vectors of theirs, before the rows below.</summary>
    public int BlockRows { get; }

    public long MaskFloats => (long)Vectors * Masks * Simd.Lanes;

    /// <summary>The first column of a vector: the last reaches back over the one before.</summary>
    public int First<S, V>(int vector) where S : struct, ISimd<V> where V : unmanaged => First(vector, S.Lanes);

    public void WriteMasks(float* masks)
    {
        int* bits = (int*)masks;
        int lanes = Simd.Lanes;
        for (int vector = 0; vector < Vectors; vector++)
            for (int mask = 0; mask < Masks; mask++)
                for (int lane = 0; lane < lanes; lane++)
                {
                    int column = First(vector, lanes) + lane, pixel = FirstTap + (column * _stride) + mask;
                    bool counts = mask < Masks - 1 ? pixel >= 0 && pixel < _width : column >= vector * lanes;
                    *bits++ = counts && column < Total ? -1 : 0;
                }
    }

    private int First(int vector, int lanes) => Math.Max(0, Math.Min(vector * lanes, Total - lanes));
}
