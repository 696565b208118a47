namespace CnnEngine.Tests;

/// <summary>Finds files of the checkout that the tests were built in; paths recorded by the compiler are no help in a deterministic build.</summary>
internal static class Repository
{
    /// <summary>The text of a file, its path given from the folder of Engine.sln.</summary>
    public static string Read(string path) => File.ReadAllText(PathOf(path));

    /// <summary>The full path of a file or folder, its path given from the folder of Engine.sln.</summary>
    public static string PathOf(string path)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Engine.sln"))) folder = folder.Parent;
        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, path);
    }
}
