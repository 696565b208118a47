using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>What is added up in <see cref="ChannelSums{TDelta}"/>.</summary>
internal unsafe interface IDelta
{
    /// <summary>δ for a vector of x − origin; what stands at its place in the second array is at <paramref name="dy"/>.</summary>
    static abstract V Of<S, V>(V distance, float* dy) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>
/// <c>Σ δ</c> and <c>Σ δ·(x − origin)</c> of each channel over the images of a block: in floats over a plane, or over small planes' images,
/// then in doubles.
/// </summary>
internal readonly unsafe struct ChannelSums<TDelta>(NormShape shape, float* x, float* dy, float* origins, double* sums) : IVectorChunks
    where TDelta : IDelta
{
    // At the end of a plane the lanes of its sums are added up, which costs as much as some vectors.
    private const int SmallestPlane = 128;

    /// <summary>Pairs of sums, of each channel in each block of images.</summary>
    public static int Doubles(in NormShape shape) => 2 * shape.Channels * new ChannelBlocks(shape, SmallestPlane).ImageBlocks;

    /// <summary>Adds up all images, in a fixed order, into the sums of the first block.</summary>
    public static void Run(in NormShape shape, float* x, float* dy, float* origins, double* sums)
    {
        ChannelBlocks blocks = new(shape, SmallestPlane);
        Threads.ForVectors(blocks.Count, new ChannelSums<TDelta>(shape, x, dy, origins, sums));
        int length = 2 * shape.Channels;
        for (int block = 1; block < blocks.ImageBlocks; block++)
            for (int i = 0; i < length; i++) sums[i] += sums[(block * length) + i];
    }

    public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
    {
        ChannelBlocks blocks = new(shape, SmallestPlane);
        ChannelBlocks.Block block = blocks[chunk];
        double* sum = sums + (2 * ((block.Number * shape.Channels) + block.FirstChannel));
        new Span<double>(sum, 2 * block.Channels).Clear();
        if (blocks.ArePlanesSmall) AddRows<S, V>(block, sum);
        else AddPlanes<S, V>(block, sum);
    }

    private void AddPlanes<S, V>(in ChannelBlocks.Block block, double* sum) where S : struct, ISimd<V> where V : unmanaged
    {
        for (int n = 0; n < block.Images; n++)
            for (int c = 0; c < block.Channels; c++)
            {
                long offset = block.Start + ((long)n * shape.ImageLength) + ((long)c * shape.Plane);
                (float first, float second) = AddPlane<S, V>(x + offset, dy + offset, origins[block.FirstChannel + c], shape.Plane);
                sum[2 * c] += first;
                sum[(2 * c) + 1] += second;
            }
    }

    // Two sums each, so that one addition need not wait for another.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float First, float Second) AddPlane<S, V>(float* x, float* dy, float origin, int length) where S : struct, ISimd<V> where V : unmanaged
    {
        V from = S.Broadcast(origin), first0 = S.Zero, first1 = S.Zero, second0 = S.Zero, second1 = S.Zero;
        int i = 0;
        for (; i <= length - (2 * S.Lanes); i += 2 * S.Lanes)
        {
            V distance0 = S.Subtract(S.Load(x + i), from), distance1 = S.Subtract(S.Load(x + i + S.Lanes), from);
            V delta0 = TDelta.Of<S, V>(distance0, dy + i), delta1 = TDelta.Of<S, V>(distance1, dy + i + S.Lanes);
            first0 = S.Add(first0, delta0);
            first1 = S.Add(first1, delta1);
            second0 = S.MultiplyAdd(delta0, distance0, second0);
            second1 = S.MultiplyAdd(delta1, distance1, second1);
        }
        for (; i < length; i += S.Lanes)
        {
            // The last vector begins early; what was added before counts as 0.
            int begin = Math.Min(i, length - S.Lanes);
            V distance = S.Subtract(S.Load(x + begin), from), isNew = S.Subtract(S.Iota, S.Broadcast(i - begin - 0.5f));
            V delta = S.WherePositive(isNew, TDelta.Of<S, V>(distance, dy + begin), S.Zero);
            first0 = S.Add(first0, delta);
            second0 = S.MultiplyAdd(delta, distance, second0);
        }
        return (S.Sum(S.Add(first0, first1)), S.Sum(S.Add(second0, second1)));
    }

    private void AddRows<S, V>(in ChannelBlocks.Block block, double* sum) where S : struct, ISimd<V> where V : unmanaged
    {
        using Scratch.Lease scratch = Scratch.Take(3 * block.Room);
        float* from = scratch.Data, first = from + block.Room, second = first + block.Room;
        block.Spread(origins, from);
        new Span<float>(first, 2 * block.Room).Clear();
        for (int n = 0; n < block.Images; n++)
        {
            long offset = block.Start + ((long)n * shape.ImageLength);
            AddRow<S, V>(x + offset, dy + offset, from, first, second, block.Length);
        }
        for (int c = 0; c < block.Channels; c++)
        {
            sum[2 * c] = Sum<S, V>(first + (c * shape.Plane), shape.Plane);
            sum[(2 * c) + 1] = Sum<S, V>(second + (c * shape.Plane), shape.Plane);
        }
    }

    private static float Sum<S, V>(float* numbers, int length) where S : struct, ISimd<V> where V : unmanaged
    {
        V sums = S.Zero;
        int i = 0;
        for (; i <= length - S.Lanes; i += S.Lanes) sums = S.Add(sums, S.Load(numbers + i));
        float sum = i > 0 ? S.Sum(sums) : 0;
        for (; i < length; i++) sum += numbers[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow<S, V>(float* x, float* dy, float* from, float* first, float* second, int length) where S : struct, ISimd<V> where V : unmanaged
    {
        int i = 0;
        for (; i <= length - S.Lanes; i += S.Lanes)
        {
            V distance = S.Subtract(S.Load(x + i), S.Load(from + i)), delta = TDelta.Of<S, V>(distance, dy + i);
            S.Store(first + i, S.Add(S.Load(first + i), delta));
            S.Store(second + i, S.MultiplyAdd(delta, distance, S.Load(second + i)));
        }
        if (i == length) return;

        // The rest goes through vectors in memory.
        V lastX = S.Zero, lastDelta = S.Zero;
        uint rest = (uint)(length - i) * sizeof(float);
        Unsafe.CopyBlockUnaligned(&lastX, x + i, rest);
        Unsafe.CopyBlockUnaligned(&lastDelta, dy + i, rest);
        lastX = S.Subtract(lastX, S.Load(from + i));
        V last = TDelta.Of<S, V>(lastX, (float*)&lastDelta);
        S.Store(first + i, S.Add(S.Load(first + i), last));
        S.Store(second + i, S.MultiplyAdd(last, lastX, S.Load(second + i)));
    }
}
