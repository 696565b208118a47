using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>How two vectors are parted into the three columns under windows that lie two columns apart, of which they share one.</summary>
internal interface IColumns
{
    /// <summary>Whether vectors are taken from left to right, or from right to left.</summary>
    static abstract bool IsRightward { get; }

    /// <summary>Parts two vectors; <paramref name="beside"/> holds columns of the vectors before, then of these.</summary>
    static abstract (V First, V Second, V Third) Part<S, V>(V low, V high, ref V beside) where S : struct, ISimd<V> where V : unmanaged;
}

/// <summary>Windows begin inside: the third column of each is the first of the one to its right.</summary>
internal readonly struct PlainColumns : IColumns
{
    public static bool IsRightward => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V First, V Second, V Third) Part<S, V>(V low, V high, ref V beside) where S : struct, ISimd<V> where V : unmanaged
    {
        (V even, V odd) = S.Deinterleave(low, high);
        V third = S.Successors(even, beside);
        beside = even;
        return (even, odd, third);
    }
}

/// <summary>The first window begins a column outside: the first column of each is the third of the one to its left.</summary>
internal readonly struct PaddedColumns : IColumns
{
    public static bool IsRightward => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V First, V Second, V Third) Part<S, V>(V low, V high, ref V beside) where S : struct, ISimd<V> where V : unmanaged
    {
        (V even, V odd) = S.Deinterleave(low, high);
        V first = S.Predecessors(odd, beside);
        beside = odd;
        return (first, even, odd);
    }
}
