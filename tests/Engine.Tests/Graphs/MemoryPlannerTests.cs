using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Tests.Layers;
using FsCheck;
using FsCheck.Fluent;
using Buffer = CnnEngine.Graphs.Buffer;

namespace CnnEngine.Tests.Graphs;

/// <summary>Buffers that are needed at the same moment never overlap.</summary>
public class MemoryPlannerTests
{
    [Fact]
    public void No_two_buffers_that_live_at_the_same_time_overlap()
    {
        Gen<Buffer> buffers =
            from floats in Gen.Choose(1, 200)
            from start in Gen.Choose(0, 30)
            from length in Gen.Choose(0, 12)
            select new Buffer(floats, start, start + length);
        Arbitrary<(Buffer[] Buffers, int Images)> plans = (
            from all in buffers.ArrayOf()
            from images in Gen.Choose(1, 9)
            select (all, images)).ToArbitrary();

        Prop.ForAll(plans, plan =>
        {
            long total = MemoryPlanner.Place(plan.Buffers, plan.Images);
            AssertPlaced(plan.Buffers, plan.Images, total);
            // Never more than one behind the other, never less than what lives at one moment.
            Assert.True(total <= plan.Buffers.Sum(b => Rounded(b, plan.Images)));
            for (int moment = 0; moment <= 42; moment++)
                Assert.True(total >= plan.Buffers.Where(b => b.Start <= moment && moment <= b.End).Sum(b => Rounded(b, plan.Images)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_plan_is_the_same_every_time()
    {
        static int[] Offsets()
        {
            (_, List<Buffer> buffers) = Compile(new NetworkOptions());
            MemoryPlanner.Place(buffers, 16);
            return [.. buffers.Select(b => b.Offset)];
        }
        Assert.Equal(Offsets(), Offsets());
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void LeNets_buffers_do_not_overlap(bool training, bool inputGradient)
    {
        (_, List<Buffer> buffers) = Compile(new NetworkOptions { Training = training, InputGradient = inputGradient });
        AssertPlaced(buffers, 16, MemoryPlanner.Place(buffers, 16));
    }

    [Fact]
    public void Buffers_that_never_meet_share_their_memory()
    {
        Buffer[] buffers = [new(100, 0, 3), new(100, 4, 7), new(60, 8, 9)];
        Assert.Equal(112, MemoryPlanner.Place(buffers, 1));
        Assert.All(buffers, b => Assert.Equal(0, b.Offset));
    }

    [Fact]
    public void More_than_one_block_can_hold_is_refused() => Expect.Throws<ArgumentException>(
        $"the network's buffers for 4 images take more than {Array.MaxLength} floats; choose a smaller batch",
        () => MemoryPlanner.Place([new Buffer(int.MaxValue / 2, 0, 1)], 4));

    private static (List<Node> Nodes, List<Buffer> Buffers) Compile(NetworkOptions options)
    {
        NetworkPlan plan = NetworkCompiler.Compile(Some.Chain(LeNetModel.Modern()), LeNetModel.Image, options, LayerPlan.MemoryUse.None);
        return (plan.Nodes, plan.Buffers);
    }

    private static long Rounded(Buffer buffer, int images) => ((long)buffer.FloatsPerImage * images + 15) / 16 * 16;

    private static void AssertPlaced(IReadOnlyList<Buffer> buffers, int images, long total)
    {
        for (int i = 0; i < buffers.Count; i++)
        {
            Buffer a = buffers[i];
            Assert.Equal(0, a.Offset % 16);
            Assert.True(a.Offset >= 0 && a.Offset + ((long)a.FloatsPerImage * images) <= total);
            foreach (Buffer b in buffers.Take(i))
            {
                bool meet = a.Start <= b.End && b.Start <= a.End;
                bool overlap = a.Offset < b.Offset + (b.FloatsPerImage * images) && b.Offset < a.Offset + (a.FloatsPerImage * images);
                Assert.False(meet && overlap, $"{a.Offset} ({a.Start}-{a.End}) and {b.Offset} ({b.Start}-{b.End}) overlap");
            }
        }
    }
}
