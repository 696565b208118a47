using CnnEngine.Data;
using CnnEngine.Tests.Data;

namespace CnnEngine.Tests.Sample;

/// <summary>A folder with the four IDX files of a few synthetic digits, enough for runs of a second.</summary>
public sealed class DigitFolder : IDisposable
{
    private const uint Size = 28;

    private readonly TemporaryFolder _folder = new();

    public DigitFolder()
        : this(train: 200, test: 60)
    {
    }

    internal DigitFolder(int train, int test)
    {
        TrainTest digits = SyntheticDigits.Generate(seed: 2, train, test);
        Write("train-images-idx3-ubyte", Images(digits.Train));
        Write("train-labels-idx1-ubyte", Idx.Labels(Labels(digits.Train)));
        Write("t10k-images-idx3-ubyte", Images(digits.Test));
        Write("t10k-labels-idx1-ubyte", Idx.Labels(Labels(digits.Test)));
    }

    /// <summary>The folder, for <c>--data</c>.</summary>
    public string Path => _folder.Path;

    /// <summary>The path of something in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The names of what is in the folder beside the digits.</summary>
    public string[] OtherNames() => [.. _folder.Names().Where(name => !name.Contains("-ubyte", StringComparison.Ordinal))];

    /// <summary>Replaces one of the files.</summary>
    public void Write(string name, byte[] content) => _folder.Write(name, content);

    /// <summary>Runs the sample on these digits.</summary>
    internal ProgramResult Run(params string[] args) => LeNetProcess.Run([.. Arguments(args)]);

    /// <summary>Arguments of a run on these digits.</summary>
    internal string[] Arguments(params string[] args) => ["--data", Path, .. args];

    public void Dispose() => _folder.Dispose();

    private static byte[] Images(ByteImages set) => Idx.File(
        Idx.ImagesMagic, [(uint)set.Count, Size, Size], [.. Enumerable.Range(0, set.Count).SelectMany(i => set.Pixels(i).ToArray())]);

    private static byte[] Labels(ByteImages set) => [.. Enumerable.Range(0, set.Count).Select(i => (byte)set.Label(i))];
}
