using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>What <see cref="ChannelMap{TFunction}"/> makes of each number.</summary>
internal unsafe interface IChannelFunction
{
    /// <summary>
    /// y for a vector of <c>scale·(x − mean) + bias</c>; what stands at its place in the second array is at <paramref name="dy"/>, its
    /// channel's factor is <paramref name="factor"/>.
    /// </summary>
    static abstract V Of<S, V>(V affine, V factor, float* dy) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>Four numbers for each channel.</summary>
internal readonly unsafe struct ChannelNumbers(float* start, int channels)
{
    public const int Count = 4;

    public float* Mean => start;

    public float* Scale => start + channels;

    public float* Bias => start + (2 * channels);

    public float* Factor => start + (3 * channels);
}

/// <summary><c>y = f(scale·(x − mean) + bias)</c> with numbers of each channel; y may be one of the arrays that f reads.</summary>
internal readonly unsafe struct ChannelMap<TFunction>(NormShape shape, float* x, float* dy, ChannelNumbers numbers, Activation activation, float* y) : IVectorChunks
    where TFunction : IChannelFunction
{
    // Three vectors of the widest.
    private const int SmallestPlane = 48;

    public static void Run(in NormShape shape, float* x, float* dy, ChannelNumbers numbers, Activation activation, float* y) =>
        Threads.ForVectors(new ChannelBlocks(shape, SmallestPlane).Count, new ChannelMap<TFunction>(shape, x, dy, numbers, activation, y));

    public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
    {
        ChannelBlocks blocks = new(shape, SmallestPlane);
        ChannelBlocks.Block block = blocks[chunk];
        using Scratch.Lease scratch = Scratch.Take(blocks.ArePlanesSmall ? ChannelNumbers.Count * block.Room : 0);
        ChannelNumbers places = new(scratch.Data, block.Room);
        if (blocks.ArePlanesSmall)
        {
            block.Spread(numbers.Mean, places.Mean);
            block.Spread(numbers.Scale, places.Scale);
            block.Spread(numbers.Bias, places.Bias);
            block.Spread(numbers.Factor, places.Factor);
        }
        for (int n = 0; n < block.Images; n++)
        {
            long offset = block.Start + ((long)n * shape.ImageLength);
            if (blocks.ArePlanesSmall) MapRow<S, V>(x + offset, dy + offset, places, y + offset, block.Length);
            else
                for (int c = 0; c < block.Channels; c++)
                {
                    long plane = offset + ((long)c * shape.Plane);
                    MapPlane<S, V>(x + plane, dy + plane, block.FirstChannel + c, y + plane);
                }
            Activations.Forward(activation, y + offset, y + offset, block.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MapPlane<S, V>(float* x, float* dy, int channel, float* y) where S : struct, ISimd<V> where V : unmanaged
    {
        V mean = S.Broadcast(numbers.Mean[channel]), scale = S.Broadcast(numbers.Scale[channel]);
        V bias = S.Broadcast(numbers.Bias[channel]), factor = S.Broadcast(numbers.Factor[channel]);
        // The last vector begins early: it is computed before the others write over its numbers.
        int i = 0, end = shape.Plane - S.Lanes;
        V last = TFunction.Of<S, V>(S.MultiplyAdd(scale, S.Subtract(S.Load(x + end), mean), bias), factor, dy + end);
        for (; i < end; i += S.Lanes)
            S.Store(y + i, TFunction.Of<S, V>(S.MultiplyAdd(scale, S.Subtract(S.Load(x + i), mean), bias), factor, dy + i));
        S.Store(y + end, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapRow<S, V>(float* x, float* dy, ChannelNumbers numbers, float* y, int length) where S : struct, ISimd<V> where V : unmanaged
    {
        float* mean = numbers.Mean, scale = numbers.Scale, bias = numbers.Bias, factor = numbers.Factor;
        int i = 0;
        for (; i <= length - S.Lanes; i += S.Lanes) S.Store(y + i, Map(S.Load(x + i), dy + i, i));
        if (i == length) return;

        // The rest goes through vectors in memory.
        V lastX = S.Zero, lastDelta = S.Zero;
        uint rest = (uint)(length - i) * sizeof(float);
        Unsafe.CopyBlockUnaligned(&lastX, x + i, rest);
        Unsafe.CopyBlockUnaligned(&lastDelta, dy + i, rest);
        lastX = Map(lastX, (float*)&lastDelta, i);
        Unsafe.CopyBlockUnaligned(y + i, &lastX, rest);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        V Map(V value, float* delta, int at) => TFunction.Of<S, V>(
            S.MultiplyAdd(S.Load(scale + at), S.Subtract(value, S.Load(mean + at)), S.Load(bias + at)), S.Load(factor + at), delta);
    }
}
