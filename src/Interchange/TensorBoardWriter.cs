using System.Globalization;
using CnnEngine.Imaging;
using CnnEngine.Interchange.TensorBoard;
using Google.Protobuf;

namespace CnnEngine.Interchange;

/// <summary>
/// Writes an event file for TensorBoard (<c>tensorboard --logdir FOLDER</c>): scalars, pictures and histograms over the steps of a training.
/// May be called from several threads. What is written is handed to the operating system every ten seconds and at the end; what a killed
/// process leaves half-written, TensorBoard leaves out.
/// </summary>
/// <remarks>
/// Files are called <c>events.out.tfevents.SECONDS.HOST</c>. TensorBoard reads those of a folder as one run, in the order of their names, so
/// that a training that is resumed writes a new file beside the others.
/// </remarks>
public sealed class TensorBoardWriter : IDisposable
{
    private const string Prefix = "events.out.tfevents.";

    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private long _flushed;
    private bool _isDisposed;

    /// <summary>Begins a new event file.</summary>
    /// <param name="folder">The run's folder, which is made if it is not there.</param>
    /// <param name="resumedAt">
    /// The first step that is written anew when a training is resumed: TensorBoard forgets what earlier files say of it and of later steps. To be
    /// left out of a new training.
    /// </param>
    /// <param name="flushEvery">How long events may stay in the process's memory, until another one comes; ten seconds if left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step or the time is negative.</exception>
    /// <exception cref="IOException">The folder or the file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder must not be written to.</exception>
    public TensorBoardWriter(string folder, long? resumedAt = null, TimeSpan? flushEvery = null)
        : this(folder, resumedAt, flushEvery, TimeProvider.System)
    {
    }

    internal TensorBoardWriter(string folder, long? resumedAt, TimeSpan? flushEvery, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (resumedAt < 0) throw new ArgumentOutOfRangeException(nameof(resumedAt), resumedAt, "steps begin at 0");
        if (flushEvery < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(flushEvery), flushEvery, "the time is 0 or more");
        (_time, _interval) = (time, flushEvery ?? UsualInterval);
        Directory.CreateDirectory(folder);
        // A file of its own behind all others, even if they were begun within the same second or by a clock that went ahead.
        long seconds = Math.Max(_time.GetUtcNow().ToUnixTimeSeconds(), LastSecond(folder) + 1);
        FilePath = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{seconds:0000000000}.{Environment.MachineName}"));
        _file = new FileStream(FilePath, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        try
        {
            Write(new Event { FileVersion = "brain.Event:2", SourceMetadata = new SourceMetadata { Writer = "CnnEngine" } });
            if (resumedAt is { } step) Write(new Event { Step = step, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
            Flush();
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>The event file.</summary>
    public string FilePath { get; }

    /// <summary>Writes one number of a curve.</summary>
    /// <param name="tag">The curve's name; what is before a stroke groups curves, as in <c>loss/train</c>.</param>
    /// <param name="step">Its place on the axis.</param>
    /// <param name="value">Any number; infinite ones and NaN are shown as such.</param>
    /// <exception cref="ObjectDisposedException">The writer is closed.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Scalar(string tag, long step, double value) => Write(tag, step, new Summary.Types.Value { SimpleValue = (float)value });

    /// <summary>Writes a picture, as PNG.</summary>
    /// <inheritdoc cref="Scalar"/>
    /// <param name="tag">The name of the row of pictures.</param>
    /// <param name="step">Its place in the row.</param>
    /// <param name="picture">The picture, grey or in colours.</param>
    public void Image(string tag, long step, Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Write(tag, step, new Summary.Types.Value
        {
            Image = new Summary.Types.Image
            {
                Height = picture.Height,
                Width = picture.Width,
                Colorspace = picture.Channels, // 1 is grey, 3 is RGB
                EncodedImageString = UnsafeByteOperations.UnsafeWrap(PngEncoder.Encode(picture)),
            },
        });
    }

    /// <summary>
    /// Writes a histogram of numbers, such as a layer's weights, in TensorFlow's buckets. Numbers that are not finite are left out; if none is,
    /// nothing is written.
    /// </summary>
    /// <inheritdoc cref="Scalar"/>
    /// <param name="tag">The name of the row of histograms.</param>
    /// <param name="step">Its place in the row.</param>
    /// <param name="numbers">The numbers.</param>
    public void Histogram(string tag, long step, ReadOnlySpan<float> numbers)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        if (HistogramBuckets.Of(numbers) is { } histogram) Write(tag, step, new Summary.Types.Value { Histo = histogram });
    }

    /// <summary>Hands all events to the operating system: they are there even if the process is killed.</summary>
    /// <exception cref="ObjectDisposedException">The writer is closed.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Flush()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _file.Flush();
            _flushed = _time.GetTimestamp();
        }
    }

    /// <summary>Writes what is left and closes the file.</summary>
    /// <exception cref="IOException">The file cannot be written; it is closed all the same.</exception>
    public void Dispose() => Close();

    private void Close()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _file.Dispose();
        }
    }

    private void Write(string tag, long step, Summary.Types.Value value)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        value.Tag = tag;
        Write(new Event { Step = step, Summary = new Summary { Value = { value } } });
    }

    private void Write(Event written)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            written.WallTime = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
            _file.Write(Records.Frame(written));
            if (_time.GetElapsedTime(_flushed) >= _interval) Flush();
        }
    }

    /// <summary>When the last event file of a folder was begun, by its name; 0 if there is none.</summary>
    private static long LastSecond(string folder) =>
        Directory.EnumerateFiles(folder, Prefix + "*")
            .Select(path => Path.GetFileName(path)[Prefix.Length..].Split('.')[0])
            .Select(seconds => long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0)
            .DefaultIfEmpty().Max();
}
