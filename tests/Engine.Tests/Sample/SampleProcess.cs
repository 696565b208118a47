using System.Diagnostics;
using CnnEngine.Data;

namespace CnnEngine.Tests.Sample;

/// <summary>What a run of a sample left behind.</summary>
internal sealed record SampleResult(int ExitCode, string Output, string Error)
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
    public SampleResult AssertSuccess()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, ExitCode);
        return this;
    }
}

/// <summary>A sample, running as a process of its own in an environment of its own: no test sees the user's data.</summary>
internal class SampleProcess : IDisposable
{
    // Far more than any run takes; a run that hangs is ended and fails its test.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    /// <summary>Starts it.</summary>
    /// <param name="sample">Its name.</param>
    /// <param name="args">The command line.</param>
    /// <param name="environment">Variables to set on top.</param>
    public SampleProcess(string sample, string[] args, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(Host(), [Path.Combine(AppContext.BaseDirectory, $"{sample}.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
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

    public SampleResult WaitForEnd()
    {
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"no end after {Patience}; output so far: {_output.Result} {_error.Result}");
        }
        return new SampleResult(_process.ExitCode, _output.Result.ReplaceLineEndings("\n"), _error.Result.ReplaceLineEndings("\n"));
    }

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
    private static string Host() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";
}

/// <summary>LeNet's process.</summary>
internal sealed class LeNetProcess(string[] args, params (string Name, string Value)[] environment) : SampleProcess("LeNet", args, environment)
{
    /// <summary>Runs it to its end.</summary>
    public static SampleResult Run(params string[] args)
    {
        using LeNetProcess process = new(args);
        return process.WaitForEnd();
    }
}
