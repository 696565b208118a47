using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <see cref="SoftmaxCrossEntropy"/> of few classes, C ≤ 32. Along the vector: the logits as they lie; L rows are a block, C whole vectors.
/// While one block's exponentials become derivatives, those of a later one are taken, so that memory is read and written all the time.
/// Rows are shifted by their largest logits only in blocks of which exponentials leave the range of floats.
/// </summary>
/// <param name="classes">C.</param>
/// <param name="z">Logits.</param>
/// <param name="y">Labels; without them <paramref name="dz"/> receives scaled probabilities.</param>
/// <param name="scale">What the derivative is multiplied by.</param>
/// <param name="smoothing">Label smoothing.</param>
/// <param name="dz">Derivatives; may be <paramref name="z"/>.</param>
internal readonly unsafe struct SoftmaxOfFew(int classes, float* z, int* y, float scale, float smoothing, float* dz)
{
    // Between these are the exponential of a row's label and the sum of all, or the row is shifted: their ratio is a float, and beside such a sum
    // what the table of exponentials gives for still smaller logits is nothing.
    private const float Least = 1e-18f, Largest = 1e19f;

    // Of so many numbers from 1 to 2 the product is a float.
    private const int MostFactors = 120;

    // How far ahead logits are fetched that do not stay in the caches.
    private const int Ahead = 2048;

    // How many blocks' exponentials wait to be added up: what is read at other places than it was written must have reached the cache.
    private readonly int _waiting = Math.Clamp(40 / classes, 2, 8);

    // What is taken from the scaled probabilities: of every class, and of the label.
    private readonly float _fromEach = scale * (smoothing / classes), _fromLabel = y == null ? 0 : scale * (1 - smoothing);

    /// <summary>The loss of rows <paramref name="first"/> to <paramref name="end"/> − 1, and their derivatives, written by <typeparamref name="TStore"/>.</summary>
    public double Run<S, V, TStore>(int first, int end) where S : struct, ISimd<V> where V : unmanaged where TStore : struct, IStore =>
        classes <= S.Lanes ? Run<S, V, TStore, N1>(first, end) : Run<S, V, TStore, N2>(first, end);

    /// <summary>The same for rows of no more than one vector, or of more.</summary>
    private double Run<S, V, TStore, TVectors>(int first, int end)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
        where TVectors : struct, IConstant =>
        smoothing == 0 ? Run<S, V, TStore, TVectors, N0>(first, end) : Run<S, V, TStore, TVectors, N1>(first, end);

    /// <summary>The same without or with smoothing.</summary>
    private double Run<S, V, TStore, TVectors, TSmooths>(int first, int end)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
        where TVectors : struct, IConstant
        where TSmooths : struct, IConstant
    {
        int block = classes * S.Lanes, rest = (end - first) % S.Lanes, whole = end - rest;
        // The last vector of a row may begin in it and end behind it.
        using Scratch.Lease lease = Scratch.Take(((_waiting + 3) * block) + (2 * S.Lanes));
        float* owners = lease.Data, powers = owners + (2 * block), padded = powers + (_waiting * block) + S.Lanes;
        int* labels = (int*)(padded + block);
        new Span<int>(labels, S.Lanes).Clear();
        SetOwners<S, V>(owners, owners + block);
        nint at = (nint)first * classes;
        double total = Blocks<S, V, TStore, TVectors, TSmooths>((whole - first) / S.Lanes, S.Lanes, z + at, y == null ? labels : y + first, owners, powers, dz + at);
        if (rest == 0) return total;
        // Rows there are not are zeros, and of the first class.
        int length = rest * classes;
        at = (nint)whole * classes;
        new ReadOnlySpan<float>(z + at, length).CopyTo(new Span<float>(padded, length));
        new Span<float>(padded + length, block - length).Clear();
        if (y != null) new ReadOnlySpan<int>(y + whole, rest).CopyTo(new Span<int>(labels, rest));
        total += Blocks<S, V, CachedStore, TVectors, TSmooths>(1, rest, padded, labels, owners, powers, padded);
        new ReadOnlySpan<float>(padded, length).CopyTo(new Span<float>(dz + at, length));
        return total;
    }

    /// <summary>Which of L rows each of their numbers belongs to, and the numbers 0, 1, 2, ….</summary>
    private void SetOwners<S, V>(float* owners, float* numbers) where S : struct, ISimd<V> where V : unmanaged
    {
        V reciprocal = S.Broadcast(1f / classes), half = S.Broadcast(0.5f);
        for (int i = 0; i < classes * S.Lanes; i += S.Lanes)
        {
            V number = S.Add(S.Iota, S.Broadcast(i));
            S.Store(numbers + i, number);
            S.Store(owners + i, S.ToInt32(S.Multiply(S.Add(number, half), reciprocal)));
        }
    }

    /// <summary>The loss of some blocks' first <paramref name="rows"/> rows, and their derivatives.</summary>
    private double Blocks<S, V, TStore, TVectors, TSmooths>(int count, int rows, float* from, int* labels, float* owners, float* powers, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
        where TVectors : struct, IConstant
        where TSmooths : struct, IConstant
    {
        int waiting = Math.Min(_waiting, count), both = count - waiting;
        nint block = (nint)classes * S.Lanes;
        Losses<S, V> losses = new();
        V roots = TableExponential<S, V>.Roots();
        Blocks<S, V, TStore, TVectors, N1, N0, N0>(waiting, rows, from, labels, owners, powers, 0, waiting, to, 0, roots, ref losses);
        double beyond = 0;
        int shifted = 0;
        for (int n = 0; n < count;)
        {
            int some = Math.Min(MostFactors, n < both ? both - n : count - n), done = n < both
                ? Blocks<S, V, TStore, TVectors, N1, N1, TSmooths>(some, rows, from, labels, owners, powers, n % waiting, waiting, to, shifted, roots, ref losses)
                : Blocks<S, V, TStore, TVectors, N0, N1, TSmooths>(some, rows, from, labels, owners, powers, n % waiting, waiting, to, shifted, roots, ref losses);
            n += done;
            from += done * block;
            to += done * block;
            labels += LabelStep * done * S.Lanes;
            shifted = Math.Max(0, shifted - done);
            if (done == some) continue;
            // All that wait are shifted with the block that must be, since large logits are seldom alone.
            shifted = Math.Min(waiting, count - n);
            beyond += Shift<S, V, TVectors>(from, labels, owners, powers, n % waiting, shifted, waiting);
        }
        return beyond + losses.Sum();
    }

    // Without labels all rows are of the first class.
    private nint LabelStep => y == null ? 0 : 1;

    /// <summary>
    /// Takes the exponentials of blocks that lie <paramref name="waiting"/> blocks ahead (<typeparamref name="TTakes"/>), in whose places those
    /// of blocks now at hand become derivatives (<typeparamref name="TGives"/>), up to one that is to be shifted. No call is made on the way, for
    /// which all vectors would have to leave the registers.
    /// </summary>
    /// <returns>How many blocks are done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Blocks<S, V, TStore, TVectors, TTakes, TGives, TSmooths>(
        int count, int rows, float* from, int* labels, float* owners, float* ring, int slot, int waiting, float* to, int shifted, V roots, ref Losses<S, V> losses)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
        where TVectors : struct, IConstant
        where TTakes : struct, IConstant
        where TGives : struct, IConstant
        where TSmooths : struct, IConstant
    {
        nint stride = classes, block = stride * S.Lanes, labelStep = LabelStep * S.Lanes;
        float* numbers = owners + block, next = TGives.Value > 0 ? from + (waiting * block) : from, powers = ring + (slot * block), end = ring + (waiting * block);
        TableExponential<S, V> exponential = new(roots);
        V numerator = S.Broadcast(scale), fromEach = S.Broadcast(-_fromEach), fromLabel = S.Broadcast(_fromLabel), firsts = S.Multiply(S.Iota, S.Broadcast(classes));
        V lanes = LastLanes<S, V>(), factor = S.Zero, label = S.Zero, product = S.Broadcast(1), exponents = S.Zero, smooth = S.Zero;
        int left = count;
        for (; left > 0; left--)
        {
            if (TGives.Value > 0)
            {
                V sum = FoldRows<S, V, TVectors, Sums>(powers, stride, lanes), power = S.Broadcast(1);
                if (shifted <= 0)
                {
                    power = S.Gather(powers, stride, labels);
                    if (!S.IsLessEverywhere(S.Broadcast(Least), power) || !S.IsLessEverywhere(sum, S.Broadcast(Largest))) break;
                    if (TSmooths.Value > 0)
                    {
                        V each = S.Zero;
                        for (nint i = 0; i < block; i += S.Lanes) each = S.Add(each, S.Load(from + i));
                        smooth = S.Add(smooth, S.MultiplyAdd(S.Broadcast(-1f / classes), each, S.Gather(from, stride, labels)));
                    }
                }
                shifted--;
                factor = S.Divide(numerator, sum);
                label = S.Add(firsts, S.LoadInt32(labels));
                V ratio = S.WhereGreater(S.Broadcast(rows), S.Iota, S.Divide(sum, power), S.Broadcast(1)), exponent = S.Exponent(ratio);
                exponents = S.Add(exponents, exponent);
                product = S.Multiply(product, S.TimesPowerOfTwo(ratio, S.Subtract(S.Zero, exponent)));
            }
            for (nint i = 0; i < block; i += S.Lanes)
            {
                if (TGives.Value > 0)
                {
                    V owner = S.Load(owners + i), derivative = S.MultiplyAdd(S.Permute(factor, owner), S.Load(powers + i), fromEach);
                    TStore.Store<S, V>(to + i, S.WhereEqual(S.Permute(label, owner), S.Load(numbers + i), S.Subtract(derivative, fromLabel), derivative));
                }
                if (TTakes.Value > 0)
                {
                    if (TStore.IsStreaming) Simd.PrefetchNear(next + i + Ahead);
                    S.Store(powers + i, exponential.Of(S.Load(next + i)));
                }
            }
            from += block;
            next += block;
            to += block;
            labels += labelStep;
            powers += block;
            if (powers == end) powers = ring;
        }
        if (TGives.Value > 0) losses.Add(product, exponents, S.Multiply(S.Broadcast(smoothing), smooth));
        return count - left;
    }

    /// <summary>
    /// The logarithms of many numbers from 1 on are that of their product; powers of two are added apart, so that none is too large.
    /// </summary>
    private struct Losses<S, V>() where S : struct, ISimd<V> where V : unmanaged
    {
        private V _product = S.Broadcast(1), _exponents = S.Zero, _others = S.Zero;

        /// <summary>Adds the logarithms of a product and of powers of two, and other losses.</summary>
        public void Add(V product, V exponents, V others)
        {
            product = S.Multiply(_product, product);
            V exponent = S.Exponent(product);
            _product = S.TimesPowerOfTwo(product, S.Subtract(S.Zero, exponent));
            _exponents = S.Add(S.Add(_exponents, exponents), exponent);
            _others = S.Add(_others, others);
        }

        public readonly double Sum() => S.Sum(S.Log(_product)) + (Math.Log(2) * S.Sum(_exponents)) + S.Sum(_others);
    }

    /// <summary>The exponentials of blocks whose rows are shifted by their largest logits, and what the loss is beyond the logarithms of their sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private double Shift<S, V, TVectors>(float* from, int* labels, float* owners, float* ring, int slot, int count, int waiting)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
    {
        // A block's numbers, 512 at most, are added up so much smaller, because each may be nearly the largest of floats.
        const float smaller = 1f / 1024;
        int block = classes * S.Lanes;
        V lanes = LastLanes<S, V>(), factor = S.Broadcast(smaller);
        double beyond = 0;
        for (int n = 0; n < count; n++)
        {
            float* z = from + ((nint)n * block), shifted = ring + ((slot + n) % waiting * block);
            // Behind the last row there may be no logits.
            for (int i = 0; i < block; i += S.Lanes) S.Store(shifted + i, S.Load(z + i));
        }
        for (int n = 0; n < count; n++)
        {
            float* z = from + ((nint)n * block), shifted = ring + ((slot + n) % waiting * block);
            V largest = FoldRows<S, V, TVectors, Maxima>(shifted, classes, lanes), label = S.Subtract(S.Gather(z, classes, labels + (n * S.Lanes * LabelStep)), largest), sum = S.Zero;
            for (int i = 0; i < block; i += S.Lanes)
            {
                V x = S.Subtract(S.Load(z + i), S.Permute(largest, S.Load(owners + i)));
                sum = S.MultiplyAdd(factor, x, sum);
                S.Store(shifted + i, Exponential.OfNotPositive<S, V>(x));
            }
            // Σ −t·log p = log Σ e^z − (1 − ε)·z[label] − ε/C·Σ z.
            if (y != null && smoothing != 1) beyond += (smoothing - 1.0) / smaller * S.Sum(S.Multiply(factor, label));
            if (smoothing != 0) beyond -= (double)smoothing / classes / smaller * S.Sum(sum);
        }
        return beyond;
    }

    /// <summary>In the lanes of a row's last vector that belong to it all bits, in the others none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private V LastLanes<S, V>() where S : struct, ISimd<V> where V : unmanaged =>
        S.WhereGreater(S.Broadcast(((classes - 1) % S.Lanes) + 1), S.Iota, S.Broadcast(BitConverter.Int32BitsToSingle(-1)), S.Zero);

    /// <summary>The sums or maxima of L rows of C numbers: a transposition that adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FoldRows<S, V, TVectors, TFold>(float* rows, nint stride, V lanes)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
        where TFold : struct, IFold
    {
        nint step = S.Lanes / 4 * stride;
        V first = FoldFour<S, V, TVectors, TFold>(rows, 0, step, stride, lanes);
        if (S.Lanes == 4) return first;
        V second = FoldFour<S, V, TVectors, TFold>(rows, stride, step, stride, lanes);
        if (S.Lanes == 8) return Fold<S, V, TFold>(first, second);
        V third = FoldFour<S, V, TVectors, TFold>(rows, 2 * stride, step, stride, lanes), fourth = FoldFour<S, V, TVectors, TFold>(rows, 3 * stride, step, stride, lanes);
        return Fold<S, V, TFold>(Fold<S, V, TFold>(first, third), Fold<S, V, TFold>(second, fourth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FoldFour<S, V, TVectors, TFold>(float* rows, nint row, nint step, nint stride, V lanes)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
        where TFold : struct, IFold =>
        FoldQuads<S, V, TFold>(
            FoldQuads<S, V, TFold>(FoldRow<S, V, TVectors, TFold>(rows, row, stride, lanes), FoldRow<S, V, TVectors, TFold>(rows + (2 * step), row, stride, lanes)),
            FoldQuads<S, V, TFold>(FoldRow<S, V, TVectors, TFold>(rows + step, row, stride, lanes), FoldRow<S, V, TVectors, TFold>(rows + (3 * step), row, stride, lanes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FoldRow<S, V, TVectors, TFold>(float* rows, nint row, nint stride, V lanes)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
        where TFold : struct, IFold
    {
        nint more = TVectors.Value == 1 ? 0 : (stride - 1) / S.Lanes * S.Lanes;
        V fold = TFold.First<S, V>(lanes, S.Load(rows + row + more));
        for (nint i = 0; TVectors.Value > 1 && i < more; i += S.Lanes) fold = TFold.Of<S, V>(S.Load(rows + row + i), fold);
        return fold;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FoldQuads<S, V, TFold>(V a, V b) where S : struct, ISimd<V> where V : unmanaged where TFold : struct, IFold
    {
        (V low, V high) = S.InterleaveQuads(a, b);
        return TFold.Of<S, V>(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Fold<S, V, TFold>(V a, V b) where S : struct, ISimd<V> where V : unmanaged where TFold : struct, IFold
    {
        (V low, V high) = S.Interleave(a, b);
        return TFold.Of<S, V>(low, high);
    }

    /// <summary>What becomes of two numbers, and of lanes there are not.</summary>
    private interface IFold
    {
        static abstract V First<S, V>(V lanes, V numbers) where S : struct, ISimd<V> where V : unmanaged;

        static abstract V Of<S, V>(V a, V b) where S : struct, ISimd<V> where V : unmanaged;
    }

    private readonly struct Sums : IFold
    {
        // Not a choice between numbers and zero, whose instruction would wait for what its register held before.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V First<S, V>(V lanes, V numbers) where S : struct, ISimd<V> where V : unmanaged =>
            S.And(lanes, numbers);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b) where S : struct, ISimd<V> where V : unmanaged => S.Add(a, b);
    }

    private readonly struct Maxima : IFold
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V First<S, V>(V lanes, V numbers) where S : struct, ISimd<V> where V : unmanaged =>
            S.WhereEqual(lanes, S.Zero, S.Broadcast(float.NegativeInfinity), numbers);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Of<S, V>(V a, V b) where S : struct, ISimd<V> where V : unmanaged => S.Max(a, b);
    }
}
