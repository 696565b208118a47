using System.Net;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

public sealed class DataLocatorTests : IDisposable
{
    private readonly TemporaryFolder _asked = new(), _named = new(), _caches = new();
    private readonly Dictionary<string, string?> _environment;
    private readonly List<Uri> _requests = [];

    public DataLocatorTests() => _environment = new() { ["XDG_CACHE_HOME"] = _caches.Path };

    private string Cache => Path.Combine(_caches.Path, "cnnengine", "mnist");

    public void Dispose()
    {
        _asked.Dispose();
        _named.Dispose();
        _caches.Dispose();
    }

    [Fact]
    public async Task The_folder_asked_for_comes_first()
    {
        Idx.WriteSet(_asked);
        Idx.WriteSet(_named);
        _environment["MNIST_DIR"] = _named.Path;
        LocatedData found = await Locator().LocateAsync(_asked.Path, download: true);
        Assert.Equal((_asked.Path, null), (found.Origin, found.Advice));
        Assert.Equal(Path.GetFileName(_asked.Path), found.Sets.Train.Name);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task The_environment_variable_comes_second()
    {
        Idx.WriteSet(_named);
        FillCache();
        _environment["MNIST_DIR"] = _named.Path;
        LocatedData found = await Locator().LocateAsync();
        Assert.Equal(($"{_named.Path} (MNIST_DIR)", null), (found.Origin, found.Advice));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task The_cache_folder_comes_third(string? variable)
    {
        FillCache();
        _environment["MNIST_DIR"] = variable;
        LocatedData found = await Locator().LocateAsync();
        Assert.Equal(($"{Cache} (cache)", null), (found.Origin, found.Advice));
    }

    [Fact]
    public async Task A_download_fills_the_cache_folder_if_it_is_asked_for()
    {
        using TemporaryFolder mirror = new();
        Idx.WriteSet(mirror);
        LocatedData found = await Locator(mirror).LocateAsync(download: true);
        Assert.Equal($"{Cache} (cache)", found.Origin);
        Assert.Equal(mirror.Names(), Directory.GetFiles(Cache).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(4, _requests.Count);
    }

    [Fact]
    public async Task Synthetic_digits_come_last_with_advice()
    {
        Directory.CreateDirectory(Cache);
        File.WriteAllBytes(Path.Combine(Cache, "train-images-idx3-ubyte.gz"), []); // one of four, which is none
        LocatedData found = await Locator().LocateAsync();
        Assert.Equal("synthetic", found.Sets.Train.Name);
        Assert.Equal("digits drawn by the program", found.Origin);
        Assert.Equal(
            $"for the real MNIST, ask for the download, put its four files into {Cache} or name their folder in MNIST_DIR", found.Advice);
        Assert.Empty(_requests);
    }

    [Fact]
    public async Task A_folder_named_but_not_there_is_an_error()
    {
        string nowhere = Path.Combine(_named.Path, "nowhere");
        FillCache();
        _environment["MNIST_DIR"] = nowhere;
        Assert.Equal($"MNIST_DIR is {nowhere}, which is no folder; it must name the one with MNIST's four files, or be unset",
            (await Assert.ThrowsAsync<DirectoryNotFoundException>(() => Locator().LocateAsync())).Message);
        Assert.StartsWith($"{nowhere}: no such folder; ",
            (await Assert.ThrowsAsync<DirectoryNotFoundException>(() => Locator().LocateAsync(nowhere))).Message);
    }

    [Fact]
    public async Task A_folder_named_but_not_right_is_an_error()
    {
        Idx.WriteSet(_named);
        string broken = _named.Write("train-images-idx3-ubyte.gz", [1, 2, 3, 4]);
        _environment["MNIST_DIR"] = _named.Path;
        Assert.StartsWith($"{broken}: ", (await Assert.ThrowsAsync<InvalidDataException>(() => Locator().LocateAsync())).Message);
    }

    [Fact]
    public void The_cache_folder_is_the_users_own_where_the_variable_is_not_an_absolute_path()
    {
        _environment["XDG_CACHE_HOME"] = "relative";
        Assert.True(Path.IsPathFullyQualified(Locator().CacheDirectory));
        Assert.EndsWith(Path.Combine("cnnengine", "mnist"), Locator().CacheDirectory);
        Assert.DoesNotContain("relative", Locator().CacheDirectory);
    }

    private void FillCache()
    {
        using TemporaryFolder set = new();
        Idx.WriteSet(set);
        Directory.CreateDirectory(Cache);
        foreach (string name in set.Names()) File.Copy(Path.Combine(set.Path, name), Path.Combine(Cache, name));
    }

    private DataLocator Locator(TemporaryFolder? mirror = null)
    {
        FakeServer server = new((request, _) =>
        {
            _requests.Add(request);
            return Task.FromResult(mirror is null
                ? new HttpResponseMessage(HttpStatusCode.NotFound)
                : FakeServer.Answer(File.ReadAllBytes(Path.Combine(mirror.Path, Path.GetFileName(request.LocalPath)))));
        });
        MnistFile[] files = mirror is null
            ? []
            : [.. MnistFile.All.Select(file => FakeServer.Describe(file.Name, Unpacked(file.Locate(mirror.Path))))];
        MnistDownloader downloader = new(() => server, [new("http://mirror/")], files, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        return new DataLocator(_environment.GetValueOrDefault, downloader, () => SyntheticDigits.Generate(train: 10, test: 10));
    }

    private static byte[] Unpacked(string path)
    {
        using UnpackedFile file = new(path);
        byte[] content = new byte[1000];
        return content[..file.Read(content)];
    }
}
