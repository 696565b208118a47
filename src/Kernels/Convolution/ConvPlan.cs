using System.Globalization;
using System.Text;

namespace CnnEngine.Kernels;

/// <summary>How a convolution is computed, and what else was considered.</summary>
/// <param name="Shape">The geometry.</param>
/// <param name="Threads">For how many threads working memory is counted.</param>
/// <param name="Forward">The forward pass.</param>
/// <param name="BackwardInput">The pass to the images' gradient.</param>
/// <param name="BackwardFilter">The pass to the filters' gradient.</param>
public sealed record ConvPlan(ConvShape Shape, int Threads, ConvPassPlan Forward, ConvPassPlan BackwardInput, ConvPassPlan BackwardFilter)
{
    /// <summary>All three passes.</summary>
    public IReadOnlyList<ConvPassPlan> Passes => [Forward, BackwardInput, BackwardFilter];

    /// <summary>A table of all passes and candidates, the chosen one marked, each pass with its reason.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Title()}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Millions(Shape.MultiplyAdds)} million multiply-adds a pass by the definition; vectors of {Simd.Lanes} floats");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"pass",-18}{"algorithm",-13}{"cost (M madd)",13}{"per madd",10}{$"scratch, {Threads} thr.",17}");
        foreach (ConvPassPlan pass in Passes)
        {
            string name = pass.Pass switch { ConvPass.Forward => "forward", ConvPass.BackwardInput => "backward input", _ => "backward filter" };
            foreach (ConvCandidate candidate in pass.Candidates)
            {
                string mark = candidate.Algorithm == pass.Choice ? ">" : " ";
                text.AppendLine(CultureInfo.InvariantCulture,
                    $"{name,-16}{mark} {candidate.Algorithm,-13}{Millions(candidate.Cost),13}{candidate.Cost / Shape.MultiplyAdds,10:0.00}{Size(candidate.ScratchBytes),17}");
                name = "";
            }
            text.AppendLine(CultureInfo.InvariantCulture, $"{"",18}{pass.Reason}");
        }
        return text.ToString();
    }

    private string Title()
    {
        ConvShape s = Shape;
        string title = string.Create(CultureInfo.InvariantCulture, $"{s.N}×{s.C}×{s.H}×{s.W} → {s.N}×{s.K}×{s.OutputHeight}×{s.OutputWidth}, filter {s.R}×{s.S}");
        if (s.Stride != 1) title += $", stride {s.Stride}";
        if (s.Padding != Padding.Valid) title += $", padding {s.Padding}";
        if (s.Dilation != 1) title += $", dilation {s.Dilation}";
        if (s.Groups != 1) title += string.Create(CultureInfo.InvariantCulture, $", {s.Groups} groups");
        return title;
    }

    private static string Millions(double count) => (count / 1e6).ToString(count < 1e8 ? "0.00" : "0", CultureInfo.InvariantCulture);

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KB");
}

/// <summary>What was chosen for one pass.</summary>
/// <param name="Pass">The pass.</param>
/// <param name="Candidates">The algorithms that support it, cheapest first.</param>
/// <param name="Choice">The name of the chosen one.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record ConvPassPlan(ConvPass Pass, IReadOnlyList<ConvCandidate> Candidates, string Choice, string Reason);

/// <summary>One way to compute a pass.</summary>
/// <param name="Algorithm">Its name.</param>
/// <param name="Cost">
/// Estimated cost in multiply-adds at full speed: those of the algorithm itself, those on idle lanes, and what copies and memory
/// traffic cost in the time of multiply-adds.
/// </param>
/// <param name="ScratchBytes">Working memory over all threads.</param>
public sealed record ConvCandidate(string Algorithm, double Cost, long ScratchBytes);
