using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Bytes become floats, <c>y = (x − mean) / deviation</c>, read and written once. Each number is rounded as if it were computed alone. Along
/// the vector: the numbers. Written to the caches, since a network reads them next, but past the last one where they are larger than it.
/// </summary>
public static unsafe class BytesToFloats
{
    // Numbers that a thread takes at a time: as many whole images, or one that is larger.
    private const int PieceLength = 1 << 15;

    /// <summary>Converts on the calling thread.</summary>
    /// <param name="x">The bytes.</param>
    /// <param name="mean">What is subtracted.</param>
    /// <param name="deviation">What is divided by.</param>
    /// <param name="y">Receives as many numbers.</param>
    /// <exception cref="ArgumentException"><paramref name="y"/> is shorter than <paramref name="x"/>.</exception>
    public static void Run(ReadOnlySpan<byte> x, float mean, float deviation, Span<float> y)
    {
        Require.Length(y.Length, x.Length, nameof(y));
        fixed (byte* px = x)
        fixed (float* py = y)
        {
            Plane plane = new(px, px, mean, deviation, py, x.Length, isStreaming: false);
            Simd.Run(ref plane);
        }
    }

    /// <summary>Converts some of many images, wherever they lie: while one is converted, the next is fetched.</summary>
    /// <param name="images">Images of C×H×W bytes, one after another.</param>
    /// <param name="plane">H·W.</param>
    /// <param name="indices">Which images.</param>
    /// <param name="mean">For each channel, what is subtracted.</param>
    /// <param name="deviation">For each channel, what is divided by.</param>
    /// <param name="y">Receives the images in the order of <paramref name="indices"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="y"/> is too short, or there are not as many deviations as means.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no image with one of the numbers.</exception>
    public static void Run(ReadOnlySpan<byte> images, int plane, ReadOnlySpan<int> indices, ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation, Span<float> y)
    {
        if (mean.Length != deviation.Length) throw new ArgumentException($"{mean.Length} means and {deviation.Length} deviations", nameof(deviation));
        int image = checked(plane * mean.Length), count = image == 0 ? 0 : images.Length / image;
        Require.Length(y.Length, (long)indices.Length * image, nameof(y));
        if (indices.IsEmpty) return;
        // Of no images the range would be an empty one, which that method takes for all numbers.
        if ((count == 0 ? 0 : indices.IndexOfAnyExceptInRange(0, count - 1)) is var wrong and >= 0)
            throw new ArgumentOutOfRangeException(nameof(indices), $"there is no image {indices[wrong]}; there are {count}, numbered from 0");
        int some = Math.Max(1, PieceLength / image);
        fixed (byte* px = images)
        fixed (int* numbers = indices)
        fixed (float* means = mean, deviations = deviation, py = y)
            Threads.ForVectors((indices.Length + some - 1) / some, new Images(px, plane, mean.Length, numbers, indices.Length, some, means, deviations, py));
    }

    private readonly struct Images(byte* x, int plane, int channels, int* indices, int count, int some, float* mean, float* deviation, float* y) : IVectorChunks
    {
        private readonly bool _isStreaming = (long)count * channels * plane * sizeof(float) > CacheSizes.Current.Level3;

        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            int end = Math.Min(count, (piece + 1) * some), image = channels * plane;
            for (int n = piece * some; n < end; n++)
            {
                byte* from = x + ((nint)indices[n] * image), next = x + ((nint)indices[Math.Min(n + 1, count - 1)] * image);
                float* to = y + ((nint)n * image);
                for (int c = 0; c < channels; c++)
                    new Plane(from + (c * plane), next + (c * plane), mean[c], deviation[c], to + (c * plane), plane, _isStreaming).Run<S, V>();
            }
            if (_isStreaming) Interlocked.MemoryBarrier();
        }
    }

    private readonly struct Plane(byte* x, byte* next, float mean, float deviation, float* y, int length, bool isStreaming) : ISimdKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            // Locals stay in registers: nothing that is stored through a pointer can change them.
            byte* from = x, ahead = next;
            float* to = y;
            V means = S.Broadcast(mean), deviations = S.Broadcast(deviation);
            int i = 0, end = length;
            if (isStreaming)
            {
                for (; i < end && (nuint)(to + i) % (nuint)sizeof(V) != 0; i++) to[i] = (from[i] - mean) / deviation;
                for (; i <= end - S.Lanes; i += S.Lanes)
                {
                    Simd.Prefetch(ahead + i);
                    S.StoreStreaming(to + i, S.Divide(S.Subtract(S.LoadBytes(from + i), means), deviations));
                }
            }
            else
            {
                for (; i <= end - S.Lanes; i += S.Lanes)
                {
                    Simd.Prefetch(ahead + i);
                    S.Store(to + i, S.Divide(S.Subtract(S.LoadBytes(from + i), means), deviations));
                }
            }
            for (; i < end; i++) to[i] = (from[i] - mean) / deviation;
        }
    }
}
