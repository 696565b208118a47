using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// The transpose of means over windows of 3×3 by 2 (<see cref="Windows3x3"/>) of images whose pairs of columns fill at most a vector: what
/// <see cref="Backward3x3{S, V}"/> does, a pair of rows at a time, or two of them in the halves of the vector. (Maxima of images whose pairs do not fill
/// it are sent back one by one: <see cref="MaxPooling"/>.)
/// </summary>
/// <remarks>Shares of δ are copied first, some planes at a time, with a row of zeros between planes; those of the rows beside are masked out.</remarks>
internal readonly unsafe struct NarrowBackward3x3<S, V> where S : struct, ISimd<V> where V : unmanaged
{
    // Pixels whose shares are in working memory at once.
    private const int Block = 2048;

    private readonly PoolShape _shape;
    private readonly float* _lanes;
    private readonly float* _weights;
    private readonly float* _shares;

    /// <summary>Makes weights and masks in working memory.</summary>
    public NarrowBackward3x3(in PoolShape shape, PoolDivisor divisor, float* scratch)
    {
        _shape = shape;
        _lanes = scratch;
        int rows = shape.OutputHeight, outputs = shape.OutputWidth, part = S.Lanes / Together(shape), left = shape.ColumnAxis.Before;
        // Where shares are taken from, and whether there are windows that begin before a pair of columns, and with it.
        int* from = (int*)_lanes, isBefore = from + S.Lanes, isAt = isBefore + S.Lanes;
        for (int k = 0; k < S.Lanes; k++)
        {
            int m = k % part, j = m + left;
            from[k] = k < part ? m : outputs + m;
            isBefore[k] = j > 0 && j <= outputs ? -1 : 0;
            isAt[k] = j < outputs ? -1 : 0;
        }
        _weights = _lanes + (3 * S.Lanes);
        float* ofAxes = _weights + shape.OutputPlane + S.Lanes;
        MeanPooling.Weights<S, V>(shape, divisor, rows, _weights, ofAxes);
        _shares = ofAxes + outputs + rows + (3 * S.Lanes);
        S.Store(_shares - S.Lanes, S.Zero);
        S.Store(_shares - (2 * S.Lanes), S.Zero);
    }

    /// <summary>Whether pairs of columns fill a vector at most, and a chunk has planes enough for the weights to pay.</summary>
    public static bool Fits(in PoolShape shape) => shape.W <= 2 * S.Lanes && shape.PlanesPerChunk >= 8;

    // How many pairs of rows a vector holds.
    private static int Together(in PoolShape shape) => shape.W <= S.Lanes ? 2 : 1;

    /// <summary>The working memory that it needs, in floats.</summary>
    public static int ScratchLength(in PoolShape shape) =>
        shape.OutputPlane + shape.OutputWidth + shape.OutputHeight + (PlanesPerBlock(shape) * (shape.OutputPlane + shape.OutputWidth)) + (9 * S.Lanes);

    /// <summary>Planes whose shares are in working memory at once.</summary>
    public static int PlanesPerBlock(in PoolShape shape) => Math.Max(1, Block / shape.InputPlane);

    /// <summary>How far beyond its end a plane is written.</summary>
    public int Overrun => (((Steps * 2 * Together(_shape)) - 1 - _shape.H) * _shape.W) + (2 * S.Lanes / Together(_shape));

    private int Steps => Quotient.Up(_shape.H, 2 * Together(_shape));

    /// <summary>Writes the pixels of at most a block of planes. Deltas may be read up to <paramref name="dyEnd"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Planes<TStore>(int planes, float* dy, float* dyEnd, float* dx) where TStore : struct, IStore
    {
        int width = _shape.W, outputs = _shape.OutputWidth, outputPlane = _shape.OutputPlane, pitch = outputPlane + outputs;
        int together = Together(_shape), steps = Steps, toNext = together * outputs;
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
        // Where two rows of pixels, or four, are written: each beyond its end, and the next after it.
        bool isPaired = together == 2;
        nint second = isPaired ? width : S.Lanes, third = isPaired ? 2 * width : width, fourth = third + second, toNextStep = 2 * together * width;
        V lanes = S.Load(_lanes), isBefore = S.Load(_lanes + S.Lanes), isAt = S.Load(_lanes + (2 * S.Lanes));
        shares = _shares + ((top - 1) * outputs) + left - 1;
        for (int n = 0; n < planes; n++, shares += pitch, dx += _shape.InputPlane)
        {
            float* l = shares, h = l + outputs, to = dx;
            for (int step = 0; step < steps; step++, l += toNext, h += toNext, to += toNextStep)
            {
                if (!TStore.IsStreaming) Rows2x2.Prefetch<S, V>(to, to + (2 * S.Lanes));
                V l0 = S.And(S.Permute(S.Load(l), lanes), isBefore), l1 = S.And(S.Permute(S.Load(l + 1), lanes), isAt);
                V h0 = S.And(S.Permute(S.Load(h), lanes), isBefore), h1 = S.And(S.Permute(S.Load(h + 1), lanes), isAt);
                V lShared = S.Add(l0, l1), hShared = S.Add(h0, h1), lOther = isLeft ? l0 : l1, hOther = isLeft ? h0 : h1;
                V shared = S.Add(S.Add(lShared, h0), h1), other = S.Add(lOther, hOther);
                V upperShared = isTop ? lShared : shared, upperOther = isTop ? lOther : other, lowerShared = isTop ? shared : hShared, lowerOther = isTop ? other : hOther;
                (V upper, V upperNext) = S.Interleave(isLeft ? upperOther : upperShared, isLeft ? upperShared : upperOther);
                (V lower, V lowerNext) = S.Interleave(isLeft ? lowerOther : lowerShared, isLeft ? lowerShared : lowerOther);
                TStore.Store<S, V>(to, upper);
                TStore.Store<S, V>(to + second, isPaired ? lower : upperNext);
                TStore.Store<S, V>(to + third, isPaired ? upperNext : lower);
                TStore.Store<S, V>(to + fourth, lowerNext);
            }
        }
    }
}
