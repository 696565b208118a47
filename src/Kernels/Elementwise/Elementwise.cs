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

/// <summary>Applies a small operator to every element: one loop for all of them. Along the vector: the elements.</summary>
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
    public static void Apply<TOperator>(TOperator f, float* x, float* y, float* z, int length) where TOperator : unmanaged, IBinaryOperator =>
        Threads.ForVectors((length + PieceLength - 1) / PieceLength, new Pieces<TOperator>(f, x, y, z, length));

    private readonly struct IgnoreSecond<TOperator>(TOperator f) : IBinaryOperator where TOperator : unmanaged, IUnaryOperator
    {
        public V Invoke<S, V>(V x, V y) where S : struct, ISimd<V> where V : unmanaged => f.Invoke<S, V>(x);
    }

    private readonly struct Pieces<TOperator>(TOperator f, float* x, float* y, float* z, int length) : IVectorChunks
        where TOperator : unmanaged, IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            long i = (long)piece * PieceLength, end = Math.Min(i + PieceLength, length);
            for (; i <= end - S.Lanes; i += S.Lanes) S.Store(z + i, f.Invoke<S, V>(S.Load(x + i), S.Load(y + i)));
            if (i == end) return;

            // The rest goes through a vector in memory, so that its numbers are computed like all others.
            V vectorX = S.Zero, vectorY = S.Zero;
            uint rest = (uint)(end - i) * sizeof(float);
            Unsafe.CopyBlockUnaligned(&vectorX, x + i, rest);
            Unsafe.CopyBlockUnaligned(&vectorY, y + i, rest);
            V result = f.Invoke<S, V>(vectorX, vectorY);
            Unsafe.CopyBlockUnaligned(z + i, &result, rest);
        }
    }
}
