using System.Diagnostics;

namespace CnnEngine.Bench.Compare;

/// <summary>A program to be compared with: its driver, how to get it to run, and the settings that it is fastest with.</summary>
internal sealed record PeerProgram(string Name, string Driver, string DebianPackages)
{
    /// <summary>The compiler that the driver needs, with its options; empty for a script.</summary>
    public IReadOnlyList<string> Compiler { get; init; } = [];

    /// <summary>Libraries to link with.</summary>
    public IReadOnlyList<string> Libraries { get; init; } = [];

    /// <summary>Interpreters to try in turn, for a script.</summary>
    public IReadOnlyList<string> Interpreters { get; init; } = [];

    /// <summary>Environment variables of the driver.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    private string Source => Path.Combine(AppContext.BaseDirectory, "peers", Driver);

    /// <summary>Compiles the driver if it needs that, starts it and hears who it is.</summary>
    /// <param name="folder">Where to put what is compiled.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PeerMissingException">The machine lacks the peer, or something that its driver needs.</exception>
    public PeerProcess Start(string folder, CancellationToken cancellation)
    {
        if (Compiler.Count > 0) return new PeerProcess(Name, Compile(folder, cancellation), [], Settings, cancellation);
        PeerMissingException? missing = null;
        foreach (string interpreter in Interpreters)
        {
            try
            {
                return new PeerProcess(Name, interpreter, [Source], Settings, cancellation);
            }
            catch (PeerMissingException error)
            {
                missing ??= error;
            }
        }
        throw missing!;
    }

    private string Compile(string folder, CancellationToken cancellation)
    {
        string program = Path.Combine(folder, Path.GetFileNameWithoutExtension(Driver));
        ProcessStartInfo start = new(Compiler[0], [.. Compiler.Skip(1), Source, "-o", program, .. Libraries])
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using Process process = PeerProcess.TryStart(start);
        using CancellationTokenRegistration kill = cancellation.Register(() => PeerProcess.Kill(process));
        process.StandardInput.Close();
        string complaints = process.StandardError.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        if (process.ExitCode == 0) return program;
        throw new PeerMissingException($"{Compiler[0]}: {FirstError(complaints) ?? "failed"}");
    }

    /// <summary>What a compiler or linker says is wrong, without the place where it says it is.</summary>
    private static string? FirstError(string complaints)
    {
        string[] signs = ["error:", "cannot find"];
        string? line = complaints.Split('\n').FirstOrDefault(line => signs.Any(sign => line.Contains(sign, StringComparison.Ordinal)));
        return line?[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..].Trim();
    }
}

/// <summary>The machine lacks a peer.</summary>
internal sealed class PeerMissingException(string message) : Exception(message);

/// <summary>A peer gave up, or does not do what the project does.</summary>
internal sealed class PeerFailedException(string message) : Exception(message);
