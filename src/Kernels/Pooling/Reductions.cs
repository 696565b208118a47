using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>What a window comes down to: a maximum and its place, or a sum.</summary>
internal interface IReduction<V> where V : unmanaged
{
    /// <summary>Whether places are kept; if not, results are weighted.</summary>
    static abstract bool HasPlaces { get; }

    /// <summary>The number that pixels outside the image count as.</summary>
    static abstract float Outside { get; }

    /// <summary>Takes one more number, or part of the window, into account.</summary>
    static abstract void Add(V value, V at, ref V result, ref V resultAt);

    /// <summary>Watches for numbers that the reduction is wrong with: what comes out is NaN then.</summary>
    static abstract V Watch(V watched, V a, V b, V c);
}

/// <summary>
/// The first of the largest numbers, if none is NaN. Watching for NaN on the side takes half the instructions of comparing with it in mind, and
/// the sum that does it is NaN, too, where infinities of both signs meet, which is no harm.
/// </summary>
internal readonly struct Largest<S, V> : IReduction<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => true;

    public static float Outside => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(V value, V at, ref V result, ref V resultAt)
    {
        resultAt = S.WhereGreater(value, result, at, resultAt);
        result = S.Max(value, result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Watch(V watched, V a, V b, V c) => S.Add(watched, S.Add(S.Add(a, b), c));
}

/// <summary>The first of the largest numbers; NaN is larger than all.</summary>
internal readonly struct LargestOrNaN<S, V> : IReduction<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => true;

    public static float Outside => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(V value, V at, ref V result, ref V resultAt)
    {
        resultAt = S.WhereBeats(value, result, at, resultAt);
        result = S.WhereBeats(value, result, value, result);
    }

    public static V Watch(V watched, V a, V b, V c) => watched;
}

/// <summary>The sum.</summary>
internal readonly struct Total<S, V> : IReduction<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => false;

    public static float Outside => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(V value, V at, ref V result, ref V resultAt) => result = S.Add(result, value);

    public static V Watch(V watched, V a, V b, V c) => watched;
}
