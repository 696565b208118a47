using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Kernels.Tests;

/// <summary>How matrices are cut into blocks of rows and copied for the micro-kernels.</summary>
public unsafe class PackingTests
{
    [Fact]
    public void Blocks_cover_all_rows_once_as_evenly_as_can_be()
    {
        var cases = from rows in Gen.Choose(1, 2000) from tallest in Gen.Choose(1, 16) select (rows, tallest);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            RowBlocks blocks = new(c.rows, c.tallest);
            int next = 0, least = int.MaxValue, most = 0;
            for (int block = 0; block < blocks.Count; block++)
            {
                Assert.Equal(next, blocks.First(block));
                next += blocks.Height(block);
                (least, most) = (Math.Min(least, blocks.Height(block)), Math.Max(most, blocks.Height(block)));
            }
            Assert.Equal(c.rows, next);
            Assert.InRange(least, 1, c.tallest);
            Assert.InRange(most, least, Math.Min(least + 1, c.tallest));
            // No fewer blocks could hold the rows.
            Assert.True((blocks.Count - 1) * c.tallest < c.rows);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Sixteen_rows_under_a_twelve_row_tile_are_two_blocks_of_eight()
    {
        RowBlocks blocks = new(16, 12);
        Assert.Equal(2, blocks.Count);
        Assert.Equal((0, 8, 8, 8), (blocks.First(0), blocks.Height(0), blocks.First(1), blocks.Height(1)));
        Assert.Equal(0, new RowBlocks(0, 12).Count);
    }

    [Fact]
    public void Tiles_follow_the_number_of_registers()
    {
        bool isWide = Simd.Registers == 32;
        Assert.True(isWide || Simd.Registers == 16);
        Assert.Equal(isWide ? (12, 4) : (6, 2), (RowBlocks.BroadcastTallest, DotKernel.TallestA));
    }

    [Theory, InlineData(1), InlineData(5), InlineData(16), InlineData(37)]
    public void A_is_packed_block_after_block_and_column_after_column(int columns)
    {
        const int rows = 31;
        RowBlocks blocks = new(rows, 12);
        foreach (bool isTransposed in new[] { false, true })
        {
            Guarded<float> a = new(Numbers.Integers(rows * columns, 1)), packed = new(rows * columns);
            MatrixView view = isTransposed ? new MatrixView(a.Data, rows).Transposed : new MatrixView(a.Data, columns);
            Packing.PackA(blocks, columns, 0.5f, view, packed.Data);
            packed.AssertIntact();
            for (int block = 0; block < blocks.Count; block++)
                for (int t = 0; t < columns; t++)
                    for (int i = 0; i < blocks.Height(block); i++)
                    {
                        int row = blocks.First(block) + i;
                        float element = isTransposed ? a.Span[(t * rows) + row] : a.Span[(row * columns) + t];
                        Assert.Equal(0.5f * element, packed.Span[(blocks.First(block) * columns) + (t * blocks.Height(block)) + i]);
                    }
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void B_is_packed_row_after_row_and_filled_up_with_its_next_row_or_zeros(SimdWidth width)
    {
        const int rows = 6;
        using ForcedWidth forced = new(width);
        int across = 2 * Simd.Lanes;
        foreach (int columns in new[] { 1, across - 1, across })
            foreach (bool isTransposed in new[] { false, true })
            {
                Guarded<float> b = new(Numbers.Integers(rows * columns, 1)), packed = new(rows * across);
                MatrixView view = isTransposed ? new MatrixView(b.Data, rows).Transposed : new MatrixView(b.Data, columns);
                PackB call = new(rows, columns, view, packed.Data);
                Simd.Run(ref call);
                packed.AssertIntact();
                for (int t = 0; t < rows; t++)
                    for (int j = 0; j < across; j++)
                    {
                        // Beyond the columns lies the next row, as long as whole vectors of it are there.
                        bool isThere = j < columns || (!isTransposed && (t * columns) + across <= b.Span.Length);
                        float element = !isThere ? 0 : isTransposed ? b.Span[(j * rows) + t] : b.Span[(t * columns) + j];
                        Assert.Equal(element, packed.Span[(t * across) + j]);
                    }
            }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Panels_of_B_are_packed_side_by_side(SimdWidth width)
    {
        const int rows = 6, panels = 3;
        using ForcedWidth forced = new(width);
        int across = 2 * Simd.Lanes, stride = (rows * across) + 2;
        Guarded<float> b = new(Numbers.Integers(rows * panels * across, 1)), packed = new((panels * stride) - 2);
        PackPanels call = new(rows, panels, new MatrixView(b.Data, panels * across), packed.Data, stride);
        Simd.Run(ref call);
        packed.AssertIntact();
        for (int panel = 0; panel < panels; panel++)
            for (int t = 0; t < rows; t++)
                for (int j = 0; j < across; j++)
                    Assert.Equal(b.Span[(((t * panels) + panel) * across) + j], packed.Span[(panel * stride) + (t * across) + j]);
    }

    private readonly struct PackPanels(int rows, int panels, MatrixView b, float* packed, int panelStride) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => Packing.PackPanels<S, V>(rows, panels, b, packed, panelStride);
    }

    private readonly struct PackB(int rows, int columns, MatrixView b, float* packed) : ISimdKernel
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => Packing.PackB<S, V>(rows, columns, b, packed);
    }
}
