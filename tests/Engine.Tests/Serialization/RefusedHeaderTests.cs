using CnnEngine.Serialization;

namespace CnnEngine.Tests.Serialization;

/// <summary>Every rule of the format, broken alone: the message is one line with the file's name and the wrong value.</summary>
public sealed class RefusedHeaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "does not begin with {")]
    [InlineData(" {}", "does not begin with {")]
    [InlineData("[]", "does not begin with {")]
    [InlineData("{", "not JSON")]
    [InlineData("{}{}", "not JSON")]
    [InlineData("{},", "not JSON")]
    [InlineData("{} \0", "not JSON")]
    [InlineData("{/* a */}", "not JSON")]
    [InlineData("{\"a\"}", "not JSON")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",}}", "not JSON")]
    [InlineData("{\"a\":{\"shape\":[[[]]]}}", "not JSON")]
    [InlineData("{\"a\":[[[[[[[[]]]]]]]]}", "\"a\" is an array; it must be an object")]
    [InlineData("{\"a\":null}", "\"a\" is null; it must be an object")]
    [InlineData("{\"\\ud800\":{}}", "not Unicode")]
    [InlineData("{\"__metadata__\":{\"k\":\"\\udc00\"}}", "not Unicode")]
    [InlineData("{\"__metadata__\":\"text\"}", "__metadata__ is \"text\"; it must be an object")]
    [InlineData("{\"__metadata__\":{\"epoch\":3}}", "metadata \"epoch\" is 3; it must be a text")]
    [InlineData("{\"__metadata__\":{\"epoch\":{}}}", "metadata \"epoch\" is an object; it must be a text")]
    [InlineData("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", "metadata \"k\" occurs twice")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", "\"__metadata__\" occurs twice")]
    public void A_header_that_is_not_one_is_refused(string header, string message) => AssertRefused(HandMade.File(header), message);

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused() =>
        AssertRefused(HandMade.File([.. "{\"__metadata__\":{\"k\":\""u8, 0xC3, 0x28, .. "\"}}"u8], []), "not UTF-8");

    [Theory]
    [InlineData("""{}""", "no dtype")]
    [InlineData("""{"dtype":"F32","data_offsets":[0,8]}""", "no shape")]
    [InlineData("""{"dtype":"F32","shape":[2]}""", "no data_offsets")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[0,8],"shape":[2]}""", "second or unknown field \"shape\"")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}""", "second or unknown field \"strides\"")]
    [InlineData("""{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}""", "dtype \"BF16\"; only F32")]
    [InlineData("""{"dtype":"f32","shape":[2],"data_offsets":[0,8]}""", "dtype \"f32\"; only F32")]
    [InlineData("""{"dtype":32,"shape":[2],"data_offsets":[0,8]}""", "is 32; it must be a text")]
    [InlineData("""{"dtype":"F32","shape":2,"data_offsets":[0,8]}""", "is 2; it must be an array")]
    [InlineData("""{"dtype":"F32","shape":[],"data_offsets":[0,4]}""", "shape [], a scalar's; 1 to 4 dimensions")]
    [InlineData("""{"dtype":"F32","shape":[1,1,1,1,2],"data_offsets":[0,8]}""", "shape is longer than 4")]
    [InlineData("""{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]}""", "tensor \"a\": dimension 1 is 0; it must be at least 1")]
    [InlineData("""{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}""", "contains -2")]
    [InlineData("""{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}""", "contains 2.0")]
    [InlineData("""{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}""", "contains 2e0")]
    [InlineData("""{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}""", "contains \"2\"")]
    [InlineData("""{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}""", "not JSON")]
    [InlineData("""{"dtype":"F32","shape":[2147483648],"data_offsets":[0,8]}""", "2147483648, more than 2³¹−1 elements")]
    [InlineData("""{"dtype":"F32","shape":[65536,65536],"data_offsets":[0,8]}""", "65536×65536, more than 2³¹−1 elements")]
    [InlineData("""{"dtype":"F32","shape":[2147483647,2147483647,2147483647,4],"data_offsets":[0,8]}""", "more than 2³¹−1 elements")]
    [InlineData("""{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}""", "contains 9223372036854775808")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[8]}""", "data_offsets has length 1; it must be 2")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}""", "data_offsets is longer than 2")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":{}}""", "is an object; it must be an array")]
    [InlineData("""{"dtype":"F32","shape":[3],"data_offsets":[0,8]}""", "[0,8], 8 bytes; its shape 3 needs 12")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[8,0]}""", "[8,0], -8 bytes; its shape 2 needs 8")]
    [InlineData("""{"dtype":"F32","shape":[3],"data_offsets":[0,12]}""", "ends at byte 12 of the data, the file has 8")]
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}""",
        "ends at byte 9223372036854775807")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[4,8]}""",
        "begins at byte 4 of the data, after a hole; the tensors before it end at 0")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "the tensors end at byte 4 of the data, the file has 8")]
    public void A_tensor_that_breaks_a_rule_is_refused(string tensor, string message) =>
        AssertRefused(HandMade.File($$"""{"a":{{tensor}}}""", 1, 2), message);

    [Fact]
    public void Two_tensors_of_one_name_are_refused() =>
        AssertRefused(HandMade.File($"{{{HandMade.Entry("a", "[1]", 0, 4)},{HandMade.Entry("\\u0061", "[1]", 4, 8)}}}", 1, 2),
            "\"a\" occurs twice");

    [Theory]
    [InlineData(0, 8, "begins at byte 0 of the data, within the tensor before it, which ends at 8")]
    [InlineData(4, 12, "\"b\" begins at byte 4 of the data, within the tensor before it, which ends at 8")]
    [InlineData(12, 20, "\"b\" begins at byte 12 of the data, after a hole; the tensors before it end at 8")]
    public void Overlaps_and_holes_are_refused(int begin, int end, string message) =>
        AssertRefused(HandMade.File($"{{{HandMade.Entry("a", "[2]", 0, 8)},{HandMade.Entry("b", "[2]", begin, end)}}}", 1, 2, 3, 4, 5),
            message);

    [Fact]
    public void A_wrong_checksum_is_refused() =>
        AssertRefused(HandMade.File("""{"__metadata__":{"sha256":"0123"},""" + HandMade.Entry("a", "[1]", 0, 4) + "}", 1),
            $"its SHA-256 is {HandMade.Checksum(1)}, the metadata's sha256 is \"0123\"");

    [Fact]
    public void A_checksum_in_capitals_is_accepted()
    {
        string path = _folder.File("a.safetensors");
        string metadata = $$"""
            "__metadata__":{"sha256":"{{HandMade.Checksum(1).ToUpperInvariant()}}"}
            """;
        File.WriteAllBytes(path, HandMade.File($"{{{metadata},{HandMade.Entry("a", "[1]", 0, 4)}}}", 1));
        SafetensorsFile.Open(path).Dispose();
    }

    [Fact]
    public void A_long_name_is_cut_in_the_message()
    {
        string name = string.Concat(Enumerable.Repeat("x🧠\\n", 10_000));
        string message = AssertRefused(HandMade.File($$"""{"{{name}}":1}"""), "…\" is 1; it must be an object");
        Assert.InRange(message.Length, 1, 500 + _folder.File("").Length);
    }

    private string AssertRefused(byte[] file, string message)
    {
        string path = _folder.File("a.safetensors");
        File.WriteAllBytes(path, file);
        string actual = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path)).Message;
        Assert.StartsWith(path + ": ", actual, StringComparison.Ordinal);
        Assert.Contains(message, actual, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', actual);
        return actual;
    }
}
