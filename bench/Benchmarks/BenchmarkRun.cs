using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.ConsoleArguments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Perfolizer.Horology;

namespace CnnEngine.Bench.Benchmarks;

/// <summary>BenchmarkDotNet on all benchmarks of this program.</summary>
internal static class BenchmarkRun
{
    private const int MaxNameWidth = 30;

    // Their runs print something else than results.
    private static readonly string[] Inquiries = ["--list", "--info"];

    /// <summary>Runs what BenchmarkDotNet's options select.</summary>
    /// <returns>The exit code: 0 if benchmarks ran, and all of them to the end.</returns>
    public static int Run(string[] args)
    {
        if (!ConfigParser.Parse(args, NullLogger.Instance).isSuccess)
        {
            Console.Error.WriteLine($"error: BenchmarkDotNet does not understand {string.Join(' ', args)}; see --help, or --list flat for the benchmarks");
            return 2;
        }
        Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(BenchmarkRun).Assembly).Run(args, Config())];
        if (args.Any(argument => Inquiries.Contains(argument))) return 0;
        bool complete = summaries.Length > 0
            && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.Length > 0 && summary.Reports.All(report => report.Success));
        return complete ? 0 : 1;
    }

    // A few seconds a row: kernels take the same time over and over, so that many short iterations say as much as long ones. An
    // error of several per cent in the table means that the machine was not quiet. --job on the command line replaces this job.
    private static ManualConfig Config() => ManualConfig.Create(DefaultConfig.Instance)
        .AddJob(Job.Default
            .WithLaunchCount(1).WithWarmupCount(3).WithIterationCount(10).WithIterationTime(TimeInterval.FromMilliseconds(150))
            .AsDefault())
        .AddColumn(new GflopsColumn())
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(MaxNameWidth));
}
