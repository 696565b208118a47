namespace CnnEngine.Kernels;

/// <summary>
/// Cuts the rows of a product into blocks as tall as the register tile or a little less, as even as can be: 16 rows under a
/// 12-row tile are two blocks of 8, not 12 and 4, because a short block leaves the multiply-add units waiting.
/// </summary>
internal readonly struct RowBlocks
{
    private readonly int _height;
    private readonly int _higher; // so many blocks have one row more

    public RowBlocks(int rows, int tallest)
    {
        Rows = rows;
        Count = (rows + tallest - 1) / tallest;
        if (Count > 0) (_height, _higher) = Math.DivRem(rows, Count);
    }

    /// <summary>
    /// The tallest block of the broadcast kernel: with two vectors across, 24 accumulators of 32 registers or 12 of 16.
    /// </summary>
    public static int BroadcastTallest { get; } = Simd.Registers == 32 ? 12 : 6;

    /// <summary>Blocks for the broadcast kernel.</summary>
    public static RowBlocks ForBroadcast(int rows) => new(rows, BroadcastTallest);

    public int Rows { get; }

    public int Count { get; }

    public int First(int block) => (block * _height) + Math.Min(block, _higher);

    public int Height(int block) => _height + (block < _higher ? 1 : 0);
}
