namespace CnnEngine.Data;

/// <summary>
/// Downloads MNIST's four files from public mirrors. A file appears under its name only when it is whole and has the right
/// SHA-256 sum; until then it is a temporary file in the same folder. This is the one place where the engine uses the network.
/// </summary>
public sealed class MnistDownloader
{
    private const int TriesPerMirror = 3;
    private const int BlockLength = 1 << 16;

    private static readonly Uri[] PublicMirrors =
    [
        new("https://ossci-datasets.s3.amazonaws.com/mnist/"),
        new("https://storage.googleapis.com/cvdf-datasets/mnist/"),
    ];

    private readonly Func<HttpMessageHandler> _handler;
    private readonly IReadOnlyList<Uri> _mirrors;
    private readonly IReadOnlyList<MnistFile> _files;
    private readonly TimeSpan _pause;
    private readonly TimeSpan _patience;

    /// <summary>Makes a downloader from the public mirrors.</summary>
    public MnistDownloader()
        : this(() => new SocketsHttpHandler(), PublicMirrors, MnistFile.All, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30))
    {
    }

    /// <param name="handler">Makes what requests are sent with.</param>
    /// <param name="mirrors">Folders, each ending in a slash, in the order in which they are tried.</param>
    /// <param name="files">What to download.</param>
    /// <param name="pause">How long to wait before the second try; each further one waits twice as long.</param>
    /// <param name="patience">How long a mirror may stay silent before the try is given up.</param>
    internal MnistDownloader(
        Func<HttpMessageHandler> handler, IReadOnlyList<Uri> mirrors, IReadOnlyList<MnistFile> files, TimeSpan pause, TimeSpan patience)
    {
        _handler = handler;
        _mirrors = mirrors;
        _files = files;
        _pause = pause;
        _patience = patience;
    }

    /// <summary>
    /// Sees to it that a folder holds the four files, whole and right. Those that are there already are checked and kept. Each
    /// mirror is tried up to three times where trying again can help, then the next.
    /// </summary>
    /// <param name="directory">The folder; it is made if it is not there.</param>
    /// <param name="progress">Told after each block received.</param>
    /// <param name="cancellation">Ends the download; no half a file is left behind.</param>
    /// <exception cref="IOException">A file could be had from no mirror, or could not be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task DownloadAsync(
        string directory, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Directory.CreateDirectory(directory);
        using HttpClient client = new(_handler()) { Timeout = Timeout.InfiniteTimeSpan };
        foreach (MnistFile file in _files)
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsThere(file, directory)) continue;
            string partial = Path.Combine(directory, $".{file.PackedName}.{Guid.NewGuid():n}.part");
            try
            {
                await FetchAsync(client, new Order(file, partial, progress), cancellation).ConfigureAwait(false);
                File.Move(partial, Path.Combine(directory, file.PackedName), overwrite: true);
            }
            finally
            {
                File.Delete(partial);
            }
        }
    }

    private static bool IsThere(MnistFile file, string directory)
    {
        if (file.Find(directory) is not { } path) return false;
        try
        {
            file.Verify(path);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Receives a file from the first mirror that has it.</summary>
    private async Task FetchAsync(HttpClient client, Order order, CancellationToken cancellation)
    {
        string? reason = null;
        foreach (Uri mirror in _mirrors)
        {
            reason = await TryMirrorAsync(client, order, mirror, cancellation).ConfigureAwait(false);
            if (reason is null) return;
        }
        throw new IOException(
            $"{order.File.PackedName}: could not be downloaded from {string.Join(" or ", _mirrors)}; the last reason: {reason}");
    }

    /// <summary>Receives a file and verifies it, with as many tries as make sense.</summary>
    /// <returns>Why it failed, or null if it did not.</returns>
    private async Task<string?> TryMirrorAsync(HttpClient client, Order order, Uri mirror, CancellationToken cancellation)
    {
        TimeSpan pause = _pause;
        for (int tries = 1; ; tries++)
        {
            try
            {
                await ReceiveAsync(client, order, mirror, cancellation).ConfigureAwait(false);
                order.File.Verify(order.Partial);
                return null;
            }
            catch (Exception exception) when (IsMirrorsFault(exception))
            {
                cancellation.ThrowIfCancellationRequested();
                if (tries == TriesPerMirror || !CanPass(exception))
                    return Describe(exception).Replace(order.Partial, order.File.PackedName, StringComparison.Ordinal);
            }
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
            pause *= 2;
        }
    }

    private async Task ReceiveAsync(HttpClient client, Order order, Uri mirror, CancellationToken cancellation)
    {
        // Packed files are smaller than their content; a mirror may also send the content itself, which is as good.
        long limit = order.File.Length + BlockLength;
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(_patience);
        Uri address = new(mirror, order.File.PackedName);
        using HttpResponseMessage response =
            await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        long? total = response.Content.Headers.ContentLength;
        long received = 0;
        byte[] block = new byte[BlockLength];
        using Stream source = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        using FileStream target = new(order.Partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        while (true)
        {
            long known = Math.Max(received, total ?? 0);
            if (known > limit) throw new InvalidDataException($"{order.Partial}: {known} bytes were sent; it can have {limit} at most");
            silence.CancelAfter(_patience);
            int read = await source.ReadAsync(block, silence.Token).ConfigureAwait(false);
            if (read == 0) break;
            await target.WriteAsync(block.AsMemory(0, read), cancellation).ConfigureAwait(false);
            received += read;
            order.Progress?.Report(new DownloadProgress(order.File.PackedName, mirror, received, total));
        }
        target.Flush(flushToDisk: true);
    }

    private static bool IsMirrorsFault(Exception exception) =>
        exception is HttpRequestException or IOException or InvalidDataException or OperationCanceledException;

    /// <summary>Whether another try at the same mirror can end better: not where it sent a wrong file or said "not found".</summary>
    private static bool CanPass(Exception exception) => exception switch
    {
        InvalidDataException => false,
        HttpRequestException { StatusCode: { } status } => (int)status is 408 or 429 or >= 500,
        _ => true,
    };

    private string Describe(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => $"the answer was {(int)status} {status}",
        OperationCanceledException => $"no answer within {_patience.TotalSeconds} s",
        _ => exception.Message,
    };

    /// <summary>A file to fetch, where to put it meanwhile, and who wants to know how it goes.</summary>
    private sealed record Order(MnistFile File, string Partial, IProgress<DownloadProgress>? Progress);
}
