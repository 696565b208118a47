using System.Runtime.InteropServices;

namespace CnnEngine.Serialization;

/// <summary>
/// A tensor's numbers as the bytes of the file: float32, little-endian, row-major. Memory and file hold the same bytes, so
/// that nothing is converted; a big-endian machine is refused rather than given swapped numbers.
/// </summary>
internal static class TensorBytes
{
    // A span of bytes ends at 2³¹−1, a quarter of the floats a tensor can have; blocks keep within it.
    private const int BlockLength = 1 << 20;

    /// <summary>Hands the bytes of <paramref name="tensor"/> to <paramref name="action"/>, first to last, block after block.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static void ForEachBlock(Tensor tensor, Action<Span<byte>> action)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are little-endian; this machine is big-endian");
        Span<float> floats = tensor.Span;
        while (!floats.IsEmpty)
        {
            int length = Math.Min(floats.Length, BlockLength);
            action(MemoryMarshal.AsBytes(floats[..length]));
            floats = floats[length..];
        }
    }
}
