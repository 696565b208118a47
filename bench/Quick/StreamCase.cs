using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using CnnEngine.Data;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Quick;

/// <summary>A pass that memory limits, not arithmetic: what it must read and write at least, and how to run it.</summary>
/// <param name="Name">What is computed.</param>
/// <param name="Pass">The pass, or nothing.</param>
/// <param name="Bytes">Bytes that must be read and written, once each.</param>
/// <param name="Run">One call.</param>
internal sealed record StreamCase(string Name, string Pass, long Bytes, Action Run)
{
    // 64 MB a block: twice the last-level cache of the machine that the committed figures are from.
    private const int Floats = 1 << 24;
    private const int PieceLength = 1 << 14;
    private const string Forward = Passes.Forward, Backward = "backward";

    /// <summary>The measure of all others first: <c>a = b + s·c</c>, the triad of J. McCalpin's STREAM.</summary>
    public static IEnumerable<StreamCase> All()
    {
        Tensor a = Block(), b = Block(), c = Block(), d = Block();
        Random random = new(1);
        foreach (ref float number in b.Span) number = (random.NextSingle() * 2) - 1;
        yield return new("triad", "", 12L * Floats, () => Threads.For(Floats / PieceLength, piece =>
            TensorPrimitives.MultiplyAdd(Piece(c, piece), 3f, Piece(b, piece), Piece(a, piece))));

        yield return new("relu", Forward, 8L * Floats, () => Activations.Forward(Activation.Relu, b.Span, a.Span));
        yield return new("relu", Backward, 12L * Floats, () => Activations.Backward(Activation.Relu, a.Span, b.Span, c.Span));
        PoolShape pool = new(64, 64, (64, 64), 2, 2, Padding.Valid);
        Tensor argMax = Tensor.Zeros(new Shape(Floats / 4));
        yield return new("max pooling", Forward, (4L * Floats) + (2L * Floats), () => MaxPooling.Forward(pool, b.Span, a.Span[..(Floats / 4)], Places(argMax)));
        yield return new("max pooling", Backward, (2L * Floats) + (4L * Floats), () => MaxPooling.Backward(pool, a.Span[..(Floats / 4)], Places(argMax), c.Span));
        yield return new("mean pooling", Forward, (4L * Floats) + Floats, () => MeanPooling.Forward(pool, b.Span, a.Span[..(Floats / 4)]));
        yield return new("mean pooling", Backward, Floats + (4L * Floats), () => MeanPooling.Backward(pool, a.Span[..(Floats / 4)], c.Span));
        // Overlapping windows: padded behind ResNet's first convolution, in rows of seven lines, and behind AlexNet's last, in less than one.
        foreach ((int size, int padding) in new[] { (112, 1), (13, 0) })
        {
            PoolShape overlapping = new(1, Floats / (size * size), (size, size), 3, 2, padding);
            int inputs = (int)overlapping.InputLength, outputs = (int)overlapping.OutputLength;
            long maxBytes = 4L * (inputs + (2 * outputs)), meanBytes = 4L * (inputs + outputs);
            string name = $"pooling 3x3/2, {size} px";
            yield return new($"max {name}", Forward, maxBytes, () => MaxPooling.Forward(overlapping, b.Span[..inputs], a.Span[..outputs], Places(argMax)[..outputs]));
            yield return new($"max {name}", Backward, maxBytes, () => MaxPooling.Backward(overlapping, a.Span[..outputs], Places(argMax)[..outputs], c.Span[..inputs]));
            yield return new($"mean {name}", Forward, meanBytes, () => MeanPooling.Forward(overlapping, b.Span[..inputs], a.Span[..outputs]));
            yield return new($"mean {name}", Backward, meanBytes, () => MeanPooling.Backward(overlapping, a.Span[..outputs], c.Span[..inputs]));
        }
        // Weights of 64 MB and a batch so small that reading them is what takes the time; what goes in and out of the layer does not count.
        const int Features = 1 << 12;
        foreach (int batch in new[] { 1, 4, 8 })
        {
            Tensor input = Tensor.Zeros(new Shape(batch, Features)), output = Tensor.Zeros(new Shape(batch, Features));
            string name = $"fully connected, batch {batch}";
            yield return new(name, Forward, 4L * Floats, () =>
                FullyConnected.Forward(batch, Features, Features, input.Span, b.Span, [], Activation.Identity, output.Span));
            yield return new(name, Backward, 4L * Floats, () => FullyConnected.BackwardInput(batch, Features, Features, input.Span, b.Span, output.Span));
            yield return new(name, "weights", 8L * Floats, () => FullyConnected.BackwardWeights(batch, Features, Features, input.Span, output.Span, c.Span, []));
        }
        foreach (int classes in new[] { 3, 10, 32 })
        {
            int images = Floats / classes;
            int[] labels = new int[images];
            yield return new($"softmax cross-entropy of {classes}", "", 8L * images * classes, () =>
                SoftmaxCrossEntropy.Run(classes, b.Span[..(images * classes)], labels, 1f, c.Span[..(images * classes)]));
        }
        yield return new("sgd with momentum", "", 20L * Floats, () => SgdUpdate.Run(a.Span, b.Span, c.Span, 1e-3f, 0.9f, 0, nesterov: false));
        AdamRates rates = new(0.9f, 0.999f, 1e-8f, 0);
        yield return new("adam", "", 28L * Floats, () => AdamUpdate.Run(a.Span, b.Span, c.Span, d.Span, rates, 1e-3f, 1));
        byte[] pixels = new byte[Floats];
        random.NextBytes(pixels);
        ByteImages data = new("bytes", new Shape(1, 64, 64), pixels, new byte[Floats / 4096], 10, new Normalization(0.13f, 0.31f));
        int[] order = [.. Enumerable.Range(0, data.Count)];
        random.Shuffle(order);
        int[] read = new int[data.Count];
        // All images in one call, as an evaluation reads a batch. A step of training reads 16 at a time and finds them in the caches.
        yield return new("shuffled bytes to floats", "", 5L * Floats, () => data.Read(order, a.Span, read));
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
