using System.Text;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>Which pictures a folder or a CSV file lists, and every way in which either can be wrong.</summary>
public sealed class ImageListingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string In(string name) => Path.Combine(_folder.Path, name);

    [Fact]
    public void A_folder_has_a_class_in_each_folder_sorted_by_code_points()
    {
        foreach (string name in new[] { "b/2.png", "b/10.PNG", "B/x.ppm", "ä/1.pgm", "a b/1.bmp", ".hidden/1.png", "b/.DS_Store", "README.md", ".notes.png" }) Touch(name);
        ImageListing listing = ImageListing.OfFolder(_folder.Path);
        Assert.Equal(["B", "a b", "b", "ä"], listing.ClassNames);
        Assert.Equal(["B/x.ppm", "a b/1.bmp", "b/10.PNG", "b/2.png", "ä/1.pgm"], Paths(listing));
        Assert.Equal([0, 1, 2, 2, 3], Labels(listing));
        Assert.Equal((Path.GetFileName(_folder.Path), _folder.Path), (listing.Name, listing.Source));
        Assert.Empty(listing.Others);
        Assert.Equal([1, 0, 3, 3, 2], Labels(ImageListing.OfFolder(_folder.Path + "/", ["a b", "B", "ä", "b", "c"])));
    }

    [Fact]
    public void Other_files_are_listed_apart()
    {
        foreach (string name in new[] { "a/1.png", "a/2.jpg", "b/1.png", "b/notes" }) Touch(name);
        Assert.Equal([In("a/2.jpg"), In("b/notes")], ImageListing.OfFolder(_folder.Path).Others);
    }

    [Fact]
    public void A_folder_of_another_layout_is_refused()
    {
        Refused<DirectoryNotFoundException>($"{In("x")}: no such folder; it must hold a folder of pictures for each class", () => ImageListing.OfFolder(In("x")));
        Touch("README");
        Refused<InvalidDataException>($"{_folder.Path}: has no folders; there must be one of pictures for each class", Folder);
        Touch("cat/1.png");
        Refused<InvalidDataException>($"{_folder.Path}: has one class, \"cat\"; there must be two at least to tell apart", Folder);
        Touch("dog/1.png");
        Refused<InvalidDataException>($"{In("dog")}: there is no class \"dog\"; there are \"bird\", \"cat\"", () => ImageListing.OfFolder(_folder.Path, ["bird", "cat"]));
        Touch("dog/more/1.png");
        Refused<InvalidDataException>($"{In("dog/more")}: this is a folder in the folder of the class \"dog\", which must hold pictures alone", Folder);
        Touch("1.png");
        Refused<InvalidDataException>($"{In("1.png")}: this picture has no class; it must be in the folder of one, {In("CLASS/1.png")}", Folder);
    }

    [Fact]
    public void Links_in_a_circle_and_links_to_nowhere_are_named()
    {
        if (OperatingSystem.IsWindows()) return; // links take rights there
        Touch("a/1.png");
        Touch("b/1.png");
        Directory.CreateSymbolicLink(In("b/up"), _folder.Path);
        Refused<InvalidDataException>($"{In("b/up")}: this is a folder in the folder of the class \"b\", which must hold pictures alone", Folder);
        Directory.Delete(In("b/up"));
        File.CreateSymbolicLink(In("b/self.png"), In("b/self.png"));
        Refused<IOException>($"{In("b/self.png")}: this link leads nowhere", Folder);
        File.Delete(In("b/self.png"));
        Directory.CreateSymbolicLink(In("c"), In("c"));
        Refused<IOException>($"{In("c")}: this link leads nowhere", Folder);
        File.Delete(In("c"));
        Directory.CreateSymbolicLink(In("c"), In("a")); // a link to a folder is a class as well
        Assert.Equal(["a/1.png", "b/1.png", "c/1.png"], Paths(Folder()));
    }

    [Fact]
    public void Folders_that_must_not_be_read_are_named()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess) return; // nothing is forbidden to root
        Touch("a/1.png");
        Touch("b/1.png");
        File.SetUnixFileMode(In("b"), UnixFileMode.None);
        Refused<UnauthorizedAccessException>($"{In("b")}: this folder must not be read by this user", Folder);
        File.SetUnixFileMode(In("b"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Theory]
    [InlineData("file,label\na.png,cat\nsub/b.png,dog\n")]
    [InlineData("a.png,cat\r\nsub/b.png,dog")]
    [InlineData("\ufeffPath,Class\r\n\r\na.png,cat\r\n\"sub/b.png\",\"dog\"\r\n\r\n")]
    public void A_list_has_a_file_and_a_label_a_line(string text)
    {
        ImageListing listing = Csv(text);
        Assert.Equal(["cat", "dog"], listing.ClassNames);
        Assert.Equal(["a.png", "sub/b.png"], Paths(listing));
        Assert.Equal([0, 1], Labels(listing));
        Assert.Equal(("list", In("list.csv")), (listing.Name, listing.Source));
        Assert.Equal([2, 0], Labels(ImageListing.OfCsv(In("list.csv"), ["dog", "bird", "cat"])));
    }

    [Fact]
    public void Quoted_fields_may_have_anything()
    {
        ImageListing listing = Csv("\"a,b.png\",\"the \"\"good\"\" one\"\n\"two\nlines.png\",b\n c.png , d\n/abs.png,b");
        Assert.Equal(["the \"good\" one", "b", " d"], Labels(listing).Take(3).Select(label => listing.ClassNames[label]));
        Assert.Equal([In("a,b.png"), In("two\nlines.png"), In(" c.png "), "/abs.png"], Enumerable.Range(0, 4).Select(listing.PathOf));
    }

    [Theory]
    [InlineData("", "lists no pictures; a line for each is needed: file,label")]
    [InlineData("file,label\n", "lists no pictures; a line for each is needed: file,label")]
    [InlineData("a.png\n", "line 1 has 1 field; there must be two, file,label")]
    [InlineData("a.png,x\n\n\"b\n.png\",x\nc.png,x,y", "line 5 has 3 fields; there must be two, file,label")]
    [InlineData("a.png,x\n,y", "line 2 names no file")]
    [InlineData("a.png,x\nb.png,", "line 2 has no label")]
    [InlineData("a.png,x\n\"b.png,y\nc.png,z\n", "line 2 has a quote that is not closed")]
    [InlineData("a.png,x\n\"b\"c,y", "line 2 has text behind a closing quote; a quote within quotes is written twice")]
    [InlineData("a.png,x\nb\"c\",y", "line 2 has a quote in a field that does not begin with one")]
    [InlineData("a.png,x\nb.png,x\n", "has one class, \"x\"; there must be two at least to tell apart")]
    [InlineData("a.png,x\nb.png,y\na.png,y\n", "line 3 says that \"a.png\" is \"y\"; line 1 says that it is \"x\"")]
    public void A_list_that_is_none_is_refused(string text, string message) => Refused<InvalidDataException>($"{In("list.csv")}: {message}", () => Csv(text));

    [Fact]
    public void A_label_that_is_no_class_is_refused()
    {
        Csv("a.png,x\nb.png,y\n");
        Refused<InvalidDataException>($"{In("list.csv")}: line 2 has the label \"y\"; there are \"x\", \"z\"", () => ImageListing.OfCsv(In("list.csv"), ["x", "z"]));
        File.WriteAllBytes(In("list.csv"), [(byte)'a', 0xff, 0xfe]);
        Refused<InvalidDataException>($"{In("list.csv")}: is no text in UTF-8: byte 1 is wrong", () => ImageListing.OfCsv(In("list.csv")));
        Refused<FileNotFoundException>($"{In("none.csv")}: no such file", () => ImageListing.OfCsv(In("none.csv")));
        Refused<IOException>($"{_folder.Path}: this is a folder; a file's name is needed", () => ImageListing.OfCsv(_folder.Path));
    }

    // As two of ImageNet's are called crane.
    [Fact]
    public void A_name_that_several_classes_have_is_refused_where_it_is_used()
    {
        string[] names = ["bird", "crane", "crane", "dog"];
        Csv("a.png,dog\nb.png,bird\n");
        Assert.Equal([3, 0], Labels(ImageListing.OfCsv(In("list.csv"), names)));
        Csv("a.png,dog\nb.png,crane\n");
        Refused<InvalidDataException>($"{In("list.csv")}: line 2 has the label \"crane\"; the network has several classes of this name", () => ImageListing.OfCsv(In("list.csv"), names));
        File.Delete(In("list.csv"));
        Touch("bird/a.png");
        Touch("dog/a.png");
        Assert.Equal([0, 3], Labels(ImageListing.OfFolder(_folder.Path, names)));
        Touch("crane/a.png");
        Refused<InvalidDataException>($"{In("crane")}: the network has several classes called \"crane\"", () => ImageListing.OfFolder(_folder.Path, names));
    }

    [Fact]
    public void A_split_takes_a_share_of_each_class_and_goes_by_the_seed()
    {
        for (int i = 0; i < 10; i++) Touch($"a/{i}.png");
        for (int i = 0; i < 25; i++) Touch($"b/{i:00}.png");
        Touch("c/1.png");
        ImageListing all = Folder();
        (ImageListing train, ImageListing validation) = all.Split(0.2, seed: 3);
        Assert.Equal([0, 0, 1, 1, 1, 1, 1], Labels(validation));
        Assert.Equal(Paths(all), Paths(train).Concat(Paths(validation)).Order(StringComparer.Ordinal));
        Assert.Equal(Paths(validation), Paths(all.Split(0.2, seed: 3).Validation));
        Assert.NotEqual(Paths(validation), Paths(all.Split(0.2, seed: 4).Validation));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Split(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Split(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Split(double.NaN));
    }

    [Fact]
    public void Every_class_of_two_has_one_on_either_side()
    {
        int[] labels = [2, 2, 0, 0, 0, 5];
        foreach (double share in new[] { 0.001, 0.5, 0.999 })
        {
            (int[] train, int[] validation) = StratifiedSplit.Of(labels, share);
            Assert.Equal([0, 2], validation.Select(i => labels[i]).Distinct().Order());
            Assert.Equal([0, 2, 5], train.Select(i => labels[i]).Distinct().Order());
            Assert.Equal(Enumerable.Range(0, 6), train.Concat(validation).Order());
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => StratifiedSplit.Of([0, -1], 0.5));
    }

    private ImageListing Folder() => ImageListing.OfFolder(_folder.Path);

    private ImageListing Csv(string text)
    {
        File.WriteAllText(In("list.csv"), text, new UTF8Encoding(false));
        return ImageListing.OfCsv(In("list.csv"));
    }

    private void Touch(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllBytes(In(name), []);
    }

    private string[] Paths(ImageListing listing) => [.. Enumerable.Range(0, listing.Count).Select(i => Path.GetRelativePath(_folder.Path, listing.PathOf(i)))];

    private static int[] Labels(ImageListing listing) => [.. Enumerable.Range(0, listing.Count).Select(listing.Label)];

    private static void Refused<TException>(string message, Func<ImageListing> list) where TException : Exception =>
        Assert.Equal(message, Assert.Throws<TException>(() => list()).Message);
}
