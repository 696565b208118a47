using System.Diagnostics;

namespace CnnEngine.Tests;

/// <summary>Debian's Python, for the tests that ask it what it makes of our files, or for files of its own.</summary>
internal static class Python
{
    private const string Path = "/usr/bin/python3";

    /// <summary>Why a test with a module cannot run here; null if it can. The module is looked for, but not loaded.</summary>
    public static string? Lacks(string module) =>
        File.Exists(Path) && Run("-c", $"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)").ExitCode == 0
            ? null : $"{Path} has no {module} (Debian: python3-{module})";

    public static (int ExitCode, string Output) Run(params string[] arguments)
    {
        using Process python = Process.Start(new ProcessStartInfo(Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        string output = python.StandardOutput.ReadToEnd();
        python.WaitForExit();
        return (python.ExitCode, output + errors.Result);
    }
}

/// <summary>A test that runs where Python has a module.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithPythonAttribute : FactAttribute
{
    public FactWithPythonAttribute(string module)
    {
        Module = module;
        Skip = Python.Lacks(module);
    }

    public string Module { get; }
}

/// <summary>The same with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TheoryWithPythonAttribute : TheoryAttribute
{
    public TheoryWithPythonAttribute(string module)
    {
        Module = module;
        Skip = Python.Lacks(module);
    }

    public string Module { get; }
}
