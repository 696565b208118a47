using System.Globalization;
using CnnEngine.Layers;

namespace Filters;

/// <summary>Reads a filter written as text: <c>0 -1 0; -1 5 -1; 0 -1 0</c>, perhaps with <c>/ 9</c> behind it.</summary>
internal static class KernelText
{
    private const int MostTaps = 31;

    /// <summary>The filter; or null, and what would be right.</summary>
    public static ImageFilter? Parse(string text, out string problem)
    {
        string[] halves = text.Split('/');
        float divisor = 1;
        if (halves.Length > 2 || (halves.Length == 2 && !(TryNumber(halves[1], out divisor) && divisor != 0)))
        {
            problem = "behind / there must be one number other than 0";
            return null;
        }
        string[][] rows = Array.ConvertAll(halves[0].Split(';'), row => row.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries));
        (int height, int width) = (rows.Length, rows[0].Length);
        if (width == 0 || Array.Exists(rows, row => row.Length != width))
        {
            problem = $"all rows must have equally many numbers, at least 1; they have {string.Join(", ", rows.Select(row => row.Length))}";
            return null;
        }
        if (height > MostTaps || width > MostTaps)
        {
            problem = $"it must be at most {MostTaps}×{MostTaps}, not {height}×{width}";
            return null;
        }
        float[,] weights = new float[height, width];
        for (int r = 0; r < height; r++)
            for (int s = 0; s < width; s++)
            {
                if (!TryNumber(rows[r][s], out float weight) || !float.IsFinite(weights[r, s] = weight / divisor))
                {
                    problem = $"'{rows[r][s]}' must be a number";
                    return null;
                }
            }
        problem = "";
        return new ImageFilter("own", weights);
    }

    private static bool TryNumber(string text, out float number) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && float.IsFinite(number);
}
