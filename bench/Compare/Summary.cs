using System.Text;

namespace CnnEngine.Bench.Compare;

/// <summary>What a group of rows comes to.</summary>
internal static class Summary
{
    /// <summary>Geometric means of the ratios, of all rows and of each pass and number of threads, with the worst row named.</summary>
    public static string Of(IReadOnlyList<CompareRow> rows)
    {
        StringBuilder text = new(Line("all rows", rows));
        var parts = rows.GroupBy(row => (row.Pass, row.Threads)).Where(part => part.Count() > 1).ToList();
        if (parts.Count > 1)
            foreach (var part in parts) text.Append('\n').Append(Line($"{part.Key.Pass}, {Count(part.Key.Threads, "thread")}", [.. part]));
        return text.ToString();
    }

    private static string Line(string what, IReadOnlyList<CompareRow> rows)
    {
        double mean = Math.Exp(rows.Average(row => Math.Log(row.Ratio)));
        CompareRow worst = rows.MinBy(row => row.Ratio)!;
        return $"{what}: geometric mean of the ratios {mean:0.00}; faster in {rows.Count(row => row.Ratio > 1)} of {rows.Count}; "
            + $"least {worst.Ratio:0.00} ({worst.Row} {worst.Pass}, {Count(worst.Threads, "thread")})";
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
