using CnnEngine.Serialization;

namespace CnnEngine.Tests.Serialization;

/// <summary>Reading into tensors: all of them or none, and a message that says which and why.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly SafetensorsFile _file;

    public LoadTests()
    {
        _path = _folder.File("weights.safetensors");
        SafetensorsFile.Write(_path,
            [new("conv1.weight", HandMade.Counting(new Shape(6, 1, 3, 3))), new("conv1.bias", HandMade.Counting(new Shape(6), 100))]);
        _file = SafetensorsFile.Open(_path);
    }

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void One_tensor_can_be_read_alone_and_again()
    {
        Tensor bias = Tensor.Zeros(new Shape(6));
        for (int i = 0; i < 2; i++)
        {
            bias.Span.Clear();
            _file.ReadInto("conv1.bias", bias);
            Assert.Equal([100.25f, 101.25f, 102.25f, 103.25f, 104.25f, 105.25f], bias.Span.ToArray());
        }
    }

    [Fact]
    public void Numbers_go_through_a_view_to_their_owner_and_no_further()
    {
        Tensor owner = HandMade.Counting(new Shape(3, 6), 1000);
        _file.ReadInto("conv1.bias", owner.Images(1, 1).Reshape(new Shape(6)));
        Assert.Equal([1005.25f, 100.25f, 105.25f, 1012.25f], (float[])[owner.Span[5], owner.Span[6], owner.Span[11], owner.Span[12]]);
    }

    [Fact]
    public void Another_shape_is_refused()
    {
        string expected = $"{_path}: tensor \"conv1.weight\" has shape 6×1×3×3, the network's is 6×1×5×5";
        Tensor destination = Tensor.Zeros(new Shape(6, 1, 5, 5));
        Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => _file.ReadInto("conv1.weight", destination)).Message);
        AssertNothingRead(expected, ("conv1.bias", new Shape(6)), ("conv1.weight", new Shape(6, 1, 5, 5)));
    }

    [Fact]
    public void A_shape_with_as_many_elements_is_still_another() => AssertNothingRead(
        $"{_path}: tensor \"conv1.weight\" has shape 6×1×3×3, the network's is 6×9",
        ("conv1.bias", new Shape(6)), ("conv1.weight", new Shape(6, 9)));

    [Fact]
    public void A_missing_tensor_is_named()
    {
        Tensor destination = Tensor.Zeros(new Shape(6));
        Assert.Equal($"{_path}: there is no tensor \"conv2.bias\"",
            Assert.Throws<InvalidDataException>(() => _file.ReadInto("conv2.bias", destination)).Message);
        AssertNothingRead($"{_path}: the file lacks the network's \"conv2.bias\"",
            ("conv1.bias", new Shape(6)), ("conv1.weight", new Shape(6, 1, 3, 3)), ("conv2.bias", new Shape(6)));
    }

    [Fact]
    public void An_unexpected_tensor_is_named() =>
        AssertNothingRead($"{_path}: the network lacks the file's \"conv1.weight\"", ("conv1.bias", new Shape(6)));

    [Fact]
    public void Of_many_names_a_few_are_given() => AssertNothingRead(
        $"{_path}: the file lacks the network's \"x0\", \"x1\", \"x2\", \"x3\" and 6 more, " +
        "and the network lacks the file's \"conv1.weight\"",
        [("conv1.bias", new Shape(6)), .. Enumerable.Range(0, 10).Select(i => ($"x{i}", new Shape(1)))]);

    [Fact]
    public void A_name_twice_among_the_destinations_is_refused()
    {
        NamedTensor[] twice = [new("conv1.bias", Tensor.Zeros(new Shape(6))), new("conv1.bias", Tensor.Zeros(new Shape(6)))];
        ArgumentException error = Assert.Throws<ArgumentException>(() => _file.ReadAllInto(twice));
        Assert.Contains("\"conv1.bias\" occurs twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_file_can_be_replaced_and_keeps_its_content()
    {
        if (OperatingSystem.IsWindows()) return; // which refuses to rename over an open file
        SafetensorsFile.Write(_path, [new("conv1.bias", HandMade.Counting(new Shape(6), 200))]);
        Tensor bias = Tensor.Zeros(new Shape(6));
        _file.ReadInto("conv1.bias", bias);
        Assert.Equal(100.25f, bias.Span[0]);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        string missing = _folder.File("missing.safetensors");
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(missing));
        Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        string folder = _folder.File("folder");
        Directory.CreateDirectory(folder);
        Assert.Equal($"{folder}: this is a folder; a file's name is needed",
            Assert.Throws<IOException>(() => SafetensorsFile.Open(folder)).Message);
    }

    [Fact]
    public void A_file_cut_short_after_opening_is_refused()
    {
        if (OperatingSystem.IsWindows()) return; // which keeps writers out; elsewhere only those that ask are
        using (FileStream writer = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) writer.SetLength(300);
        Tensor weight = Tensor.Zeros(new Shape(6, 1, 3, 3));
        Assert.Equal($"{_path}: the file was cut short while it was being read",
            Assert.Throws<InvalidDataException>(() => _file.ReadInto("conv1.weight", weight)).Message);
    }

    private void AssertNothingRead(string message, params (string Name, Shape Shape)[] network)
    {
        NamedTensor[] destinations = [.. network.Select(item => new NamedTensor(item.Name, HandMade.Counting(item.Shape, -500)))];
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => _file.ReadAllInto(destinations)).Message);
        foreach (NamedTensor item in destinations)
            Assert.Equal(HandMade.Counting(item.Tensor.Shape, -500).Span.ToArray(), item.Tensor.Span.ToArray());
    }
}
