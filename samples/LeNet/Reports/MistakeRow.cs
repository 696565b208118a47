using CnnEngine.Data;
using Spectre.Console;

namespace LeNet.Reports;

/// <summary>A row of misclassified images, the most confident mistakes first, with truth, guess and confidence.</summary>
internal static class MistakeRow
{
    private const int MaxWidth = 120;
    private const int Gap = 3;

    // What is fainter is not part of a figure: the empty sides of an image would cost the row a figure or two.
    private const byte Ink = 48;

    public static void Write(IAnsiConsole console, TestResult result, ByteImages test, string[] names)
    {
        if (result.Mistakes.Count == 0)
        {
            console.WriteLine("No test image was misclassified.");
            return;
        }
        int width = Math.Min(console.Profile.Width, MaxWidth);
        List<Figure> row = Fill(width, result.Mistakes.Select(mistake => new Figure(mistake, test, names)));
        int top = row.Min(figure => figure.Top), bottom = row.Max(figure => figure.Bottom);
        Grid grid = new();
        foreach (Figure _ in row) grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, Gap, 0), NoWrap = true });
        grid.AddRow([.. row.Select(figure => figure.Draw(top, bottom))]);
        grid.AddRow([.. row.Select(figure => new Text(figure.Caption))]);
        grid.AddRow([.. row.Select(figure => new Text(figure.Confidence))]);

        int all = result.Mistakes.Count;
        console.WriteLine(all == row.Count ? $"Misclassified ({all}):" : $"Misclassified (the {row.Count} most confident of {all:N0}):");
        console.Write(grid);
    }

    /// <summary>As many figures as fit side by side, at least one.</summary>
    private static List<Figure> Fill(int width, IEnumerable<Figure> figures)
    {
        List<Figure> row = [];
        foreach (Figure figure in figures)
        {
            width -= figure.Width + Gap;
            if (width < 0 && row.Count > 0) break;
            row.Add(figure);
        }
        return row;
    }

    /// <summary>The part of an image that has ink, and what to write under it.</summary>
    private sealed class Figure
    {
        private readonly byte[] _pixels;
        private readonly int _stride;
        private readonly int _left;
        private readonly int _right = -1;

        public Figure(Mistake mistake, ByteImages images, string[] names)
        {
            Caption = $"{names[mistake.Truth]} taken for {names[mistake.Guess]}";
            Confidence = $"{mistake.Confidence:0.0 %} sure";
            _pixels = images.Pixels(mistake.Index).ToArray();
            _stride = images.ImageShape[2];
            (Top, _left) = (_pixels.Length / _stride, _stride);
            for (int i = 0; i < _pixels.Length; i++)
            {
                if (_pixels[i] < Ink) continue;
                (Top, Bottom) = (Math.Min(Top, i / _stride), Math.Max(Bottom, i / _stride));
                (_left, _right) = (Math.Min(_left, i % _stride), Math.Max(_right, i % _stride));
            }
            // No ink at all: something has to be drawn, a black dot.
            if (_right < 0) (Top, _left, _right) = (0, 0, 0);
        }

        public string Caption { get; }

        public string Confidence { get; }

        public int Top { get; }

        public int Bottom { get; }

        public int Width => Math.Max(Math.Max(Caption.Length, Confidence.Length), _right - _left + 1);

        /// <summary>The columns with ink of the rows that all figures of the row share.</summary>
        public GreyImage Draw(int top, int bottom)
        {
            int width = _right - _left + 1, height = bottom - top + 1;
            byte[] pixels = new byte[width * height];
            for (int row = 0; row < height; row++)
                for (int column = 0; column < width; column++)
                    pixels[(row * width) + column] = _pixels[((top + row) * _stride) + _left + column];
            return new GreyImage(pixels, width);
        }
    }
}
