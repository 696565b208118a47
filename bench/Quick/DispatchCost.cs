using System.Diagnostics;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Quick;

/// <summary>What it costs to have two threads do something, through one of two doors.</summary>
/// <param name="Door">The method.</param>
/// <param name="Empty">Microseconds of a dispatch of nothing, one after the other. The caller may do it all before anybody wakes.</param>
/// <param name="Working">Microseconds beyond those of the work, shared out evenly, one dispatch after the other.</param>
/// <param name="AfterPause">The same, each after a pause in which workers fall asleep.</param>
/// <param name="Bytes">Managed memory allocated by one dispatch.</param>
internal sealed record DispatchCost(string Door, double Empty, double Working, double AfterPause, double Bytes)
{
    private const int Chunks = 2;
    private const int Dispatches = 300;
    private const double ChunkMicroseconds = 20;
    private const int PauseMilliseconds = 2;

    /// <summary>Measures the project's door and the library's.</summary>
    public static IEnumerable<DispatchCost> MeasureAll()
    {
        ParallelOptions options = new() { MaxDegreeOfParallelism = Threads.Count };
        yield return Measure("Threads.For", body => Threads.For(Chunks, body));
        yield return Measure("Parallel.For", body => Parallel.For(0, Chunks, options, body));
    }

    private static DispatchCost Measure(string door, Action<Action<int>> dispatch)
    {
        Action<int> nothing = _ => { };
        Action<int> work = _ => Work();
        double empty = 1e6 * Timing.Best(() => dispatch(nothing), Turn.Short);
        Median(dispatch, work, pause: 0); // compiles it all
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Dispatches; i++) dispatch(work);
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        return new DispatchCost(
            door, empty, Median(dispatch, work, pause: 0) - ChunkMicroseconds, Median(dispatch, work, PauseMilliseconds) - ChunkMicroseconds,
            (double)bytes / Dispatches);
    }

    /// <summary>Microseconds of a dispatch: the median, because the worst come from other programs and the best from luck.</summary>
    private static double Median(Action<Action<int>> dispatch, Action<int> body, int pause)
    {
        double[] times = new double[Dispatches];
        for (int i = 0; i < Dispatches; i++)
        {
            if (pause > 0) Thread.Sleep(pause);
            long start = Stopwatch.GetTimestamp();
            dispatch(body);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        Array.Sort(times);
        return times[Dispatches / 2];
    }

    // Lasts the same on any machine, and twice as long if one thread does both chunks.
    private static void Work()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMicroseconds < ChunkMicroseconds)
        {
        }
    }
}
