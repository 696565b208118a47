using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>A function of one number, on a vector of them.</summary>
internal interface IUnaryOperator
{
    V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>A function of two numbers, on vectors of them.</summary>
internal interface IBinaryOperator
{
    V Invoke<S, V>(V x, V y) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>
/// Applies a small operator to every element: one loop for all of them. Along the vector: the elements. Results larger than the last cache
/// are written past it, since whoever reads them next finds their beginning gone: then memory need not be read before it is written.
/// </summary>
internal static unsafe class Elementwise
{
    // Pieces that threads share out: long enough that handing one over costs little.
    private const int PieceLength = 1 << 15;

    /// <summary><c>y[i] = f(x[i])</c>; y may be x.</summary>
    public static void Apply<TOperator>(TOperator f, float* x, float* y, int length) where TOperator : unmanaged, IUnaryOperator
    {
        // A unary operator is a binary one that does not look at its second argument.
        Apply(new IgnoreSecond<TOperator>(f), x, x, y, length);
    }

    /// <summary><c>z[i] = f(x[i], y[i])</c>; z may be x or y.</summary>
    public static void Apply<TOperator>(TOperator f, float* x, float* y, float* z, int length) where TOperator : unmanaged, IBinaryOperator
    {
        bool isStreaming = z != x && z != y && (long)length * sizeof(float) > CacheSizes.Current.Level3;
        Threads.ForVectors((length + PieceLength - 1) / PieceLength, new Pieces<TOperator>(f, x, y, z, length, isStreaming));
    }

    private readonly struct IgnoreSecond<TOperator>(TOperator f) : IBinaryOperator where TOperator : unmanaged, IUnaryOperator
    {
        public V Invoke<S, V>(V x, V y) where S : struct, ISimd<V> where V : unmanaged => f.Invoke<S, V>(x);
    }

    private readonly struct Pieces<TOperator>(TOperator f, float* x, float* y, float* z, int length, bool isStreaming) : IVectorChunks
        where TOperator : unmanaged, IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            // Locals stay in registers: nothing that is stored through a pointer can change them.
            TOperator g = f;
            long first = (long)piece * PieceLength;
            int count = (int)Math.Min(PieceLength, length - first), i = 0;
            float* a = x + first, b = y + first, c = z + first;
            if (count < S.Lanes)
            {
                RunFew<S, V>(a, b, c, count);
                return;
            }
            // The last vector may overlap the one before: its numbers are read before any are overwritten.
            V last = g.Invoke<S, V>(S.Load(a + count - S.Lanes), S.Load(b + count - S.Lanes));
            if (isStreaming)
            {
                S.Store(c, g.Invoke<S, V>(S.Load(a), S.Load(b)));
                i = (int)((nuint)sizeof(V) - ((nuint)c % (nuint)sizeof(V))) / sizeof(float);
                for (; i <= count - S.Lanes; i += S.Lanes) S.StoreStreaming(c + i, g.Invoke<S, V>(S.Load(a + i), S.Load(b + i)));
                Interlocked.MemoryBarrier();
            }
            else
            {
                for (; i <= count - S.Lanes; i += S.Lanes) S.Store(c + i, g.Invoke<S, V>(S.Load(a + i), S.Load(b + i)));
            }
            if (i < count) S.Store(c + count - S.Lanes, last);
        }

        // Less than a vector goes through one in memory, so that its numbers are computed like all others.
        private void RunFew<S, V>(float* a, float* b, float* c, int count) where S : struct, ISimd<V> where V : unmanaged
        {
            V vectorA = S.Zero, vectorB = S.Zero;
            uint bytes = (uint)count * sizeof(float);
            Unsafe.CopyBlockUnaligned(&vectorA, a, bytes);
            Unsafe.CopyBlockUnaligned(&vectorB, b, bytes);
            V result = f.Invoke<S, V>(vectorA, vectorB);
            Unsafe.CopyBlockUnaligned(c, &result, bytes);
        }
    }
}
