namespace CnnEngine.Bench.Compare;

/// <summary>
/// A group of rows measured against one peer. A new group is a subclass and a place in <see cref="All"/>; command line, output and
/// results follow.
/// </summary>
internal abstract class Contest
{
    /// <summary>All there are, in the order in which they are run.</summary>
    public static IReadOnlyList<Contest> All { get; } = [new GemmContest(), new ConvContest(), new LeNetContest()];

    /// <summary>What the command line calls it.</summary>
    public abstract string Name { get; }

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

/// <summary>A unit of measure, and which way is better.</summary>
internal sealed record Unit(string Name, bool LessIsBetter = false)
{
    public static Unit GigaflopsPerSecond { get; } = new("GFLOP/s");

    public static Unit ImagesPerSecond { get; } = new("images/s");

    public static Unit Microseconds { get; } = new("us", LessIsBetter: true);

    /// <summary>The better of two turns.</summary>
    public double Best(double a, double b) => LessIsBetter ? Math.Min(a, b) : Math.Max(a, b);

    /// <summary>How many times better than the peer's the project's figure is.</summary>
    public double Ratio(double ours, double peer) => LessIsBetter ? peer / ours : ours / peer;
}
