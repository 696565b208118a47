using CnnEngine.Data;
using CnnEngine.Imaging;

namespace CnnEngine.Tests.Data;

/// <summary>Data found by a path, whatever its form.</summary>
public sealed class LabelledDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string In(string name) => Path.Combine(_folder.Path, name);

    [Fact]
    public void A_folder_of_classes_is_parted_by_share_and_seed()
    {
        _folder.WriteClasses("", perClass: 20, "cat", "dog");
        LabelledData data = LabelledData.Load(_folder.Path, options: new ImageOptions { ValidationShare = 0.25, Seed = 7 });
        Assert.Equal((30, 10), (data.Train.Count, data.Validation!.Count));
        Assert.Equal(["cat", "dog"], data.Train.ClassNames);
        Assert.Equal(data.Train.Preprocessing, data.Validation!.Preprocessing);
        (ImageListing train, ImageListing validation) = ImageListing.OfFolder(_folder.Path).Split(0.25, 7);
        Assert.Equal(validation.PathOf(3), ((ImageFiles)data.Validation!).PathOf(3));
        Assert.Equal(ImageFiles.Load(train).Preprocessing, data.Train.Preprocessing); // what validates has no part in it
        Assert.Equal(40, LabelledData.LoadToTest(_folder.Path).Images.Count);
    }

    [Theory]
    [InlineData("val")]
    [InlineData("valid")]
    [InlineData("validation")]
    [InlineData("test")]
    public void Folders_for_training_and_validation_are_taken_as_they_are(string name)
    {
        _folder.WriteClasses("train", perClass: 3, "bird", "cat", "dog");
        _folder.WriteClasses(name, perClass: 2, "cat", "dog");
        LabelledData data = LabelledData.Load(_folder.Path);
        Assert.Equal((9, 4, 3), (data.Train.Count, data.Validation!.Count, data.Validation!.Classes));
        int[] labels = new int[4];
        data.Validation!.Read([0, 1, 2, 3], new float[48], labels);
        Assert.Equal([1, 1, 2, 2], labels);
        Assert.Equal(4, LabelledData.LoadToTest(_folder.Path, new ImageOptions { ClassNames = ["bird", "cat", "dog"] }).Images.Count);
        _folder.WriteClasses(name, perClass: 1, "fish");
        Assert.Equal(
            $"{In(name + "/fish")}: there is no class \"fish\"; there are \"bird\", \"cat\", \"dog\"",
            Assert.Throws<InvalidDataException>(() => LabelledData.Load(_folder.Path)).Message);
    }

    [Fact]
    public void Classes_may_be_called_train_and_bus()
    {
        _folder.WriteClasses("", perClass: 2, "bus", "train");
        Assert.Equal(["bus", "train"], LabelledData.Load(_folder.Path).Train.ClassNames);
    }

    [Fact]
    public void Lists_may_stand_for_both()
    {
        _folder.WriteClasses("pictures", perClass: 3, "a", "b");
        File.WriteAllText(In("train.csv"), "file,label\npictures/a/000.png,x\npictures/a/001.png,x\npictures/b/000.png,y\npictures/b/001.png,y\n");
        File.WriteAllText(In("val.csv"), "pictures/a/002.png,x\n");
        Assert.Equal((2, 2), Counts(LabelledData.Load(In("train.csv"), options: new ImageOptions { ValidationShare = 0.5 })));
        Assert.Equal((4, 1), Counts(LabelledData.Load(In("train.csv"), In("val.csv"))));
        File.WriteAllText(In("val.csv"), "pictures/a/002.png,z\n");
        Assert.Equal(
            $"{In("val.csv")}: line 1 has the label \"z\"; there are \"x\", \"y\"",
            Assert.Throws<InvalidDataException>(() => LabelledData.Load(In("train.csv"), In("val.csv"))).Message);
        Assert.Equal(
            $"{In("none")}: no such folder or file; a folder with a folder of pictures for each class, or a CSV file of file,label is needed",
            Assert.Throws<FileNotFoundException>(() => LabelledData.Load(In("none"))).Message);
    }

    [Fact]
    public void A_class_without_pictures_is_refused()
    {
        _folder.WriteClasses("", perClass: 2, "cat", "dog");
        Directory.CreateDirectory(In("bird"));
        Assert.Equal($"{_folder.Path}: there are no pictures of the class \"bird\"", Assert.Throws<InvalidDataException>(() => LabelledData.Load(_folder.Path)).Message);
        Directory.CreateDirectory(In("fish"));
        Assert.Equal($"{_folder.Path}: there are no pictures of the classes \"bird\", \"fish\"", Assert.Throws<InvalidDataException>(() => LabelledData.Load(_folder.Path)).Message);
    }

    [Fact]
    public void A_class_whose_pictures_are_all_bad_is_refused()
    {
        _folder.WriteClasses("", perClass: 3, "cat", "dog");
        for (int i = 0; i < 3; i++) File.WriteAllBytes(In($"cat/00{i}.png"), []);
        Assert.Equal(
            $"{_folder.Path}: there are no pictures of the class \"cat\"",
            Assert.Throws<InvalidDataException>(() => LabelledData.Load(_folder.Path, options: new ImageOptions { SkipBad = true })).Message);
    }

    [Fact]
    public void One_picture_of_each_class_cannot_be_parted()
    {
        _folder.WriteClasses("", perClass: 1, "cat", "dog");
        Assert.StartsWith($"{_folder.Path}: has one picture of each class;", Assert.Throws<InvalidDataException>(() => LabelledData.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MNIST_is_found_and_brought_to_another_size()
    {
        Idx.WriteSet(_folder);
        Assert.Equal((5, 3), Counts(LabelledData.Load(_folder.Path)));
        LabelledData data = LabelledData.Load(_folder.Path, options: new ImageOptions { Channels = 3, Size = (8, 8), Resize = ResizeMode.Pad });
        Assert.Equal((new Shape(3, 8, 8), ResizeMode.Pad), (data.Train.ImageShape, data.Train.Preprocessing!.Resize));
        ByteImages plain = Mnist.Load(_folder.Path).Test;
        float[] expected = new float[192], image = new float[192];
        data.Train.Preprocessing.Apply(Picture.FromPlanes(plain.Pixels(2), plain.ImageShape), expected);
        data.Validation!.Read([2], image, new int[1]);
        Assert.Equal(expected, image);
        byte[] pixels = [.. Enumerable.Range(0, 5).SelectMany(i => ((ByteImages)data.Train).Pixels(i).ToArray())];
        Assert.Equal(Normalization.Measure(pixels, new Shape(3, 8, 8)), data.Train.Preprocessing.Normalization);
        Assert.Equal(data.Train.Preprocessing, LabelledData.LoadToTest(_folder.Path, new ImageOptions { Preprocessing = data.Train.Preprocessing }).Images.Preprocessing);
        Assert.Throws<InvalidDataException>(() => LabelledData.Load(_folder.Path, options: new ImageOptions { ClassNames = ["a", "b"] }));
    }

    [MnistFact]
    [Trait("Category", "Slow")]
    public void MNIST_as_pictures_has_the_bits_that_it_has_as_MNIST()
    {
        ByteImages test = Mnist.Load(MnistFactAttribute.Directory!).Test;
        PictureFolder.WriteAsPictures(test, _folder.Path);
        ImageFiles files = ImageFiles.Load(ImageListing.OfFolder(_folder.Path));
        Assert.Equal((10_000, new Shape(1, 28, 28)), (files.Count, files.ImageShape));
        ByteImages same = test.With(files.Preprocessing);
        float[] image = new float[784], expected = new float[784];
        int[] label = new int[1], expectedLabel = new int[1];
        for (int i = 0; i < files.Count; i++)
        {
            files.Read([i], image, label);
            same.Read([int.Parse(Path.GetFileNameWithoutExtension(files.PathOf(i)), System.Globalization.CultureInfo.InvariantCulture)], expected, expectedLabel);
            Assert.True(label[0] == expectedLabel[0] && image.AsSpan().SequenceEqual(expected), files.PathOf(i));
        }
    }

    private static (int Train, int Validation) Counts(LabelledData data) => (data.Train.Count, data.Validation!.Count);
}
