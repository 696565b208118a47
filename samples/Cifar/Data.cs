using CnnEngine.Data;

namespace Cifar;

/// <summary>The images to learn from and to test on.</summary>
/// <param name="Sets">The images.</param>
/// <param name="Origin">Where they come from, for the user.</param>
internal sealed record Data(TrainTest Sets, string Origin)
{
    /// <summary>Those of the folder that is named, or of the one that the environment names, or drawn ones.</summary>
    /// <exception cref="IOException">The folder or a file is not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static Data Find(string? directory)
    {
        if (directory is not null) return Load(directory, "");
        if (Environment.GetEnvironmentVariable(Options.DataVariable) is { Length: > 0 } named) return Load(named, $" ({Options.DataVariable})");
        return new Data(
            SyntheticShapes.Generate(),
            $"drawn by the program; for CIFAR-10, unpack its binary version and name the folder by --data or {Options.DataVariable}");
    }

    private static Data Load(string directory, string why) =>
        new(Cifar10.Load(directory), $"{Path.GetFullPath(directory)}{why}");
}
