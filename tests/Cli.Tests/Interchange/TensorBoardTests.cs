using System.Text;
using CnnEngine.Imaging;
using CnnEngine.Interchange;
using CnnEngine.Interchange.TensorBoard;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>Event files, read back by hand. TensorBoard itself cannot be installed where these tests run.</summary>
public class TensorBoardTests
{
    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => Now.Ticks;
    }

    // RFC 3720, appendix B.4; the last is the check value of the Rocksoft catalogue.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8a9136aa)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62a8ab43)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46dd794e)]
    [InlineData("1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100", 0x113fdb5c)]
    [InlineData("01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000", 0xd9963a56)]
    [InlineData("313233343536373839", 0xe3069283)]
    [InlineData("", 0)]
    public void Checksums_are_those_of_the_standard(string bytes, uint checksum) => Assert.Equal(checksum, Records.Crc32C(Convert.FromHexString(bytes)));

    // Of a record that TensorFlow wrote, from TensorBoard's tests.
    [Fact]
    public void Checksums_are_masked_as_TensorFlow_does() =>
        Assert.Equal(0x5794d08au, Records.Mask(Records.Crc32C([0x1a, 0x11, .. Encoding.ASCII.GetBytes("CRC test, one two")])));

    // Of TensorFlow's own tests of its reader: an event of a file version and a time.
    [Fact]
    public void A_record_is_TensorFlows_byte_for_byte()
    {
        byte[] record = Records.Frame(new Event { WallTime = BitConverter.UInt64BitsToDouble(0x41d575dd25c00000), FileVersion = "brain.Event:1" });
        Assert.Equal("1800000000000000a37f4b22090000c025dd75d5411a0d627261696e2e4576656e743a31ecf3328d", Convert.ToHexStringLower(record));
    }

    [Fact]
    public void Scalars_are_read_back()
    {
        using TemporaryFolder folder = new();
        Clock clock = new();
        string path;
        using (TensorBoardWriter writer = new(folder["events"], null, null, clock))
        {
            path = writer.FilePath;
            writer.Scalar("loss/train", 0, 2.5);
            clock.Now += TimeSpan.FromSeconds(1.5);
            writer.Scalar("loss/train", 7_000_000_000, double.NaN);
        }
        Assert.Equal(folder["events", $"events.out.tfevents.1700000000.{Environment.MachineName}"], path);
        IReadOnlyList<WireField>[] events = EventFileReader.Read(path);
        Assert.Equal(3, events.Length);
        Assert.Equal((1_700_000_000.25, "brain.Event:2", "CnnEngine"), (events[0].Field(1).Double, events[0].Field(3).Text, events[0].Field(10).Message.Field(1).Text));
        // A step of 0 is no field.
        Assert.Equal([1, 5], events[1].Select(field => field.Number));
        Assert.Equal([1, 2, 5], events[2].Select(field => field.Number));
        Assert.Equal((1_700_000_001.75, 7_000_000_000), (events[2].Field(1).Double, (long)events[2].Field(2).Value));
        Assert.Equal([("loss/train", 2.5f), ("loss/train", float.NaN)], events[1..].Select(one => (ValueOf(one).Field(1).Text, ValueOf(one).Field(2).Float)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Pictures_are_PNG_files(int channels)
    {
        using TemporaryFolder folder = new();
        byte[] bytes = new byte[7 * 5 * channels];
        new Random(1).NextBytes(bytes);
        using (TensorBoardWriter writer = new(folder.Path)) writer.Image("filters", 3, new Picture(7, 5, channels, bytes));
        IReadOnlyList<WireField> value = ValueOf(EventFileReader.Read(Directory.GetFiles(folder.Path).Single())[1]), image = value.Field(4).Message;
        Assert.Equal("filters", value.Field(1).Text);
        Assert.Equal([5, 7, channels], Enumerable.Range(1, 3).Select(number => (int)image.Field(number).Value));
        File.WriteAllBytes(folder["image.png"], image.Field(4).Bytes);
        Assert.Equal(bytes, ImageFile.Read(folder["image.png"]).Bytes.ToArray());
    }

    [Fact]
    public void Histograms_have_TensorFlows_buckets()
    {
        using TemporaryFolder folder = new();
        float[] numbers = [-2, -2, 0, 1e-13f, 0.5f, 3, 1e30f, float.NaN, float.PositiveInfinity];
        using (TensorBoardWriter writer = new(folder.Path))
        {
            writer.Histogram("weights", 4, numbers);
            writer.Histogram("weights", 5, [float.NaN]);
            writer.Histogram("weights", 6, []);
        }
        IReadOnlyList<WireField>[] events = EventFileReader.Read(Directory.GetFiles(folder.Path).Single());
        Assert.Equal(2, events.Length);
        IReadOnlyList<WireField> histogram = ValueOf(events[1]).Field(5).Message;
        float[] finite = numbers[..7];
        Assert.Equal([-2, 1e30f, 7, finite.Sum(number => (double)number), finite.Sum(number => (double)number * number)], Enumerable.Range(1, 5).Select(number => histogram.Field(number).Double));

        double[] limits = histogram.Field(6).Doubles, counts = histogram.Field(7).Doubles;
        Assert.Equal(limits.Order(), limits);
        Assert.Equal((limits.Length, 7), (counts.Length, counts.Sum()));
        // No two empty buckets side by side, and each number between its bucket's limits, which are a tenth apart.
        Assert.All(counts.Zip(counts.Skip(1)), pair => Assert.True(pair.First + pair.Second > 0));
        foreach (IGrouping<float, float> group in finite.GroupBy(number => number).Where(group => group.Key is not (0 or 1e-13f or 1e30f)))
        {
            int bucket = Array.FindIndex(limits, limit => limit > group.Key);
            Assert.Equal(group.Count(), counts[bucket]);
            Assert.InRange(Math.Abs(limits[bucket] - limits[bucket - 1]), 0.09 * Math.Abs(group.Key), 0.11 * Math.Abs(group.Key));
        }
        Assert.Equal([2, double.MaxValue], [counts[Array.IndexOf(limits, 1e-12)], limits[^1]]);
    }

    // TensorFlow's limits: 1e-12 · 1.1^k, each computed from the one before.
    [Fact]
    public void A_number_at_a_limit_belongs_to_the_bucket_above()
    {
        HistogramProto histogram = HistogramBuckets.Of([0])!;
        Assert.Equal([0, 1e-12, double.MaxValue], histogram.BucketLimit);
        Assert.Equal([0, 1, 0], histogram.Bucket);
        histogram = HistogramBuckets.Of([-1, 1])!;
        Assert.Equal(2, histogram.Bucket.Sum());
        double next = 1e-12;
        while (next <= 1) next *= 1.1;
        Assert.Contains(next, histogram.BucketLimit);
    }

    [Fact]
    public void A_resumed_training_writes_a_file_behind_the_others_that_purges_them()
    {
        using TemporaryFolder folder = new();
        Clock clock = new();
        List<string> paths = [];
        foreach (long? resumedAt in (long?[])[null, 120, 5])
        {
            // Within one second, and by a clock that was put back.
            using TensorBoardWriter writer = new(folder.Path, resumedAt, null, clock);
            paths.Add(writer.FilePath);
            writer.Scalar("loss", resumedAt ?? 0, 1);
            clock.Now -= TimeSpan.FromHours(1);
        }
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        Assert.Equal(3, paths.Distinct().Count());
        IReadOnlyList<WireField>[] events = EventFileReader.Read(paths[1]);
        Assert.Equal("brain.Event:2", events[0].Field(3).Text);
        // SessionLog { status: START }, before anything else: what has step 120 or more is void.
        Assert.Equal((120UL, 1UL), (events[1].Field(2).Value, events[1].Field(7).Message.Field(1).Value));
        Assert.Equal(3, events.Length);
        Assert.DoesNotContain(EventFileReader.Read(paths[0]), one => one.Any(field => field.Number == 7));
    }

    [Fact]
    public void Events_reach_the_file_after_some_time_or_when_asked()
    {
        using TemporaryFolder folder = new();
        Clock clock = new();
        using TensorBoardWriter writer = new(folder.Path, null, TimeSpan.FromSeconds(5), clock);
        Assert.Single(EventFileReader.Read(writer.FilePath));
        writer.Scalar("a", 1, 1);
        clock.Now += TimeSpan.FromSeconds(4);
        writer.Scalar("a", 2, 1);
        Assert.Single(EventFileReader.Read(writer.FilePath));
        clock.Now += TimeSpan.FromSeconds(1);
        writer.Scalar("a", 3, 1);
        Assert.Equal(4, EventFileReader.Read(writer.FilePath).Length);
        writer.Scalar("a", 4, 1);
        writer.Flush();
        Assert.Equal(5, EventFileReader.Read(writer.FilePath).Length);
    }

    [Fact]
    public void Several_threads_may_write()
    {
        using TemporaryFolder folder = new();
        using (TensorBoardWriter writer = new(folder.Path))
            Parallel.For(0, 200, step => writer.Scalar("a", step, step));
        IReadOnlyList<WireField>[] events = EventFileReader.Read(Directory.GetFiles(folder.Path).Single());
        Assert.Equal(Enumerable.Range(0, 200).Select(step => (float)step), events[1..].Select(one => ValueOf(one).Field(2).Float).Order());
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => new TensorBoardWriter(folder.Path, resumedAt: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TensorBoardWriter(folder.Path, flushEvery: TimeSpan.FromSeconds(-1)));
        Assert.Empty(Directory.GetFiles(folder.Path));
        TensorBoardWriter writer = new(folder.Path);
        Assert.Throws<ArgumentException>(() => writer.Scalar("", 0, 0));
        Assert.Throws<ArgumentException>(() => writer.Histogram("", 0, []));
        writer.Dispose();
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writer.Scalar("a", 0, 0));
        Assert.Throws<ObjectDisposedException>(writer.Flush);
        File.WriteAllText(folder["file"], "");
        Assert.Throws<IOException>(() => new TensorBoardWriter(folder["file"]));
    }

    private static IReadOnlyList<WireField> ValueOf(IReadOnlyList<WireField> one) => one.Field(5).Message.Field(1).Message;
}
