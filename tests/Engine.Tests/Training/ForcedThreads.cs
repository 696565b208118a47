using CnnEngine.Kernels;

namespace CnnEngine.Tests.Training;

/// <summary>Sets the number of threads until it is disposed.</summary>
internal sealed class ForcedThreads : IDisposable
{
    private readonly int _before = Threads.Count;

    public ForcedThreads(int count) => Threads.Count = count;

    public void Dispose() => Threads.Count = _before;
}
