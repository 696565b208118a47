using System.Buffers.Binary;
using System.Text;
using CnnEngine.Imaging;

namespace CnnEngine.Tests.Imaging;

/// <summary>Small pictures of every kind, damaged in thousands of ways: each gives a picture or one line, and takes no memory on a damaged header's word.</summary>
public class DamagedPictureTests
{
    private const int MostMemory = 1_000_000;

    public static TheoryData<string> Kinds => [.. Files.Keys];

    private static readonly Dictionary<string, byte[]> Files = new()
    {
        ["grey PNG"] = PngEncoder.Encode(Some.Picture(7, 5, 1)),
        ["colour PNG"] = PngEncoder.Encode(Some.Picture(5, 6, 3)),
        ["interlaced PNG with a palette"] = HandMadePng.File(
            HandMadePng.Header(3, 3, bits: 4, colours: 3, interlacing: 1), HandMadePng.Chunk("PLTE", [.. Enumerable.Range(0, 48).Select(i => (byte)i)]),
            HandMadePng.Pixels(0, 0x10, 0, 0x20, 0, 0x34, 0, 0x50, 0, 0x60, 0, 0x12, 0x30), HandMadePng.End()),
        ["PNG of 16 bits"] = HandMadePng.File(HandMadePng.Header(2, 2, bits: 16), HandMadePng.Pixels(4, 1, 2, 3, 4, 2, 5, 6, 7, 8), HandMadePng.End()),
        ["BMP of 24 bits"] = HandMadeBmp.File(3, 2, 24, new byte[24]),
        ["BMP of 32 bits with bit fields"] = HandMadeBmp.File(2, -2, 32, new byte[16], compression: 3, masks: [0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0]),
        ["BMP with a palette"] = HandMadeBmp.File(5, 3, 4, new byte[12], new byte[64], colours: 16),
        ["old BMP with a palette"] = HandMadeBmp.File(9, 2, 1, new byte[8], new byte[6], headerLength: 12),
        ["PGM"] = [.. Encoding.ASCII.GetBytes("P5 # grey\n3 2\n255\n"), 1, 2, 3, 4, 5, 6],
        ["PPM"] = [.. Encoding.ASCII.GetBytes("P6 1 2 99\n"), 1, 2, 3, 4, 5, 6],
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Cut_anywhere(string kind)
    {
        byte[] file = Files[kind];
        Assert.True(IsRead(file));
        for (int length = 0; length < file.Length; length++) Assert.False(IsRead(file.AsSpan(0, length)), $"{length} bytes of {file.Length} were read as a picture");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void With_any_byte_changed(string kind)
    {
        byte[] file = Files[kind];
        int read = 0;
        for (int i = 0; i < file.Length; i++)
            foreach (int change in new[] { 0x01, 0x02, 0x10, 0x55, 0x80, 0xff })
            {
                byte[] damaged = [.. file];
                damaged[i] ^= (byte)change;
                if (IsRead(damaged)) read++;
                RepairChecksums(damaged);
                if (IsRead(damaged)) read++;
            }
        Assert.InRange(read, 1, 12 * file.Length); // a pixel of another colour is no damage
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void With_some_bytes_at_random(string kind)
    {
        byte[] file = Files[kind];
        Random random = new(1);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. file];
            for (int j = random.Next(1, 6); j > 0; j--) damaged[random.Next(damaged.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : 255 * random.Next(2));
            if (random.Next(2) == 0) damaged = [.. damaged.AsSpan(0, random.Next(damaged.Length)), .. damaged.AsSpan(random.Next(damaged.Length))];
            RepairChecksums(damaged);
            if (!IsRead(damaged)) refused++;
        }
        Assert.InRange(refused, 1, 2000);
    }

    /// <summary>Whether it is read as a picture; nothing else than a line about the data may come of it.</summary>
    private static bool IsRead(ReadOnlySpan<byte> file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Picture picture = ImageFile.Decode(file);
            Assert.Equal(picture.Width * picture.Height * picture.Channels, picture.Bytes.Length);
            return true;
        }
        catch (InvalidDataException error)
        {
            Assert.DoesNotContain('\n', error.Message);
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostMemory);
        }
    }

    /// <summary>Makes a PNG file's checksums right again, as somebody who means harm would.</summary>
    private static void RepairChecksums(Span<byte> file)
    {
        if (!file.StartsWith(PngChunk.Signature)) return;
        for (int at = PngChunk.Signature.Length; at + 12 <= file.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - 12) return;
            BinaryPrimitives.WriteUInt32BigEndian(file[(at + 8 + (int)length)..], PngChunk.Crc(file.Slice(at + 4, 4 + (int)length)));
            at += 12 + (int)length;
        }
    }
}
