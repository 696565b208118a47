using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Bytes become floats, <c>y = (x − mean) / deviation</c>, read and written once. Each number is rounded as if it were computed alone. Along
/// the vector: the numbers. Written to the caches whatever the size, since a network reads them next.
/// </summary>
public static unsafe class BytesToFloats
{
    /// <summary>Converts on the calling thread: images are shared out among threads whole.</summary>
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
            Kernel kernel = new(px, mean, deviation, py, x.Length);
            Simd.Run(ref kernel);
        }
    }

    private readonly struct Kernel(byte* x, float mean, float deviation, float* y, int length) : ISimdKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            // Locals stay in registers: nothing that is stored through a pointer can change them.
            byte* from = x;
            float* to = y;
            V means = S.Broadcast(mean), deviations = S.Broadcast(deviation);
            int i = 0, end = length;
            for (; i <= end - S.Lanes; i += S.Lanes) S.Store(to + i, S.Divide(S.Subtract(S.LoadBytes(from + i), means), deviations));
            for (; i < end; i++) to[i] = (from[i] - mean) / deviation;
        }
    }
}
