using System.Globalization;

namespace CnnEngine.Bench.Reports;

/// <summary>
/// Looks for other programs that use the processors, because figures taken next to them mislead: peers whose threads wait for each
/// other spinning may lose nine tenths of their speed, others a half. Looks while this program itself does nothing.
/// </summary>
internal sealed class OtherLoad
{
    private const string LoadFile = "/proc/loadavg";
    private const int Looks = 20;
    private const int MillisecondsBetween = 20;
    private const double Quiet = 0.25;

    private double? _most;

    /// <summary>A word of caution if others were running, otherwise null.</summary>
    public string? Warning => _most > Quiet
        ? $"warning: other programs are running ({Fact}); figures and ratios are only worth something on a quiet machine"
        : null;

    /// <summary>What was seen, for the record.</summary>
    public string Fact => _most is null ? "unknown" : $"{_most:0.0} threads running at most";

    /// <summary>Counts for half a second how many threads are running but for this one. Keeps the most that it has seen.</summary>
    public void Sample()
    {
        if (!File.Exists(LoadFile)) return;
        double sum = 0;
        for (int look = 0; look < Looks; look++)
        {
            Thread.Sleep(MillisecondsBetween);
            // "0.20 0.18 0.12 1/80 11206": the fourth is running threads/all threads.
            string running = File.ReadAllText(LoadFile).Split(' ')[3].Split('/')[0];
            sum += int.Parse(running, CultureInfo.InvariantCulture) - 1;
        }
        _most = Math.Max(_most ?? 0, sum / Looks);
    }
}
