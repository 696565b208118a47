using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>What a window of 3×3 comes down to: a maximum and its place, or a sum.</summary>
internal interface IReduction<V> where V : unmanaged
{
    /// <summary>Whether places are kept; if not, results are weighted.</summary>
    static abstract bool HasPlaces { get; }

    /// <summary>The number that columns outside the image count as.</summary>
    static abstract float Outside { get; }

    /// <summary>What pixels of three rows become, and in which row it is.</summary>
    static abstract (V Result, V At) OfRows(V a, V b, V c, V aAt, V bAt, V cAt);

    /// <summary>What three columns become, and its place.</summary>
    static abstract (V Result, V At) OfColumns(V a, V b, V c, V aAt, V bAt, V cAt);

    /// <summary>Watches for numbers that the reduction is wrong with: what comes out is NaN then.</summary>
    static abstract V Watch(V watched, V a, V b);
}

/// <summary>
/// The largest number and the first of its places, if no number is NaN; of zeros, which are equal, the number may have another's sign. Watching for
/// NaN on the side takes half the instructions of comparing with it in mind, and the sum that does it is NaN, too, where infinities of both signs
/// meet, which is no harm.
/// </summary>
internal readonly struct Largest<S, V> : IReduction<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => true;

    public static float Outside => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Result, V At) OfRows(V a, V b, V c, V aAt, V bAt, V cAt)
    {
        V largest = S.Max(c, S.Max(b, a));
        return (largest, S.WhereEqual(a, largest, aAt, S.WhereEqual(b, largest, bAt, cAt)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Result, V At) OfColumns(V a, V b, V c, V aAt, V bAt, V cAt)
    {
        // Columns may have the same maximum in different rows.
        V largest = S.Max(c, S.Max(b, a)), at = S.WhereEqual(a, largest, aAt, S.Broadcast(float.MaxValue));
        at = S.WhereEqual(b, largest, S.Min(at, bAt), at);
        return (largest, S.WhereEqual(c, largest, S.Min(at, cAt), at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Watch(V watched, V a, V b) => S.Add(watched, S.Add(a, b));
}

/// <summary>The sum.</summary>
internal readonly struct Total<S, V> : IReduction<V> where S : struct, ISimd<V> where V : unmanaged
{
    public static bool HasPlaces => false;

    public static float Outside => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Result, V At) OfRows(V a, V b, V c, V aAt, V bAt, V cAt) => (S.Add(S.Add(a, b), c), aAt);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (V Result, V At) OfColumns(V a, V b, V c, V aAt, V bAt, V cAt) => (S.Add(S.Add(a, b), c), aAt);

    public static V Watch(V watched, V a, V b) => watched;
}
