using System.Runtime.CompilerServices;

namespace CnnEngine.Layers;

/// <summary>What a layer learns of its place in a network, and what it asks for, while the network is compiled.</summary>
public sealed class LayerPlan
{
    private readonly Shape[] _inputs;
    private readonly long _seed;
    private int _streams;

    internal LayerPlan(Shape[] inputs, long seed, int firstStream, MemoryUse memory = MemoryUse.Training, bool startsRandom = true) =>
        (_inputs, _seed, _streams, Memory, StartsRandom) = (inputs, seed, firstStream, memory, startsRandom);

    /// <summary>How many values the layer reads.</summary>
    public int InputCount => _inputs.Length;

    /// <summary>The shape of one image's input: <c>C×H×W</c> or <c>F</c>.</summary>
    public Shape Input(int index = 0) => _inputs[index];

    /// <summary>Floats reserved for each image and for all together, slot by slot.</summary>
    internal List<(int PerImage, int ForAll)> Reserved { get; } = [];

    internal int Streams => _streams;

    /// <summary>What memory parameters take.</summary>
    internal MemoryUse Memory { get; }

    /// <summary>Reserves numbers that live from the forward to the backward pass, for each image.</summary>
    /// <typeparam name="T">A type of four bytes: float, int, uint.</typeparam>
    /// <returns>The slot to give to <see cref="Step.Saved{T}"/>; slots count from 0 in the order of the calls.</returns>
    public int Reserve<T>(int countPerImage) where T : unmanaged => Reserve<T>(countPerImage, 0);

    /// <summary>The same once for all images of a pass, for a layer that does not treat each alone: means over a batch.</summary>
    /// <typeparam name="T">A type of four bytes.</typeparam>
    /// <returns>The slot.</returns>
    public int ReserveForBatch<T>(int count) where T : unmanaged => Reserve<T>(0, count);

    private int Reserve<T>(int perImage, int forAll) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != sizeof(float)) throw new NotSupportedException($"{typeof(T)} does not have four bytes");
        Reserved.Add((perImage, forAll));
        return Reserved.Count - 1;
    }

    /// <summary>The input as one image.</summary>
    /// <exception cref="ArgumentException">It is not <c>C×H×W</c>.</exception>
    public (int Channels, int Height, int Width) InputImage(int index = 0)
    {
        Shape shape = _inputs[index];
        if (shape.Rank != 3) throw new ArgumentException($"input is {shape}; it must be an image, C×H×W");
        return (shape[0], shape[1], shape[2]);
    }

    /// <summary>What a plan is made for.</summary>
    internal enum MemoryUse
    {
        /// <summary>Nothing but shapes: a summary.</summary>
        None,

        /// <summary>Parameters.</summary>
        Inference,

        /// <summary>Parameters and their gradients.</summary>
        Training,
    }

    /// <summary>Whether new parameters are filled with random numbers, or left as zeros.</summary>
    internal bool StartsRandom { get; }

    internal SplitMix64 NextRandom() => SplitMix64.For((ulong)_seed, (ulong)_streams++, 0);
}
