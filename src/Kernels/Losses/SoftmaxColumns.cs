using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <see cref="SoftmaxCrossEntropy"/> of few classes: blocks of as many rows as a vector has lanes become columns, of which one vector holds a
/// class, and rows again. Step by step for groups of blocks, so that the processor need not wait for one block's numbers.
/// </summary>
internal readonly unsafe struct SoftmaxColumns(int classes, int images, float* z, int* y, float scale, float smoothing, float* dz)
{
    /// <summary>Blocks of a group.</summary>
    public const int GroupBlocks = 8;

    private readonly float _everywhere = smoothing / classes;

    // What is taken from the scaled probabilities: of every class, and of the label.
    private readonly float _fromEach = scale * (smoothing / classes), _fromLabel = (scale * (smoothing / classes)) + (scale * (1 - smoothing));

    /// <summary>The loss of rows <paramref name="first"/> to <paramref name="end"/> − 1, and their derivatives.</summary>
    public double Run<S, V>(int first, int end) where S : struct, ISimd<V> where V : unmanaged
    {
        int group = GroupBlocks * S.Lanes;
        using Scratch.Lease lease = Scratch.Take((((2L * GroupBlocks) + 1) * classes * S.Lanes) + (4L * group));
        float* columns = lease.Data, rows = columns + (group * classes), lastRows = rows + (group * classes);
        float* maxima = lastRows + (S.Lanes * classes), sums = maxima + group, losses = sums + group;
        int* labels = (int*)(losses + group);

        // Of derivatives that are written past the caches, a group's wait until the next one's exponentials are taken: memory is then written,
        // as it is read, while the processor computes.
        bool isStreaming = z != dz && (long)images * classes * sizeof(float) > CacheSizes.Current.Level3 && (nuint)dz % (nuint)sizeof(V) == 0;
        int waiting = 0;
        double total = 0;
        for (int n = first; n < end; n += group)
        {
            int count = Math.Min(group, end - n), blocks = (count + S.Lanes - 1) / S.Lanes, length = blocks * S.Lanes, whole = count / S.Lanes;
            nint offset = (nint)n * classes, done = (nint)whole * S.Lanes * classes, left = ((nint)count * classes) - done;
            float* from = z + offset, to = isStreaming ? rows : dz + offset;
            new ReadOnlySpan<int>(y + n, count).CopyTo(new Span<int>(labels, count));
            new Span<int>(labels + count, length - count).Clear();
            ReadBlocks<S, V>(whole, from, columns, maxima);
            if (whole < blocks)
            {
                // Rows there are not are zeros.
                new Span<float>(lastRows, S.Lanes * classes).Clear();
                new Span<float>(from + done, (int)left).CopyTo(new Span<float>(lastRows, (int)left));
                ReadBlocks<S, V>(1, lastRows, columns + done, maxima + (whole * S.Lanes));
            }
            int streamed = Math.Min(waiting, length * classes);
            TakePowers<S, V>(length, columns, maxima, labels, sums, losses, from + (length * classes), rows, dz + offset - waiting, streamed);
            Stream<S, V>(rows + streamed, dz + offset - waiting + streamed, waiting - streamed);
            total += Loss<S, V>(count, length, sums, losses);
            WriteBlocks<S, V>(whole, columns, labels, sums, to);
            if (whole < blocks)
            {
                WriteBlocks<S, V>(1, columns + done, labels + (whole * S.Lanes), sums + (whole * S.Lanes), lastRows);
                new Span<float>(lastRows, (int)left).CopyTo(new Span<float>(to + done, (int)left));
            }
            if (isStreaming) waiting = count * classes;
        }
        Stream<S, V>(rows, dz + ((nint)end * classes) - waiting, waiting);
        if (isStreaming) Interlocked.MemoryBarrier();
        return total;
    }

    /// <summary>Blocks of rows become columns, and the largest logit of each row is found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadBlocks<S, V>(int blocks, float* from, float* columns, float* maxima) where S : struct, ISimd<V> where V : unmanaged
    {
        int count = classes;
        if (count < 4)
        {
            ReadNarrow<S, V>(blocks, from, columns, maxima);
            return;
        }
        for (; blocks > 0; blocks--, from += count * S.Lanes, columns += count * S.Lanes, maxima += S.Lanes)
        {
            V largest = S.Broadcast(float.NegativeInfinity);
            for (int i = 0; i < count; i += 4)
            {
                int c = Math.Min(i, count - 4);
                float* column = columns + (c * S.Lanes);
                (V c0, V c1, V c2, V c3) = Transpose.LoadColumns<S, V>(from + c, count);
                S.Store(column, c0);
                S.Store(column + S.Lanes, c1);
                S.Store(column + (2 * S.Lanes), c2);
                S.Store(column + (3 * S.Lanes), c3);
                largest = S.Max(largest, S.Max(S.Max(c0, c1), S.Max(c2, c3)));
            }
            S.Store(maxima, largest);
        }
    }

    /// <summary>
    /// Columns become their exponentials, and are added up. Of the loss, −Σ t·(z − max − log sum) with Σ t = 1, all but the logarithms is taken.
    /// Meanwhile the next group's logits are fetched from <paramref name="ahead"/>, and the last one's derivatives written past the caches.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakePowers<S, V>(
        int length, float* columns, float* maxima, int* labels, float* sums, float* losses, float* ahead, float* from, float* to, int streamed)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int count = classes;
        V one = S.Broadcast(1), atLabels = S.Zero, all = S.Zero;
        int block = count * S.Lanes, done = 0;
        for (int n = 0; n < length; n += S.Lanes)
        {
            V label = S.LoadInt32(labels + n), largest = S.Load(maxima + n), sum = S.Zero, atLabel = S.Zero, c = S.Zero;
            for (int i = 0; i < count; i++, columns += S.Lanes)
            {
                V shifted = S.Subtract(S.Load(columns), largest), power = Exponential.OfNotPositive<S, V>(shifted);
                sum = S.Add(sum, power);
                all = S.Add(all, shifted);
                atLabel = S.WhereEqual(label, c, shifted, atLabel);
                c = S.Add(c, one);
                S.Store(columns, power);
            }
            S.Store(sums + n, sum);
            atLabels = S.Add(atLabels, atLabel);
            for (int i = 0; i < block; i += S.Lanes) Simd.Prefetch(ahead + i);
            ahead += block;
            for (int last = Math.Min(streamed, done + block); done < last; done += S.Lanes) S.StoreStreaming(to + done, S.Load(from + done));
        }
        V loss = S.Multiply(S.Broadcast(smoothing - 1), atLabels);
        if (smoothing != 0) loss = S.MultiplyAdd(S.Broadcast(-_everywhere), all, loss);
        S.Store(losses, loss);
    }

    /// <summary>
    /// The loss of a group. The logarithms of many sums are that of their product, which 8 blocks of no more than 32 classes cannot make
    /// too large.
    /// </summary>
    private static double Loss<S, V>(int count, int length, float* sums, float* losses) where S : struct, ISimd<V> where V : unmanaged
    {
        new Span<float>(sums + count, length - count).Fill(1); // rows there are not
        V product = S.Load(sums);
        for (int n = S.Lanes; n < length; n += S.Lanes) product = S.Multiply(product, S.Load(sums + n));
        S.Store(losses, S.Add(S.Log(product), S.Load(losses)));
        // Some in single precision first; all the pieces' in double.
        double total = 0;
        for (int lane = 0; lane < S.Lanes; lane++) total += losses[lane];
        return total;
    }

    private static void Stream<S, V>(float* from, float* to, int count) where S : struct, ISimd<V> where V : unmanaged
    {
        int i = 0;
        for (; i <= count - S.Lanes; i += S.Lanes) S.StoreStreaming(to + i, S.Load(from + i));
        for (; i < count; i++) to[i] = from[i];
    }

    /// <summary>Columns of exponentials become derivatives, and rows again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WriteBlocks<S, V>(int blocks, float* columns, int* labels, float* sums, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        int count = classes;
        if (count < 4)
        {
            WriteNarrow<S, V>(blocks, columns, labels, sums, to);
            return;
        }
        V subtrahend = S.Broadcast(_fromEach), atLabel = S.Broadcast(_fromLabel);
        for (; blocks > 0; blocks--, to += count * S.Lanes, columns += count * S.Lanes, labels += S.Lanes, sums += S.Lanes)
        {
            V factor = S.Divide(S.Broadcast(scale), S.Load(sums)), label = S.LoadInt32(labels);
            for (int i = 0; i < count; i += 4)
            {
                int c = Math.Min(i, count - 4);
                float* column = columns + (c * S.Lanes);
                V number = S.Broadcast(c);
                Transpose.StoreColumns<S, V>(
                    Derivative<S, V>(column, factor, label, number, subtrahend, atLabel),
                    Derivative<S, V>(column + S.Lanes, factor, label, S.Add(number, S.Broadcast(1)), subtrahend, atLabel),
                    Derivative<S, V>(column + (2 * S.Lanes), factor, label, S.Add(number, S.Broadcast(2)), subtrahend, atLabel),
                    Derivative<S, V>(column + (3 * S.Lanes), factor, label, S.Add(number, S.Broadcast(3)), subtrahend, atLabel), to + c, count);
            }
        }
    }

    // The same for fewer than four classes.
    private void ReadNarrow<S, V>(int blocks, float* from, float* columns, float* maxima) where S : struct, ISimd<V> where V : unmanaged
    {
        for (; blocks > 0; blocks--, from += classes * S.Lanes, columns += classes * S.Lanes, maxima += S.Lanes)
        {
            ChwnLayout.FromNchw<S, V>(S.Lanes, classes, from, columns);
            V largest = S.Load(columns);
            for (int c = 1; c < classes; c++) largest = S.Max(largest, S.Load(columns + (c * S.Lanes)));
            S.Store(maxima, largest);
        }
    }

    private void WriteNarrow<S, V>(int blocks, float* columns, int* labels, float* sums, float* to) where S : struct, ISimd<V> where V : unmanaged
    {
        V subtrahend = S.Broadcast(_fromEach), atLabel = S.Broadcast(_fromLabel);
        for (; blocks > 0; blocks--, to += classes * S.Lanes, columns += classes * S.Lanes, labels += S.Lanes, sums += S.Lanes)
        {
            V factor = S.Divide(S.Broadcast(scale), S.Load(sums)), label = S.LoadInt32(labels);
            for (int c = 0; c < classes; c++)
                S.Store(columns + (c * S.Lanes), Derivative<S, V>(columns + (c * S.Lanes), factor, label, S.Broadcast(c), subtrahend, atLabel));
            ChwnLayout.ToNchw<S, V>(S.Lanes, classes, columns, to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Derivative<S, V>(float* powers, V factor, V label, V c, V subtrahend, V atLabel) where S : struct, ISimd<V> where V : unmanaged =>
        S.Subtract(S.Multiply(S.Load(powers), factor), S.WhereEqual(label, c, atLabel, subtrahend));
}
