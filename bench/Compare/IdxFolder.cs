using System.Buffers.Binary;
using CnnEngine.Data;

namespace CnnEngine.Bench.Compare;

/// <summary>Writes images as MNIST's four files, not compressed, so that a peer trains on what the project trains on.</summary>
internal static class IdxFolder
{
    private const uint MagicOfImages = 0x803;
    private const uint MagicOfLabels = 0x801;

    public static void Write(TrainTest data, string folder)
    {
        Write(data.Train, Path.Combine(folder, "train"));
        Write(data.Test, Path.Combine(folder, "t10k"));
    }

    private static void Write(ByteImages set, string prefix)
    {
        using (FileStream images = File.Create(prefix + "-images-idx3-ubyte"))
        {
            WriteHeader(images, MagicOfImages, set.Count, set.ImageShape[1], set.ImageShape[2]);
            for (int i = 0; i < set.Count; i++) images.Write(set.Pixels(i));
        }
        using FileStream labels = File.Create(prefix + "-labels-idx1-ubyte");
        WriteHeader(labels, MagicOfLabels, set.Count);
        for (int i = 0; i < set.Count; i++) labels.WriteByte((byte)set.Label(i));
    }

    private static void WriteHeader(FileStream file, uint magic, params ReadOnlySpan<int> extents)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(number, magic);
        file.Write(number);
        foreach (int extent in extents)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, extent);
            file.Write(number);
        }
    }
}
