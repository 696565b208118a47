using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// <c>G g Gᵀ</c> of all filters, packed for the broadcast kernel: for each of a tile's products the matrix filters × channels, in
/// blocks of rows, within a block channel after channel. Along the vector: the filters of a block.
/// </summary>
internal readonly unsafe struct WinogradFilters<F> where F : struct, IWinogradTile
{
    private const int Taps = 9;

    // Behind each block: a vector that begins at its last channel reaches over its end.
    private const int Slack = 16;

    private readonly int _channels;
    private readonly float* _w;
    private readonly nint _filterStride, _channelStride;
    private readonly bool _isRotated;

    /// <summary>Filter k's taps for channel c begin at <c>w[k·filterStride + c·channelStride]</c>; they are turned by 180° if so said.</summary>
    public WinogradFilters(RowBlocks blocks, int channels, float* w, nint filterStride, nint channelStride, bool isRotated)
    {
        (Blocks, _channels, _filterStride, _channelStride, _isRotated) = (blocks, channels, filterStride, channelStride, isRotated);
        _w = w;
    }

    /// <summary>Blocks of a group's filters.</summary>
    public RowBlocks Blocks { get; }

    /// <summary>Floats from one of the matrices to the next.</summary>
    public nint ProductLength => ((nint)Blocks.Rows * _channels) + (Blocks.Count * Slack);

    /// <summary>Floats of all.</summary>
    public long Length => (long)F.Products * ProductLength;

    /// <summary>Where a block of rows begins within a matrix.</summary>
    public nint BlockStart(int block) => ((nint)Blocks.First(block) * _channels) + (block * Slack);

    /// <summary>Transforms one block of a group's filters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public void Transform<S, V>(int group, int block, float* packed) where S : struct, ISimd<V> where V : unmanaged
    {
        int first = Blocks.First(block), rows = Blocks.Height(block);
        float* taps = stackalloc float[32 * 16];
        float* half = stackalloc float[3 * F.Inputs * S.Lanes];
        float* to = packed + BlockStart(block);
        // The taps of a turned filter are the same numbers from the last to the first.
        float* firstTap = taps + (_isRotated ? 8 * S.Lanes : 0);
        nint tap = _isRotated ? -S.Lanes : S.Lanes;
        float* w = _w + ((long)group * Blocks.Rows * _channels * Taps), end = w + ((long)Blocks.Rows * _channels * Taps);
        for (int c = 0; c < _channels; c++, to += rows)
            for (int i = 0; i < rows; i += S.Lanes)
            {
                Gather<S, V>(w + ((first + i) * _filterStride) + (c * _channelStride), Math.Min(S.Lanes, rows - i), end, taps);
                for (int s = 0; s < 3; s++)
                    F.Filter<S, V>(firstTap + (s * tap), 3 * tap, half + (s * S.Lanes), 3 * S.Lanes);
                for (int r = 0; r < F.Inputs; r++)
                    F.Filter<S, V>(half + (r * 3 * S.Lanes), S.Lanes, to + i + (r * F.Inputs * ProductLength), ProductLength);
            }
    }

    private void Gather<S, V>(float* from, int rows, float* end, float* taps) where S : struct, ISimd<V> where V : unmanaged
    {
        if (from + ((rows - 1) * _filterStride) + 16 > end)
        {
            for (int lane = 0; lane < rows; lane++, from += _filterStride)
                for (int tap = 0; tap < Taps; tap++) taps[(tap * S.Lanes) + lane] = from[tap];
            return;
        }
        for (int tap = 0; tap < Taps; tap += S.Lanes) Transpose.Run<S, V>(rows, from + tap, _filterStride, taps + (tap * S.Lanes));
    }
}
