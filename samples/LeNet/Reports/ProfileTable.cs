using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Losses;
using Spectre.Console;

namespace LeNet.Reports;

/// <summary>Where a training step's time goes, layer by layer, next to what the machine could do.</summary>
internal static class ProfileTable
{
    private const int WarmUp = 2_560;
    private const int Measured = 12_800;

    /// <summary>Takes the time of some forward and backward passes, which change no weights, and prints it.</summary>
    public static void Write(IAnsiConsole console, Network network, ByteImages data)
    {
        Run(network, data, WarmUp);
        network.IsTimed = true;
        int images = Run(network, data, Measured);
        network.IsTimed = false;
        double peak = PeakOfOneThread();

        IReadOnlyList<LayerTime> times = network.LayerTimes();
        TimeSpan forward = Sum(times, time => time.Forward), backward = Sum(times, time => time.Backward);
        Table table = Terminal.NewTable(
            Terminal.Words("layer"), Terminal.Numbers("forward"), Terminal.Numbers("GFLOP/s"), Terminal.Numbers("peak"),
            Terminal.Numbers("backward"), Terminal.Numbers("GFLOP/s"), Terminal.Numbers("peak"), Terminal.Numbers("share"));
        foreach (LayerTime time in times)
        {
            // The backward pass of a layer with weights makes two products, one for the weights and one for its input; nobody asks
            // for the gradient of the first layer's input.
            int products = time == times[0] ? 1 : 2;
            table.AddRow(
            [
                time.Layer.Name,
                .. Pass(time.Forward, time.Layer.MultiplyAdds),
                .. Pass(time.Backward, products * time.Layer.MultiplyAdds),
                $"{(time.Forward + time.Backward) / (forward + backward):0.0 %}",
            ]);
        }
        table.Columns[0].Footer = new Text("total");
        table.Columns[1].Footer = new Text(Microseconds(forward));
        table.Columns[4].Footer = new Text(Microseconds(backward));

        console.WriteLine($"Time of one image on one thread (multiply-add peak of a thread: {peak:0} GFLOP/s):");
        console.Write(table);
        console.WriteLine();

        string Microseconds(TimeSpan time) => $"{time.TotalMicroseconds / images:0.00} µs";

        // An activation that is joined to the layer before it takes no time of its own.
        string[] Pass(TimeSpan time, long multiplyAdds)
        {
            if (time == TimeSpan.Zero) return ["", "", ""];
            double speed = 2.0 * multiplyAdds * images / time.TotalSeconds / 1e9;
            return multiplyAdds == 0 ? [Microseconds(time), "", ""] : [Microseconds(time), $"{speed:0.0}", $"{speed / peak:0 %}"];
        }
    }

    private static TimeSpan Sum(IReadOnlyList<LayerTime> times, Func<LayerTime, TimeSpan> pass) =>
        times.Aggregate(TimeSpan.Zero, (sum, time) => sum + pass(time));

    /// <summary>Runs at least so many images forward and backward, from the first on and round again.</summary>
    /// <returns>How many it were.</returns>
    private static int Run(Network network, ByteImages data, int images)
    {
        CrossEntropy loss = new();
        int[] batch = new int[Math.Min(network.Options.BatchSize, data.Count)];
        int done = 0;
        for (; done < images; done += batch.Length)
        {
            for (int i = 0; i < batch.Length; i++) batch[i] = (done + i) % data.Count;
            network.Backpropagate(data, batch, loss);
        }
        return done;
    }

    // The layers' times are those of single threads, so they are held against the peak of one.
    private static double PeakOfOneThread()
    {
        int threads = Threads.Count;
        Threads.Count = 1;
        double peak = MultiplyAddPeak.Measure();
        Threads.Count = threads;
        return peak;
    }
}
