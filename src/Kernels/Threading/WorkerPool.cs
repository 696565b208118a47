using System.Runtime.ExceptionServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Threads that wait for chunks of work and claim them one by one, the caller among them. A worker that is late (another program
/// has its core) costs nothing: the others take its chunks, and the caller waits only for chunks that somebody has begun.
/// </summary>
internal sealed unsafe class WorkerPool
{
    public static readonly WorkerPool Shared = new();

    // How long a worker looks for new work before it sleeps: longer than the pause between two layers, shorter than anybody minds.
    private const int SpinsBeforeSleep = 2000;

    [ThreadStatic]
    private static bool _isInside;

    [ThreadStatic]
    private static int _number;

    private readonly object _gate = new();
    private int _workers;
    private int _sleeping;
    private int _busy;

    // The work at hand. Written before the ticket names its generation, and read by a worker before it claims a chunk of it.
    private delegate*<object?, void*, int, void> _run;
    private object? _state;
    private void* _context;
    private int _chunks;
    private int _threads;
    private int _done;
    private Exception? _failure;

    // Generation of the work (upper half) and the next chunk to claim (lower half), in one word so that a late worker can never
    // claim a chunk of work that is over.
    private ulong _ticket;

    /// <summary>Whether the calling thread is inside a chunk; what it brings then runs on itself.</summary>
    public static bool IsInside => _isInside;

    /// <summary>The calling thread's number among those that share out one piece of work: a worker's own, 0 for whoever brings it.</summary>
    public static int Number => _number;

    public void Run(int chunks, int threads, object? state, void* context, delegate*<object?, void*, int, void> run)
    {
        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            for (int chunk = 0; chunk < chunks; chunk++) run(state, context, chunk);
            return;
        }
        try
        {
            StartWorkers(threads - 1);
            _run = run;
            _context = context;
            (_state, _chunks, _threads, _done, _failure) = (state, chunks, threads, 0, null);
            uint generation = (uint)(_ticket >> 32) + 1; // begins again at 0 after 2³² calls
            Interlocked.Exchange(ref _ticket, (ulong)generation << 32);
            if (Volatile.Read(ref _sleeping) > 0)
                lock (_gate) Monitor.PulseAll(_gate);

            ClaimChunks(generation);
            SpinWait wait = default;
            while (Volatile.Read(ref _done) < chunks) wait.SpinOnce(sleep1Threshold: -1);

            // No chunk can be claimed from here on: a worker that has just read this ticket must not take one of the next work, whose
            // number of chunks is written before its ticket.
            Interlocked.Exchange(ref _ticket, ((ulong)generation << 32) | int.MaxValue);

            Exception? failure = _failure;
            (_state, _failure) = (null, null);
            if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private void StartWorkers(int wanted)
    {
        for (; _workers < wanted; _workers++)
        {
            int number = _workers + 1; // the caller is number 0
            new Thread(() => Work(number)) { IsBackground = true, Name = $"CnnEngine worker {number}" }.Start();
        }
    }

    private void Work(int number)
    {
        _number = number;
        uint seen = 0;
        while (true)
        {
            seen = WaitForGenerationAfter(seen);
            if (number < Volatile.Read(ref _threads)) ClaimChunks(seen);
        }
    }

    private uint WaitForGenerationAfter(uint seen)
    {
        for (int spin = 0; spin < SpinsBeforeSleep; spin++)
        {
            uint generation = (uint)(Volatile.Read(ref _ticket) >> 32);
            if (generation != seen) return generation;
            Thread.SpinWait(4);
        }
        lock (_gate)
        {
            // Counted before the ticket is looked at again: either this thread sees new work, or its bringer sees the sleeper.
            Interlocked.Increment(ref _sleeping);
            while ((uint)(Volatile.Read(ref _ticket) >> 32) == seen) Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleeping);
            return (uint)(Volatile.Read(ref _ticket) >> 32);
        }
    }

    private void ClaimChunks(uint generation)
    {
        _isInside = true;
        while (true)
        {
            ulong ticket = Volatile.Read(ref _ticket);
            int chunk = (int)ticket;
            if ((uint)(ticket >> 32) != generation || chunk >= Volatile.Read(ref _chunks)) break;
            delegate*<object?, void*, int, void> run = _run;
            object? state = _state;
            void* context = _context;
            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) != ticket) continue;
            try
            {
                run(state, context, chunk);
            }
            catch (Exception exception)
            {
                // Whatever it is, it belongs to the caller, not to this thread.
                Interlocked.CompareExchange(ref _failure, exception, null);
            }
            Interlocked.Increment(ref _done);
        }
        _isInside = false;
    }
}
