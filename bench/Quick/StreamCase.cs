using System.Numerics.Tensors;
using System.Runtime.InteropServices;
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
        Tensor a = Block(), b = Block(), c = Block(), d = Block();
        Random random = new(1);
        foreach (ref float number in b.Span) number = (random.NextSingle() * 2) - 1;
        yield return new("triad", 12L * Floats, () => Threads.For(Floats / PieceLength, piece =>
            TensorPrimitives.MultiplyAdd(Piece(c, piece), 3f, Piece(b, piece), Piece(a, piece))));

        yield return new("relu forward", 8L * Floats, () => Activations.Forward(Activation.Relu, b.Span, a.Span));
        yield return new("relu backward", 12L * Floats, () => Activations.Backward(Activation.Relu, a.Span, b.Span, c.Span));
        PoolShape pool = new(64, 64, (64, 64), 2, 2, Padding.Valid);
        Tensor argMax = Tensor.Zeros(new Shape(Floats / 4));
        yield return new("max pooling forward", (4L * Floats) + (2L * Floats), () => MaxPooling.Forward(pool, b.Span, a.Span[..(Floats / 4)], Places(argMax)));
        yield return new("max pooling backward", (2L * Floats) + (4L * Floats), () => MaxPooling.Backward(pool, a.Span[..(Floats / 4)], Places(argMax), c.Span));
        yield return new("mean pooling forward", (4L * Floats) + Floats, () => MeanPooling.Forward(pool, b.Span, a.Span[..(Floats / 4)]));
        yield return new("mean pooling backward", Floats + (4L * Floats), () => MeanPooling.Backward(pool, a.Span[..(Floats / 4)], c.Span));
        // As behind ResNet's first convolution, in rows of seven lines: overlapping windows, padded.
        const int Planes = Floats / (112 * 112);
        PoolShape overlapping = new(1, Planes, (112, 112), 3, 2, 1);
        int inputs = (int)overlapping.InputLength, outputs = (int)overlapping.OutputLength;
        long maxBytes = 4L * (inputs + (2 * outputs)), meanBytes = 4L * (inputs + outputs);
        yield return new("max pooling 3x3/2 forward", maxBytes, () => MaxPooling.Forward(overlapping, b.Span[..inputs], a.Span[..outputs], Places(argMax)[..outputs]));
        yield return new("max pooling 3x3/2 backward", maxBytes, () => MaxPooling.Backward(overlapping, a.Span[..outputs], Places(argMax)[..outputs], c.Span[..inputs]));
        yield return new("mean pooling 3x3/2 forward", meanBytes, () => MeanPooling.Forward(overlapping, b.Span[..inputs], a.Span[..outputs]));
        yield return new("mean pooling 3x3/2 backward", meanBytes, () => MeanPooling.Backward(overlapping, a.Span[..outputs], c.Span[..inputs]));
        // Weights of 64 MB and a batch so small that reading them is what takes the time; what goes in and out of the layer does not count.
        const int Features = 1 << 12, Batch = 4;
        Tensor input = Tensor.Zeros(new Shape(Batch, Features)), output = Tensor.Zeros(new Shape(Batch, Features));
        yield return new("fully connected forward", 4L * Floats, () =>
            FullyConnected.Forward(Batch, Features, Features, input.Span, b.Span, [], Activation.Identity, output.Span));
        yield return new("fully connected backward", 4L * Floats, () => FullyConnected.BackwardInput(Batch, Features, Features, input.Span, b.Span, output.Span));
        yield return new("fully connected weights", 8L * Floats, () => FullyConnected.BackwardWeights(Batch, Features, Features, input.Span, output.Span, c.Span, []));
        int images = Floats / Classes;
        int[] labels = new int[images];
        yield return new("softmax cross-entropy", 8L * images * Classes, () => SoftmaxCrossEntropy.Run(Classes, b.Span[..(images * Classes)], labels, 1f, c.Span));
        yield return new("sgd with momentum", 20L * Floats, () => SgdUpdate.Run(a.Span, b.Span, c.Span, 1e-3f, 0.9f, 0, nesterov: false));
        AdamRates rates = new(0.9f, 0.999f, 1e-8f, 0);
        yield return new("adam", 28L * Floats, () => AdamUpdate.Run(a.Span, b.Span, c.Span, d.Span, rates, 1e-3f, 1));
        byte[] pixels = new byte[Floats];
        random.NextBytes(pixels);
        ByteImages data = new("bytes", new Shape(1, 64, 64), pixels, new byte[Floats / 4096], Classes, new Normalization(0.13f, 0.31f));
        int[] order = [.. Enumerable.Range(0, data.Count)];
        random.Shuffle(order);
        int[] read = new int[data.Count];
        // All images in one call, as an evaluation reads a batch. A step of training reads 16 at a time and finds them in the caches.
        yield return new("shuffled bytes to floats", 5L * Floats, () => data.Read(order, a.Span, read));
    }

    // Aligned as the blocks of a network are, and written: memory that never was is one page of zeros, read from the caches.
    private static Tensor Block()
    {
        Tensor block = Tensor.Zeros(new Shape(Floats));
        block.Span.Fill(1e-3f);
        return block;
    }

    private static Span<int> Places(Tensor block) => MemoryMarshal.Cast<float, int>(block.Span);

    private static Span<float> Piece(Tensor block, int piece) => block.Span.Slice(piece * PieceLength, PieceLength);
}
