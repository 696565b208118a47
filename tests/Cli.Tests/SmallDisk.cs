using System.Diagnostics;

namespace CnnEngine.Cli.Tests;

/// <summary>A disk in memory that is soon full, where the tests may mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    public SmallDisk(string path, int megabytes)
    {
        Path = Directory.CreateDirectory(path).FullName;
        IsMounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", Path);
    }

    public string Path { get; }

    public bool IsMounted { get; }

    /// <summary>Leaves no room on it.</summary>
    /// <returns>The file that takes it.</returns>
    public string Fill()
    {
        string filler = System.IO.Path.Combine(Path, "filler");
        using FileStream file = new(filler, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            return filler;
        }
    }

    /// <summary>Lets nobody write to it any more.</summary>
    public void Protect() => Assert.True(Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        if (IsMounted) Run("umount", Path);
    }

    private static bool Run(string command, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, args) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
