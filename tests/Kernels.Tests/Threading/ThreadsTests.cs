namespace CnnEngine.Kernels.Tests;

/// <summary>The door for parallel work: every chunk once, whatever the number of threads and whatever goes wrong in a chunk.</summary>
public unsafe class ThreadsTests
{
    public static TheoryData<int> Counts { get; } = [1, 2, 3, 8];

    [Theory, MemberData(nameof(Counts))]
    public void Every_chunk_runs_exactly_once(int threads)
    {
        using ForcedThreads forced = new(threads);
        foreach (int chunks in new[] { 0, 1, 2, 3, 7, 8, 9, 100, 1000 })
        {
            int[] runs = new int[chunks];
            Threads.For(chunks, chunk => Interlocked.Increment(ref runs[chunk]));
            Assert.All(runs, count => Assert.Equal(1, count));

            fixed (int* pointer = runs) Threads.For(chunks, new CountRuns(pointer));
            Assert.All(runs, count => Assert.Equal(2, count));
        }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Very_many_calls_back_to_back_lose_and_double_nothing(int threads)
    {
        using ForcedThreads forced = new(threads);
        // From few chunks to many and back: a worker late from the last call must not take a chunk of this one twice.
        int[] runs = new int[64];
        fixed (int* pointer = runs)
            for (int call = 1; call <= 300_000; call++)
            {
                int chunks = call % 2 == 0 ? 2 : 3 + (call % 60);
                Array.Clear(runs);
                Threads.For(chunks, new CountRuns(pointer));
                for (int chunk = 0; chunk < runs.Length; chunk++)
                    if (runs[chunk] != (chunk < chunks ? 1 : 0)) Assert.Fail($"call {call}: chunk {chunk} of {chunks} ran {runs[chunk]} times");
            }
    }

    [Theory, MemberData(nameof(Counts))]
    public void Workers_that_fell_asleep_wake_up(int threads)
    {
        using ForcedThreads forced = new(threads);
        int[] runs = new int[40];
        for (int call = 1; call <= 5; call++)
        {
            Thread.Sleep(20);
            Threads.For(runs.Length, chunk => Interlocked.Increment(ref runs[chunk]));
            Assert.All(runs, count => Assert.Equal(call, count));
        }
    }

    [Theory, InlineData(0), InlineData(100)]
    public void Several_threads_work_at_once_also_when_they_were_asleep(int pause)
    {
        using ForcedThreads forced = new(3);
        Threads.For(3, _ => Thread.SpinWait(1));
        Thread.Sleep(pause);
        // Nobody passes until three have come.
        using Barrier barrier = new(3);
        bool all = true;
        Threads.For(3, _ =>
        {
            if (!barrier.SignalAndWait(TimeSpan.FromSeconds(20))) Volatile.Write(ref all, false);
        });
        Assert.True(all);
    }

    [Theory, InlineData(3, 30), InlineData(3, 4), InlineData(2, 7), InlineData(4, 4)]
    public void Each_thread_begins_with_its_own_run_of_chunks_at_every_call(int threads, int chunks)
    {
        using ForcedThreads forced = new(threads);
        int[] firsts = new int[threads];
        for (int call = 0; call < 20; call++)
        {
            // Nobody goes on, or helps another, until all have come.
            using Barrier barrier = new(threads);
            Array.Fill(firsts, -1);
            bool all = true;
            Threads.For(chunks, chunk =>
            {
                ref int first = ref firsts[Threads.Number];
                if (first >= 0) return;
                first = chunk;
                if (!barrier.SignalAndWait(TimeSpan.FromSeconds(20))) Volatile.Write(ref all, false);
            });
            Assert.True(all);
            Assert.Equal(Enumerable.Range(0, threads).Select(number => chunks * number / threads), firsts);
        }
    }

    [Theory, InlineData(2, 20), InlineData(3, 7), InlineData(8, 40)]
    public void A_thread_that_is_done_takes_the_chunks_of_one_that_is_late(int threads, int chunks)
    {
        using ForcedThreads forced = new(threads);
        int[] runs = new int[chunks];
        // Often, and at times after a pause: a thread may also be done before the others were given their chunks.
        for (int call = 1; call <= 2000; call++)
        {
            if (call % 100 == 0) Thread.Sleep(20);
            // One thread's first chunk lasts until all others are done, those of its own share among them.
            int late = chunks * (call % threads) / threads;
            using CountdownEvent others = new(chunks - 1);
            bool all = true;
            Threads.For(chunks, chunk =>
            {
                Interlocked.Increment(ref runs[chunk]);
                if (chunk != late) others.Signal();
                else if (!others.Wait(TimeSpan.FromSeconds(20))) Volatile.Write(ref all, false);
            });
            Assert.True(all, $"call {call}: nobody took the chunks of the thread that is late with chunk {late}");
            Assert.All(runs, count => Assert.Equal(call, count));
        }
    }

    [Fact]
    public void The_number_of_threads_may_change_between_calls()
    {
        int[] runs = new int[64];
        Random random = new(1);
        fixed (int* pointer = runs)
            for (int call = 1; call <= 20_000; call++)
            {
                using ForcedThreads forced = new(random.Next(1, 10));
                int chunks = random.Next(65);
                Array.Clear(runs);
                Threads.For(chunks, new CountRuns(pointer));
                for (int chunk = 0; chunk < runs.Length; chunk++)
                    if (runs[chunk] != (chunk < chunks ? 1 : 0)) Assert.Fail($"call {call}: chunk {chunk} of {chunks} ran {runs[chunk]} times on {Threads.Count} threads");
            }
    }

    [Fact]
    public void No_more_threads_work_than_were_asked_for()
    {
        // More workers than that may be left over from other tests.
        using (ForcedThreads eight = new(8)) Threads.For(100, _ => Thread.SpinWait(100));
        using ForcedThreads forced = new(2);
        HashSet<int> seen = [];
        Threads.For(200, _ =>
        {
            lock (seen) seen.Add(Environment.CurrentManagedThreadId);
            Thread.SpinWait(1000);
        });
        Assert.InRange(seen.Count, 1, 2);
    }

    [Theory, MemberData(nameof(Counts))]
    public void Work_from_inside_a_chunk_runs_on_the_thread_that_brings_it(int threads)
    {
        using ForcedThreads forced = new(threads);
        int[] runs = new int[6 * 5];
        int strangers = 0;
        Threads.For(6, outer =>
        {
            int self = Environment.CurrentManagedThreadId;
            Threads.For(5, inner =>
            {
                Interlocked.Increment(ref runs[(outer * 5) + inner]);
                if (threads > 1 && Environment.CurrentManagedThreadId != self) Interlocked.Increment(ref strangers);
            });
        });
        Assert.All(runs, count => Assert.Equal(1, count));
        Assert.Equal(0, strangers);
    }

    [Fact]
    public void A_thread_may_keep_its_work_to_itself()
    {
        using ForcedThreads forced = new(3);
        int[] runs = new int[40];
        int strangers = 0;
        Thread thread = new(() =>
        {
            Threads.StayOnThisThread();
            int self = Environment.CurrentManagedThreadId;
            for (int call = 0; call < 3; call++)
                Threads.For(runs.Length, chunk =>
                {
                    Interlocked.Increment(ref runs[chunk]);
                    if (Environment.CurrentManagedThreadId != self) Interlocked.Increment(ref strangers);
                });
        });
        thread.Start();
        thread.Join();
        Assert.All(runs, count => Assert.Equal(3, count));
        Assert.Equal(0, strangers);
        // Others share out theirs as ever.
        Several_threads_work_at_once_also_when_they_were_asleep(pause: 0);
    }

    [Theory, MemberData(nameof(Counts))]
    public void An_exception_of_a_chunk_reaches_the_caller_and_work_goes_on(int threads)
    {
        using ForcedThreads forced = new(threads);
        foreach (int faulty in new[] { 0, 13, 39 })
        {
            InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => Threads.For(40, chunk =>
            {
                if (chunk == faulty) throw new InvalidOperationException($"chunk {chunk}");
            }));
            Assert.Equal($"chunk {faulty}", exception.Message);
            Every_chunk_runs_exactly_once(threads);
        }
        // All chunks fail: one of them is told.
        Assert.Throws<InvalidOperationException>(() => Threads.For(10, chunk => throw new InvalidOperationException()));
        Every_chunk_runs_exactly_once(threads);
    }

