using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CnnEngine.Tests.Serialization;

/// <summary>Safetensors files put together byte by byte, independent of the code under test.</summary>
internal static class HandMade
{
    public static byte[] File(string header, params ReadOnlySpan<float> data) => File(Encoding.UTF8.GetBytes(header), Bytes(data));

    public static byte[] File(byte[] header, byte[] data)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>One tensor's property in a header.</summary>
    public static string Entry(string name, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"F32","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
        """;

    public static byte[] Bytes(params ReadOnlySpan<float> data)
    {
        byte[] bytes = new byte[4 * data.Length];
        for (int i = 0; i < data.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), data[i]);
        return bytes;
    }

    public static string Checksum(params ReadOnlySpan<float> data) => Convert.ToHexStringLower(SHA256.HashData(Bytes(data)));

    /// <summary>A tensor with the numbers ¼, 1¼, 2¼ and so on, shifted by <paramref name="first"/>.</summary>
    public static Tensor Counting(Shape shape, float first = 0)
    {
        Tensor tensor = Tensor.Zeros(shape);
        for (int i = 0; i < tensor.Length; i++) tensor.Span[i] = first + i + 0.25f;
        return tensor;
    }
}
