using System.Net;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

public sealed class MnistDownloaderTests : IDisposable
{
    private const string PackedName = "t10k-labels-idx1-ubyte.gz";

    private static readonly byte[] Content = Idx.Labels([.. Enumerable.Range(0, 200).Select(i => (byte)(i * i / 7 % 10))]);
    private static readonly byte[] Packed = Idx.Gzip(Content);
    private static readonly byte[] OtherPacked = Idx.Gzip(Idx.Labels(new byte[200]));
    private static readonly Uri First = new("http://first/mnist/"), Second = new("http://second/");
    private static readonly MnistFile Labels = FakeServer.Describe("t10k-labels-idx1-ubyte", Content);

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _requests = [];

    private string File => Path.Combine(_folder.Path, PackedName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Downloads_and_tells_how_it_goes()
    {
        List<DownloadProgress> told = [];
        string directory = Path.Combine(_folder.Path, "new", "folder");
        await Downloader(_ => FakeServer.Answer(Packed)).DownloadAsync(directory, new Listener(told));

        Assert.Equal(Packed, System.IO.File.ReadAllBytes(Path.Combine(directory, PackedName)));
        Assert.Equal(["http://first/mnist/" + PackedName], _requests);
        Assert.Equal(new DownloadProgress(PackedName, First, Packed.Length, Packed.Length), told[^1]);
    }

    [Fact]
    public async Task A_mirror_may_send_the_content_unpacked()
    {
        await Downloader(_ => FakeServer.Answer(Content)).DownloadAsync(_folder.Path);
        Assert.Equal(Content[8..], IdxFile.ReadLabels(File).Data);
    }

    [Fact]
    public async Task A_wrong_file_sends_it_to_the_next_mirror_at_once()
    {
        await Downloader(mirror => FakeServer.Answer(mirror == "first" ? OtherPacked : Packed)).DownloadAsync(_folder.Path);
        Assert.Equal(["http://first/mnist/" + PackedName, "http://second/" + PackedName], _requests);
        AssertWhole();
    }

    [Fact]
    public async Task Wrong_files_everywhere_are_an_error_with_both_sums()
    {
        IOException error = await AssertFails(_ => FakeServer.Answer(OtherPacked));
        string sum = Idx.Sha256(Idx.Labels(new byte[200]));
        Assert.Equal($"{PackedName}: could not be downloaded from http://first/mnist/ or http://second/; the last reason: "
            + $"{PackedName}: its SHA-256 is {sum} when unpacked; that of {Labels.Name} is {Labels.Sha256}", error.Message);
    }

    [Fact]
    public async Task Not_found_everywhere_is_an_error_that_names_file_mirrors_and_reason()
    {
        IOException error = await AssertFails(_ => FakeServer.Answer(HttpStatusCode.NotFound));
        Assert.Equal($"{PackedName}: could not be downloaded from http://first/mnist/ or http://second/; "
            + "the last reason: the answer was 404 NotFound", error.Message);
        Assert.Equal(2, _requests.Count);
    }

    [Fact]
    public async Task A_passing_error_is_tried_again_at_the_same_mirror()
    {
        await Downloader(_ => _requests.Count switch
        {
            1 => FakeServer.Answer(HttpStatusCode.ServiceUnavailable),
            2 => FakeServer.Answer(Packed[..10], _ => throw new IOException("connection lost")),
            _ => FakeServer.Answer(Packed),
        }).DownloadAsync(_folder.Path);
        Assert.Equal(Enumerable.Repeat("http://first/mnist/" + PackedName, 3), _requests);
        AssertWhole();
    }

    [Fact]
    public async Task Each_mirror_is_tried_three_times_and_no_more()
    {
        IOException error = await AssertFails(_ => throw new HttpRequestException("no route to host"));
        Assert.EndsWith("the last reason: no route to host", error.Message);
        Assert.Equal(6, _requests.Count);
    }

    [Fact]
    public async Task A_mirror_that_falls_silent_is_given_up()
    {
        IOException error = await AssertFails(_ => FakeServer.Answer(Packed[..10], WaitForever), patience: TimeSpan.FromMilliseconds(20));
        Assert.EndsWith("the last reason: no answer within 0.02 s", error.Message);
    }

    [Fact]
    public async Task More_bytes_than_the_file_can_have_are_refused()
    {
        IOException error = await AssertFails(_ => FakeServer.Answer(new byte[1_000_000]));
        Assert.EndsWith($"{PackedName}: 1000000 bytes were sent; it can have {Content.Length + 65536} at most", error.Message);
    }

    [Fact]
    public async Task A_bomb_is_refused()
    {
        IOException error = await AssertFails(_ => FakeServer.Answer(Idx.Gzip(new byte[1_000_000])));
        Assert.EndsWith($"has more than {Content.Length} bytes when unpacked; {Labels.Name} has {Content.Length}", error.Message);
    }

    [Fact]
    public async Task Cancelled_it_leaves_nothing_behind()
    {
        using CancellationTokenSource cancellation = new();
        TaskCompletionSource begun = new();
        MnistDownloader downloader = Downloader(_ => FakeServer.Answer(Packed[..10], token =>
        {
            begun.SetResult();
            return WaitForever(token);
        }));
        Task download = downloader.DownloadAsync(_folder.Path, null, cancellation.Token);
        await begun.Task;
        Assert.Single(_folder.Names()); // the temporary file
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        Assert.Empty(_folder.Names());
    }

    [Theory]
    [InlineData("t10k-labels-idx1-ubyte.gz", true)]
    [InlineData("t10k-labels-idx1-ubyte", false)]
    public async Task A_file_that_is_there_and_right_is_kept(string name, bool gzip)
    {
        _folder.Write(name, gzip ? Packed : Content);
        await Downloader(_ => FakeServer.Answer(HttpStatusCode.NotFound)).DownloadAsync(_folder.Path);
        Assert.Empty(_requests);
        Assert.Equal([name], _folder.Names());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(60)]
    public async Task A_file_that_is_there_but_cut_short_is_replaced(int length)
    {
        _folder.Write(PackedName, Packed[..length]);
        await Downloader(_ => FakeServer.Answer(Packed)).DownloadAsync(_folder.Path);
        AssertWhole();
    }

    private MnistDownloader Downloader(Func<string, HttpResponseMessage> answer, TimeSpan? patience = null) => new(
        () => new FakeServer((address, _) =>
        {
            _requests.Add(address.ToString());
            return Task.FromResult(answer(address.Host));
        }),
        [First, Second], [Labels], pause: TimeSpan.Zero, patience ?? TimeSpan.FromSeconds(30));

    private async Task<IOException> AssertFails(Func<string, HttpResponseMessage> answer, TimeSpan? patience = null)
    {
        IOException error = await Assert.ThrowsAsync<IOException>(() => Downloader(answer, patience).DownloadAsync(_folder.Path));
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(_folder.Names());
        return error;
    }

    private void AssertWhole()
    {
        Assert.Equal([PackedName], _folder.Names());
        Assert.Equal(Packed, System.IO.File.ReadAllBytes(File));
    }

    private static async Task<int> WaitForever(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation);
        return 0;
    }

    private sealed class Listener(List<DownloadProgress> told) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => told.Add(value);
    }
}
