using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Tests.Data;

/// <summary>Picture files as a data set: what is read, what is decided, what is refused or skipped.</summary>
public sealed class ImageFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string In(string name) => Path.Combine(_folder.Path, name);

    private ImageFiles Load(ImageOptions? options = null, IProgress<LoadingProgress>? progress = null, CancellationToken cancellation = default) =>
        ImageFiles.Load(ImageListing.OfFolder(_folder.Path), options, progress, cancellation);

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(100)]
    public void Images_are_the_pictures_normalised_in_memory_or_not(long memory)
    {
        _folder.WriteClasses("", perClass: 40, "cat", "dog");
        ImageFiles data = Load(new ImageOptions { MemoryBound = memory });
        Assert.Equal((80, 2, new Shape(1, 3, 4), memory == 100), (data.Count, data.Classes, data.ImageShape, data.IsCostly));
        Assert.Equal((Path.GetFileName(_folder.Path), 2), (data.Name, data.ClassNames.Count));
        byte[] all = [.. Enumerable.Range(0, 80).SelectMany(i => PictureFolder.Numbered(i).Bytes.ToArray())];
        Assert.Equal(Normalization.Measure(all, data.ImageShape), data.Preprocessing.Normalization);
        float[] images = new float[36], expected = new float[12];
        int[] labels = new int[3];
        data.Read([70, 0, 39], images, labels);
        Assert.Equal([1, 0, 0], labels);
        data.Preprocessing.Apply(PictureFolder.Numbered(70), expected);
        Assert.Equal(expected, images[..12]);
        Assert.Equal(In("dog/030.png"), data.PathOf(70));
        Assert.Equal(1, data.Label(70));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Read([80], images, labels));
        Assert.Throws<ArgumentException>(() => data.Read([0, 1], images.AsSpan(0, 23), labels));
        Assert.Throws<ArgumentException>(() => data.Read([0, 1], images, labels.AsSpan(0, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.PathOf(-1));
    }

    [Fact]
    public void Any_number_of_threads_reads_the_same()
    {
        _folder.WriteClasses("", perClass: 60, "cat", "dog");
        float[][] images = [.. Enumerable.Range(1, 3).Select(threads =>
        {
            ImageFiles data = Load(new ImageOptions { Threads = threads * threads, Size = (5, 5), Resize = ResizeMode.Crop });
            float[] all = new float[120 * 25];
            data.Read([.. Enumerable.Range(0, 120)], all, new int[120]);
            return all;
        })];
        Assert.Equal(images[0], images[1]);
        Assert.Equal(images[0], images[2]);
    }

    [Fact]
    public void Colours_are_taken_if_any_has_them_and_the_size_that_most_have()
    {
        _folder.WriteClasses("", perClass: 2, "cat", "dog");
        Assert.Equal(new Shape(1, 3, 4), Load().ImageShape);
        _folder.Write("cat/colours.png", PictureFolder.Numbered(9, 5, 6, channels: 3));
        Assert.Equal(new Shape(3, 3, 4), Load().ImageShape);
        Assert.Equal(new Shape(1, 3, 4), Load(new ImageOptions { Channels = 1 }).ImageShape);
        Assert.Equal(new Shape(3, 7, 9), Load(new ImageOptions { Size = (7, 9) }).ImageShape);
        _folder.Write("cat/2.png", PictureFolder.Numbered(9, 5, 5));
        _folder.Write("cat/3.png", PictureFolder.Numbered(9, 5, 7));
        _folder.Write("cat/4.png", PictureFolder.Numbered(9, 6, 7));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Load());
        Assert.Equal($"{_folder.Path}: its pictures differ in size, as 4×3, 5×5, 5×7; say to what size, height and width, they are to be brought", error.Message);
    }

    [Fact]
    public void A_network_that_exists_has_its_own_preprocessing()
    {
        _folder.WriteClasses("", perClass: 2, "cat", "dog");
        Preprocessing own = new(new Shape(3, 2, 2), new Normalization([0, 0.5f, 1], [1, 2, 3]), ResizeMode.Pad);
        ImageFiles kept = Load(new ImageOptions { Preprocessing = own }), decoded = Load(new ImageOptions { Preprocessing = own, MemoryBound = 0 });
        Assert.Equal((own, own), (kept.Preprocessing, decoded.Preprocessing));
        float[] images = new float[48], others = new float[48];
        kept.Read([0, 1, 2, 3], images, new int[4]);
        decoded.Read([0, 1, 2, 3], others, new int[4]);
        Assert.Equal(images, others);
    }

    [Fact]
    public void The_first_bad_picture_is_named_whatever_the_threads()
    {
        _folder.WriteClasses("", perClass: 100, "cat", "dog");
        File.WriteAllBytes(In("cat/080.png"), [1, 2, 3]);
        File.WriteAllBytes(In("dog/001.png"), []);
        foreach (int threads in new[] { 1, 2, 4, 8 })
            Assert.Equal(
                $"{In("cat/080.png")}: is no picture that is read: PNG, BMP, PGM (P5) or PPM (P6); it has 3 bytes, the first of them 010203",
                Assert.Throws<InvalidDataException>(() => Load(new ImageOptions { Threads = threads })).Message);
    }

    [Fact]
    public void Bad_pictures_are_skipped_and_listed_if_asked()
    {
        _folder.WriteClasses("", perClass: 40, "cat", "dog");
        File.WriteAllBytes(In("cat/003.png"), [1, 2, 3]);
        File.WriteAllBytes(In("dog/039.png"), File.ReadAllBytes(In("dog/038.png"))[..^20]);
        File.WriteAllText(In("dog/notes.txt"), "");
        File.WriteAllText(In("dog/photo.jpg"), "");
        Assert.Equal(
            $"{In("dog/notes.txt")}: is no picture by its name's ending; .bmp, .pgm, .png, .ppm are read, others must be converted or removed (2 such files)",
            Assert.Throws<InvalidDataException>(() => Load()).Message);
        foreach (long memory in new long[] { 1000, 0 })
        {
            ImageFiles data = Load(new ImageOptions { SkipBad = true, MemoryBound = memory });
            Assert.Equal([In("dog/notes.txt"), In("dog/photo.jpg"), In("cat/003.png"), In("dog/039.png")], data.Skipped.Select(file => file.Path));
            Assert.All(data.Skipped, file => Assert.StartsWith(file.Path, file.Reason, StringComparison.Ordinal));
            Assert.Equal((78, In("cat/004.png"), In("dog/038.png")), (data.Count, data.PathOf(3), data.PathOf(77)));
            float[] images = new float[24], expected = new float[12];
            data.Read([77, 3], images, new int[2]);
            data.Preprocessing.Apply(PictureFolder.Numbered(78), expected);
            Assert.Equal(expected, images[..12]);
            data.Preprocessing.Apply(PictureFolder.Numbered(4), expected);
            Assert.Equal(expected, images[12..]);
        }
    }

    [Fact]
    public void Nothing_left_is_an_error()
    {
        foreach (string name in new[] { "a/1.png", "b/1.png" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
            File.WriteAllBytes(In(name), []);
        }
        Assert.StartsWith($"{In("a/1.png")}: is no picture", Assert.Throws<InvalidDataException>(() => Load(new ImageOptions { SkipBad = true })).Message, StringComparison.Ordinal);
        Assert.StartsWith($"{In("a/1.png")}: is no picture", Assert.Throws<InvalidDataException>(() => Load(new ImageOptions { SkipBad = true, Size = (2, 2), Channels = 1 })).Message, StringComparison.Ordinal);
        File.Delete(In("a/1.png"));
        File.Delete(In("b/1.png"));
        Assert.Equal($"{_folder.Path}: there are no pictures in it", Assert.Throws<InvalidDataException>(() => Load()).Message);
    }

    [Fact]
    public void A_picture_that_has_vanished_or_must_not_be_read_is_named()
    {
        _folder.WriteClasses("", perClass: 2, "cat", "dog");
        ImageListing listing = ImageListing.OfFolder(_folder.Path);
        ImageFiles decoded = ImageFiles.Load(listing, new ImageOptions { MemoryBound = 0 });
        File.Delete(In("cat/001.png"));
        Assert.Equal($"{In("cat/001.png")}: no such file", Assert.Throws<FileNotFoundException>(() => ImageFiles.Load(listing)).Message);
        Assert.Equal($"{In("cat/001.png")}: no such file", Assert.Throws<FileNotFoundException>(() => decoded.Read([1], new float[12], new int[1])).Message);
        Assert.Equal(3, ImageFiles.Load(listing, new ImageOptions { SkipBad = true }).Count);
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess) return; // nothing is forbidden to root
        File.SetUnixFileMode(In("dog/000.png"), UnixFileMode.None);
        Assert.Equal($"{In("dog/000.png")}: this file must not be read by this user", Assert.Throws<UnauthorizedAccessException>(() => Load()).Message);
    }

    [Fact]
    public void Loading_tells_how_far_it_is_and_can_be_cancelled()
    {
        _folder.WriteClasses("", perClass: 50, "cat", "dog");
        Reports reports = new();
        Load(new ImageOptions { Threads = 2 }, reports);
        Assert.Equal([32, 64, 96, 100], reports.All.Select(report => (report.Read + 31) / 32 * 32).Select(read => Math.Min(read, 100)));
        Assert.All(reports.All, report => Assert.Equal(100, report.Count));
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Load(cancellation: source.Token));
    }

    private sealed class Reports : IProgress<LoadingProgress>
    {
        public List<LoadingProgress> All { get; } = [];

        public void Report(LoadingProgress value) => All.Add(value);
    }
}
