namespace CnnEngine.Kernels;

/// <summary>
/// What gradient clipping is made of (R. Pascanu, T. Mikolov, Y. Bengio, "On the Difficulty of Training Recurrent Neural Networks",
/// 2013). Along the vector: the numbers.
/// </summary>
public static unsafe class GradientClipping
{
    private const int PieceLength = 1 << 14;

    // So few squares are added up in single precision before the sum goes on in double: its error stays that of a few roundings.
    private const int VectorsInSingle = 16;

    /// <summary><c>Σ x²</c>, in the same order on any number of threads.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        int pieces = (int)(((long)values.Length + PieceLength - 1) / PieceLength);
        using Scratch.Lease lease = Scratch.Take(2L * pieces); // two floats have the room of a double
        double* sums = (double*)lease.Data;
        fixed (float* x = values) Threads.ForVectors(pieces, new Pieces(x, values.Length, sums));
        double total = 0;
        for (int piece = 0; piece < pieces; piece++) total += sums[piece];
        return total;
    }

    /// <summary><c>x = factor · x</c>, in place.</summary>
    public static void Scale(Span<float> values, float factor)
    {
        fixed (float* x = values) Elementwise.Apply(new Times(factor), x, x, values.Length);
    }

    /// <summary><c>x = min(max(x, −most), most)</c>, in place; NaN stays NaN.</summary>
    public static void Clamp(Span<float> values, float most)
    {
        fixed (float* x = values) Elementwise.Apply(new Limit(most), x, x, values.Length);
    }

    private readonly struct Times(float factor) : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged => S.Multiply(x, S.Broadcast(factor));
    }

    private readonly struct Limit(float most) : IUnaryOperator
    {
        public V Invoke<S, V>(V x) where S : struct, ISimd<V> where V : unmanaged
        {
            V high = S.Broadcast(most), low = S.Broadcast(-most);
            x = S.WherePositive(S.Subtract(x, high), high, x);
            return S.WhereNegative(S.Subtract(x, low), low, x);
        }
    }

    private readonly struct Pieces(float* x, int length, double* sums) : IVectorChunks
    {
        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            double total = 0;
            long i = (long)piece * PieceLength, end = Math.Min(i + PieceLength, length);
            while (i <= end - S.Lanes)
            {
                V sum = S.Zero;
                for (int n = 0; n < VectorsInSingle && i <= end - S.Lanes; n++, i += S.Lanes)
                {
                    V value = S.Load(x + i);
                    sum = S.MultiplyAdd(value, value, sum);
                }
                total += S.Sum(sum);
            }
            for (; i < end; i++) total += (double)x[i] * x[i];
            sums[piece] = total;
        }
    }
}
