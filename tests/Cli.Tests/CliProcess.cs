using System.Diagnostics;
using CnnEngine.Tests;

namespace CnnEngine.Cli.Tests;

/// <summary><c>cnn</c> as a process.</summary>
internal sealed class CliProcess : ProgramProcess
{
    private const string Program = "cnn";

    /// <summary>Starts it.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="folder">The folder to start in; the tests' own if left out.</param>
    /// <param name="environment">Variables to set on top.</param>
    public CliProcess(string[] args, string? folder = null, params (string Name, string Value)[] environment)
        : base(Program, args, folder, environment)
    {
    }

    private CliProcess(ProcessStartInfo start, params ReadOnlySpan<(string Name, string Value)> environment)
        : base(start, environment)
    {
    }

    /// <summary>Runs it to its end.</summary>
    public static ProgramResult Run(params string[] args)
    {
        using CliProcess process = new(args);
        return process.WaitForEnd();
    }

    /// <summary>Runs it where files may have no more than so many kilobytes.</summary>
    public static ProgramResult Limited(int kilobytes, params string[] args)
    {
        // The runtime maps the code that it writes from a file, too, unless it is told to write it in place.
        using CliProcess process = new(
            new ProcessStartInfo("/bin/bash", ["-c", $"trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"", "bash", Host, PathOf(Program), .. args]), ("DOTNET_EnableWriteXorExecute", "0"));
        return process.WaitForEnd();
    }
}
