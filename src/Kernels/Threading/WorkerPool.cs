using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Threads that wait for chunks of work and claim them one by one, the caller among them. Each begins with its own share, an equal run of
/// chunks, so that work of the same chunks finds in its caches what it left there, and then helps the others. A worker that is late
/// (another program has its core) costs nothing: the others take its chunks, and the caller waits only for chunks that somebody has begun.
/// </summary>
/// <remarks>
/// Cores may have last-level caches of their own (chiplets, sockets): what another core has written then comes from far.
/// </remarks>
internal sealed unsafe class WorkerPool
{
    public static readonly WorkerPool Shared = new();

    // How long a worker looks for new work before it sleeps: longer than the pause between two layers, shorter than anybody minds.
    private const int SpinsBeforeSleep = 2000;

    [ThreadStatic]
    private static bool _isInside;

    [ThreadStatic]
    private static int _number;

    private int _workers;
    private int _busy;

    // The work at hand. Written before the tickets name its generation, and read before a chunk of it is claimed.
    private delegate*<object?, void*, int, void> _run;
    private object? _state;
    private void* _context;
    private Share[] _shares = [];
    private int _threads;
    private int _done;
    private uint _generation; // begins again at 0 after 2³² calls
    private Exception? _failure;

    /// <summary>Whether the calling thread is inside a chunk; what it brings then runs on itself.</summary>
    public static bool IsInside => _isInside;

    /// <summary>Makes what the calling thread brings run on itself from here on, as inside a chunk.</summary>
    public static void StayInside() => _isInside = true;

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
            threads = Math.Min(threads, chunks);
            StartWorkers(threads - 1);
            _run = run;
            _context = context;
            (_state, _done, _failure) = (state, 0, null);
            Volatile.Write(ref _threads, threads); // after the shares, which a late worker may index by it
            _generation++;
            for (int owner = threads - 1, end = chunks; owner >= 0; owner--)
            {
                int first = (int)((long)chunks * owner / threads);
                _shares[owner].Give(_generation, first, end);
                end = first;
            }

            ClaimChunks(0, _generation);
            SpinWait wait = default;
            while (Volatile.Read(ref _done) < chunks) wait.SpinOnce(sleep1Threshold: -1);

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
        if (_shares.Length <= wanted) _shares = [.. _shares, .. Enumerable.Range(_shares.Length, wanted + 1 - _shares.Length).Select(_ => new Share())];
        for (; _workers < wanted; _workers++)
        {
            int number = _workers + 1; // the caller is number 0
            Share share = _shares[number];
            new Thread(() => Work(number, share)) { IsBackground = true, Name = $"CnnEngine worker {number}" }.Start();
        }
    }

    private void Work(int number, Share share)
    {
        _number = number;
        uint seen = 0;
        while (true)
        {
            seen = share.WaitForWorkAfter(seen);
            ClaimChunks(number, seen);
        }
    }

    private void ClaimChunks(int number, uint generation)
    {
        _isInside = true;
        int threads = Volatile.Read(ref _threads), claimed = 0;
        Share[] shares = _shares;
        for (int i = 0; i < threads; i++)
        {
            Share share = shares[(number + i) % threads];
            // Whoever is done before the caller has given all shares out must not pass by one that is still to come.
            for (SpinWait wait = default; share.Generation != generation && Volatile.Read(ref _generation) == generation;) wait.SpinOnce(sleep1Threshold: -1);
            while (share.TryRead(generation, out ulong ticket, out int chunk))
            {
                delegate*<object?, void*, int, void> run = _run;
                object? state = _state;
                void* context = _context;
                if (!share.TryClaim(ticket)) continue;
                try
                {
                    run(state, context, chunk);
                }
                catch (Exception exception)
                {
                    // Whatever it is, it belongs to the caller, not to this thread.
                    Interlocked.CompareExchange(ref _failure, exception, null);
                }
                claimed++;
            }
        }
        _isInside = false;
        if (claimed > 0) Interlocked.Add(ref _done, claimed);
    }

    /// <summary>The chunks that a thread begins with, on a cache line of its own, and where it waits for them.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private sealed class Share
    {
        // Generation of the work (upper half) and how many chunks are left (lower half), in one word so that a late worker can never claim
        // a chunk of work that is over, of which none is left.
        [FieldOffset(64)]
        private ulong _ticket;

        [FieldOffset(72)]
        private int _end;

        [FieldOffset(76)]
        private int _isAsleep;

        public uint Generation => (uint)(Volatile.Read(ref _ticket) >> 32);

        public void Give(uint generation, int first, int end)
        {
            _end = end;
            Interlocked.Exchange(ref _ticket, ((ulong)generation << 32) | (uint)(end - first));
            if (Volatile.Read(ref _isAsleep) == 0) return;
            lock (this) Monitor.Pulse(this);
        }

        public uint WaitForWorkAfter(uint seen)
        {
            for (int spin = 0; spin < SpinsBeforeSleep; spin++)
            {
                if (Generation is var generation && generation != seen) return generation;
                Thread.SpinWait(4);
            }
            lock (this)
            {
                // Said before the ticket is looked at again: either this thread sees new work, or its bringer sees the sleeper.
                Interlocked.Exchange(ref _isAsleep, 1);
                while (Generation == seen) Monitor.Wait(this);
                _isAsleep = 0;
                return Generation;
            }
        }

        /// <summary>The next chunk, if one is left. Whatever is read of the work from here on is true if the ticket can then be claimed.</summary>
        public bool TryRead(uint generation, out ulong ticket, out int chunk)
        {
            ticket = Volatile.Read(ref _ticket);
            int left = (int)(uint)ticket;
            chunk = Volatile.Read(ref _end) - left;
            return (uint)(ticket >> 32) == generation && left > 0;
        }

        public bool TryClaim(ulong ticket) => Interlocked.CompareExchange(ref _ticket, ticket - 1, ticket) == ticket;
    }
}
