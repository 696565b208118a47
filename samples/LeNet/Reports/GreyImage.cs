using Spectre.Console;
using Spectre.Console.Rendering;

namespace LeNet.Reports;

/// <summary>
/// A grey image in the terminal, two pixels to a character, one above the other: as the two colours of an upper half block where
/// there are colours, otherwise as a letter of about the right darkness.
/// </summary>
/// <param name="pixels">Height × width pixels, 0 black to 255 white.</param>
/// <param name="width">Pixels of a row.</param>
internal sealed class GreyImage(byte[] pixels, int width) : Renderable
{
    private const string Ramp = " .:-=+*#%@";

    private int Height => pixels.Length / width;

    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(width, width);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        // Fewer colours than 256 have no greys to speak of.
        bool hasGreys = options.ColorSystem >= ColorSystem.EightBit && options.Unicode;
        for (int row = 0; row < Height; row += 2)
        {
            for (int column = 0; column < width; column++)
            {
                byte upper = pixels[(row * width) + column], lower = row + 1 < Height ? pixels[((row + 1) * width) + column] : (byte)0;
                yield return hasGreys
                    ? new Segment("▀", new Style(Grey(upper), Grey(lower)))
                    : new Segment(Ramp[(upper + lower) * (Ramp.Length - 1) / (2 * byte.MaxValue)].ToString());
            }
            yield return Segment.LineBreak;
        }
    }

    private static Color Grey(byte level) => new(level, level, level);
}
