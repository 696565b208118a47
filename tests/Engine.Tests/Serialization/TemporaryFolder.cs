namespace CnnEngine.Tests.Serialization;

/// <summary>A folder of a test's own, gone with all that is in it at the test's end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("cnnengine-tests-").FullName;

    public string File(string name) => Path.Combine(_path, name);

    public string[] Files() =>
        [.. Directory.GetFileSystemEntries(_path).Select(entry => Path.GetFileName(entry)!).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
