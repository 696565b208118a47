using System.Diagnostics;
using CnnEngine.Data;

namespace CnnEngine.Cli.Tests;

/// <summary>What a run of <c>cnn</c> left behind.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Checks that the run was refused as a user would want it: the exit code, and one line that says why.</summary>
    public void AssertRefused(int exitCode, params string[] parts)
    {
        string line = Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        foreach (string part in parts) Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.Equal(exitCode, ExitCode);
    }

    /// <summary>Checks that the run succeeded and complained of nothing.</summary>
    public CliResult AssertSuccess()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, ExitCode);
        return this;
    }
}

/// <summary><c>cnn</c> as a process of its own, in an environment of its own: no test sees the user's data.</summary>
internal sealed class CliProcess : IDisposable
{
    // Far more than any run takes; a run that hangs is ended and fails its test.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    /// <summary>Starts it.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="folder">The folder to start in; the tests' own if left out.</param>
    /// <param name="environment">Variables to set on top.</param>
    public CliProcess(string[] args, string? folder = null, params (string Name, string Value)[] environment)
        : this(Host(), [Program, .. args], folder, environment)
    {
    }

    private CliProcess(string file, string[] args, string? folder, (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(file, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        start.Environment[DataLocator.Variable] = "";
        // A path where no cache is.
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(Path.GetTempPath(), "cnnengine-no-cache");
        // Without any vector instructions a run takes minutes. What comes out then is for the tests of the kernels to see.
        start.Environment.Remove("DOTNET_EnableHWIntrinsic");
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => !_process.HasExited;

    private static string Program => Path.Combine(AppContext.BaseDirectory, "cnn.dll");

    /// <summary>Runs it to its end.</summary>
    public static CliResult Run(params string[] args)
    {
        using CliProcess process = new(args);
        return process.WaitForEnd();
    }

    /// <summary>Runs it where files may have no more than so many kilobytes.</summary>
    public static CliResult Limited(int kilobytes, params string[] args)
    {
        // The runtime maps the code that it writes from a file, too, unless it is told to write it in place.
        using CliProcess process = new(
            "/bin/bash", ["-c", $"trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"", "bash", Host(), Program, .. args], null, [("DOTNET_EnableWriteXorExecute", "0")]);
        return process.WaitForEnd();
    }

    /// <summary>Waits for the end.</summary>
    public CliResult WaitForEnd()
    {
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"no end after {Patience}; output so far: {_output.Result} {_error.Result}");
        }
        return new CliResult(_process.ExitCode, _output.Result.ReplaceLineEndings("\n"), _error.Result.ReplaceLineEndings("\n"));
    }

    /// <summary>Waits for the end, but not for longer than some time.</summary>
    public bool HasEndedWithin(TimeSpan time) => _process.WaitForExit(time);

    /// <summary>Waits until a file is there and has a whole line.</summary>
    public void WaitForLine(string path)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < Patience && !_process.HasExited; Thread.Sleep(20))
            if (File.Exists(path) && ReadShared(path).Contains('\n', StringComparison.Ordinal)) return;
        Assert.Fail($"{path} has no line; {WaitForEnd()}");
    }

    /// <summary>Sends a signal: INT is what Ctrl-C sends.</summary>
    public void Signal(string name)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", $"kill -{name} {_process.Id}"]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    /// <summary>Ends it at once, as SIGKILL does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string ReadShared(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    // The runtime that runs the tests, where it can be told: another one on the PATH may be older.
    private static string Host() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";
}
