using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CnnEngine.Bench.Compare;

/// <summary>
/// A peer's driver, kept running through a whole comparison: it measures when asked, one line for each request, and otherwise waits
/// for its input without using a processor. It ends with its input, so that none is left over however this process ends.
/// </summary>
internal sealed class PeerProcess : IDisposable
{
    private const int MillisecondsToEnd = 2000;
    private const int MillisecondsToHearOfCtrlC = 300;

    private readonly string _name;
    private readonly Process _process;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _kill;
    private string? _complaint;

    /// <exception cref="PeerMissingException">It cannot be started, or ends before it has said who it is.</exception>
    public PeerProcess(
        string name, string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> settings, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string variable, string value) in settings) start.Environment[variable] = value;
        _name = name;
        _cancellation = cancellation;
        _process = TryStart(start);
        _process.ErrorDataReceived += (_, line) => _complaint = string.IsNullOrWhiteSpace(line.Data) ? _complaint : line.Data.Trim();
        _process.BeginErrorReadLine();
        _kill = cancellation.Register(() => Kill(_process));
        try
        {
            Version = Read().GetProperty("version").GetString()!;
        }
        catch (PeerFailedException)
        {
            string reason = $"{program}: {_complaint ?? "ended at once"}";
            Dispose();
            throw new PeerMissingException(reason);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The peer's version, as it says itself.</summary>
    public string Version { get; }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="PeerFailedException">The driver has ended, or answers something else.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public JsonElement Ask(FormattableString request)
    {
        try
        {
            _process.StandardInput.WriteLine(request.ToString(CultureInfo.InvariantCulture));
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; reading says so, and why.
        }
        return Read();
    }

    public void Dispose()
    {
        _kill.Dispose();
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It had ended before.
        }
        if (!_process.WaitForExit(MillisecondsToEnd)) Kill(_process);
        _process.Dispose();
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="PeerMissingException">There is no such program.</exception>
    public static Process TryStart(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new PeerMissingException($"there is no {start.FileName}");
        }
    }

    /// <summary>Ends a program and what it has started.</summary>
    public static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private JsonElement Read()
    {
        string? line = _process.StandardOutput.ReadLine();
        // Ctrl-C goes to the driver too, and it may be the first to end.
        if (line is null) _cancellation.WaitHandle.WaitOne(MillisecondsToHearOfCtrlC);
        _cancellation.ThrowIfCancellationRequested();
        if (line is null)
        {
            _process.WaitForExit(); // until its last complaint is read, too
            throw new PeerFailedException($"{_name} ended: {_complaint ?? $"exit code {_process.ExitCode}"}");
        }
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(line);
        }
        catch (JsonException)
        {
            throw new PeerFailedException($"{_name} answered \"{line}\"");
        }
    }
}
