using System.Runtime.ExceptionServices;
using CnnEngine.Imaging;
using CnnEngine.Kernels;

namespace CnnEngine.Data;

public sealed partial class ImageFiles
{
    // Enough to tell the size and the colours of a set by, few enough to take no time.
    private const int SampleLength = 256;

    private const int ChunkLength = 32; // pictures that a thread reads at a time

    /// <summary>
    /// Reads all pictures of a listing, on several threads. What the options leave open follows from the pictures: the size that more than half
    /// of a sample of them have, colours if any of those has them, and the normalisation by the means and deviations of all.
    /// </summary>
    /// <param name="listing">The pictures.</param>
    /// <param name="options">How they become images.</param>
    /// <param name="progress">Told how far it has come.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidDataException">A file is no picture that is read, or none is left, or they differ in size and none was asked for.</exception>
    /// <exception cref="IOException">A file is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file must not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ImageFiles Load(
        ImageListing listing, ImageOptions? options = null, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(listing);
        options ??= new ImageOptions();
        if (listing.Count == 0) throw new InvalidDataException($"{listing.Source}: there are no pictures in it");
        if (listing.Others.Count > 0 && !options.SkipBad) throw new InvalidDataException(OtherKind(listing.Others[0], listing.Others.Count));
        List<SkippedFile> skipped = [.. listing.Others.Select(path => new SkippedFile(path, OtherKind(path, 1)))];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = options.Threads ?? Threads.Count, CancellationToken = cancellation };

        Shape shape = options.Preprocessing?.Input ?? Decide(listing, options, parallel);
        bool fits = (long)listing.Count * shape.Length <= options.MemoryBound;
        // A network that exists already has its normalisation: nothing is to be measured, and what is not kept need not be read yet.
        if (options.Preprocessing is { } given && !fits && !options.SkipBad) return new ImageFiles(listing, given, null, skipped);

        PixelBlocks? pixels = fits ? new PixelBlocks(listing.Count, shape.Length) : null;
        // Of these, only what makes bytes of pictures is used until the normalisation is known.
        Preprocessing preprocessing = options.Preprocessing ?? new(shape, Normalization.None(shape[0]), options.Resize, options.Interpolation);
        PixelSums sums = new(shape);
        SortedDictionary<int, Exception> failures = ReadAll(listing, preprocessing, pixels, sums, options.SkipBad, progress, parallel);
        if (failures.Count > 0)
        {
            if (!options.SkipBad || failures.Count == listing.Count) ExceptionDispatchInfo.Throw(failures.First().Value);
            skipped.AddRange(failures.Select(failure => new SkippedFile(listing.PathOf(failure.Key), failure.Value.Message)));
            pixels?.Remove(failures.Keys, listing.Count);
            listing = listing.Without(failures.Keys.ToHashSet());
        }
        if (options.Preprocessing is null) preprocessing = preprocessing.With(sums.Normalization());
        return new ImageFiles(listing, preprocessing, pixels, skipped);
    }

    /// <summary>Reads pictures into their places, and adds up their pixels.</summary>
    /// <returns>What could not be read, by the pictures' numbers: all of it, or if bad ones are not to be skipped, the first.</returns>
    private static SortedDictionary<int, Exception> ReadAll(
        ImageListing listing, Preprocessing preprocessing, PixelBlocks? pixels, PixelSums sums, bool skipBad, IProgress<LoadingProgress>? progress, ParallelOptions parallel)
    {
        SortedDictionary<int, Exception> failures = [];
        int read = 0;
        For((listing.Count + ChunkLength - 1) / ChunkLength, parallel, (chunk, state) =>
        {
            int first = chunk * ChunkLength, end = Math.Min(first + ChunkLength, listing.Count);
            byte[]? image = pixels is null ? new byte[preprocessing.Input.Length] : null;
            PixelSums chunkSums = new(preprocessing.Input);
            for (int i = first; i < end; i++)
            {
                parallel.CancellationToken.ThrowIfCancellationRequested();
                Span<byte> planes = pixels is null ? image : pixels.Of(i);
                try
                {
                    preprocessing.FitPlanes(ImageFile.Read(listing.PathOf(i)), planes);
                    chunkSums.Add(planes);
                }
                catch (Exception error) when (IsOfFile(error))
                {
                    lock (failures) failures.Add(i, error);
                    if (skipBad) continue;
                    state.Break(); // what lies before is still read: the first failure is the same on any number of threads
                    return;
                }
            }
            lock (sums)
            {
                sums.Add(chunkSums);
                read += end - first;
                progress?.Report(new LoadingProgress(read, listing.Count));
            }
        });
        return failures;
    }

    /// <summary>The shape of the images, as asked for or by a sample of the pictures, evenly spread.</summary>
    private static Shape Decide(ImageListing listing, ImageOptions options, ParallelOptions parallel)
    {
        if (options is { Channels: { } channels, Size: { } size }) return new Shape(channels, size.Height, size.Width);
        int count = Math.Min(SampleLength, listing.Count);
        // What is asked of a picture, and not its pixels: a few hundred photographs would fill the memory.
        Shape?[] sample = new Shape?[count];
        Exception?[] failures = new Exception?[count];
        For(count, parallel, (i, _) =>
        {
            try
            {
                Picture picture = ImageFile.Read(listing.PathOf((int)((long)i * listing.Count / count)));
                sample[i] = new Shape(picture.Channels, picture.Height, picture.Width);
            }
            catch (Exception error) when (IsOfFile(error))
            {
                failures[i] = error;
            }
        });
        Shape[] pictures = [.. sample.OfType<Shape>()];
        if (pictures.Length == 0) ExceptionDispatchInfo.Throw(failures[0]!);
        if (options.Size is null)
        {
            IGrouping<(int Height, int Width), Shape> most = pictures.GroupBy(picture => (picture[1], picture[2])).MaxBy(group => group.Count())!;
            if (2 * most.Count() <= pictures.Length)
                throw new InvalidDataException(
                    $"{listing.Source}: its pictures differ in size, as {Sizes(pictures)}; say to what size, height and width, they are to be brought");
            size = most.Key;
        }
        else size = options.Size.Value;
        return new Shape(options.Channels ?? pictures.Max(picture => picture[0]), size.Height, size.Width);
    }

    private static string Sizes(Shape[] pictures) =>
        string.Join(", ", pictures.Select(picture => $"{picture[2]}×{picture[1]}").Distinct().Take(3));

    /// <summary>Runs work on several threads; what goes wrong comes out as it is.</summary>
    private static void For(int count, ParallelOptions options, Action<int, ParallelLoopState> body)
    {
        try
        {
            Parallel.For(0, count, options, body);
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }

    private static bool IsOfFile(Exception error) => error is InvalidDataException or IOException or UnauthorizedAccessException;

    private static string OtherKind(string path, int count) =>
        $"{path}: is no picture by its name's ending; {string.Join(", ", ImageFile.Endings)} are read, others must be converted or removed"
        + (count > 1 ? $" ({count} such files)" : "");
}
