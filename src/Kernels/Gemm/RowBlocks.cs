namespace CnnEngine.Kernels;

/// <summary>
/// Cuts the rows of a product into blocks as tall as the register tile or a little less, as even as can be: 16 rows under a
/// 12-row tile are two blocks of 8, not 12 and 4, because a short block leaves the multiply-add units waiting.
/// </summary>
internal readonly record struct RowBlocks(int Rows, int Tallest)
{
    /// <summary>
    /// The tallest block of the broadcast kernel: with two vectors across, 24 accumulators of 32 registers or 12 of 16.
    /// </summary>
    public static int BroadcastTallest { get; } = Simd.Registers == 32 ? 12 : 6;

    /// <summary>Blocks for the broadcast kernel.</summary>
    public static RowBlocks ForBroadcast(int rows) => new(rows, BroadcastTallest);

    public int Count => (Rows + Tallest - 1) / Tallest;

    public int First(int block) => (block * (Rows / Count)) + Math.Min(block, Rows % Count);

    public int Height(int block) => (Rows / Count) + (block < Rows % Count ? 1 : 0);
}
