namespace CnnEngine.Kernels;

/// <summary>
/// Picks the algorithm of each pass of a convolution: the one with the least estimated cost among those that support it. Estimates
/// go by the shape and the vector width alone. The number of threads does not count, because results may not depend on it, nor
/// does anything that is measured at run time: the same program on the same processor always takes the same way.
/// </summary>
/// <remarks>
/// <see cref="EnvironmentVariable"/> forces an algorithm by name, for experiments and comparisons. Where the forced one does not
/// support a pass of a shape, the cheapest is taken as ever; <see cref="Explain"/> shows it.
/// </remarks>
public static class ConvPlanner
{
    /// <summary>The environment variable that forces an algorithm, such as <c>shift</c> or <c>im2col</c>.</summary>
    public const string EnvironmentVariable = "CNNENGINE_CONV";

    private static string? _forced;
    private static bool _isRead;

    /// <summary>The names of all algorithms.</summary>
    public static IEnumerable<string> Algorithms => ConvAlgorithm.All.Select(algorithm => algorithm.Name);

    /// <summary>The name of the forced algorithm, or null where the planner is free.</summary>
    /// <exception cref="ArgumentException">The environment variable names no algorithm.</exception>
    public static string? Forced
    {
        get
        {
            if (!_isRead) Forced = Environment.GetEnvironmentVariable(EnvironmentVariable);
            return _forced;
        }
        internal set
        {
            if (!string.IsNullOrEmpty(value) && !Algorithms.Contains(value))
                throw new ArgumentException($"{EnvironmentVariable}={value}: the convolution algorithms are {string.Join(", ", Algorithms)}");
            (_forced, _isRead) = (string.IsNullOrEmpty(value) ? null : value, true);
        }
    }

    /// <summary>What the planner picks for a shape, from among what, and why.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="threads">For how many threads working memory is counted; <see cref="Threads.Count"/> if left out.</param>
    /// <returns>A plan of all three passes, whose <see cref="ConvPlan.ToString"/> is a table for the console.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is below 1.</exception>
    public static ConvPlan Explain(in ConvShape shape, int? threads = null)
    {
        int count = threads ?? Threads.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(threads));
        return new ConvPlan(
            shape, count, PlanPass(ConvPass.Forward, shape, count), PlanPass(ConvPass.BackwardInput, shape, count), PlanPass(ConvPass.BackwardFilter, shape, count));
    }

    /// <summary>The forced algorithm, if it supports the pass, or else the cheapest that does. Allocates nothing.</summary>
    internal static ConvAlgorithm Choose(ConvPass pass, in ConvShape shape)
    {
        string? forced = Forced;
        ConvAlgorithm? best = null;
        double least = double.PositiveInfinity;
        for (int i = 0; i < ConvAlgorithm.All.Count; i++) // an enumerator would be an allocation at every call
        {
            ConvAlgorithm algorithm = ConvAlgorithm.All[i];
            if (!algorithm.Supports(pass, shape)) continue;
            if (forced is not null && algorithm.Name == forced) return algorithm;
            double cost = algorithm.Cost(pass, shape);
            if (cost < least) (best, least) = (algorithm, cost);
        }
        return best!; // im2col supports every shape
    }

    private static ConvPassPlan PlanPass(ConvPass pass, in ConvShape shape, int threads)
    {
        List<ConvCandidate> candidates = [];
        foreach (ConvAlgorithm algorithm in ConvAlgorithm.All)
            if (algorithm.Supports(pass, shape))
                candidates.Add(new ConvCandidate(algorithm.Name, algorithm.Cost(pass, shape), algorithm.ScratchBytes(pass, shape, threads)));
        candidates.Sort((a, b) => a.Cost.CompareTo(b.Cost));
        ConvAlgorithm choice = Choose(pass, shape);
        return new ConvPassPlan(pass, candidates, choice.Name, Reason(choice.Name, candidates));
    }

    private static string Reason(string choice, List<ConvCandidate> candidates)
    {
        ConvCandidate cheapest = candidates[0];
        string least = candidates.Count == 1
            ? $"{cheapest.Algorithm} alone supports this pass of this shape"
            : $"{cheapest.Algorithm} is estimated to cost least, {candidates[1].Cost / cheapest.Cost:0.00} times less than {candidates[1].Algorithm}";
        if (Forced is not { } forced) return least;
        return choice == forced ? $"{forced} is forced; {least}" : $"{forced} is forced but does not support this; {least}";
    }
}
