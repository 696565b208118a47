using CnnEngine.Imaging;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Filters;

/// <summary>
/// A picture in the terminal, two pixels to a character, one above the other: as the two colours of an upper half block where there are
/// colours, otherwise as a letter of about the right brightness.
/// </summary>
/// <param name="picture">The picture.</param>
/// <param name="columns">How many characters it is wide at most; larger ones are made smaller.</param>
internal sealed class PictureView(Picture picture, int columns) : Renderable
{
    private const string Ramp = " .:-=+*#%@";

    private readonly int _columns = Math.Min(columns, picture.Width);
    private readonly int _rows = Math.Max(1, picture.Height * Math.Min(columns, picture.Width) / picture.Width);

    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(_columns, _columns);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        // Fewer colours than 256 do no picture justice.
        bool hasColours = options.ColorSystem >= ColorSystem.EightBit && options.Unicode;
        for (int row = 0; row < _rows; row += 2)
        {
            for (int column = 0; column < _columns; column++)
            {
                Color upper = Mean(column, row), lower = row + 1 < _rows ? Mean(column, row + 1) : Color.Black;
                yield return hasColours
                    ? new Segment("▀", new Style(upper, lower))
                    : new Segment(Ramp[(Brightness(upper) + Brightness(lower)) * (Ramp.Length - 1) / (2 * byte.MaxValue)].ToString());
            }
            yield return Segment.LineBreak;
        }
    }

    private static int Brightness(Color color) => ((299 * color.R) + (587 * color.G) + (114 * color.B)) / 1000;

    /// <summary>The mean colour of the pixels that become one.</summary>
    private Color Mean(int column, int row)
    {
        (int top, int bottom) = Range(row, _rows, picture.Height);
        (int left, int right) = Range(column, _columns, picture.Width);
        int channels = picture.Channels, pixels = (bottom - top) * (right - left);
        Span<long> sums = stackalloc long[3];
        sums.Clear();
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++)
                for (int c = 0; c < 3; c++) sums[c] += picture.Bytes[(((y * picture.Width) + x) * channels) + (c % channels)];
        return new Color((byte)(sums[0] / pixels), (byte)(sums[1] / pixels), (byte)(sums[2] / pixels));
    }

    private static (int First, int End) Range(int index, int count, int size)
    {
        int first = (int)((long)index * size / count);
        return (first, Math.Max(first + 1, (int)((index + 1L) * size / count)));
    }
}
