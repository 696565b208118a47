using System.Text.Json;

namespace CnnEngine.Tests.Sample;

/// <summary>Ctrl-C, and the signal that ends processes politely.</summary>
public sealed class InterruptionTests : IDisposable
{
    private const int Interrupted = 130;

    private readonly DigitFolder _digits = new();

    public void Dispose() => _digits.Dispose();

    [SignalFact("INT")]
    public void Ctrl_C_saves_what_was_learnt() => AssertThatItSaves("INT");

    [SignalFact("TERM")]
    public void The_signal_to_end_saves_what_was_learnt() => AssertThatItSaves("TERM");

    [SignalFact("TERM")]
    public void Nothing_is_saved_that_was_not_asked_for()
    {
        string metrics = _digits.File("metrics.jsonl");
        using LeNetProcess process = new(_digits.Arguments("--epochs", "1000000", "--quiet", "--metrics", metrics));
        process.WaitForLine(metrics);
        process.Signal("TERM");
        ProgramResult result = process.WaitForEnd();
        Assert.Equal(Interrupted, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Equal(["metrics.jsonl"], _digits.OtherNames());
    }

    private void AssertThatItSaves(string signal)
    {
        string weights = _digits.File("weights.safetensors"), metrics = _digits.File("metrics.jsonl");
        using LeNetProcess process = new(_digits.Arguments("--epochs", "1000000", "--save", weights, "--metrics", metrics));
        process.WaitForLine(metrics);
        process.Signal(signal);
        ProgramResult result = process.WaitForEnd();

        Assert.Equal(Interrupted, result.ExitCode);
        Assert.Matches(@"^stopped in epoch \d+ of 1000000 after step \d of 4\n$", result.Error);
        Assert.Contains($"weights saved to {weights}", result.Output, StringComparison.Ordinal);
        // Nothing half-written beside them.
        Assert.Equal(["metrics.jsonl", "weights.safetensors"], _digits.OtherNames());
        Assert.All(File.ReadAllLines(metrics), line => JsonSerializer.Deserialize<JsonElement>(line));
        _digits.Run("--load", weights, "--epochs", "0", "--quiet").AssertSuccess();
    }
}

/// <summary>A test that sends a signal: it runs where there are signals, and where the one it sends is not ignored.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SignalFactAttribute : FactAttribute
{
    private const string Status = "/proc/self/status", Ignored = "SigIgn:";

    public SignalFactAttribute(string name)
    {
        if (OperatingSystem.IsWindows()) Skip = "Windows has no signals";
        else if (IsIgnored(name == "INT" ? 2 : 15)) Skip = $"{name} is ignored, as shells have it for what they run in the background";
    }

    // What this process ignores, the processes it starts ignore too.
    private static bool IsIgnored(int signal)
    {
        if (!File.Exists(Status)) return false;
        string mask = File.ReadLines(Status).First(line => line.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..].Trim();
        return (Convert.ToUInt64(mask, 16) >> (signal - 1) & 1) != 0;
    }
}
