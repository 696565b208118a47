using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Lays the pixels of a block of tiles side by side, tile after tile, so that every vector of the transform is full however short
/// the image's rows are. What to copy and what to clear is the same for every channel and is worked out once.
/// </summary>
/// <remarks>
/// The layout has, of m×m tiles, m + 2 rows, <see cref="Pitch"/> floats apart, of the tiles' columns 0 to m − 1, then as many of their
/// columns m and m + 1 (and m − 2 numbers that nobody reads), which are columns 0 and 1 of the next tile except at the end of a run.
/// </remarks>
internal readonly unsafe struct WinogradPixels<F> where F : struct, IWinogradTile
{
    private readonly Copy* _copies;
    private readonly Range* _zeros;
    private readonly int _copyCount, _zeroCount;
    private readonly nint _first, _last, _plane;
    private readonly float* _begin, _end;

    /// <summary>Works out the copies for the given runs of tiles.</summary>
    /// <param name="tiles">The geometry.</param>
    /// <param name="runs">Which tiles.</param>
    /// <param name="runCount">How many runs.</param>
    /// <param name="lanes">Floats in a vector.</param>
    /// <param name="pitch">The distance of two rows, at least a vector more than m floats a tile.</param>
    /// <param name="image">All images; no number outside is read.</param>
    /// <param name="memory">Working memory of <see cref="MemoryLength"/> floats.</param>
    public WinogradPixels(in WinogradTiles tiles, WinogradTiles.Run* runs, int runCount, int lanes, nint pitch, float* image, float* memory)
    {
        Pitch = pitch;
        _plane = (nint)tiles.Height * tiles.Width;
        _begin = image;
        _end = image + tiles.InputLength;
        _copies = (Copy*)memory;
        (_first, _last) = (nint.MaxValue, nint.MinValue);
        // The number of copies is not known before: ranges to clear are written from the other end of the memory.
        int count = 0;
        for (int i = 0; i < runCount; i++) count += runs[i].Length;
        _zeros = (Range*)(memory + MemoryLength(count));

        int to = 0;
        for (int i = 0; i < runCount; i++)
        {
            WinogradTiles.Run run = runs[i];
            int top = (run.Row * F.Tile) - tiles.Top, left = (run.Column * F.Tile) - tiles.Left, pixels = run.Length * F.Tile;
            for (int r = 0; r < F.Inputs; r++)
            {
                int at = to + (r * (int)pitch), later = at + (F.Inputs * (int)pitch);
                if ((uint)(top + r) >= (uint)tiles.Height)
                {
                    AddZeros(ref _zeros, ref _zeroCount, at, pixels);
                    AddZeros(ref _zeros, ref _zeroCount, later, pixels);
                    continue;
                }
                nint from = ((nint)run.Image * tiles.Channels * _plane) + ((nint)(top + r) * tiles.Width) + left;
                for (int p = 0; p < pixels; p += lanes) _copies[_copyCount++] = new Copy(from + p, at + p);
                _first = Math.Min(_first, from);
                _last = Math.Max(_last, from + ((pixels - 1) / lanes * lanes) + F.Tile + lanes);

                ClearOutside(ref _zeros, ref _zeroCount, at, left, pixels, tiles.Width);
                ClearOutside(ref _zeros, ref _zeroCount, later, left + F.Tile, pixels, tiles.Width);
            }
            to += pixels;
        }
    }

    public nint Pitch { get; }

    /// <summary>Floats that the lists for a number of tiles take at most, each tile being a run of its own.</summary>
    public static int MemoryLength(int tiles) => tiles * F.Inputs * (sizeof(Copy) + (4 * sizeof(Range))) / sizeof(float);

    private static void ClearOutside(ref Range* zeros, ref int count, int at, int left, int pixels, int width)
    {
        int before = Math.Clamp(-left, 0, pixels), after = Math.Clamp(left + pixels - width, 0, pixels);
        AddZeros(ref zeros, ref count, at, before);
        AddZeros(ref zeros, ref count, at + pixels - after, after);
    }

    private static void AddZeros(ref Range* zeros, ref int count, int at, int length)
    {
        if (length == 0) return;
        *--zeros = new Range(at, length);
        count++;
    }

    /// <summary>Lays out one channel; <paramref name="channel"/> is that of the first image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather<S, V>(float* channel, float* rows) where S : struct, ISimd<V> where V : unmanaged
    {
        if (channel + _first < _begin || channel + _last > _end)
        {
            GatherSlowly(S.Lanes, channel, rows);
        }
        else
        {
            // A run's last vector reaches over its end, into what the next run overwrites.
            float* later = rows + (F.Inputs * Pitch);
            for (Copy* copy = _copies, end = _copies + _copyCount; copy < end; copy++)
            {
                float* from = channel + copy->From;
                S.Store(rows + copy->To, S.Load(from));
                S.Store(later + copy->To, S.Load(from + F.Tile));
                // The next channel lies too far away for the machine to guess.
                Simd.PrefetchNear(from + _plane);
            }
        }
        for (Range* zero = _zeros, end = _zeros + _zeroCount; zero < end; zero++)
        {
            float* to = rows + zero->Start;
            int i = 0;
            for (; i <= zero->Length - S.Lanes; i += S.Lanes) S.Store(to + i, S.Zero);
            for (; i < zero->Length; i++) to[i] = 0;
        }
    }

    // Where a vector would reach over the first or the last image.
    private void GatherSlowly(int lanes, float* channel, float* rows)
    {
        for (int i = 0; i < _copyCount; i++)
            for (int lane = 0; lane < lanes; lane++)
            {
                float* from = channel + _copies[i].From + lane, to = rows + _copies[i].To + lane;
                to[0] = from >= _begin && from < _end ? from[0] : 0;
                from += F.Tile;
                to[F.Inputs * Pitch] = from >= _begin && from < _end ? from[0] : 0;
            }
    }

    private readonly record struct Copy(nint From, nint To);

    private readonly record struct Range(int Start, int Length);
}
