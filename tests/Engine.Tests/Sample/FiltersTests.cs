using CnnEngine.Imaging;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Sample;

/// <summary>The sample of image filters as a process: what it shows, writes and refuses.</summary>
public sealed class FiltersTests : IDisposable
{
    private const int Failure = 1, BadUsage = 2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_arguments_all_five_are_shown_over_a_picture_of_its_own()
    {
        using ProgramProcess process = new("Filters", [], null, ("FORCE_COLOR", "1"), ("COLORTERM", "truecolor"), ("TERM", "xterm-256color"));
        ProgramResult result = process.WaitForEnd().AssertSuccess();
        Assert.DoesNotContain('\u001b', result.Output);
        Assert.DoesNotContain('▀', result.Output);
        foreach (string part in (string[])["192×128", "identity 3×3", "edge detection 3×3", "sharpen 3×3", "box blur 3×3", "Gaussian blur 3×3"])
            Assert.Contains(part, result.Output, StringComparison.Ordinal);
        Assert.All(result.OutputLines, line => Assert.InRange(line.TrimEnd().Length, 0, 120));
    }

    [Fact]
    public void Results_are_written_as_files()
    {
        string image = _folder.File("step.pgm"), results = _folder.File("results");
        // Black to the left, grey to the right.
        ImageFile.Write(image, new Picture(6, 4, 1, [.. Enumerable.Range(0, 24).Select(i => (byte)(i % 6 < 3 ? 0 : 80))]));
        ProgramResult result = Run(image, "--out", results, "--filter", "all", "--kernel", "0 0 1 / 2", "--quiet").AssertSuccess();
        string[] names = ["identity.png", "edge-detection.png", "sharpen.png", "box-blur.png", "gaussian-blur.png", "own.png"];
        Assert.Equal(names.Select(name => Path.Combine(results, name)), result.OutputLines);
        Assert.Equal([0, 0, 0, 80, 80, 80], Row("identity.png"));
        Assert.Equal([0, 0, 0, 240, 0, 240], Row("edge-detection.png"));
        Assert.Equal([0, 0, 0, 160, 80, 160], Row("sharpen.png"));
        Assert.Equal([0, 0, 27, 53, 80, 53], Row("box-blur.png"));
        Assert.Equal([0, 0, 20, 60, 80, 60], Row("gaussian-blur.png"));
        Assert.Equal([0, 0, 40, 40, 40, 0], Row("own.png"));

        IEnumerable<byte> Row(string name) => ImageFile.Read(Path.Combine(results, name)).Bytes[6..12].ToArray();
    }

    [Fact]
    public void Colours_are_filtered_channel_by_channel_or_made_grey_first()
    {
        string image = _folder.File("a.ppm"), results = _folder.File("results");
        Picture picture = new(1, 1, 3, [90, 180, 9]);
        ImageFile.Write(image, picture);
        Assert.Contains("written: ", Run(image, "--out", results, "--filter", "box").AssertSuccess().Output, StringComparison.Ordinal);
        Assert.Equal([10, 20, 1], ImageFile.Read(Path.Combine(results, "box-blur.png")).Bytes.ToArray());
        Run(image, "--out", results, "--filter", "identity", "--grey").AssertSuccess();
        Assert.Equal(picture.ToGrey().Bytes.ToArray(), ImageFile.Read(Path.Combine(results, "identity.png")).Bytes.ToArray());
    }

    [Fact]
    public void Help_names_every_option_and_exit_code()
    {
        ProgramResult result = Run("--columns", "0", "--help").AssertSuccess();
        foreach (string word in (string[])
            ["IMAGE", "--filter", "all|identity|edges|sharpen|box|gauss", "--kernel", "--grey", "--out", "--columns", "--quiet", "Examples:", "Exit codes:"])
            Assert.Contains(word, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--filter=blur", "--filter is 'blur'; it must be one of all, identity, edges, sharpen, box, gauss")]
    [InlineData("--columns=3", "--columns is '3'; it must be a whole number from 4 to 400")]
    [InlineData("--quiet", "--quiet leaves nothing to do without --out DIR")]
    [InlineData("--kernel=1 2; 3", "--kernel is '1 2; 3'; all rows must have equally many numbers, at least 1; they have 2, 1")]
    [InlineData("--kernel=;", "--kernel is ';'; all rows must have equally many numbers, at least 1; they have 0, 0")]
    [InlineData("--kernel=1 x", "--kernel is '1 x'; 'x' must be a number")]
    [InlineData("--kernel=1 nan", "'nan' must be a number")]
    [InlineData("--kernel=1 2 / 0", "behind / there must be one number other than 0")]
    [InlineData("--kernel=1 / 2 / 3", "behind / there must be one number other than 0")]
    [InlineData("--frobnicate", "'--frobnicate' is no option; --help lists them")]
    public void A_command_line_that_makes_no_sense_is_refused(string argument, string message) => Run(argument).AssertRefused(BadUsage, message);

    [Fact]
    public void A_filter_that_is_too_large_is_refused() =>
        Run("--kernel", string.Join(' ', Enumerable.Repeat(1, 32))).AssertRefused(BadUsage, "it must be at most 31×31, not 1×32");

    [Fact]
    public void Files_that_cannot_be_are_refused_in_one_line()
    {
        Run(_folder.File("missing.png")).AssertRefused(Failure, "missing.png: no such file");
        File.WriteAllBytes(_folder.File("photo.jpg"), [0xff, 0xd8, 0xff]);
        Run(_folder.File("photo.jpg")).AssertRefused(Failure, "photo.jpg: is in the format JPEG", "convert it to PNG");
        Run("--out", _folder.File("photo.jpg")).AssertRefused(Failure, "--out", "photo.jpg: this is a file; a folder is needed");
    }

    private static ProgramResult Run(params string[] args)
    {
        using ProgramProcess process = new("Filters", args);
        return process.WaitForEnd();
    }
}
