using System.Diagnostics;
using System.Text;
using CnnEngine.Bench.Reports;
using CnnEngine.Bench.Work;
using CnnEngine.Data;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Quick;

/// <summary>
/// The project's own speed in a given time: peak, GEMM, convolution, LeNet, dispatch. What is left of the time is shared out over
/// the figures that are left, so that slow ones cost the others rounds and not the run its end.
/// </summary>
/// <param name="seconds">How long to take, about.</param>
/// <param name="json">Where to write the figures, or null.</param>
/// <param name="markdown">Where to write the tables, or null.</param>
internal sealed class QuickRun(double seconds, string? json, string? markdown)
{
    // Turns of each figure; the peak is measured before each and after the last.
    private const int Rounds = 3;

    // Of the time: training's epochs take a second or so, and a few of them must fit.
    private const double ShareOfLeNet = 0.12;
    private const double ShareOfLoader = 0.08;

    // A third of an epoch, so that all ways can take turns.
    private const int LoaderImages = 20_000;

    private readonly List<QuickRow> _rows = [];
    private readonly StringBuilder _tables = new();
    private readonly OtherLoad _load = new();
    private readonly CoreDistance _distance = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _figuresLeft = (Shapes.Gemm.Count + (Shapes.Convolution.Count * Passes.Convolution.Count)) * Shapes.ThreadCounts.Count;

    // A virtual machine may have one core for two processors, for seconds: figures of two threads would be those of one. They are waited for.
    private const double EnoughOfCores = 0.85, MostSecondsWaited = 40;

    private double _peakOfOne, _waited;

    private static string[] ThreadColumns => [.. Shapes.ThreadCounts.Select(threads => threads == 1 ? "1 thread" : $"{threads} threads")];

    /// <summary>Measures, prints, writes.</summary>
    public void Run()
    {
        OutputFile? jsonFile = OutputFile.Open("--json", json), markdownFile = OutputFile.Open("--markdown", markdown);
        Console.WriteLine(Machine.Summary);
        _load.Sample();
        if (_load.Warning is { } warning) Console.WriteLine(warning);
        MeasurePeak();
        Table gemm = Begin("GEMM, C = A·B", Columns("GFLOP/s", "% peak"));
        foreach (GemmCase size in Shapes.Gemm) MeasureKernel(gemm, size, Passes.Forward, () => new GemmWork(size));
        End(gemm);
        Table conv = Begin("Convolution, plain N×C×H×W", Columns("GFLOP/s", "% peak"));
        foreach (ConvCase size in Shapes.Convolution)
            foreach (string pass in Passes.Convolution)
                MeasureKernel(conv, size, pass, () => new ConvWork(size, pass));
        End(conv);
        MeasureLeNet();
        MeasureLoader();
        MeasureStreams();
        MeasureDispatch();
        jsonFile?.WriteJson(_rows);
        _load.Sample();
        markdownFile?.WriteMarkdown(
            "Kernels and LeNet",
            [("Method", $"best of {Rounds} rounds; the multiply-add peak is measured next to each figure"), ("Waited for all cores", $"{_waited:0} s"), ("Other load", _load.Fact), ("From core to core and back", _distance.Fact)],
            _tables.ToString());
    }

    private void MeasurePeak()
    {
        Table table = Begin("Multiply-add peak", [("threads", 12), ("GFLOP/s", -8)]);
        foreach (int threads in Shapes.ThreadCounts)
        {
            Threads.Count = threads;
            double peak = Enumerable.Range(0, 2 * Rounds).Max(_ => Peak());
            if (threads == 1) _peakOfOne = peak;
            Print(table.Add($"{threads}", $"{peak:0.0}"));
        }
        End(table);
    }

    private void MeasureKernel(Table table, IMeasuredCase size, string pass, Func<IWork> prepare)
    {
        List<string> cells = [size.Name, pass];
        using IWork work = prepare();
        _distance.Sample();
        foreach (int threads in Shapes.ThreadCounts)
        {
            Threads.Count = threads;
            Turn turn = Turn.Of(Math.Max(0, SecondsLeft(1 - ShareOfLeNet - ShareOfLoader)) / _figuresLeft-- / Rounds);
            double best = double.PositiveInfinity, peak = 0;
            for (int round = 0; round < Rounds; round++)
            {
                peak = Math.Max(peak, Peak());
                best = Math.Min(best, Timing.Best(work.Run, turn));
            }
            peak = Math.Max(peak, Peak());
            double gflops = size.Flops / best / 1e9, percent = 100 * gflops / peak;
            _rows.Add(new QuickRow(size.Name, pass, threads, Math.Round(gflops, 2), null, Math.Round(percent, 1)));
            cells.AddRange($"{gflops:0.0}", $"{percent:0.0}");
        }
        Print(table.Add([.. cells]));
    }

