using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>Vectors as wide as the runtime likes; the portable form.</summary>
internal readonly unsafe struct SimdT : ISimd<Vector<float>>
{
    public static int Lanes => Vector<float>.Count;

    public static Vector<float> Zero => Vector<float>.Zero;

    public static Vector<float> Load(float* source) => Vector.Load(source);

    public static void Store(float* destination, Vector<float> value) => value.Store(destination);

    public static void StoreStreaming(float* destination, Vector<float> value) => value.StoreAlignedNonTemporal(destination);

    public static Vector<float> Broadcast(float value) => Vector.Create(value);

    public static Vector<float> Add(Vector<float> a, Vector<float> b) => a + b;

    public static Vector<float> Subtract(Vector<float> a, Vector<float> b) => a - b;

    public static Vector<float> Multiply(Vector<float> a, Vector<float> b) => a * b;

    public static Vector<float> Divide(Vector<float> a, Vector<float> b) => a / b;

    public static Vector<float> SquareRoot(Vector<float> value) => Vector.SquareRoot(value);

    public static Vector<float> Min(Vector<float> a, Vector<float> b) => Vector.MinNative(a, b);

    public static Vector<float> Max(Vector<float> a, Vector<float> b) => Vector.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> TimesPowerOfTwo(Vector<float> value, Vector<float> power)
    {
        // In two steps, since 2¹²⁸ is no float although half of it, doubled, may be less.
        Vector<int> whole = Vector.ConvertToInt32Native(power), half = whole >> 1;
        return value * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    private static Vector<float> PowerOfTwo(Vector<int> power) => Vector.AsVectorSingle((power + Vector.Create(127)) << 23);

    public static Vector<float> Exponent(Vector<float> value) => Vector.ConvertToSingle((Vector.AsVectorInt32(value) >>> 23) - Vector.Create(127));

    public static Vector<float> Log(Vector<float> value) => Vector.Log(value);

    public static Vector<float> MultiplyAdd(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WherePositive(Vector<float> x, Vector<float> positive, Vector<float> otherwise) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), positive, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WhereNegative(Vector<float> x, Vector<float> negative, Vector<float> otherwise) =>
        Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), negative, otherwise);

    public static Vector<float> And(Vector<float> a, Vector<float> b) => a & b;

    public static float Sum(Vector<float> value) => Vector.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector<float> a, Vector<float> b, Vector<float> c, Vector<float> d) => Vector<float>.Count switch
    {
        16 => Simd512.Sums(a.AsVector512(), b.AsVector512(), c.AsVector512(), d.AsVector512()),
        8 => Simd256.Sums(a.AsVector256(), b.AsVector256(), c.AsVector256(), d.AsVector256()),
        _ => Simd128.Sums(a.AsVector128(), b.AsVector128(), c.AsVector128(), d.AsVector128()),
    };

    public static Vector<float> Iota => Vector.CreateSequence(0f, 1f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WhereEqual(Vector<float> a, Vector<float> b, Vector<float> equal, Vector<float> otherwise) =>
        Vector.ConditionalSelect(Vector.Equals(a, b), equal, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WhereGreater(Vector<float> a, Vector<float> b, Vector<float> greater, Vector<float> otherwise) =>
        Vector.ConditionalSelect(Vector.GreaterThan(a, b), greater, otherwise);

    public static bool IsLessEverywhere(Vector<float> a, Vector<float> b) => Vector.LessThanAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WhereBeats(Vector<float> x, Vector<float> best, Vector<float> yes, Vector<float> no) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, best) | ~Vector.Equals(x, x), yes, no);

    // Vector<T> has no shuffles; its lanes are moved as those of the fixed width that it is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<float> Even, Vector<float> Odd) Deinterleave(Vector<float> first, Vector<float> second)
    {
        if (Vector<float>.Count == 16)
        {
            (Vector512<float> even, Vector512<float> odd) = Simd512.Deinterleave(first.AsVector512(), second.AsVector512());
            return (even.AsVector(), odd.AsVector());
        }
        if (Vector<float>.Count == 8)
        {
            (Vector256<float> even, Vector256<float> odd) = Simd256.Deinterleave(first.AsVector256(), second.AsVector256());
            return (even.AsVector(), odd.AsVector());
        }
        else
        {
            (Vector128<float> even, Vector128<float> odd) = Simd128.Deinterleave(first.AsVector128(), second.AsVector128());
            return (even.AsVector(), odd.AsVector());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<float> First, Vector<float> Second) Interleave(Vector<float> even, Vector<float> odd)
    {
        if (Vector<float>.Count == 16)
        {
            (Vector512<float> first, Vector512<float> second) = Simd512.Interleave(even.AsVector512(), odd.AsVector512());
            return (first.AsVector(), second.AsVector());
        }
        if (Vector<float>.Count == 8)
        {
            (Vector256<float> first, Vector256<float> second) = Simd256.Interleave(even.AsVector256(), odd.AsVector256());
            return (first.AsVector(), second.AsVector());
        }
        else
        {
            (Vector128<float> first, Vector128<float> second) = Simd128.Interleave(even.AsVector128(), odd.AsVector128());
            return (first.AsVector(), second.AsVector());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Successors(Vector<float> value, Vector<float> next) => Vector<float>.Count switch
    {
        16 => Simd512.Successors(value.AsVector512(), next.AsVector512()).AsVector(),
        8 => Simd256.Successors(value.AsVector256(), next.AsVector256()).AsVector(),
        _ => Simd128.Successors(value.AsVector128(), next.AsVector128()).AsVector(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Predecessors(Vector<float> value, Vector<float> previous) => Vector<float>.Count switch
    {
        16 => Simd512.Predecessors(value.AsVector512(), previous.AsVector512()).AsVector(),
        8 => Simd256.Predecessors(value.AsVector256(), previous.AsVector256()).AsVector(),
        _ => Simd128.Predecessors(value.AsVector128(), previous.AsVector128()).AsVector(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> LoadQuads(float* source, nint stride) => Vector<float>.Count switch
    {
        16 => Simd512.LoadQuads(source, stride).AsVector(),
        8 => Simd256.LoadQuads(source, stride).AsVector(),
        _ => Simd128.LoadQuads(source, stride).AsVector(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(float* destination, nint stride, Vector<float> value)
    {
        if (Vector<float>.Count == 16) Simd512.StoreQuads(destination, stride, value.AsVector512());
        else if (Vector<float>.Count == 8) Simd256.StoreQuads(destination, stride, value.AsVector256());
        else Simd128.StoreQuads(destination, stride, value.AsVector128());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<float> First, Vector<float> Second) InterleaveQuads(Vector<float> even, Vector<float> odd)
    {
        if (Vector<float>.Count == 16)
        {
            (Vector512<float> first, Vector512<float> second) = Simd512.InterleaveQuads(even.AsVector512(), odd.AsVector512());
            return (first.AsVector(), second.AsVector());
        }
        if (Vector<float>.Count == 8)
        {
            (Vector256<float> first, Vector256<float> second) = Simd256.InterleaveQuads(even.AsVector256(), odd.AsVector256());
            return (first.AsVector(), second.AsVector());
        }
        else
        {
            (Vector128<float> first, Vector128<float> second) = Simd128.Interleave(even.AsVector128(), odd.AsVector128());
            return (first.AsVector(), second.AsVector());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Gather(float* rows, nint stride, int* places) => Vector<float>.Count switch
    {
        16 => Simd512.Gather(rows, stride, places).AsVector(),
        8 => Simd256.Gather(rows, stride, places).AsVector(),
        _ => Simd128.Gather(rows, stride, places).AsVector(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Permute(Vector<float> value, Vector<float> lanes) => Vector<float>.Count switch
    {
        16 => Simd512.Permute(value.AsVector512(), lanes.AsVector512()).AsVector(),
        8 => Simd256.Permute(value.AsVector256(), lanes.AsVector256()).AsVector(),
        _ => Simd128.Permute(value.AsVector128(), lanes.AsVector128()).AsVector(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> PowerOfRoot(Vector<float> roots, Vector<float> n) => Vector<float>.Count switch
    {
        16 => Simd512.PowerOfRoot(roots.AsVector512(), n.AsVector512()).AsVector(),
        8 => Simd256.PowerOfRoot(roots.AsVector256(), n.AsVector256()).AsVector(),
        _ => Simd128.PowerOfRoot(roots.AsVector128(), n.AsVector128()).AsVector(),
    };

    public static Vector<float> LoadInt32(int* source) => Vector.ConvertToSingle(Vector.Load(source));

    public static Vector<float> ToInt32(Vector<float> value) => Vector.AsVectorSingle(Vector.ConvertToInt32Native(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> LoadBytes(byte* source) => Vector<float>.Count switch
    {
        16 => Simd512.LoadBytes(source).AsVector(),
        8 => Simd256.LoadBytes(source).AsVector(),
        _ => Simd128.LoadBytes(source).AsVector(),
    };
}
