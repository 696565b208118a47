namespace CnnEngine.Kernels;

/// <summary>
/// The square of a gradient's norm, for clipping (R. Pascanu, T. Mikolov, Y. Bengio, "On the Difficulty of Training Recurrent Neural
/// Networks", 2013). Along the vector: the numbers.
/// </summary>
public static unsafe class GradientNorm
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
