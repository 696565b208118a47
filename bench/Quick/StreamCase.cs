using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Quick;

/// <summary>A pass that memory limits, not arithmetic: what it must read and write at least, and how to run it.</summary>
/// <param name="Name">What is computed.</param>
/// <param name="Bytes">Bytes that must be read and written, once each.</param>
/// <param name="Run">One call.</param>
internal sealed record StreamCase(string Name, long Bytes, Action Run)
{
    // 64 MB a block: twice the last-level cache of the machine that the committed figures are from.
    private const int Floats = 1 << 24;
    private const int Classes = 10;
    private const int PieceLength = 1 << 14;

    /// <summary>The measure of all others first: <c>a = b + s·c</c>, the triad of J. McCalpin's STREAM.</summary>
    public static IEnumerable<StreamCase> All()
    {
        float[] a = new float[Floats], b = new float[Floats], c = new float[Floats], d = new float[Floats];
        Random random = new(1);
        for (int i = 0; i < Floats; i++) b[i] = (random.NextSingle() * 2) - 1;
        yield return new("triad", 12L * Floats, () => Threads.For(Floats / PieceLength, piece =>
            TensorPrimitives.MultiplyAdd(Piece(c, piece), 3f, Piece(b, piece), Piece(a, piece))));

        yield return new("relu forward", 8L * Floats, () => Activations.Forward(Activation.Relu, b, a));
        yield return new("relu backward", 12L * Floats, () => Activations.Backward(Activation.Relu, a, b, c));
        PoolShape pool = new(64, 64, (64, 64), 2, 2, Padding.Valid);
        int[] argMax = new int[Floats / 4];
        yield return new("max pooling forward", (4L * Floats) + (2L * Floats), () => MaxPooling.Forward(pool, b, a.AsSpan(0, Floats / 4), argMax));
        yield return new("max pooling backward", (2L * Floats) + (4L * Floats), () => MaxPooling.Backward(pool, a.AsSpan(0, Floats / 4), argMax, c));
        yield return new("mean pooling forward", (4L * Floats) + Floats, () => MeanPooling.Forward(pool, b, a.AsSpan(0, Floats / 4)));
        int images = Floats / Classes;
        int[] labels = new int[images];
        yield return new("softmax cross-entropy", 8L * images * Classes, () => SoftmaxCrossEntropy.Run(Classes, b.AsSpan(0, images * Classes), labels, 1f, c));
        yield return new("sgd with momentum", 20L * Floats, () => SgdUpdate.Run(a, b, c, 1e-3f, 0.9f, 0, nesterov: false));
        AdamRates rates = new(0.9f, 0.999f, 1e-8f, 0);
        yield return new("adam", 28L * Floats, () => AdamUpdate.Run(a, b, c, d, rates, 1e-3f, 1));
        byte[] pixels = new byte[Floats];
        random.NextBytes(pixels);
        ByteImages data = new("bytes", new Shape(1, 64, 64), pixels, new byte[Floats / 4096], Classes, new Normalization(0.13f, 0.31f));
        int[] order = [.. Enumerable.Range(0, data.Count)];
        random.Shuffle(order);
        int[] read = new int[data.Count];
        yield return new("shuffled bytes to floats", 5L * Floats, () => Threads.For(data.Count / 16, part =>
            data.Read(order.AsSpan(part * 16, 16), a.AsSpan(part * 16 * 4096, 16 * 4096), read.AsSpan(part * 16, 16))));
    }

    private static Span<float> Piece(float[] block, int piece) => block.AsSpan(piece * PieceLength, PieceLength);
}
