namespace CnnEngine.Kernels;

/// <summary>
/// Planes seen through a frame of another size: zeros where it reaches beyond them (padding), the rest cut off (crop). Each of the two is the
/// other's backward pass.
/// </summary>
public static unsafe class Frame
{
    // Threads share out planes in pieces of about so many numbers.
    private const int NumbersPerChunk = 1 << 15;

    /// <summary><c>y[p,i,j] = x[p, i − top, j − left]</c> where this lies inside, 0 elsewhere.</summary>
    /// <param name="planes">How many planes there are.</param>
    /// <param name="from">H×W of a plane of x.</param>
    /// <param name="to">H'×W' of a plane of y.</param>
    /// <param name="top">The row of y in which the first row of x would lie; negative if it is cut off.</param>
    /// <param name="left">The column of y in which the first column of x would lie; negative if it is cut off.</param>
    /// <param name="x">planes·H·W numbers.</param>
    /// <param name="y">Receives planes·H'·W' numbers.</param>
    /// <exception cref="ArgumentException">A size is below 1, or a span is too short.</exception>
    public static void Run(int planes, Size2 from, Size2 to, int top, int left, ReadOnlySpan<float> x, Span<float> y)
    {
        from.ThrowUnlessPositive("the size");
        to.ThrowUnlessPositive("the frame's size");
        Require.Length(x.Length, (long)planes * from.Height * from.Width, nameof(x));
        Require.Length(y.Length, (long)planes * to.Height * to.Width, nameof(y));
        int perChunk = Math.Max(1, NumbersPerChunk / (to.Height * to.Width));
        fixed (float* px = x, py = y)
            Threads.For((planes + perChunk - 1) / perChunk, new Planes(planes, perChunk, from, to, top, left, px, py));
    }

    private readonly struct Planes(int count, int perChunk, Size2 from, Size2 to, int top, int left, float* x, float* y) : IChunks
    {
        public void Run(int chunk)
        {
            int end = Math.Min((chunk + 1) * perChunk, count);
            for (int plane = chunk * perChunk; plane < end; plane++) Plane(x + ((nint)plane * from.Height * from.Width), y + ((nint)plane * to.Height * to.Width));
        }

        private void Plane(float* source, float* destination)
        {
            // The columns of the frame that lie over the plane.
            int first = Math.Clamp(left, 0, to.Width), length = Math.Clamp(left + from.Width, first, to.Width) - first;
            for (int i = 0; i < to.Height; i++)
            {
                Span<float> row = new(destination + ((nint)i * to.Width), to.Width);
                int h = i - top;
                if (h < 0 || h >= from.Height || length == 0)
                {
                    row.Clear();
                    continue;
                }
                row[..first].Clear();
                new ReadOnlySpan<float>(source + ((nint)h * from.Width) + first - left, length).CopyTo(row[first..]);
                row[(first + length)..].Clear();
            }
        }
    }
}
