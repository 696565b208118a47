using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <see cref="SoftmaxCrossEntropy"/> of few classes, C ≤ 32. Along the vector: the logits as they lie; L rows are a block, C whole vectors.
/// Small logits are not shifted by the largest of their row, because neither their exponentials nor the sums of these leave the range of floats.
/// </summary>
/// <param name="classes">C.</param>
/// <param name="z">Logits.</param>
/// <param name="y">Labels; without them <paramref name="dz"/> receives scaled probabilities.</param>
/// <param name="scale">What the derivative is multiplied by.</param>
/// <param name="smoothing">Label smoothing.</param>
/// <param name="dz">Derivatives; may be <paramref name="z"/>.</param>
internal readonly unsafe struct SoftmaxOfFew(int classes, float* z, int* y, float scale, float smoothing, float* dz)
{
    // Up to this |z| is small: 32·e^2|z| is a float.
    private const float Small = 40;

    // Blocks that are computed together, one operation after the other, so that the processor need not wait for one row's numbers. Their sums wait
    // for the next exponentials: what is read at other places than it was written must have reached the cache.
    private readonly int _blocks = Math.Clamp(40 / classes, 2, 8);

    // Of so many numbers from 1 to 2, and of a step's, the product is a float.
    private const int MostFactors = 64;

    // How far ahead logits are fetched that do not stay in the caches: memory is read while the processor computes.
    private const int Ahead = 2048;

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
        where TVectors : struct, IConstant
    {
        int step = _blocks * S.Lanes, block = classes * S.Lanes, room = (_blocks * block) + S.Lanes, multiplied = 0;
        using Scratch.Lease lease = Scratch.Take((3 * room) + block + (2 * step) + (2 * S.Lanes));
        // The last vector of a row may begin in it and end behind it.
        float* rows = lease.Data, powers = rows + room, lastPowers = powers + room, owners = lastPowers + room, factors = owners + block;
        float* product = factors + step, exponents = product + S.Lanes;
        int* padded = (int*)(exponents + S.Lanes);
        new Span<int>(padded, step).Clear();
        SetOwners<S, V>(owners);
        V roots = Exponential.Roots<S, V>();
        S.Store(product, S.Broadcast(1));
        S.Store(exponents, S.Zero);
        bool isSmall = true, wasSmall = true;
        double total = 0;
        for (int n = first; n < end + step; n += step)
        {
            if (n < end) total += TakePowers<S, V, TStore>(n, Math.Min(step, end - n), rows, powers, roots, out isSmall);
            int last = n - step, count = Math.Min(step, end - last), whole = count / S.Lanes * S.Lanes;
            if (last >= first)
            {
                float* to = dz + ((nint)last * classes);
                int* labels = y + last;
                if (whole < count || y == null)
                {
                    // Rows there are not, and rows without labels, are of the first class.
                    if (y != null) new ReadOnlySpan<int>(labels, count).CopyTo(new Span<int>(padded, count));
                    labels = padded;
                }
                Add<S, V, TVectors>(count, wasSmall, lastPowers, labels, factors, product);
                Derive<S, V, TStore>(whole, lastPowers, factors, labels, owners, to);
                if (whole < count)
                {
                    float* rest = lastPowers + (whole * classes);
                    Derive<S, V, CachedStore>(S.Lanes, rest, factors + whole, labels + whole, owners, rest);
                    new ReadOnlySpan<float>(rest, (count - whole) * classes).CopyTo(new Span<float>(to + (whole * classes), (count - whole) * classes));
                }
            }
            multiplied += _blocks;
            if (multiplied >= MostFactors)
            {
                multiplied = 0;
                total += S.Sum(S.Log(S.Load(product)));
                S.Store(product, S.Broadcast(1));
            }
            float* free = lastPowers;
            lastPowers = powers;
            powers = free;
            wasSmall = isSmall;
        }
        return total + S.Sum(S.Log(S.Load(product))) + (Math.Log(2) * S.Sum(S.Load(exponents)));
    }

    /// <summary>Which of L rows each of their numbers belongs to.</summary>
    private void SetOwners<S, V>(float* owners) where S : struct, ISimd<V> where V : unmanaged
    {
        V reciprocal = S.Broadcast(1f / classes), middle = S.Add(S.Iota, S.Broadcast(0.5f));
        for (int i = 0; i < classes * S.Lanes; i += S.Lanes)
            S.Store(owners + i, S.ToInt32(S.Multiply(S.Add(middle, S.Broadcast(i)), reciprocal)));
    }

    /// <summary>The exponentials of some rows, and what the loss is beyond the logarithms that <see cref="Add"/> takes.</summary>
    private double TakePowers<S, V, TStore>(int n, int count, float* rows, float* powers, V roots, out bool isSmall)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        float* from = z + ((nint)n * classes);
        int length = count * classes, padded = Quotient.Up(count, S.Lanes) * S.Lanes * classes;
        if (padded > length)
        {
            // Rows there are not are zeros.
            new ReadOnlySpan<float>(from, length).CopyTo(new Span<float>(rows, length));
            new Span<float>(rows + length, padded - length).Clear();
            from = rows;
        }
        isSmall = TakePowers<S, V, TStore>(from, powers, padded, roots);
        if (!isSmall)
        {
            Shift(count, from, rows);
            for (int i = 0; i < padded; i += S.Lanes) S.Store(powers + i, Exponential.OfNotPositive<S, V>(S.Load(rows + i)));
            from = rows;
        }
        if (y == null) return 0;
        // Σ −t·log p = log Σ e^z − (1 − ε)·z[label] − ε/C·Σ z, of which −log p of the label, or of large logits log Σ e^z, is left.
        double ofLabel = isSmall ? smoothing : smoothing - 1.0, beyond = smoothing == 0 ? 0 : -smoothing / classes * RowSum.Of<S, V>(from, length);
        if (ofLabel == 0) return beyond;
        for (int i = 0; i < count; i++) beyond += ofLabel * from[(i * classes) + y[n + i]];
        return beyond;
    }

    /// <summary>Exponentials, if all numbers are small; of NaN, NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TakePowers<S, V, TStore>(float* from, float* to, nint length, V roots)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        V digits = S.Broadcast(BitConverter.Int32BitsToSingle(int.MaxValue)), largest = S.Zero;
        for (nint i = 0; i < length; i += S.Lanes)
        {
            if (TStore.IsStreaming) Simd.PrefetchNear(from + i + Ahead);
            V x = S.Load(from + i);
            largest = S.Max(S.And(x, digits), largest);
            S.Store(to + i, Exponential.OfSmall<S, V>(x, roots));
        }
        return !S.IsGreaterAnywhere(largest, S.Broadcast(Small));
    }

    /// <summary>Takes its largest number from each row.</summary>
    private void Shift(int count, float* from, float* to)
    {
        for (int i = 0; i < count; i++, from += classes, to += classes)
        {
            float largest = from[0];
            for (int c = 1; c < classes; c++) largest = MathF.Max(largest, from[c]);
            for (int c = 0; c < classes; c++) to[c] = from[c] - largest;
        }
    }

    /// <summary>
    /// Adds up rows, and divides: what powers are to be multiplied by, and 1/p of the labels if logits are small, sums if they are not. The
    /// logarithms of many of these are that of their product; powers of two are added apart, so that none is too large.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<S, V, TVectors>(int count, bool isSmall, float* powers, int* labels, float* factors, float* products)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
    {
        nint stride = classes, more = (stride - 1) / S.Lanes * S.Lanes;
        V mask = S.WhereGreater(S.Broadcast(stride - more), S.Iota, S.Broadcast(BitConverter.Int32BitsToSingle(-1)), S.Zero);
        V product = S.Load(products), exponents = S.Load(products + S.Lanes), numerator = S.Broadcast(scale);
        for (int i = 0; i < count; i += S.Lanes) S.Store(factors + i, AddRows<S, V, TVectors>(powers + (i * stride), stride, more, mask));
        for (; count > 0; count -= S.Lanes, powers += S.Lanes * stride, labels += S.Lanes, factors += S.Lanes)
        {
            V sum = S.Load(factors), ratio = isSmall ? S.Divide(sum, S.Gather(powers, stride, labels)) : sum;
            S.Store(factors, S.Divide(numerator, sum));
            ratio = S.WhereGreater(S.Broadcast(count), S.Iota, ratio, S.Broadcast(1));
            V exponent = S.Exponent(ratio);
            exponents = S.Add(exponents, exponent);
            product = S.Multiply(product, S.TimesPowerOfTwo(ratio, S.Subtract(S.Zero, exponent)));
        }
        S.Store(products, product);
        S.Store(products + S.Lanes, exponents);
    }

    /// <summary>The sums of L rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V AddRows<S, V, TVectors>(float* rows, nint stride, nint more, V mask)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
    {
        nint step = S.Lanes / 4 * stride;
        V sum = AddFour<S, V, TVectors>(rows, step, more, mask);
        if (S.Lanes == 4) return sum;
        V second = AddFour<S, V, TVectors>(rows + stride, step, more, mask);
        if (S.Lanes == 8) return Fold<S, V>(sum, second);
        V third = AddFour<S, V, TVectors>(rows + (2 * stride), step, more, mask), fourth = AddFour<S, V, TVectors>(rows + (3 * stride), step, more, mask);
        return Fold<S, V>(Fold<S, V>(sum, third), Fold<S, V>(second, fourth));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V AddFour<S, V, TVectors>(float* rows, nint step, nint more, V mask)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant =>
        FoldQuads<S, V>(
            FoldQuads<S, V>(AddRow<S, V, TVectors>(rows, more, mask), AddRow<S, V, TVectors>(rows + (2 * step), more, mask)),
            FoldQuads<S, V>(AddRow<S, V, TVectors>(rows + step, more, mask), AddRow<S, V, TVectors>(rows + (3 * step), more, mask)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V AddRow<S, V, TVectors>(float* row, nint more, V mask)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TVectors : struct, IConstant
    {
        V sum = S.And(mask, S.Load(row + more));
        if (TVectors.Value > 1)
        {
            for (nint i = 0; i < more; i += S.Lanes) sum = S.Add(sum, S.Load(row + i));
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FoldQuads<S, V>(V a, V b) where S : struct, ISimd<V> where V : unmanaged
    {
        (V low, V high) = S.InterleaveQuads(a, b);
        return S.Add(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Fold<S, V>(V a, V b) where S : struct, ISimd<V> where V : unmanaged
    {
        (V low, V high) = S.Interleave(a, b);
        return S.Add(low, high);
    }

    /// <summary>Powers of whole blocks become derivatives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Derive<S, V, TStore>(int count, float* powers, float* factors, int* labels, float* owners, float* to)
        where S : struct, ISimd<V>
        where V : unmanaged
        where TStore : struct, IStore
    {
        nint block = classes * S.Lanes;
        V fromEach = S.Broadcast(-_fromEach), fromLabel = S.Broadcast(_fromLabel), rows = S.Multiply(S.Iota, S.Broadcast(classes));
        for (float* end = factors + count; factors < end; factors += S.Lanes, labels += S.Lanes, powers += block, to += block)
        {
            V factor = S.Load(factors), label = S.Add(rows, S.LoadInt32(labels)), number = S.Iota;
            for (nint i = 0; i < block; i += S.Lanes)
            {
                V owner = S.Load(owners + i), derivative = S.MultiplyAdd(S.Load(powers + i), S.Permute(factor, owner), fromEach);
                TStore.Store<S, V>(to + i, S.WhereEqual(number, S.Permute(label, owner), S.Subtract(derivative, fromLabel), derivative));
                number = S.Add(number, S.Broadcast(S.Lanes));
            }
        }
    }
}
