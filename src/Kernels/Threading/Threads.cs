namespace CnnEngine.Kernels;

/// <summary>
/// The one door for parallel work. A kernel cuts its work into chunks by its shape alone, never by the number of threads, and
/// every chunk writes numbers of its own: so the same input gives the same bits on any number of threads.
/// </summary>
/// <remarks>
/// Behind the door stands a pool of waiting workers rather than <see cref="Parallel.For(int, int, Action{int})"/>, which
/// allocates at every call. Work that is handed in from inside a chunk, or while another thread has the workers, runs on the
/// thread that brings it.
/// </remarks>
public static class Threads
{
    private static int _count = Environment.ProcessorCount;

    /// <summary>
    /// How many threads work at once, the calling one included: at first as many as the process has processors. For the whole
    /// process; results do not depend on it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1 or above 1024.</exception>
    public static int Count
    {
        get => _count;
        set
        {
            if (value is < 1 or > 1024) throw new ArgumentOutOfRangeException(nameof(value), value, "the number of threads is 1 to 1024");
            _count = value;
        }
    }

    /// <summary>
    /// Which of the <see cref="Count"/> threads at work the calling one is: memory that is indexed by it stays in that thread's caches.
    /// </summary>
    internal static int Number => WorkerPool.Number;

    /// <summary>
    /// From here on whatever the calling thread brings runs on itself: for threads that work beside a training step and are not to take the
    /// workers from it, because it would then go on alone.
    /// </summary>
    internal static void StayOnThisThread() => WorkerPool.StayInside();

    /// <summary>Runs <paramref name="body"/> once for each chunk, 0 to <paramref name="chunks"/> − 1, in any order and at once.</summary>
    /// <remarks>Allocates nothing, if the caller keeps the delegate. The first exception of a chunk is thrown again here.</remarks>
    public static unsafe void For(int chunks, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (IsSerial(chunks))
        {
            for (int chunk = 0; chunk < chunks; chunk++) body(chunk);
            return;
        }
        WorkerPool.Shared.Run(chunks, Count, body, null, &Call);

        static void Call(object? body, void* _, int chunk) => ((Action<int>)body!)(chunk);
    }

    /// <summary>The same for a kernel whose arguments are pointers and numbers: no delegate, no allocation.</summary>
    internal static unsafe void For<TBody>(int chunks, TBody body) where TBody : unmanaged, IChunks
    {
        if (IsSerial(chunks))
        {
            for (int chunk = 0; chunk < chunks; chunk++) body.Run(chunk);
            return;
        }
        WorkerPool.Shared.Run(chunks, Count, null, &body, &Call);

        static void Call(object? _, void* body, int chunk) => ((TBody*)body)->Run(chunk);
    }

    /// <summary>The same for a kernel written once for every vector width; runs on that of <see cref="Simd.Width"/>.</summary>
    internal static void ForVectors<TBody>(int chunks, TBody body) where TBody : unmanaged, IVectorChunks => For(chunks, new OnVectors<TBody>(body));

    private readonly struct OnVectors<TBody>(TBody body) : IChunks where TBody : unmanaged, IVectorChunks
    {
        public void Run(int chunk)
        {
            OneChunk<TBody> one = new(body, chunk);
            Simd.Run(ref one);
        }
    }

    private readonly struct OneChunk<TBody>(TBody body, int chunk) : ISimdKernel where TBody : unmanaged, IVectorChunks
    {
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged => body.Run<S, V>(chunk);
    }

    private static bool IsSerial(int chunks) => chunks <= 1 || Count == 1 || WorkerPool.IsInside;
}

/// <summary>Work cut into chunks, with its arguments.</summary>
internal interface IChunks
{
    void Run(int chunk);
}

/// <summary>The same, computed on vectors.</summary>
internal interface IVectorChunks
{
    void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged;
}
