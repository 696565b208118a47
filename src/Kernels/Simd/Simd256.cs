using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CnnEngine.Kernels;

/// <summary>Vectors of 8 floats.</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    public static int Lanes => Vector256<float>.Count;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    public static void Store(float* destination, Vector256<float> value) => value.Store(destination);

    public static void StoreStreaming(float* destination, Vector256<float> value) => value.StoreAlignedNonTemporal(destination);

    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    public static Vector256<float> SquareRoot(Vector256<float> value) => Vector256.Sqrt(value);

    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.MinNative(a, b);

    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> TimesPowerOfTwo(Vector256<float> value, Vector256<float> power)
    {
        // In two steps, since 2¹²⁸ is no float although half of it, doubled, may be less.
        Vector256<int> whole = Vector256.ConvertToInt32Native(power), half = whole >> 1;
        return value * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    private static Vector256<float> PowerOfTwo(Vector256<int> power) => ((power + Vector256.Create(127)) << 23).AsSingle();

    public static Vector256<float> Exponent(Vector256<float> value) => Vector256.ConvertToSingle((value.AsInt32() >>> 23) - Vector256.Create(127));

    public static Vector256<float> Log(Vector256<float> value) => Vector256.Log(value);

    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WherePositive(Vector256<float> x, Vector256<float> positive, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256<float>.Zero), positive, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereNegative(Vector256<float> x, Vector256<float> negative, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), negative, otherwise);

    public static Vector256<float> And(Vector256<float> a, Vector256<float> b) => a & b;

    public static float Sum(Vector256<float> value) => Vector256.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d) =>
        Simd128.Sums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());

    public static Vector256<float> Iota => Vector256.CreateSequence(0f, 1f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereEqual(Vector256<float> a, Vector256<float> b, Vector256<float> equal, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.Equals(a, b), equal, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereGreater(Vector256<float> a, Vector256<float> b, Vector256<float> greater, Vector256<float> otherwise) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), greater, otherwise);

    public static bool IsLessEverywhere(Vector256<float> a, Vector256<float> b) => Vector256.LessThanAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereBeats(Vector256<float> x, Vector256<float> best, Vector256<float> yes, Vector256<float> no) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(x, best) | ~Vector256.Equals(x, x), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Even, Vector256<float> Odd) Deinterleave(Vector256<float> first, Vector256<float> second)
    {
        (Vector128<float> evenLow, Vector128<float> oddLow) = Simd128.Deinterleave(first.GetLower(), first.GetUpper());
        (Vector128<float> evenHigh, Vector128<float> oddHigh) = Simd128.Deinterleave(second.GetLower(), second.GetUpper());
        return (Vector256.Create(evenLow, evenHigh), Vector256.Create(oddLow, oddHigh));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> First, Vector256<float> Second) Interleave(Vector256<float> even, Vector256<float> odd)
    {
        (Vector128<float> a, Vector128<float> b) = Simd128.Interleave(even.GetLower(), odd.GetLower());
        (Vector128<float> c, Vector128<float> d) = Simd128.Interleave(even.GetUpper(), odd.GetUpper());
        return (Vector256.Create(a, b), Vector256.Create(c, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Successors(Vector256<float> value, Vector256<float> next) => Avx2.IsSupported
        ? Avx2.AlignRight(Avx2.Permute2x128(value.AsByte(), next.AsByte(), 0x21), value.AsByte(), sizeof(float)).AsSingle()
        : Vector256.Create(Simd128.Successors(value.GetLower(), value.GetUpper()), Simd128.Successors(value.GetUpper(), next.GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Predecessors(Vector256<float> value, Vector256<float> previous) => Avx2.IsSupported
        ? Avx2.AlignRight(value.AsByte(), Avx2.Permute2x128(previous.AsByte(), value.AsByte(), 0x21), 3 * sizeof(float)).AsSingle()
        : Vector256.Create(Simd128.Predecessors(value.GetLower(), previous.GetUpper()), Simd128.Predecessors(value.GetUpper(), value.GetLower()));

    public static Vector256<float> LoadQuads(float* source, nint stride) => Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(float* destination, nint stride, Vector256<float> value)
    {
        value.GetLower().Store(destination);
        value.GetUpper().Store(destination + stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> First, Vector256<float> Second) InterleaveQuads(Vector256<float> even, Vector256<float> odd)
    {
        if (Avx.IsSupported) return (Avx.UnpackLow(even, odd), Avx.UnpackHigh(even, odd));
        (Vector128<float> a, Vector128<float> b) = Simd128.Interleave(even.GetLower(), odd.GetLower());
        (Vector128<float> c, Vector128<float> d) = Simd128.Interleave(even.GetUpper(), odd.GetUpper());
        return (Vector256.Create(a, c), Vector256.Create(b, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Gather(float* rows, nint stride, int* places) =>
        Vector256.Create(Simd128.Gather(rows, stride, places), Simd128.Gather(rows + (4 * stride), stride, places + 4));

    public static Vector256<float> Permute(Vector256<float> value, Vector256<float> lanes) =>
        Avx2.IsSupported ? Avx2.PermuteVar8x32(value, lanes.AsInt32()) : Vector256.Shuffle(value, lanes.AsInt32() & Vector256.Create(7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfRoot(Vector256<float> roots, Vector256<float> n) => (Permute(roots, n).AsInt32() + (n.AsInt32() << 20)).AsSingle();

    public static Vector256<float> LoadInt32(int* source) => Vector256.ConvertToSingle(Vector256.Load(source));

    public static Vector256<float> ToInt32(Vector256<float> value) => Vector256.ConvertToInt32Native(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBytes(byte* source) => Avx2.IsSupported
        ? Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(source))
        : Vector256.Create(Simd128.LoadBytes(source), Simd128.LoadBytes(source + 4));
}
