using System.Globalization;
using System.Text;
using CnnEngine.Bench.Reports;
using CnnEngine.Kernels;

namespace CnnEngine.Bench.Compare;

/// <summary>
/// Measures the project and its peers in turns: ours, peer, ours, peer …, several rounds for each row, so that both see the same
/// moods of the machine; the best turn of each counts.
/// </summary>
internal sealed class CompareRun(CompareSettings settings, CancellationToken cancellation)
{
    // Idle threads of OpenMP and OpenBLAS go on spinning for up to 30 ms: the other side waits until they sleep.
    private const int MillisecondsBetweenTurns = 60;

    // Two ways to add up the same numbers differ by far less; two different results by far more.
    private const double ChecksumTolerance = 1e-3;

    private readonly List<CompareRow> _rows = [];
    private readonly List<string> _peers = [];
    private readonly StringBuilder _tables = new();
    private readonly OtherLoad _load = new();
    private readonly CoreDistance _distance = new();

    /// <summary>Runs the groups and writes the files.</summary>
    /// <returns>The exit code: 0, or 1 if a peer failed while it was measured.</returns>
    public int Run()
    {
        OutputFile? json = OutputFile.Open("--json", settings.Json), markdown = OutputFile.Open("--markdown", settings.Markdown);
        Console.WriteLine(Machine.Summary);
        _load.Sample();
        if (_load.Warning is { } warning) Console.WriteLine(warning);
        bool failed = false;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("cnnengine-bench-");
        try
        {
            foreach (Contest contest in settings.Contests) failed |= !Run(contest, folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        json?.WriteJson(_rows);
        markdown?.WriteMarkdown(
            "Comparison with peers",
            [("Peers", string.Join("; ", _peers)), ("Method", $"alternating, the best of so many rounds: {settings.Rounds?.ToString(CultureInfo.InvariantCulture) ?? Contest.RoundsOf(settings.Contests)}"), ("Other load", _load.Fact), ("From core to core and back", _distance.Fact)],
            _tables.ToString());
        return failed ? 1 : 0;
    }

    /// <returns>Whether the peer lasted, if the machine has it.</returns>
    private bool Run(Contest contest, string folder)
    {
        PeerProgram program = contest.Peer;
        Console.WriteLine();
        try
        {
            using PeerProcess peer = program.Start(folder, cancellation);
            _load.Sample();
            string peerSettings = string.Join(' ', program.Settings.Select(setting => $"{setting.Key}={setting.Value}"));
            string title = $"{contest.Name}: CnnEngine against {program.Name} {peer.Version} ({peerSettings})";
            Console.WriteLine(title);
            _peers.Add($"{program.Name} {peer.Version}");
            Table table = new(("row", 22), ("pass", 15), ("threads", -7), ("ours", -9), ("peer", -9), ("unit", 8), ("ratio", -6), ("cores ns", -8));
            List<CompareRow> rows = [], speeds = [];
            bool lasted = Measure(contest.Rows(peer, folder, settings, cancellation), settings.Rounds ?? contest.Rounds, (asked, row, nanoseconds) =>
            {
                if (rows.Count == 0) Console.WriteLine(table.Heading);
                rows.Add(row);
                if (asked.Unit.IsSpeed) speeds.Add(row);
                Console.WriteLine(table.Add(
                    row.Row, row.Pass, $"{row.Threads}", asked.Unit.Format(row.Ours), asked.Unit.Format(row.Peer), row.Unit, $"{row.Ratio:0.00}", $"{nanoseconds:0}"));
            });
            if (rows.Count == 0) return lasted;
            string summary = Summary.Of(speeds);
            Console.WriteLine(summary);
            _rows.AddRange(rows);
            _tables.AppendLine($"## {title}").AppendLine().AppendLine(contest.Note).AppendLine()
                .AppendLine(table.ToMarkdown()).AppendLine(summary.Replace("\n", "  \n", StringComparison.Ordinal)).AppendLine();
            return lasted;
        }
        catch (PeerMissingException missing)
        {
            Console.WriteLine(
                $"{contest.Name}: skipped, no {program.Name} here ({missing.Message}); on Debian: apt-get install -y --no-install-recommends {program.DebianPackages}");
            return true;
        }
    }

    /// <summary>Measures row by row. What was measured before a peer failed is kept.</summary>
    private bool Measure(IEnumerable<ContestRow> rows, int rounds, Action<ContestRow, CompareRow, double> report)
    {
        try
        {
            foreach (ContestRow row in rows)
            {
                CompareRow measured = Measure(row, rounds, out double nanoseconds);
                report(row, measured, nanoseconds);
            }
            return true;
        }
        catch (PeerFailedException failure)
        {
            Console.Error.WriteLine($"error: {failure.Message}");
            return false;
        }
    }

    /// <param name="row">What to measure.</param>
    /// <param name="rounds">Turns of each side.</param>
    /// <param name="nanoseconds">The least of the rounds' distances of the cores (<see cref="CoreDistance"/>).</param>
    private CompareRow Measure(ContestRow row, int rounds, out double nanoseconds)
    {
        Threads.Count = row.Threads;
        nanoseconds = double.PositiveInfinity;
        List<double> ourTurns = [], peerTurns = [];
        for (int round = 0; round < rounds; round++)
        {
            Measure mine = TakeTurn(row.Ours), theirs = TakeTurn(row.Peer);
            if (mine.Checksum is { } a && theirs.Checksum is { } b && !(Math.Abs(a - b) <= ChecksumTolerance * Math.Abs(b)))
                throw new PeerFailedException($"{row.Row} {row.Pass}: the two sides compute different results (checksums {a:g6} and {b:g6})");
            nanoseconds = Math.Min(nanoseconds, _distance.Sample());
            ourTurns.Add(mine.Value);
            peerTurns.Add(theirs.Value);
        }
        double ours = row.Unit.Of(ourTurns), peer = row.Unit.Of(peerTurns);
        return new CompareRow(
            row.Row, row.Pass, row.Threads, Math.Round(ours, 2), Math.Round(peer, 2), row.Unit.Name, Math.Round(row.Unit.Ratio(ours, peer), 3));
    }

    private Measure TakeTurn(Func<Measure> turn)
    {
        cancellation.ThrowIfCancellationRequested();
        Thread.Sleep(MillisecondsBetweenTurns);
        return turn();
    }
}
