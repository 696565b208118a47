using CnnEngine.Serialization;

namespace CnnEngine.Tests.Serialization;

/// <summary>A write that fails leaves the file that was there, and nothing beside it.</summary>
public sealed class FailedWriteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly NamedTensor[] _tensors = [new("w", HandMade.Counting(new Shape(5)))];

    public FailedWriteTests() => _path = _folder.File("a.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_write_replaces_the_file_and_leaves_nothing_beside_it()
    {
        File.WriteAllText(_path, "old");
        SafetensorsFile.Write(_path, _tensors);
        SafetensorsFile.Open(_path).Dispose();
        Assert.Equal(["a.safetensors"], _folder.Files());
    }

    [Fact]
    public void A_failure_half_way_keeps_the_old_file()
    {
        File.WriteAllText(_path, "old");
        IOException full = Assert.Throws<IOException>(() => AtomicFile.Write(_path, HalfThen(new IOException("No space left on device"))));
        Assert.Equal($"{_path}: the file cannot be written: No space left on device", full.Message);
        UnauthorizedAccessException denied = Assert.Throws<UnauthorizedAccessException>(
            () => AtomicFile.Write(_path, HalfThen(new UnauthorizedAccessException("denied"))));
        Assert.Equal($"{_path}: the file cannot be written: denied", denied.Message);
        Assert.Throws<InvalidTimeZoneException>(() => AtomicFile.Write(_path, HalfThen(new InvalidTimeZoneException())));
        AssertOldFile();
    }

    [Fact]
    public void A_failure_without_an_old_file_leaves_no_file()
    {
        Assert.Throws<IOException>(() => AtomicFile.Write(_path, HalfThen(new IOException("full"))));
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void A_rename_that_fails_keeps_what_was_there()
    {
        // The folder appears after the path has been looked at, as another program might make it.
        IOException error = Assert.ThrowsAny<IOException>(() => AtomicFile.Write(_path, _ => Directory.CreateDirectory(_path)));
        Assert.StartsWith($"{_path}: the file cannot be written: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a.safetensors"], _folder.Files());
    }

    [Fact]
    public void A_folder_at_the_path_is_refused()
    {
        Directory.CreateDirectory(_path);
        Assert.Equal($"{_path}: this is a folder; a file's name is needed",
            Assert.Throws<IOException>(() => SafetensorsFile.Write(_path, _tensors)).Message);
        Assert.Equal(["a.safetensors"], _folder.Files());
    }

    [Fact]
    public void A_missing_folder_is_refused()
    {
        string path = Path.Combine(_folder.File("missing"), "a.safetensors");
        Assert.Equal($"{path}: the folder {_folder.File("missing")} does not exist",
            Assert.Throws<DirectoryNotFoundException>(() => SafetensorsFile.Write(path, _tensors)).Message);
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void A_read_only_file_is_refused()
    {
        File.WriteAllText(_path, "old");
        File.SetAttributes(_path, FileAttributes.ReadOnly);
        Assert.Equal($"{_path}: the file is read-only",
            Assert.Throws<UnauthorizedAccessException>(() => SafetensorsFile.Write(_path, _tensors)).Message);
        AssertOldFile();
        File.SetAttributes(_path, FileAttributes.Normal);
    }

    [Fact]
    public void A_name_at_the_length_limit_can_be_written()
    {
        string path = _folder.File(new string('n', 255 - ".safetensors".Length) + ".safetensors");
        SafetensorsFile.Write(path, _tensors);
        SafetensorsFile.Open(path).Dispose();
    }

    [Fact]
    public void A_name_relative_to_the_current_folder_can_be_written()
    {
        string name = $"{Path.GetRandomFileName()}.safetensors";
        SafetensorsFile.Write(name, _tensors);
        File.Delete(name);
    }

    [Fact]
    public void Names_and_texts_that_no_file_can_hold_are_refused()
    {
        AssertRefused("\"w\" occurs twice", [_tensors[0], _tensors[0]], []);
        AssertRefused("\"__metadata__\" is kept for metadata", [_tensors[0] with { Name = "__metadata__" }], []);
        AssertRefused("a tensor name is not Unicode: it has half of a surrogate pair at character 1",
            [_tensors[0] with { Name = "w\ud800" }], []);
        AssertRefused("a metadata key is not Unicode", _tensors, new() { ["\udc00"] = "" });
        AssertRefused("a value of the metadata \"k\" is not Unicode", _tensors, new() { ["k"] = "\ud800" });
        AssertRefused("a value of the metadata \"k\" is null", _tensors, new() { ["k"] = null! });
        AssertRefused("a tensor name is null", [_tensors[0] with { Name = null! }], []);
        AssertRefused("tensor \"w\" is empty", [new NamedTensor("w", default)], []);
    }

    private static Action<Stream> HalfThen(Exception error) => stream =>
    {
        stream.Write(new byte[10_000]);
        throw error;
    };

    private void AssertRefused(string message, NamedTensor[] tensors, Dictionary<string, string> metadata)
    {
        File.WriteAllText(_path, "old");
        ArgumentException error = Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(_path, tensors, metadata));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        AssertOldFile();
    }

    private void AssertOldFile()
    {
        Assert.Equal("old", File.ReadAllText(_path));
        Assert.Equal(["a.safetensors"], _folder.Files());
    }
}
