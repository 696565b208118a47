using System.Diagnostics;

namespace CnnEngine.Bench.Reports;

/// <summary>
/// How far two cores are from each other: nanoseconds in which a cache line goes to the other core and comes back. A system moves threads,
/// and a virtual machine its processors, between cores that share a last-level cache (100 ns or so) and cores that do not (about 400 ns);
/// work that two threads share out is then slower, by a third or a half where each reads what the other has written.
/// </summary>
internal sealed class CoreDistance
{
    private const int Rounds = 500, Tries = 5;

    private double _least = double.PositiveInfinity;
    private double _most;

    /// <summary>What was seen, for the record.</summary>
    public string Fact => Environment.ProcessorCount == 1 ? "one core" : $"{_least:0} to {_most:0} ns";

    /// <summary>Measures it once more.</summary>
    /// <returns>Nanoseconds there and back; 0 on a machine of one core.</returns>
    public double Sample()
    {
        if (Environment.ProcessorCount == 1) return 0;
        double nanoseconds = 1e9 * RoundTrip();
        (_least, _most) = (Math.Min(_least, nanoseconds), Math.Max(_most, nanoseconds));
        return nanoseconds;
    }

    // Spinning without giving way, so that the system sees two busy threads and gives each a core.
    private static double RoundTrip()
    {
        const int Line = 32, Stop = -1; // a place that has a cache line of its own
        int[] ball = new int[2 * Line];
        Thread other = new(() =>
        {
            for (int seen = 0; seen != Stop;)
            {
                int number = Volatile.Read(ref ball[Line]);
                if (number == seen) continue;
                seen = number;
                Volatile.Write(ref ball[0], number);
            }
        })
        { IsBackground = true };
        other.Start();
        double seconds = double.PositiveInfinity;
        for (int attempt = 0, number = 1; attempt < Tries; attempt++)
        {
            long start = Stopwatch.GetTimestamp();
            int end = number + Rounds;
            for (; number < end; number++)
            {
                Volatile.Write(ref ball[Line], number);
                while (Volatile.Read(ref ball[0]) != number)
                {
                }
            }
            seconds = Math.Min(seconds, Stopwatch.GetElapsedTime(start).TotalSeconds / Rounds);
        }
        Volatile.Write(ref ball[Line], Stop);
        other.Join();
        return seconds;
    }
}
