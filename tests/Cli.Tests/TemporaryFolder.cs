namespace CnnEngine.Cli.Tests;

/// <summary>A folder of a test's own, gone with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cnn-test-").FullName;

    /// <summary>A path in the folder.</summary>
    public string this[params ReadOnlySpan<string> names] => System.IO.Path.Combine([Path, .. names]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
