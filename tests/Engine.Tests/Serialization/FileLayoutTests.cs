using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CnnEngine.Serialization;

namespace CnnEngine.Tests.Serialization;

public sealed class FileLayoutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        string path = _folder.File("a.safetensors");
        SafetensorsFile.Write(path, [new("w", Tensor.From(new Shape(2, 1), [1.5f, -2])), new("b", Tensor.From(new Shape(1), [0.1f]))],
            new Dictionary<string, string> { ["net"] = "LeNet", ["Z"] = "1" });

        string header = $$$"""
            {"__metadata__":{"Z":"1","net":"LeNet","sha256":"{{{HandMade.Checksum(1.5f, -2, 0.1f)}}}"},
            "w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},
            "b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}
            """.ReplaceLineEndings("");
        while (header.Length % 8 != 0) header += ' ';
        Assert.Equal(HandMade.File(header, 1.5f, -2, 0.1f), File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Data_begins_at_a_multiple_of_eight_bytes(int nameLength)
    {
        string path = _folder.File("a.safetensors");
        SafetensorsFile.Write(path, [new(new string('n', nameLength), HandMade.Counting(new Shape(3)))]);
        byte[] bytes = File.ReadAllBytes(path);
        long headerLength = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, headerLength % 8);
        Assert.Equal(bytes.Length, 8 + headerLength + 12);
        string header = Encoding.UTF8.GetString(bytes, 8, (int)headerLength);
        Assert.InRange(header.Length - header.TrimEnd(' ').Length, 0, 7);
    }

    [Fact]
    public void A_reader_of_the_bare_format_finds_the_numbers()
    {
        string path = _folder.File("a.safetensors");
        NamedTensor[] tensors =
            [new("conv.weight", HandMade.Counting(new Shape(3, 2, 5, 1))), new("conv \"ß\"\n𝛽", HandMade.Counting(new Shape(3), -7))];
        SafetensorsFile.Write(path, tensors);

        byte[] bytes = File.ReadAllBytes(path);
        int dataStart = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, dataStart - 8));
        foreach ((string name, Tensor tensor) in tensors)
        {
            JsonElement entry = header.RootElement.GetProperty(name);
            Assert.Equal("F32", entry.GetProperty("dtype").GetString());
            Assert.Equal(tensor.Shape.ToArray(), entry.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32()));
            int begin = entry.GetProperty("data_offsets")[0].GetInt32(), end = entry.GetProperty("data_offsets")[1].GetInt32();
            Assert.Equal(HandMade.Bytes(tensor.Span), bytes[(dataStart + begin)..(dataStart + end)]);
        }
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes()
    {
        NamedTensor[] tensors = [new("a", HandMade.Counting(new Shape(7))), new("b", HandMade.Counting(new Shape(1, 3)))];
        SafetensorsFile.Write(_folder.File("first"), tensors, new Dictionary<string, string> { ["B"] = "1", ["a"] = "2", ["ä"] = "3" });
        SafetensorsFile.Write(_folder.File("second"), tensors, new Dictionary<string, string> { ["ä"] = "3", ["a"] = "2", ["B"] = "1" });
        Assert.Equal(File.ReadAllBytes(_folder.File("first")), File.ReadAllBytes(_folder.File("second")));
    }

    [Fact]
    public void A_file_of_another_writer_is_read_in_the_order_of_its_data()
    {
        string path = _folder.File("other.safetensors");
        string header = $$"""
            { {{HandMade.Entry("late", "[2]", 4, 12)}}, "__metadata__": {"format": "pt"},
            "early": {"shape": [1, 1], "data_offsets": [0, 4], "dtype": "F32"} }
            """;
        File.WriteAllBytes(path, HandMade.File(header + "\n  ", 1, 2, float.NaN));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["early 1×1", "late 2"], file.Entries.Select(entry => $"{entry.Name} {entry.Shape}"));
        Assert.Equal("pt", Assert.Single(file.Metadata, pair => pair.Key == "format").Value);
        Tensor late = Tensor.Zeros(new Shape(2));
        file.ReadInto("late", late);
        Assert.Equal([2, float.NaN], late.Span.ToArray());
    }
}
