using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CnnEngine.Kernels;

/// <summary>Vectors of 16 floats.</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    public static int Lanes => Vector512<float>.Count;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    public static void Store(float* destination, Vector512<float> value) => value.Store(destination);

    public static void StoreStreaming(float* destination, Vector512<float> value) => value.StoreAlignedNonTemporal(destination);

    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    public static Vector512<float> SquareRoot(Vector512<float> value) => Vector512.Sqrt(value);

    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.MinNative(a, b);

    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> TimesPowerOfTwo(Vector512<float> value, Vector512<float> power) => Avx512F.IsSupported
        ? Avx512F.Scale(value, power)
        : Vector512.Create(Simd256.TimesPowerOfTwo(value.GetLower(), power.GetLower()), Simd256.TimesPowerOfTwo(value.GetUpper(), power.GetUpper()));

    public static Vector512<float> Exponent(Vector512<float> value) => Vector512.ConvertToSingle((value.AsInt32() >>> 23) - Vector512.Create(127));

    public static Vector512<float> Log(Vector512<float> value) => Vector512.Log(value);

    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WherePositive(Vector512<float> x, Vector512<float> positive, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), positive, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereNegative(Vector512<float> x, Vector512<float> negative, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), negative, otherwise);

    public static Vector512<float> And(Vector512<float> a, Vector512<float> b) => a & b;

    public static float Sum(Vector512<float> value) => Vector512.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        if (!Avx512F.IsSupported)
            return Simd256.Sums(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper(), c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper());
        // Halves of two vectors are added at a time, then quarters of four, which stay side by side to the end: filters' gradients of 5×5 filters on
        // 32×32 pixels take 0.97 of the time that vectors one by one take.
        Vector512<float> ab = Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);
        Vector512<float> cd = Avx512F.Shuffle4x128(c, d, 0b01_00_01_00) + Avx512F.Shuffle4x128(c, d, 0b11_10_11_10);
        Vector512<float> sums = Avx512F.Shuffle4x128(ab, cd, 0b10_00_10_00) + Avx512F.Shuffle4x128(ab, cd, 0b11_01_11_01);
        sums += Avx512F.Permute4x32(sums, 0b01_00_11_10);
        sums += Avx512F.Permute4x32(sums, 0b10_11_00_01);
        return Avx512F.PermuteVar16x32(sums, Vector512.CreateSequence(0, 4)).GetLower().GetLower();
    }

    public static Vector512<float> Iota => Vector512.CreateSequence(0f, 1f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereEqual(Vector512<float> a, Vector512<float> b, Vector512<float> equal, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.Equals(a, b), equal, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereGreater(Vector512<float> a, Vector512<float> b, Vector512<float> greater, Vector512<float> otherwise) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(a, b), greater, otherwise);

    public static bool IsLessEverywhere(Vector512<float> a, Vector512<float> b) => Vector512.LessThanAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereBeats(Vector512<float> x, Vector512<float> best, Vector512<float> yes, Vector512<float> no) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(x, best) | ~Vector512.Equals(x, x), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Even, Vector512<float> Odd) Deinterleave(Vector512<float> first, Vector512<float> second)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<int> even = Vector512.CreateSequence(0, 2);
            return (Avx512F.PermuteVar16x32x2(first, even, second), Avx512F.PermuteVar16x32x2(first, even + Vector512<int>.One, second));
        }
        (Vector256<float> evenLow, Vector256<float> oddLow) = Simd256.Deinterleave(first.GetLower(), first.GetUpper());
        (Vector256<float> evenHigh, Vector256<float> oddHigh) = Simd256.Deinterleave(second.GetLower(), second.GetUpper());
        return (Vector512.Create(evenLow, evenHigh), Vector512.Create(oddLow, oddHigh));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> First, Vector512<float> Second) Interleave(Vector512<float> even, Vector512<float> odd)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<int> first = Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            return (Avx512F.PermuteVar16x32x2(even, first, odd), Avx512F.PermuteVar16x32x2(even, first + Vector512.Create(8), odd));
        }
        (Vector256<float> a, Vector256<float> b) = Simd256.Interleave(even.GetLower(), odd.GetLower());
        (Vector256<float> c, Vector256<float> d) = Simd256.Interleave(even.GetUpper(), odd.GetUpper());
        return (Vector512.Create(a, b), Vector512.Create(c, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Successors(Vector512<float> value, Vector512<float> next) => Avx512F.IsSupported
        ? Avx512F.AlignRight32(next.AsInt32(), value.AsInt32(), 1).AsSingle()
        : Vector512.Create(Simd256.Successors(value.GetLower(), value.GetUpper()), Simd256.Successors(value.GetUpper(), next.GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Predecessors(Vector512<float> value, Vector512<float> previous) => Avx512F.IsSupported
        ? Avx512F.AlignRight32(value.AsInt32(), previous.AsInt32(), 15).AsSingle()
        : Vector512.Create(Simd256.Predecessors(value.GetLower(), previous.GetUpper()), Simd256.Predecessors(value.GetUpper(), value.GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadQuads(float* source, nint stride)
    {
        if (!Avx512F.IsSupported) return Vector512.Create(Simd256.LoadQuads(source, stride), Simd256.LoadQuads(source + (2 * stride), stride));
        Vector512<float> value = Vector128.Load(source).ToVector256Unsafe().ToVector512Unsafe();
        value = Avx512F.InsertVector128(value, Vector128.Load(source + stride), 1);
        value = Avx512F.InsertVector128(value, Vector128.Load(source + (2 * stride)), 2);
        return Avx512F.InsertVector128(value, Vector128.Load(source + (3 * stride)), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuads(float* destination, nint stride, Vector512<float> value)
    {
        if (!Avx512F.IsSupported)
        {
            Simd256.StoreQuads(destination, stride, value.GetLower());
            Simd256.StoreQuads(destination + (2 * stride), stride, value.GetUpper());
            return;
        }
        value.GetLower().GetLower().Store(destination);
        Avx512F.ExtractVector128(value, 1).Store(destination + stride);
        Avx512F.ExtractVector128(value, 2).Store(destination + (2 * stride));
        Avx512F.ExtractVector128(value, 3).Store(destination + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> First, Vector512<float> Second) InterleaveQuads(Vector512<float> even, Vector512<float> odd)
    {
        if (Avx512F.IsSupported) return (Avx512F.UnpackLow(even, odd), Avx512F.UnpackHigh(even, odd));
        (Vector256<float> a, Vector256<float> b) = Simd256.InterleaveQuads(even.GetLower(), odd.GetLower());
        (Vector256<float> c, Vector256<float> d) = Simd256.InterleaveQuads(even.GetUpper(), odd.GetUpper());
        return (Vector512.Create(a, c), Vector512.Create(b, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gather(float* rows, nint stride, int* places) =>
        Vector512.Create(Simd256.Gather(rows, stride, places), Simd256.Gather(rows + (8 * stride), stride, places + 8));

    public static Vector512<float> Permute(Vector512<float> value, Vector512<float> lanes) =>
        Avx512F.IsSupported ? Avx512F.PermuteVar16x32(value, lanes.AsInt32()) : Vector512.Shuffle(value, lanes.AsInt32() & Vector512.Create(15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfRoot(Vector512<float> roots, Vector512<float> n) => (Permute(roots, n).AsInt32() + (n.AsInt32() << 19)).AsSingle();

    public static Vector512<float> LoadInt32(int* source) => Vector512.ConvertToSingle(Vector512.Load(source));

    public static Vector512<float> ToInt32(Vector512<float> value) => Vector512.ConvertToInt32Native(value).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBytes(byte* source) => Avx512F.IsSupported
        ? Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)))
        : Vector512.Create(Simd256.LoadBytes(source), Simd256.LoadBytes(source + 8));
}
