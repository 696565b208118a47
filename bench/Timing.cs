using System.Diagnostics;

namespace CnnEngine.Bench;

/// <summary>How long one turn of a measurement is. The peers' drivers are told the same numbers and go by them in the same way.</summary>
/// <param name="BatchSeconds">Calls are repeated until they take this long, and timed together.</param>
/// <param name="Seconds">Batches are timed until this much time is over, but at least two.</param>
internal readonly record struct Turn(double BatchSeconds, double Seconds)
{
    /// <summary>One of several turns in which a project and its peer alternate.</summary>
    public static Turn Short { get; } = new(0.005, 0.1);

    /// <summary>A turn of the given length.</summary>
    public static Turn Of(double seconds) => new(0.005, seconds);
}

/// <summary>Best-of timing: what else runs on the machine only ever adds time, so the least is nearest to the truth.</summary>
internal static class Timing
{
    private const int FewestBatches = 2;

    /// <summary>Calls <paramref name="run"/> over and over.</summary>
    /// <returns>Seconds of one call in the fastest batch of calls.</returns>
    public static double Best(Action run, Turn turn)
    {
        run(); // wakes the workers, fills the caches
        int repeats = 1;
        double seconds = Batch(run, repeats);
        while (seconds * repeats < turn.BatchSeconds)
        {
            repeats = (int)Math.Ceiling(Math.Min(repeats * 10, 1.1 * turn.BatchSeconds / seconds));
            seconds = Batch(run, repeats);
        }

        double best = seconds;
        long start = Stopwatch.GetTimestamp();
        for (int batch = 1; batch < FewestBatches || Stopwatch.GetElapsedTime(start).TotalSeconds < turn.Seconds; batch++)
            best = Math.Min(best, Batch(run, repeats));
        return best;
    }

    /// <summary>Seconds of one call.</summary>
    public static double Once(Action run) => Batch(run, 1);

    private static double Batch(Action run, int repeats)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++) run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }
}
