using CnnEngine.Kernels;

namespace CnnEngine.Tests.Training;

/// <summary>
/// Runs something once on every thread that the engine works on, the caller's included. Chunks go to whoever claims them first, so
/// none may finish before all have begun.
/// </summary>
internal sealed class ThreadMeter
{
    private readonly int _threads;
    private readonly Action<int> _body;
    private Action<int>? _action;
    private int _begun;
    private long _bytes;

    public ThreadMeter(int threads)
    {
        _threads = threads;
        _body = RunOne;
    }

    /// <summary>Bytes allocated so far by these threads together. Reading allocates nothing itself.</summary>
    public long AllocatedBytes()
    {
        OnEveryThread(null);
        return _bytes;
    }

    public void OnEveryThread(Action<int>? action)
    {
        (_action, _begun, _bytes) = (action, 0, 0);
        Threads.For(_threads, _body);
    }

    private void RunOne(int chunk)
    {
        Interlocked.Add(ref _bytes, GC.GetAllocatedBytesForCurrentThread());
        Interlocked.Increment(ref _begun);
        SpinWait wait = default;
        while (Volatile.Read(ref _begun) < _threads) wait.SpinOnce();
        _action?.Invoke(chunk);
    }
}
