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

    private const int GroupBlocks = 8;

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

        int rows = Math.Max(1, PieceLength / classes), pieces = (labels.Length + rows - 1) / rows;
        using Scratch.Lease lease = Scratch.Take(2L * pieces); // two floats have the room of a double
        double* sums = (double*)lease.Data;
        fixed (float* z = logits, dz = dlogits)
        fixed (int* y = labels)
            Threads.ForVectors(pieces, new Pieces(classes, labels.Length, rows, z, y, scale, smoothing, dz, sums, IsByRow(classes, labels.Length)));
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
            double total = 0;
            if (isByRow)
            {
                int some = Math.Max(1, CachedLength / classes);
                for (int n = first; n < end; n += some) total += Rows(n, Math.Min(some, end - n));
            }
            else
            {
                int group = GroupBlocks * S.Lanes;
                using Scratch.Lease lease = Scratch.Take((classes + 3L) * group);
                for (int n = first; n < end; n += group) total += Group<S, V>(n, Math.Min(group, end - n), lease.Data);
            }
            sums[piece] = total;
        }

        /// <summary>
        /// Blocks of as many rows as a vector has lanes, as columns, of which one vector holds a class. Step by step for all of them, so that
        /// the processor need not wait for one block's numbers.
        /// </summary>
        private double Group<S, V>(int first, int count, float* columns) where S : struct, ISimd<V> where V : unmanaged
        {
            int blocks = (count + S.Lanes - 1) / S.Lanes, block = classes * S.Lanes, length = blocks * S.Lanes;
            float* end = columns + (blocks * block), sum = end, loss = sum + length;
            int* labels = (int*)(loss + length);
            nint offset = (nint)first * classes;
            new ReadOnlySpan<int>(y + first, count).CopyTo(new Span<int>(labels, count));
            new Span<int>(labels + count, length - count).Clear();
            for (int b = 0, n = 0; b < blocks; b++, n += S.Lanes)
                ChwnLayout.FromNchw<S, V>(Math.Min(S.Lanes, count - n), classes, z + offset + (n * classes), classes, columns + (b * block));
            for (int b = 0, n = 0; b < blocks; b++, n += S.Lanes) Derive<S, V>(columns + (b * block), labels + n, sum + n, loss + n);
            for (int b = 0, n = 0; b < blocks; b++, n += S.Lanes)
                ChwnLayout.ToNchw<S, V>(Math.Min(S.Lanes, count - n), classes, columns + (b * block), dz + offset + (n * classes), classes);
            for (int n = 0; n < count; n += S.Lanes) S.Store(loss + n, S.Add(S.Log(S.Load(sum + n)), S.Load(loss + n)));
            // Some in single precision first; all the pieces' in double.
            new Span<float>(loss + count, length - count).Clear();
            V lanes = S.Zero;
            for (int n = 0; n < count; n += S.Lanes) lanes = S.Add(lanes, S.Load(loss + n));
            S.Store(loss, lanes);
            double total = 0;
            for (int lane = 0; lane < S.Lanes; lane++) total += loss[lane];
            return total;
        }

        /// <summary>Columns become their derivatives; of the loss, −Σ t·(z − max − log sum) with Σ t = 1, all but the logarithm is taken.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Derive<S, V>(float* columns, int* labels, float* sums, float* losses) where S : struct, ISimd<V> where V : unmanaged
        {
            float* end = columns + (classes * S.Lanes);
            V label = S.LoadInt32(labels), one = S.Broadcast(1), largest = S.Load(columns);
            for (float* p = columns; p < end; p += S.Lanes) largest = S.Max(largest, S.Load(p));
            V sum = S.Zero, atLabel = S.Zero, all = S.Zero, c = S.Zero;
            for (float* p = columns; p < end; p += S.Lanes)
            {
                V shifted = S.Subtract(S.Load(p), largest), power = Exponential.Of<S, V>(shifted);
                sum = S.Add(sum, power);
                all = S.Add(all, shifted);
                atLabel = S.WhereEqual(label, c, shifted, atLabel);
                c = S.Add(c, one);
                S.Store(p, power);
            }
            V loss = S.Multiply(S.Broadcast(smoothing - 1), atLabel);
            if (smoothing != 0) loss = S.MultiplyAdd(S.Broadcast(-_everywhere), all, loss);
            S.Store(losses, loss);
            S.Store(sums, sum);

            V factor = S.Divide(S.Broadcast(scale), sum), subtrahend = S.Broadcast(scale * _everywhere), target = S.Broadcast(scale * (1 - smoothing));
            c = S.Zero;
            for (float* p = columns; p < end; p += S.Lanes)
            {
                V derivative = S.Subtract(S.Multiply(S.Load(p), factor), subtrahend);
                S.Store(p, S.Subtract(derivative, S.WhereEqual(label, c, target, S.Zero)));
                c = S.Add(c, one);
            }
        }

        /// <summary>Rows one by one, and the exponentials of all of them at once.</summary>
        private double Rows(int first, int count)
        {
            double total = 0;
            Span<float> all = new(dz + ((nint)first * classes), count * classes);
            for (int i = 0; i < count; i++)
            {
                Span<float> p = all.Slice(i * classes, classes);
                ReadOnlySpan<float> logits = new(z + ((nint)(first + i) * classes), classes);
                TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), p);
                total -= (1 - (double)smoothing) * p[y[first + i]];
                if (smoothing != 0) total -= _everywhere * Sum(p);
            }
            Exponential.Run(all);
            for (int i = 0; i < count; i++)
            {
                Span<float> p = all.Slice(i * classes, classes);
                double sum = Sum(p);
                total += Math.Log(sum);
                TensorPrimitives.Multiply(p, (float)(scale / sum), p);
                if (smoothing != 0) TensorPrimitives.Subtract(p, scale * _everywhere, p);
                p[y[first + i]] -= scale * (1 - smoothing);
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
