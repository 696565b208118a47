namespace CnnEngine.Kernels.Tests;

/// <summary>The kernels' working memory: a stack for each thread.</summary>
public unsafe class ScratchTests
{
    [Fact]
    public void Leases_begin_at_a_cache_line_whatever_their_lengths() => OnThreadOfItsOwn(() =>
    {
        foreach (long length in new long[] { 0, 1, 15, 16, 17, 1000, 12_345 })
        {
            using Scratch.Lease outer = Scratch.Take(length);
            using Scratch.Lease inner = Scratch.Take(3);
            Assert.Equal((0u, 0u), ((uint)((nuint)outer.Data % 64), (uint)((nuint)inner.Data % 64)));
        }
    });

    [Fact]
    public void Nested_leases_do_not_overlap_and_growth_keeps_what_the_outer_ones_hold() => OnThreadOfItsOwn(() =>
    {
        Nest(depth: 0);

        // Each level takes four times as much as the one outside, so that the block grows under leases in use.
        static void Nest(int depth)
        {
            if (depth == 7) return;
            int length = (7 + depth) << (2 * depth);
            using Scratch.Lease lease = Scratch.Take(length);
            new Span<float>(lease.Data, length).Fill(depth);
            Nest(depth + 1);
            Assert.Equal(-1, new Span<float>(lease.Data, length).IndexOfAnyExcept(depth));
        }
    });

    [Fact]
    public void What_is_given_back_is_taken_again() => OnThreadOfItsOwn(() =>
    {
        float* first, second;
        using (Scratch.Lease warm = Scratch.Take(5000)) first = warm.Data;
        using (Scratch.Lease again = Scratch.Take(5000)) Assert.True(again.Data == first);
        using (Scratch.Lease outer = Scratch.Take(100))
        {
            Assert.True(outer.Data == first);
            using (Scratch.Lease inner = Scratch.Take(200)) second = inner.Data;
            using (Scratch.Lease inner = Scratch.Take(300)) Assert.True(inner.Data == second);
            Assert.True(second >= first + 100);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            using Scratch.Lease lease = Scratch.Take(4000);
            Assert.True(lease.Data == first);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    });

    [Fact]
    public void After_growth_under_a_lease_everything_is_given_back() => OnThreadOfItsOwn(() =>
    {
        float* grown;
        using (Scratch.Lease outer = Scratch.Take(10))
        {
            using (Scratch.Lease inner = Scratch.Take(100_000)) grown = inner.Data;
        }
        // The new block is empty again: it holds as much as it ever did, from its beginning.
        using Scratch.Lease all = Scratch.Take(100_000);
        Assert.True(all.Data == grown);
    });

    [Fact]
    public void Threads_have_memory_of_their_own()
    {
        using Scratch.Lease here = Scratch.Take(1000);
        float* mine = here.Data;
        OnThreadOfItsOwn(() =>
        {
            using Scratch.Lease there = Scratch.Take(1000);
            Assert.True(Math.Abs(there.Data - mine) >= 1000);
        });
    }

    /// <summary>A new thread has no block yet: the test does not depend on those before it.</summary>
    internal static void OnThreadOfItsOwn(Action test)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                test();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }
}
