using System.Globalization;

namespace CnnEngine.Runs;

/// <summary>Numbers and names as findings say them.</summary>
internal static class Words
{
    /// <summary>Three digits: 0.00123, 12.3, 1.23E-09.</summary>
    public static string Number(double number) => number.ToString("G3", CultureInfo.InvariantCulture);

    public static string Percent(double share) => (100 * share).ToString(share < 100 ? "0.#" : "G3", CultureInfo.InvariantCulture) + " %";

    /// <summary>Names one after another, not more than a few.</summary>
    public static string List(IEnumerable<string> names)
    {
        const int most = 4;
        string[] all = [.. names];
        return all.Length <= most ? string.Join(", ", all) : $"{string.Join(", ", all[..most])} and {all.Length - most} more";
    }
}
