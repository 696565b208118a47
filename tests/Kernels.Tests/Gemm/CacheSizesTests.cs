namespace CnnEngine.Kernels.Tests;

/// <summary>How cache sizes are read, and what follows from them for the blocks of a product.</summary>
public sealed class CacheSizesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Sizes_are_read_by_level_and_instructions_left_out()
    {
        AddCache(0, "1", "Data", "48K");
        AddCache(1, "1", "Instruction", "64K");
        AddCache(2, "2", "Unified", "2048K");
        AddCache(3, "3", "Unified", "32M");
        Assert.Equal(new CacheSizes(48 << 10, 2 << 20, 32 << 20), CacheSizes.Read(_folder));
    }

    [Fact]
    public void What_is_missing_or_unreadable_is_assumed()
    {
        Assert.Equal(CacheSizes.Default, CacheSizes.Read(_folder));
        Assert.Equal(CacheSizes.Default, CacheSizes.Read(Path.Combine(_folder, "nowhere")));
        AddCache(0, "2", "Unified", "512K");
        Assert.Equal(CacheSizes.Default with { Level2 = 512 << 10 }, CacheSizes.Read(_folder));
        Directory.CreateDirectory(Path.Combine(_folder, "index1"));
        Assert.Equal(CacheSizes.Default.Level1, CacheSizes.Read(_folder).Level1);
    }

    [Theory, InlineData("0K"), InlineData("-48K"), InlineData("2"), InlineData("much"), InlineData(""), InlineData("K"), InlineData("2000000000M")]
    public void Absurd_sizes_fall_back(string size)
    {
        AddCache(0, "1", "Data", size);
        AddCache(1, "2", "Unified", size);
        AddCache(2, "3", "Unified", size);
        Assert.Equal(CacheSizes.Default, CacheSizes.Read(_folder));
    }

    [Fact]
    public void The_machines_sizes_are_sane()
    {
        Assert.Equal(CacheSizes.Current.Sane(), CacheSizes.Current);
    }

    [Theory]
    [InlineData(32, 256, 12, 672, 1)]
    [InlineData(32, 512, 12, 672, 3)]
    [InlineData(48, 1024, 12, 1024, 4)]
    [InlineData(48, 2048, 12, 1024, 8)]
    [InlineData(32, 256, 6, 1024, 1)]
    [InlineData(128, 4096, 12, 2720, 6)]
    [InlineData(32, 1024, 6, 1360, 3)]
    public void Blocks_follow_the_caches(int level1, int level2, int tallest, int depth, int strips)
    {
        GemmBlocks blocks = new(new CacheSizes(level1 << 10, level2 << 10, 8 << 20), tallest);
        Assert.Equal((depth, strips), (blocks.Depth, blocks.WidestStrips(depth)));
        Assert.Equal(depth / 2, blocks.DepthInPlace);
    }

    [Fact]
    public void Blocks_fit_the_caches_whatever_their_sizes()
    {
        foreach (int tallest in new[] { 6, 12 })
            foreach (int level1 in new[] { 8, 16, 24, 32, 48, 64, 128, 1024 })
                foreach (int level2 in new[] { 64, 100, 256, 512, 1000, 1024, 1280, 2048, 65536 })
                    foreach (int level3 in new[] { 1, 8, 30, 256 })
                    {
                        GemmBlocks blocks = new(new CacheSizes(level1 << 10, level2 << 10, level3 << 20), tallest);
                        Assert.Equal(0, blocks.Depth % 16);
                        Assert.InRange(4 * tallest * blocks.Depth, 1, level1 << 10);
                        Assert.InRange(4L * blocks.Depth * blocks.WidestStrips(blocks.Depth) * GemmBlocks.Strip, 1, level2 << 9);
                        Assert.InRange(blocks.SlabDepth(1000, 1 << 20) % blocks.Depth, 0, 0);
                        Assert.InRange(4L * 8 * blocks.SlabDepth(8, 1 << 20), 1, Math.Max((long)level3 << 17, 4L * 8 * blocks.Depth));
                        Assert.Equal(5, blocks.SlabDepth(1000, 5));
                    }
    }

    private void AddCache(int index, string level, string type, string size)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, $"index{index}")).FullName;
        File.WriteAllText(Path.Combine(folder, "level"), level + "\n");
        File.WriteAllText(Path.Combine(folder, "type"), type + "\n");
        File.WriteAllText(Path.Combine(folder, "size"), size + "\n");
    }
}
