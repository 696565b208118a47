namespace CnnEngine.Bench.Compare;

/// <summary>
/// A group of rows measured against one peer. A new group is a subclass and a place in <see cref="All"/>; command line, output and
/// results follow.
/// </summary>
internal abstract class Contest
{
    /// <summary>All there are, in the order in which they are run.</summary>
    public static IReadOnlyList<Contest> All { get; } = [new GemmContest(), new ConvContest(), new LeNetContest(), new Mnist99Contest(), new NetsContest()];

    /// <summary>What the command line calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Turns of each side in each row, unless the command line says otherwise.</summary>
    public virtual int Rounds => 5;

    /// <summary>The numbers of rounds of some contests, in words: <c>5 (gemm, conv), 10 (mnist99)</c>.</summary>
    public static string RoundsOf(IEnumerable<Contest> contests) => string.Join(", ", contests
        .GroupBy(contest => contest.Rounds)
        .Select(same => $"{same.Key} ({string.Join(", ", same.Select(contest => contest.Name))})"));

    /// <summary>Whom it is against.</summary>
    public abstract PeerProgram Peer { get; }

    /// <summary>What a reader of the results ought to know.</summary>
    public abstract string Note { get; }

    /// <summary>The rows, which hold no memory until they are measured.</summary>
    /// <param name="peer">The peer's driver, running.</param>
    /// <param name="folder">A folder for files that both sides read; it is removed after the run.</param>
    /// <param name="settings">The command line's.</param>
    /// <param name="cancellation">Ends a long turn.</param>
    public abstract IEnumerable<ContestRow> Rows(PeerProcess peer, string folder, CompareSettings settings, CancellationToken cancellation);
}

/// <summary>One line of a comparison, not yet measured.</summary>
/// <param name="Row">The size's name.</param>
/// <param name="Pass">What is computed.</param>
/// <param name="Threads">On how many threads the project runs.</param>
/// <param name="Unit">What the measures are in.</param>
/// <param name="Ours">One turn of the project.</param>
/// <param name="Peer">One turn of the peer.</param>
internal sealed record ContestRow(string Row, string Pass, int Threads, Unit Unit, Func<Measure> Ours, Func<Measure> Peer);

/// <summary>What a turn brought.</summary>
/// <param name="Value">In the row's unit.</param>
/// <param name="Checksum">Of what was computed, if both sides can be held to the same.</param>
internal readonly record struct Measure(double Value, double? Checksum = null);

/// <summary>A unit of measure, which way is better, and what several turns come to.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="LessIsBetter">Whether the smaller figure is the better one.</param>
/// <param name="IsMean">Whether the mean of the turns counts, not the best.</param>
/// <param name="IsSpeed">Whether ratios of it tell who is faster.</param>
internal sealed record Unit(string Name, bool LessIsBetter = false, bool IsMean = false, bool IsSpeed = true)
{
    public static Unit GigaflopsPerSecond { get; } = new("GFLOP/s");

    public static Unit ImagesPerSecond { get; } = new("images/s");

    public static Unit Microseconds { get; } = new("us", LessIsBetter: true);

    public static Unit Milliseconds { get; } = new("ms", LessIsBetter: true);

    public static Unit MeanMilliseconds { get; } = new("ms", LessIsBetter: true, IsMean: true);

    /// <summary>Of images that are recognised.</summary>
    public static Unit MeanPercent { get; } = new("%", IsMean: true, IsSpeed: false);

    /// <summary>Of memory.</summary>
    public static Unit Megabytes { get; } = new("MB", LessIsBetter: true, IsSpeed: false);

    /// <summary>What several turns come to.</summary>
    public double Of(IReadOnlyList<double> turns) => IsMean ? turns.Average() : LessIsBetter ? turns.Min() : turns.Max();

    /// <summary>A figure with as many digits as it is worth.</summary>
    public string Format(double figure) => IsSpeed ? $"{figure:0.0}" : $"{figure:0.00}";

    /// <summary>How many times better than the peer's the project's figure is.</summary>
    public double Ratio(double ours, double peer) => LessIsBetter ? peer / ours : ours / peer;
}