    [Fact]
    public void Callers_on_several_threads_all_get_their_work_done()
    {
        using ForcedThreads forced = new(3);
        const int callers = 4, calls = 300, chunks = 23;
        int[] wrong = new int[callers];
        Thread[] threads = [.. Enumerable.Range(0, callers).Select(caller => new Thread(() =>
        {
            int[] runs = new int[chunks];
            for (int call = 1; call <= calls; call++)
            {
                Threads.For(chunks, chunk => Interlocked.Increment(ref runs[chunk]));
                if (Array.Exists(runs, count => count != call)) wrong[caller]++;
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(wrong, count => Assert.Equal(0, count));
    }

    [Fact]
    public void The_number_of_threads_is_1_to_1024_and_at_first_that_of_the_processors()
    {
        Assert.Equal(Environment.ProcessorCount, Threads.Count);
        foreach (int count in new[] { 0, -1, 1025, int.MaxValue })
        {
            ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(() => Threads.Count = count);
            Assert.Contains("the number of threads is 1 to 1024", exception.Message, StringComparison.Ordinal);
        }
        foreach (int count in new[] { 1, 1024 })
        {
            using ForcedThreads forced = new(count);
            Assert.Equal(count, Threads.Count);
        }
        Assert.Throws<ArgumentNullException>("body", () => Threads.For(3, null!));
    }

    internal readonly struct CountRuns(int* runs) : IChunks
    {
        public void Run(int chunk) => Interlocked.Increment(ref runs[chunk]);
    }
}
