using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Softmax and cross-entropy in one: <c>loss = −Σ_c t[c] · log softmax(z)[c]</c>, shifted by the largest logit where an
/// exponential could overflow. Their common derivative is simply <c>softmax(z) − t</c>. Along the vector: of few classes the logits as they lie,
/// of many those of a row.
/// </summary>
public static unsafe class SoftmaxCrossEntropy
{
    // Logits that a thread takes at a time.
    private const int PieceLength = 1 << 14;

    // Logits that stay in the first-level cache between the passes over them.
    private const int CachedLength = 1 << 12;

    // Of so many classes the powers of some blocks of rows stay in the first-level cache.
    private const int FewClasses = 32;

    /// <summary>The sum of the losses of a batch, and the derivative by the logits.</summary>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="logits">z, N×classes numbers.</param>
    /// <param name="labels">N labels, 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="scale">What the derivative is multiplied by: 1/N for a loss averaged over the batch.</param>
    /// <param name="dlogits">Receives <c>scale · (softmax(z) − t)</c>, N×classes numbers; may be <paramref name="logits"/>.</param>
    /// <param name="smoothing">
    /// Label smoothing ε (C. Szegedy et al., "Rethinking the Inception Architecture", 2016): t is 1 − ε at the label, plus ε/classes everywhere.
    /// </param>
    /// <returns>Σ over the batch of the loss, not scaled.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a class.</exception>
    public static double Run(
        int classes, ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, float scale, Span<float> dlogits, float smoothing = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        long length = (long)labels.Length * classes;
        Require.Length(logits.Length, length, nameof(logits));
        Require.Length(dlogits.Length, length, nameof(dlogits));
        if (labels.IndexOfAnyExceptInRange(0, classes - 1) is var wrong and >= 0)
            throw new ArgumentOutOfRangeException(nameof(labels), $"label {wrong} is {labels[wrong]}; the classes are 0 to {classes - 1}");

        fixed (float* z = logits, dz = dlogits)
        fixed (int* y = labels)
            return Run(classes, labels.Length, z, y, scale, smoothing, dz);
    }

    private static double Run(int classes, int images, float* z, int* y, float scale, float smoothing, float* dz)
    {
        bool isByRow = classes > FewClasses;
        // Whole blocks, so that there is no odd one but the last.
        int rows = Math.Max(1, PieceLength / classes);
        if (!isByRow) rows = Quotient.Up(rows, Simd.Lanes) * Simd.Lanes;
        int pieces = Quotient.Up(images, rows);
        using Scratch.Lease lease = Scratch.Take(2L * pieces); // two floats have the room of a double
        double* sums = (double*)lease.Data;
        Threads.ForVectors(pieces, new Pieces(classes, images, rows, z, y, scale, smoothing, dz, sums, isByRow));
        double total = 0;
        for (int piece = 0; piece < pieces; piece++) total += sums[piece];
        return total;
    }

    private readonly struct Pieces(int classes, int images, int rows, float* z, int* y, float scale, float smoothing, float* dz, double* sums, bool isByRow) : IVectorChunks
    {
        private readonly float _everywhere = smoothing / classes;

        public void Run<S, V>(int piece) where S : struct, ISimd<V> where V : unmanaged
        {
            int first = piece * rows, end = Math.Min(images, first + rows);
            sums[piece] = isByRow ? Rows<S, V>(first, end) : Few<S, V>(first, end);
        }

        private double Few<S, V>(int first, int end) where S : struct, ISimd<V> where V : unmanaged
        {
            SoftmaxOfFew few = new(classes, z, y, scale, smoothing, dz);
            bool isStreaming = z != dz && (long)images * classes * sizeof(float) > CacheSizes.Current.Level3 && (nuint)dz % (nuint)sizeof(V) == 0;
            if (!isStreaming) return few.Run<S, V, CachedStore>(first, end);
            double loss = few.Run<S, V, StreamingStore>(first, end);
            Interlocked.MemoryBarrier();
            return loss;
        }

        /// <summary>Rows one by one, and the exponentials of some at once.</summary>
        private double Rows<S, V>(int first, int end) where S : struct, ISimd<V> where V : unmanaged
        {
            int some = Math.Max(1, CachedLength / classes);
            using Scratch.Lease lease = Scratch.Take((Math.Min(some, end - first) * (long)classes) + S.Lanes);
            double total = 0;
            for (; first < end; first += some) total += Rows<S, V>(first, Math.Min(some, end - first), lease.Data);
            return total;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private double Rows<S, V>(int first, int count, float* powers) where S : struct, ISimd<V> where V : unmanaged
        {
            double total = 0;
            for (int i = 0; i < count; i++)
            {
                Span<float> p = new(powers + (i * classes), classes);
                ReadOnlySpan<float> logits = new(z + ((nint)(first + i) * classes), classes);
                TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), p);
                total -= (1 - (double)smoothing) * p[y[first + i]];
                if (smoothing != 0) total -= _everywhere * Sum(p);
            }
            for (int i = 0; i < count * classes; i += S.Lanes) S.Store(powers + i, Exponential.OfNotPositive<S, V>(S.Load(powers + i)));
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> p = new(powers + (i * classes), classes);
                Span<float> to = new(dz + ((nint)(first + i) * classes), classes);
                double sum = Sum(p);
                total += Math.Log(sum);
                TensorPrimitives.Multiply(p, (float)(scale / sum), to);
                if (smoothing != 0) TensorPrimitives.Subtract(to, scale * _everywhere, to);
                to[y[first + i]] -= scale * (1 - smoothing);
            }
            return total;
        }

        // Some in single precision, those in double: the error does not grow with the number of classes.
        private static double Sum(ReadOnlySpan<float> numbers)
        {
            const int Some = 256;
            double sum = 0;
            for (; numbers.Length > Some; numbers = numbers[Some..]) sum += TensorPrimitives.Sum(numbers[..Some]);
            return sum + TensorPrimitives.Sum(numbers);
        }
    }

    /// <summary><c>softmax(z)[c] = e^(z[c]) / Σ e^z</c> of each row of N×classes logits; <paramref name="probabilities"/> may be <paramref name="logits"/>.</summary>
    /// <exception cref="ArgumentException">The rows are not whole, or the destination is too short.</exception>
    public static void Softmax(int classes, ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (logits.Length % classes != 0) throw new ArgumentException($"{logits.Length} logits are not whole rows of {classes}", nameof(logits));
        Require.Length(probabilities.Length, logits.Length, nameof(probabilities));
        if (classes <= FewClasses && logits.Length > classes)
        {
            fixed (float* z = logits, p = probabilities) Run(classes, logits.Length / classes, z, null, 1, 0, p);
            return;
        }
        for (int first = 0; first < logits.Length; first += classes)
        {
            ReadOnlySpan<float> z = logits.Slice(first, classes);
            Span<float> p = probabilities.Slice(first, classes);
            TensorPrimitives.Subtract(z, TensorPrimitives.Max(z), p);
            Exponential.Run(p);
            TensorPrimitives.Divide(p, TensorPrimitives.Sum<float>(p), p);
        }
    }
}