    private void MeasureLeNet()
    {
        Table table = Begin($"LeNet-5, training on synthetic digits, batch {LeNetWork.Batch}", Columns("images/s", "% peak"));
        IDataset data = SyntheticDigits.Generate().Train;
        const string Name = "lenet5";
        List<string> cells = [Name, Passes.Train];
        for (int i = 0; i < Shapes.ThreadCounts.Count; i++)
        {
            int threads = Threads.Count = Shapes.ThreadCounts[i];
            double end = SecondsLeft(1 - ShareOfLoader) / (Shapes.ThreadCounts.Count - i), best = 0, peak = 0;
            long start = Stopwatch.GetTimestamp();
            for (int epoch = 0; epoch < 2 || Stopwatch.GetElapsedTime(start).TotalSeconds < end; epoch++)
            {
                peak = Math.Max(peak, Peak());
                best = Math.Max(best, LeNetWork.TrainEpoch(data, test: null, default).ImagesPerSecond);
            }
            double percent = 100 * best * LeNetWork.TrainingFlops / 1e9 / peak;
            _rows.Add(new QuickRow(Name, Passes.Train, threads, null, Math.Round(best), Math.Round(percent, 1)));
            cells.AddRange($"{best:0}", $"{percent:0.0}");
        }
        Print(table.Add([.. cells]));
        End(table);
    }

    private void MeasureLoader()
    {
        Table table = Begin(
            "LeNet-5, by how the images reach the network: read in its parts, prepared by the loader, or always read ahead", Columns("images/s", "% memory"));
        IDataset data = SyntheticDigits.Generate(seed: 1, train: LoaderImages, test: 1).Train, cropped = new CropAndFlip(data, border: 2);
        (string Name, IDataset Data, bool? ReadsAhead)[] ways =
        [
            ("memory", data, null), ("memory, prepared", new CostlyData(data), null), ("memory, ahead", data, true),
            ("crop", cropped, null), ("crop, prepared", new CostlyData(cropped), null), ("crop, ahead", cropped, true),
        ];
        double[,] best = new double[ways.Length, Shapes.ThreadCounts.Count];
        for (int i = 0; i < Shapes.ThreadCounts.Count; i++)
        {
            Threads.Count = Shapes.ThreadCounts[i];
            for (int round = 0; round < Rounds; round++)
                for (int way = 0; way < ways.Length; way++)
                    best[way, i] = Math.Max(best[way, i], LeNetWork.TrainEpoch(ways[way].Data, test: null, default, ways[way].ReadsAhead).ImagesPerSecond);
        }
        for (int way = 0; way < ways.Length; way++)
        {
            List<string> cells = [ways[way].Name, Passes.Train];
            for (int i = 0; i < Shapes.ThreadCounts.Count; i++)
            {
                cells.AddRange($"{best[way, i]:0}", $"{100 * best[way, i] / best[0, i]:0}");
                _rows.Add(new QuickRow($"lenet5, {ways[way].Name}", Passes.Train, Shapes.ThreadCounts[i], null, Math.Round(best[way, i]), null));
            }
            Print(table.Add([.. cells]));
        }
        End(table);
    }

    private void MeasureStreams()
    {
        Table table = Begin("The rest of a step, on blocks beyond the caches: bytes that must move", Columns("GB/s", "% triad"));
        double[] triad = new double[Shapes.ThreadCounts.Count];
        foreach (StreamCase stream in StreamCase.All())
        {
            List<string> cells = [stream.Name, stream.Pass];
            for (int i = 0; i < triad.Length; i++)
            {
                Threads.Count = Shapes.ThreadCounts[i];
                Peak();
                double speed = stream.Bytes / Timing.Best(stream.Run, Turn.Short) / 1e9;
                if (triad[i] == 0) triad[i] = speed;
                cells.AddRange($"{speed:0.0}", $"{100 * speed / triad[i]:0}");
            }
            Print(table.Add([.. cells]));
        }
        End(table);
    }

    private void MeasureDispatch()
    {
        if (Shapes.ThreadCounts.Count == 1) return;
        Table table = Begin(
            "One dispatch of two chunks on 2 threads: microseconds beyond those of the work",
            [("door", 14), ("no work", -9), ("2 × 20 us", -9), ("2 × 20 us after a pause", -23), ("bytes", -6)]);
        Threads.Count = 2;
        foreach (DispatchCost cost in DispatchCost.MeasureAll())
            Print(table.Add(cost.Door, $"{cost.Empty:0.00}", $"{cost.Working:0.00}", $"{cost.AfterPause:0.00}", $"{cost.Bytes:0}"));
        End(table);
    }

    /// <summary>The multiply-add peak, when all threads have a core; or, if that takes too long, as it is.</summary>
    private double Peak()
    {
        double peak = MultiplyAddPeak.Measure();
        for (long start = Stopwatch.GetTimestamp(); peak < EnoughOfCores * Threads.Count * _peakOfOne && _waited < MostSecondsWaited; start = Stopwatch.GetTimestamp())
        {
            peak = MultiplyAddPeak.Measure();
            _waited += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        return peak;
    }

    private double SecondsLeft(double share) => (share * seconds) - (Stopwatch.GetElapsedTime(_start).TotalSeconds - _waited);

    private static (string, int)[] Columns(string measure, string ofPeak) =>
    [
        ("name", 27), ("pass", 15),
        .. ThreadColumns.SelectMany(threads => ((string, int)[])[($"{threads} {measure}", -18), (ofPeak, -6)]),
    ];

    private Table Begin(string title, (string, int)[] columns)
    {
        Table table = new(columns);
        Print("");
        Print(title);
        Print(table.Heading);
        _tables.Append("## ").AppendLine(title).AppendLine();
        return table;
    }

    private void End(Table table) => _tables.AppendLine(table.ToMarkdown());

    private static void Print(string line) => Console.WriteLine(line);
}
