using System.Diagnostics;
using CnnEngine.Data;

namespace CnnEngine.Tests;

/// <summary>What a run of a program left behind.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Checks that the run was refused as a user would want it: the exit code, and one line that says why.</summary>
    public void AssertRefused(int exitCode, params string[] parts)
    {
        Assert.Equal("", Output);
        string line = Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        foreach (string part in parts) Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.Equal(exitCode, ExitCode);
    }

    /// <summary>Checks that the run succeeded and complained of nothing.</summary>
    public ProgramResult AssertSuccess()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, ExitCode);
        return this;
    }
}

/// <summary>One of our programs, running as a process of its own in an environment of its own: no test sees the user's data.</summary>
internal class ProgramProcess : IDisposable
{
    // Far more than any run takes; a run that hangs is ended and fails its test.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    /// <summary>Starts it.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="args">The command line.</param>
    /// <param name="folder">The folder to start in; the tests' own if left out.</param>
    /// <param name="environment">Variables to set on top.</param>
    public ProgramProcess(string program, string[] args, string? folder = null, params (string Name, string Value)[] environment)
        : this(new ProcessStartInfo(Host, [PathOf(program), .. args]) { WorkingDirectory = folder ?? "" }, environment)
    {
    }

    /// <param name="start">What to start: the runtime, or a shell that starts it.</param>
    /// <param name="environment">Variables to set on top.</param>
    protected ProgramProcess(ProcessStartInfo start, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        foreach (string variable in (string[])[DataLocator.Variable, "FASHION_MNIST_DIR", "CIFAR_DIR"]) start.Environment[variable] = "";
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

    /// <summary>A program's file.</summary>
    protected static string PathOf(string program) => Path.Combine(AppContext.BaseDirectory, $"{program}.dll");

    /// <summary>Waits for the end.</summary>
    public ProgramResult WaitForEnd()
    {
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"no end after {Patience}; output so far: {_output.Result} {_error.Result}");
        }
        return new ProgramResult(_process.ExitCode, _output.Result.ReplaceLineEndings("\n"), _error.Result.ReplaceLineEndings("\n"));
    }

    /// <summary>Waits for the end, but not for longer than some time.</summary>
    public bool HasEndedWithin(TimeSpan time) => _process.WaitForExit(time);

    /// <summary>Waits until a file has a whole line: the first epoch is over.</summary>
    public void WaitForLine(string path) =>
        WaitFor($"a line in {path}", () => File.Exists(path) && ReadShared(path).Contains('\n', StringComparison.Ordinal));

    /// <summary>Waits until something is so.</summary>
    public void WaitFor(string what, Func<bool> isSo)
    {
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < Patience && !_process.HasExited; Thread.Sleep(20))
            if (isSo()) return;
        Assert.Fail($"there is not {what}; {WaitForEnd()}");
    }

    /// <summary>Sends a signal: INT is what Ctrl-C sends.</summary>
    public void Signal(string name)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", $"kill -{name} {_process.Id}"]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    /// <summary>Kills it: nothing more of it runs when this returns.</summary>
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
    protected static string Host { get; } =
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";
}
