namespace CnnEngine.Kernels;

/// <summary>Copies blocks of numbers that lie at even distances: how values are joined along channels and taken apart again.</summary>
public static unsafe class BlockCopy
{
    /// <summary><c>to[b·toStride + i] = from[b·fromStride + i]</c>, for i below <paramref name="length"/>.</summary>
    /// <param name="blocks">How many blocks there are.</param>
    /// <param name="length">Numbers of a block.</param>
    /// <param name="from">The first block.</param>
    /// <param name="fromStride">From one block to the next, at least <paramref name="length"/>.</param>
    /// <param name="to">Receives them; what lies between them is left alone.</param>
    /// <param name="toStride">From one block to the next, at least <paramref name="length"/>.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Run(int blocks, int length, ReadOnlySpan<float> from, int fromStride, Span<float> to, int toStride)
    {
        Require.Length(from.Length, ((blocks - 1L) * fromStride) + length, nameof(from));
        Require.Length(to.Length, ((blocks - 1L) * toStride) + length, nameof(to));
        fixed (float* source = from, destination = to) Threads.For(blocks, new Blocks(length, source, fromStride, destination, toStride));
    }

    private readonly struct Blocks(int length, float* from, long fromStride, float* to, long toStride) : IChunks
    {
        public void Run(int block) => new ReadOnlySpan<float>(from + (block * fromStride), length).CopyTo(new Span<float>(to + (block * toStride), length));
    }
}
