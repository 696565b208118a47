using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>CIFAR-10's binary files: what they hold, and what is wrong with those that are damaged.</summary>
public sealed class Cifar10Tests : IDisposable
{
    private const int RecordLength = 3073;
    private static readonly string[] Files = [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin"), "test_batch.bin"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("cifar-10-batches-bin")]
    public void Records_of_all_files_are_read_in_their_order(string inner)
    {
        Write(inner);
        TrainTest sets = Cifar10.Load(_folder.Path);
        Assert.Equal((15, 3, 10), (sets.Train.Count, sets.Test.Count, sets.Train.Classes));
        Assert.Equal((new Shape(3, 32, 32), "cifar-10"), (sets.Train.ImageShape, sets.Train.Name));
        Assert.Equal(Enumerable.Range(0, 15).Select(i => i % 10), Enumerable.Range(0, 15).Select(sets.Train.Label));
        for (int image = 0; image < 15; image++)
            for (int i = 0; i < 3072; i += 511) Assert.Equal(Pixel(image / 3, image % 3, i), sets.Train.Pixels(image)[i]);
        Assert.Equal(Pixel(5, 2, 3071), sets.Test.Pixels(2)[3071]);
        Assert.Equal(sets.Train.Normalization, sets.Test.Normalization);
    }

    [Fact]
    public void Damaged_and_missing_files_are_named()
    {
        string path = Path.Combine(Write(""), "data_batch_3.bin");
        byte[] good = File.ReadAllBytes(path);

        File.WriteAllBytes(path, good[..^1]);
        Refused<InvalidDataException>($"{path}: has 9218 bytes; a file of images has 3073 for each (CIFAR-10's: 10,000 of them)");
        File.WriteAllBytes(path, []);
        Refused<InvalidDataException>($"{path}: has 0 bytes; a file of images has 3073 for each (CIFAR-10's: 10,000 of them)");
        byte[] wrong = [.. good];
        wrong[RecordLength] = 10;
        File.WriteAllBytes(path, wrong);
        Refused<InvalidDataException>($"{path}: label 1 is 10; labels must be 0..9");
        using (FileStream sparse = File.Create(path)) sparse.SetLength(100_000L * RecordLength);
        Refused<InvalidDataException>($"{path}: has 307300000 bytes; a file of images has 3073 for each (CIFAR-10's: 10,000 of them)");
        File.Delete(path);
        Refused<FileNotFoundException>($"{path}: no such file; CIFAR-10's binary version has it");
        Assert.StartsWith(
            "/nowhere: no such folder; it must hold data_batch_1.bin, data_batch_2.bin",
            Assert.Throws<DirectoryNotFoundException>(() => Cifar10.Load("/nowhere")).Message, StringComparison.Ordinal);

        void Refused<TException>(string message) where TException : Exception =>
            Assert.Equal(message, Assert.Throws<TException>(() => Cifar10.Load(_folder.Path)).Message);
    }

    private string Write(string inner)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, inner)).FullName;
        for (int file = 0; file < Files.Length; file++)
        {
            byte[] bytes = new byte[3 * RecordLength];
            for (int record = 0; record < 3; record++)
            {
                bytes[record * RecordLength] = (byte)(((3 * file) + record) % 10);
                for (int i = 0; i < RecordLength - 1; i++) bytes[(record * RecordLength) + 1 + i] = Pixel(file, record, i);
            }
            File.WriteAllBytes(Path.Combine(folder, Files[file]), bytes);
        }
        return folder;
    }

    private static byte Pixel(int file, int record, int i) => (byte)((file * 41) + (record * 13) + (i * 7));
}
