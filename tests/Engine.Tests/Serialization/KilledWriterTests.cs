using CnnEngine.Serialization;
using CnnEngine.Tests.Sample;

namespace CnnEngine.Tests.Serialization;

/// <summary>A process that is killed while it writes leaves the old file whole, and what it left beside it goes with the next write.</summary>
public sealed class KilledWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public KilledWriterTests() => _path = _folder.File("a.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_whole_whenever_its_writer_is_killed()
    {
        Random random = new();
        // Until one was killed half-way, which is most of them.
        for (int kills = 0; kills < 2 || Leftovers().Length == 0; kills++)
        {
            Assert.InRange(kills, 0, 20);
            DateTime before = File.GetLastWriteTimeUtc(_path);
            using ProgramProcess writer = new("CnnEngine.Tests", [_path]);
            writer.WaitFor("a file of its own", () => File.Exists(_path) && File.GetLastWriteTimeUtc(_path) != before);
            Thread.Sleep(random.Next(50));
            writer.Kill();

            using SafetensorsFile file = SafetensorsFile.Open(_path);
            Tensor tensor = Tensor.Zeros(new Shape(Program.Length));
            file.ReadInto("w", tensor);
            Assert.True(tensor.Span[0] >= 1 && tensor.Span.IndexOfAnyExcept(tensor.Span[0]) < 0);
        }
    }

    [Fact]
    public void Leftovers_of_dead_writers_are_taken_away()
    {
        string young = _folder.File(".unfinished-a.tmp"), old = _folder.File(".unfinished-b.tmp"), living = _folder.File(".unfinished-c.tmp"), other = _folder.File("unfinished.tmp");
        foreach (string path in (string[])[young, old, living, other]) File.WriteAllText(path, "half");
        foreach (string path in (string[])[old, living, other]) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
        using (new FileStream(living, FileMode.Open, FileAccess.Write, FileShare.None))
        {
            File.SetLastWriteTimeUtc(living, DateTime.UtcNow.AddMinutes(-1));
            SafetensorsFile.Write(_path, [new NamedTensor("w", HandMade.Counting(new Shape(5)))]);
        }
        Assert.Equal([".unfinished-a.tmp", ".unfinished-c.tmp", "a.safetensors", "unfinished.tmp"], _folder.Files());
    }

    private string[] Leftovers() => [.. _folder.Files().Where(name => name.StartsWith(".unfinished-", StringComparison.Ordinal))];
}
