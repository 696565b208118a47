using System.Buffers.Binary;
using System.Diagnostics;
using CnnEngine.Serialization;

namespace CnnEngine.Tests.Serialization;

/// <summary>Files cut short, altered, or lying about sizes: refused, or read with every number right; never another exception.</summary>
public sealed class DamagedFileTests : IDisposable
{
    private static readonly byte[] Flips = [1, 4, 32, 255];

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly NamedTensor[] _tensors =
        [new("conv.weight", HandMade.Counting(new Shape(2, 1, 3))), new("b", HandMade.Counting(new Shape(2), 50))];
    private readonly byte[] _bytes;

    public DamagedFileTests()
    {
        _path = _folder.File("a.safetensors");
        SafetensorsFile.Write(_path, _tensors, new Dictionary<string, string> { ["net"] = "LeNet" });
        _bytes = File.ReadAllBytes(_path);
    }

    private int DataStart => 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(_bytes);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_cut_short_anywhere_is_refused()
    {
        for (int length = 0; length < _bytes.Length; length++)
        {
            File.WriteAllBytes(_path, _bytes[..length]);
            Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_path));
        }
    }

    [Fact]
    public void A_file_with_more_bytes_is_refused()
    {
        File.WriteAllBytes(_path, [.. _bytes, 0]);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_path));
        Assert.Equal($"{_path}: the tensors end at byte 32 of the data, the file has 33", error.Message);
    }

    [Fact]
    public void An_altered_byte_of_the_data_is_refused()
    {
        for (int i = DataStart; i < _bytes.Length; i++)
            foreach (byte flip in Flips)
            {
                WriteAltered(i, flip);
                InvalidDataException error = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_path));
                Assert.Contains("the data is damaged", error.Message, StringComparison.Ordinal);
            }
    }

    [Fact]
    public void An_altered_byte_before_the_data_is_refused_or_does_no_harm()
    {
        int metadataEnd = _bytes.AsSpan().IndexOf("\"conv.weight\""u8);
        for (int i = 0; i < DataStart; i++)
            foreach (byte flip in Flips)
            {
                WriteAltered(i, flip);
                NamedTensor[] copies = [.. _tensors.Select(item => new NamedTensor(item.Name, Tensor.Zeros(item.Tensor.Shape)))];
                if (Record.Exception(() => Load(copies)) is Exception error)
                {
                    Assert.IsType<InvalidDataException>(error);
                    foreach (NamedTensor copy in copies) Assert.Equal(-1, copy.Tensor.Span.IndexOfAnyExcept(0));
                }
                else
                {
                    Assert.InRange(i, 8, metadataEnd); // another key or text, or a capital letter in the checksum
                    for (int k = 0; k < copies.Length; k++) Assert.Equal(_tensors[k].Tensor.Span, copies[k].Tensor.Span);
                }
            }
    }

    [Theory]
    [InlineData(8UL, "is 8, but only 0 bytes follow")]
    [InlineData(99_999_999UL, "is 99999999, but only 0 bytes follow")]
    [InlineData(100_000_001UL, "is 100000001; the format's limit is 100000000")]
    [InlineData((ulong)long.MaxValue, "is 9223372036854775807; the format's limit is 100000000")]
    [InlineData(ulong.MaxValue - 7, "is 18446744073709551608; the format's limit is 100000000")]
    [InlineData(ulong.MaxValue, "is 18446744073709551615; the format's limit is 100000000")]
    public void A_lying_header_length_is_refused_before_memory_is_taken(ulong length, string message)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        AssertRefusedCheaply(bytes, message);
    }

    [Theory]
    [InlineData("[2147483647]", 2147483647L)]
    [InlineData("[25000,25000]", 625000000L)]
    public void A_lying_shape_is_refused_before_memory_is_taken(string shape, long length) =>
        AssertRefusedCheaply(HandMade.File("{" + HandMade.Entry("a", shape, 0, 4 * length) + "}", 1),
            $"ends at byte {4 * length} of the data, the file has 4");

    [Fact]
    public void An_empty_file_is_refused() => AssertRefusedCheaply([], "the file has 0 bytes; a safetensors file has at least 8");

    [Fact]
    public async Task A_pipe_that_nobody_writes_to_is_refused_at_once()
    {
        if (!OperatingSystem.IsLinux()) return;
        string pipe = _folder.File("pipe.safetensors");
        using Process mkfifo = Process.Start("mkfifo", pipe);
        await mkfifo.WaitForExitAsync();
        Task opening = Task.Run(() => SafetensorsFile.Open(pipe));
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => opening.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal($"{pipe}: the file has 0 bytes; a safetensors file has at least 8", error.Message);
    }

    private void AssertRefusedCheaply(byte[] bytes, string message)
    {
        File.WriteAllBytes(_path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.StartsWith(_path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private void WriteAltered(int position, byte flip)
    {
        byte[] altered = [.. _bytes];
        altered[position] ^= flip;
        File.WriteAllBytes(_path, altered);
    }

    private void Load(NamedTensor[] destinations)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_path);
        file.ReadAllInto(destinations);
    }
}
