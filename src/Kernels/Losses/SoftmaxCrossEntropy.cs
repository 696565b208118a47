using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Softmax and cross-entropy in one: <c>loss = −Σ_c t[c] · log softmax(z)[c]</c>, shifted by the largest logit so that no
/// exponential overflows. Their common derivative is simply <c>softmax(z) − t</c>. Along the vector: of few classes the images, of many the
/// classes.
/// </summary>
public static unsafe class SoftmaxCrossEntropy
{
    // Logits that a thread takes at a time.
    private const int PieceLength = 1 << 14;

    // Logits that stay in the first-level cache between the passes over them.
    private const int CachedLength = 1 << 12;

    // Of so many classes a group's columns stay in the first-level cache.
    private const int FewClasses = 32;

    // A block of columns takes as long as so many rows one by one.
    private const int FewImages = 3;

    private static bool IsByRow(int classes, int images) => classes > FewClasses || images <= FewImages;

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

        bool isByRow = IsByRow(classes, labels.Length);
        // Whole groups, so that there is no odd block but the last.
        int rows = Math.Max(1, PieceLength / classes), group = SoftmaxColumns.GroupBlocks * Simd.Lanes;
        if (!isByRow) rows = Math.Max(1, rows / group) * group;
        int pieces = (labels.Length + rows - 1) / rows;
        using Scratch.Lease lease = Scratch.Take(2L * pieces); // two floats have the room of a double
        double* sums = (double*)lease.Data;
        fixed (float* z = logits, dz = dlogits)
        fixed (int* y = labels)
            Threads.ForVectors(pieces, new Pieces(classes, labels.Length, rows, z, y, scale, smoothing, dz, sums, isByRow));
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
            sums[piece] = isByRow ? Rows<S, V>(first, end) : new SoftmaxColumns(classes, images, z, y, scale, smoothing, dz).Run<S, V>(first, end);
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
        if (!IsByRow(classes, logits.Length / classes))
        {
            ChannelSoftmax.Forward(classes, 1, logarithm: false, logits, probabilities);
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
