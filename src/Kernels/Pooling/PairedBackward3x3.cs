using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The transpose of <see cref="PairedForward3x3{S, V}"/>'s means: what <see cref="Backward3x3{S, V}"/> does, with two pairs of rows of pixels in the
/// halves of the vector. (Maxima of such images are sent back one by one: <see cref="MaxPooling"/>.)
/// </summary>
/// <remarks>Shares of δ are copied first, some planes at a time, with a row of zeros between planes; those of the rows beside are masked out.</remarks>
internal readonly unsafe struct PairedBackward3x3<S, V> where S : struct, ISimd<V> where V : unmanaged
{
    // Pixels whose shares are in working memory at once.
    private const int Block = 2048;

    private readonly PoolShape _shape;
    private readonly float* _lanes;
    private readonly float* _weights;
    private readonly float* _shares;

    /// <summary>Makes weights and masks in working memory.</summary>
    public PairedBackward3x3(in PoolShape shape, PoolDivisor divisor, float* scratch)
    {
        _shape = shape;
        _lanes = scratch;
        int rows = shape.OutputHeight, outputs = shape.OutputWidth, half = S.Lanes / 2, left = shape.ColumnAxis.Before;
        // Where shares are taken from, and whether there are windows that begin before a pair of columns, and with it.
        int* from = (int*)_lanes, isBefore = from + S.Lanes, isAt = isBefore + S.Lanes;
        for (int k = 0; k < S.Lanes; k++)
        {
            int m = k % half, j = m + left;
            from[k] = k < half ? m : outputs + m;
            isBefore[k] = j > 0 && j <= outputs ? -1 : 0;
            isAt[k] = j < outputs ? -1 : 0;
        }
        _weights = _lanes + (3 * S.Lanes);
        float* ofColumns = _weights + shape.OutputPlane + S.Lanes, ofRows = ofColumns + outputs + S.Lanes;
        new Span<float>(ofColumns, outputs + S.Lanes).Clear();
        MeanPooling.Weights(shape.ColumnAxis, divisor, ofColumns);
        MeanPooling.Weights(shape.RowAxis, divisor, ofRows);
        for (int i = 0; i < rows; i++) S.Store(_weights + (i * outputs), S.Multiply(S.Broadcast(ofRows[i]), S.Load(ofColumns)));
        _shares = ofRows + rows + S.Lanes;
        S.Store(_shares - S.Lanes, S.Zero);
    }

    /// <summary>Whether pairs of columns fill half a vector at most, and a chunk has planes enough for the weights to pay.</summary>
    public static bool Fits(in PoolShape shape) => shape.W <= S.Lanes && shape.PlanesPerChunk >= 8;

    /// <summary>The working memory that it needs, in floats.</summary>
    public static int ScratchLength(in PoolShape shape) =>
        shape.OutputPlane + shape.OutputWidth + shape.OutputHeight + (PlanesPerBlock(shape) * (shape.OutputPlane + shape.OutputWidth)) + (8 * S.Lanes);

    /// <summary>Planes whose shares are in working memory at once.</summary>
    public static int PlanesPerBlock(in PoolShape shape) => Math.Max(1, Block / shape.InputPlane);

    /// <summary>How far beyond its end a plane is written.</summary>
    public int Overrun => S.Lanes + (3 * _shape.W);

    /// <summary>Writes the pixels of at most a block of planes. Deltas may be read up to <paramref name="dyEnd"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Planes(int planes, float* dy, float* dyEnd, float* dx)
    {
        int width = _shape.W, outputs = _shape.OutputWidth, outputPlane = _shape.OutputPlane, pitch = outputPlane + outputs, steps = Quotient.Up(_shape.H, 4);
        float* shares = _shares, weights = _weights;
        for (int n = 0; n < planes; n++, shares += pitch, dy += outputPlane)
        {
            for (int j = 0; j < outputPlane; j += S.Lanes)
            {
                Simd.PrefetchNear(dy + j + (Rows2x2.Ahead / 2));
                if (dy + j + S.Lanes <= dyEnd) S.Store(shares + j, S.Multiply(S.Load(dy + j), S.Load(weights + j)));
                else
                    for (int k = j; k < outputPlane; k++) shares[k] = dy[k] * weights[k];
            }
            S.Store(shares + outputPlane, S.Zero);
        }

        // As in Backward3x3: which row and column of a pair lies in two windows.
        int top = _shape.RowAxis.Before, left = _shape.ColumnAxis.Before;
        bool isTop = top != 0, isLeft = left != 0;
        V lanes = S.Load(_lanes), isBefore = S.Load(_lanes + S.Lanes), isAt = S.Load(_lanes + (2 * S.Lanes));
        shares = _shares + ((top - 1) * outputs) + left - 1;
        for (int n = 0; n < planes; n++, shares += pitch, dx += _shape.InputPlane)
        {
            float* l = shares, h = l + outputs, to = dx;
            for (int step = 0; step < steps; step++, l += 2 * outputs, h += 2 * outputs, to += 4 * width)
            {
                Simd.PrefetchNear(to + Rows2x2.Ahead);
                Simd.PrefetchNear(to + Rows2x2.Ahead + S.Lanes);
                Simd.PrefetchNear(to + Rows2x2.Ahead + (2 * S.Lanes));
                Simd.PrefetchNear(to + Rows2x2.Ahead + (3 * S.Lanes));
                V l0 = S.And(S.Permute(S.Load(l), lanes), isBefore), l1 = S.And(S.Permute(S.Load(l + 1), lanes), isAt);
                V h0 = S.And(S.Permute(S.Load(h), lanes), isBefore), h1 = S.And(S.Permute(S.Load(h + 1), lanes), isAt);
                V lShared = S.Add(l0, l1), hShared = S.Add(h0, h1), lOther = isLeft ? l0 : l1, hOther = isLeft ? h0 : h1;
                V shared = S.Add(S.Add(lShared, h0), h1), other = S.Add(lOther, hOther);
                V upperShared = isTop ? lShared : shared, upperOther = isTop ? lOther : other, lowerShared = isTop ? shared : hShared, lowerOther = isTop ? other : hOther;
                (V upper, V upperNext) = S.Interleave(isLeft ? upperOther : upperShared, isLeft ? upperShared : upperOther);
                (V lower, V lowerNext) = S.Interleave(isLeft ? lowerOther : lowerShared, isLeft ? lowerShared : lowerOther);
                // Each row is written beyond its end, and the next after it.
                S.Store(to, upper);
                S.Store(to + width, lower);
                S.Store(to + (2 * width), upperNext);
                S.Store(to + (3 * width), lowerNext);
            }
        }
    }
}
