using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>How a kernel writes its results. With it as a type argument the kernel is compiled for each way.</summary>
internal unsafe interface IStore
{
    /// <summary>Whether results are written past the caches. The caller has then to put a memory barrier behind the kernel.</summary>
    static abstract bool IsStreaming { get; }

    static abstract void Store<S, V>(float* to, V value) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>Into the caches.</summary>
internal readonly unsafe struct CachedStore : IStore
{
    public static bool IsStreaming => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<S, V>(float* to, V value) where S : struct, ISimd<V> where V : unmanaged => S.Store(to, value);
}

/// <summary>Past the caches, to multiples of the vector's size: for results too large for them, whose old content is then not read first.</summary>
internal readonly unsafe struct StreamingStore : IStore
{
    public static bool IsStreaming => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<S, V>(float* to, V value) where S : struct, ISimd<V> where V : unmanaged => S.StoreStreaming(to, value);
}
