using System.Numerics.Tensors;

namespace CnnEngine.Data;

/// <summary>Draws the displacements of <see cref="ElasticDistortion"/>: even noise, smoothed down the columns and then along the rows.</summary>
internal sealed class ElasticField
{
    private readonly int _height;
    private readonly int _width;
    private readonly float _alpha;
    private readonly float[] _gaussian; // from the middle outwards

    public ElasticField(ElasticDistortion elastic, int height, int width)
    {
        (_height, _width, _alpha) = (height, width, elastic.Alpha);
        int reach = (int)Math.Ceiling(3.0 * elastic.Sigma);
        // What lies farther than the image is long is never met.
        _gaussian = new float[1 + Math.Min(reach, Math.Max(height, width))];
        double sum = 0;
        for (int k = -reach; k <= reach; k++) sum += Weight(k);
        for (int k = 0; k <= Reach; k++) _gaussian[k] = (float)(Weight(k) / sum);

        double Weight(int k) => Math.Exp(-0.5 * k * k / ((double)elastic.Sigma * elastic.Sigma));
    }

    /// <summary>How many floats it works in.</summary>
    public int Length => (2 * Field) + (3 * Padded);

    private int Reach => _gaussian.Length - 1;

    // A row and the zeros between it and the next, which both sides' sums run into.
    private int Stride => _width + Reach;

    private int Field => _height * Stride;

    private int Padded => Reach + Field;

    /// <summary>Draws a field.</summary>
    /// <param name="random">Where chance comes from: one draw for each pixel, row by row, its upper half for x and its lower for y.</param>
    /// <param name="memory">The field's memory, and working memory: <see cref="Length"/> floats.</param>
    public Displacement Draw(ref SplitMix64 random, Span<float> memory)
    {
        Span<float> x = memory[..Field], y = memory.Slice(Field, Field), noise = memory[(2 * Field)..];
        Span<float> noiseX = noise[..Padded], noiseY = noise.Slice(Padded, Padded), columns = noise.Slice(2 * Padded, Padded);
        noise.Clear();
        float unit = _alpha / (1L << 31);
        for (int row = 0; row < _height; row++)
        {
            Span<float> xs = noiseX.Slice(Reach + (row * Stride), _width), ys = noiseY.Slice(Reach + (row * Stride), _width);
            for (int column = 0; column < xs.Length; column++)
            {
                ulong bits = random.Next();
                xs[column] = (int)(bits >> 32) * unit;
                ys[column] = (int)bits * unit;
            }
        }
        Smooth(noiseX, columns, x);
        Smooth(noiseY, columns, y);
        return new Displacement { X = x, Y = y, Stride = Stride };
    }

    // Whole planes at a time, shifted by a row or a pixel: rows are too short for calls of their own.
    private void Smooth(ReadOnlySpan<float> noise, Span<float> columns, Span<float> result)
    {
        noise = noise[Reach..];
        Span<float> rows = columns[Reach..];
        TensorPrimitives.Multiply(noise, _gaussian[0], rows);
        for (int k = 1; k <= Math.Min(Reach, _height - 1); k++)
        {
            int shift = k * Stride;
            Add(noise[shift..], _gaussian[k], rows[..^shift]);
            Add(noise[..^shift], _gaussian[k], rows[shift..]);
        }
        // Behind the last row there is nothing to be had.
        Span<float> inside = result[..^Reach];
        TensorPrimitives.Multiply(columns.Slice(Reach, inside.Length), _gaussian[0], inside);
        for (int k = 1; k <= Reach; k++)
        {
            Add(columns.Slice(Reach - k, inside.Length), _gaussian[k], inside);
            Add(columns.Slice(Reach + k, inside.Length), _gaussian[k], inside);
        }
    }

    private static void Add(ReadOnlySpan<float> numbers, float factor, Span<float> sum) => TensorPrimitives.MultiplyAdd(numbers, factor, sum, sum);
}
