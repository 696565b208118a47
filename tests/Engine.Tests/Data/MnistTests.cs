using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

public sealed class MnistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Loads_both_sets_with_the_normalisation_of_the_training_images()
    {
        Idx.WriteSet(_folder);
        TrainTest sets = Mnist.Load(_folder.Path);

        Assert.Equal((5, 3), (sets.Train.Count, sets.Test.Count));
        Assert.Equal(new Shape(1, 4, 6), sets.Train.ImageShape);
        Assert.Equal(new Shape(1, 4, 6), sets.Test.ImageShape);
        Assert.Equal(10, sets.Train.Classes);
        Assert.Equal("9", sets.Test.ClassNames![9]);
        Assert.Equal(new Preprocessing(new Shape(1, 4, 6), sets.Train.Normalization), sets.Test.Preprocessing);
        Assert.Equal(9, sets.Train.Label(3));
        Assert.Equal(Idx.Images(3, 4, 6, seed: 2)[40..64], sets.Test.Pixels(1).ToArray());
        Assert.Equal(Normalization.Measure(Idx.Images(5, 4, 6).AsSpan(16), new Shape(1, 4, 6)), sets.Train.Normalization);
        Assert.Equal(sets.Train.Normalization, sets.Test.Normalization);
    }

    [Fact]
    public void A_set_that_is_not_known_is_called_after_its_folder()
    {
        Idx.WriteSet(_folder);
        string name = Path.GetFileName(_folder.Path);
        Assert.Equal(name, Mnist.Load(_folder.Path).Train.Name);
        Assert.Equal(name, Mnist.Load(_folder.Path + Path.DirectorySeparatorChar).Test.Name);
    }

    [Fact]
    public void Names_without_gz_and_with_a_dot_will_do()
    {
        _folder.Write("train-images.idx3-ubyte", Idx.Images(2, 4, 4));
        _folder.Write("train-labels.idx1-ubyte.gz", Idx.Gzip(Idx.Labels(1, 2)));
        _folder.Write("t10k-images-idx3-ubyte", Idx.Images(1, 4, 4));
        _folder.Write("t10k-labels-idx1-ubyte", Idx.Gzip(Idx.Labels(3)));
        Assert.Equal(2, Mnist.Load(_folder.Path).Train.Count);
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        string path = Path.Combine(_folder.Path, "nowhere");
        DirectoryNotFoundException error = Assert.Throws<DirectoryNotFoundException>(() => Mnist.Load(path));
        Assert.Equal($"{path}: no such folder; it must hold train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
            + "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz", error.Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Idx.WriteSet(_folder);
        string path = Path.Combine(_folder.Path, "t10k-labels-idx1-ubyte.gz");
        File.Delete(path);
        FileNotFoundException error = Assert.Throws<FileNotFoundException>(() => Mnist.Load(_folder.Path));
        Assert.Equal($"{path}: no such file, nor t10k-labels-idx1-ubyte, "
            + "t10k-labels.idx1-ubyte.gz or t10k-labels.idx1-ubyte in that folder", error.Message);
    }

    [Fact]
    public void Label_10_is_refused()
    {
        Idx.WriteSet(_folder);
        AssertRefused("train-labels-idx1-ubyte.gz", Idx.Labels(0, 1, 10, 3, 4), "label 2 is 10; labels must be 0..9");
    }

    [Fact]
    public void Counts_that_disagree_are_refused()
    {
        Idx.WriteSet(_folder);
        string images = Path.Combine(_folder.Path, "t10k-images-idx3-ubyte.gz");
        AssertRefused("t10k-labels-idx1-ubyte.gz", Idx.Labels(1, 2, 3, 4), $"has 4 labels; {images} has 3 images");
    }

    [Fact]
    public void Sizes_that_disagree_are_refused()
    {
        Idx.WriteSet(_folder);
        string train = Path.Combine(_folder.Path, "train-images-idx3-ubyte.gz");
        AssertRefused("t10k-images-idx3-ubyte.gz", Idx.Images(3, 6, 4), $"its images are 6×4; those of {train} are 4×6");
    }

    [MnistFact]
    public void The_real_one_is_recognised_and_has_its_known_mean_and_deviation()
    {
        TrainTest sets = Mnist.Load(MnistFactAttribute.Directory!);
        Assert.Equal(("mnist", "mnist"), (sets.Train.Name, sets.Test.Name));
        Assert.Equal((60_000, 10_000), (sets.Train.Count, sets.Test.Count));
        Assert.Equal(new Shape(1, 28, 28), sets.Train.ImageShape);
        Assert.Equal(0.1306605f, sets.Train.Normalization.Mean[0], 1e-7f);
        Assert.Equal(0.3081079f, sets.Train.Normalization.Deviation[0], 2e-7f);
        Assert.Equal([5, 0, 4, 1, 9], Enumerable.Range(0, 5).Select(sets.Train.Label));
        Assert.Equal([7, 2, 1, 0, 4], Enumerable.Range(0, 5).Select(sets.Test.Label));
    }

    [MnistFact]
    public void The_real_files_are_those_that_a_download_would_be_checked_against()
    {
        foreach (MnistFile file in MnistFile.All) file.Verify(file.Locate(MnistFactAttribute.Directory!));
    }

    [FashionMnistFact]
    public void Fashion_MNIST_is_recognised()
    {
        TrainTest sets = Mnist.Load(FashionMnistFactAttribute.Directory);
        Assert.Equal(("fashion-mnist", 60_000, 10_000), (sets.Test.Name, sets.Train.Count, sets.Test.Count));
        Assert.Equal("boot", sets.Train.ClassNames![9]);
    }

    private void AssertRefused(string name, byte[] content, string expected)
    {
        string path = _folder.Write(name, Idx.Gzip(content));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Mnist.Load(_folder.Path));
        Assert.Equal($"{path}: {expected}", error.Message);
    }
}
