using CnnEngine.Serialization;
using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Tests.Serialization;

public sealed class RoundTripTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.File("a.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tensors_of_every_rank_come_back_bit_for_bit()
    {
        Shape[] shapes = [new(1), new(13), new(5, 3), new(7, 1, 2), new(2, 3, 5, 7), new(1, 1, 1, 1)];
        AssertRoundTrip([.. shapes.Select((shape, i) => new NamedTensor($"layer{i}.weight", HandMade.Counting(shape, i * 1000)))], []);
    }

    [Fact]
    public void A_tensor_longer_than_a_block_comes_back() =>
        AssertRoundTrip([new("before", HandMade.Counting(new Shape(3))), new("large", HandMade.Counting(new Shape(1031, 1033)))], []);

    [Fact]
    public void Special_numbers_keep_their_bits()
    {
        float[] values =
            [float.NaN, BitConverter.UInt32BitsToSingle(0x7fc12345), float.PositiveInfinity, float.NegativeInfinity, -0f, float.Epsilon];
        AssertRoundTrip([new("special", Tensor.From(new Shape(values.Length), values))], []);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("say \"hi\"\\/")]
    [InlineData("line\nbreak\ttab\0nul")]
    [InlineData("卷积.重み.β×½")]
    [InlineData("🧠 outside the basic plane 𝛽")]
    [InlineData("<script>&'+\u2028\u007f")]
    [InlineData("sha256")]
    [InlineData("dtype")]
    public void Any_text_can_be_a_name_and_metadata(string text) =>
        AssertRoundTrip([new(text, HandMade.Counting(new Shape(2))), new(text + "2", HandMade.Counting(new Shape(3)))],
            new() { ["key " + text] = text, [text + " key"] = "" });

    [Fact]
    public void Names_that_differ_in_case_or_composition_are_different_names() =>
        AssertRoundTrip([new("a", HandMade.Counting(new Shape(1))), new("A", HandMade.Counting(new Shape(2))),
            new("é", HandMade.Counting(new Shape(3))), new("e\u0301", HandMade.Counting(new Shape(4)))], []);

    [Fact]
    public void A_file_without_tensors_is_a_file()
    {
        AssertRoundTrip([], new() { ["only"] = "metadata" });
        File.WriteAllBytes(FilePath, HandMade.File("{}"));
        using SafetensorsFile file = SafetensorsFile.Open(FilePath);
        Assert.Empty(file.Entries);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Metadata_read_from_one_file_can_go_into_the_next()
    {
        SafetensorsFile.Write(FilePath, [new("w", HandMade.Counting(new Shape(4)))], new Dictionary<string, string> { ["epoch"] = "3" });
        using SafetensorsFile file = SafetensorsFile.Open(FilePath);
        string next = _folder.File("next.safetensors");
        SafetensorsFile.Write(next, [new("w", HandMade.Counting(new Shape(4), 9))], file.Metadata);
        using SafetensorsFile nextFile = SafetensorsFile.Open(next);
        Assert.Equal("3", nextFile.Metadata["epoch"]);
        Assert.NotEqual(file.Metadata["sha256"], nextFile.Metadata["sha256"]);
    }

    [Fact]
    public void Whatever_is_written_is_read()
    {
        Gen<string> text = Gen.Elements("aZ.0_ \"\\\n×é中\u2028".ToCharArray()).ArrayOf().Select(characters => new string(characters));
        Gen<Tensor> tensor =
            from extents in Gen.Choose(1, 5).NonEmptyListOf().Where(list => list.Count <= Shape.MaxRank)
            from bits in ArbMap.Default.GeneratorFor<int>().ArrayOf(extents.Aggregate(1, (product, extent) => product * extent))
            select Tensor.From(new Shape(extents.ToArray()), bits.Select(BitConverter.Int32BitsToSingle).ToArray());
        Gen<(string Name, Tensor Tensor, string Value)> item =
            from name in text from numbers in tensor from value in text select (name, numbers, value);
        Gen<(string Name, Tensor Tensor, string Value)[]> content =
            item.ArrayOf().Select(items => items.DistinctBy(each => each.Name).ToArray());

        Prop.ForAll(content.ToArbitrary(), items => AssertRoundTrip(
            [.. items.Select(each => new NamedTensor(each.Name, each.Tensor))],
            items.ToDictionary(each => each.Name + " key", each => each.Value))).QuickCheckThrowOnFailure();
    }

    private void AssertRoundTrip(NamedTensor[] tensors, Dictionary<string, string> metadata)
    {
        SafetensorsFile.Write(FilePath, tensors, metadata);
        using SafetensorsFile file = SafetensorsFile.Open(FilePath);
        Assert.Equal(tensors.Select(item => (item.Name, item.Tensor.Shape)), file.Entries.Select(entry => (entry.Name, entry.Shape)));
        Assert.Equal(metadata.Keys.Append("sha256").Order(StringComparer.Ordinal), file.Metadata.Keys.Order(StringComparer.Ordinal));
        Assert.All(metadata, pair => Assert.Equal(pair.Value, file.Metadata[pair.Key]));

        NamedTensor[] copies = [.. tensors.Select(item => new NamedTensor(item.Name, Tensor.Zeros(item.Tensor.Shape)))];
        file.ReadAllInto([.. copies.Reverse()]);
        for (int i = 0; i < tensors.Length; i++)
            Assert.Equal(HandMade.Bytes(tensors[i].Tensor.Span), HandMade.Bytes(copies[i].Tensor.Span));
    }
}
