using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CnnEngine.Kernels;

/// <summary>Vectors of 4 floats.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    public static int Lanes => Vector128<float>.Count;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    public static void Store(float* destination, Vector128<float> value) => value.Store(destination);

    public static void StoreStreaming(float* destination, Vector128<float> value) => value.StoreAlignedNonTemporal(destination);

    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    public static Vector128<float> SquareRoot(Vector128<float> value) => Vector128.Sqrt(value);

    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> TimesPowerOfTwo(Vector128<float> value, Vector128<float> power)
    {
        // In two steps, since 2¹²⁸ is no float although half of it, doubled, may be less.
        Vector128<int> whole = Vector128.ConvertToInt32Native(power), half = whole >> 1;
        return value * PowerOfTwo(half) * PowerOfTwo(whole - half);
    }

    private static Vector128<float> PowerOfTwo(Vector128<int> power) => ((power + Vector128.Create(127)) << 23).AsSingle();

    public static Vector128<float> Exponent(Vector128<float> value) => Vector128.ConvertToSingle((value.AsInt32() >>> 23) - Vector128.Create(127));

    public static Vector128<float> Log(Vector128<float> value) => Vector128.Log(value);

    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WherePositive(Vector128<float> x, Vector128<float> positive, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(x, Vector128<float>.Zero), positive, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereNegative(Vector128<float> x, Vector128<float> negative, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.LessThan(x, Vector128<float>.Zero), negative, otherwise);

    public static Vector128<float> And(Vector128<float> a, Vector128<float> b) => a & b;

    public static float Sum(Vector128<float> value) => Vector128.Sum(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        (Vector128<float> ac, Vector128<float> acRest) = Interleave(a, c);
        (Vector128<float> bd, Vector128<float> bdRest) = Interleave(b, d);
        (Vector128<float> first, Vector128<float> second) = Interleave(ac + acRest, bd + bdRest);
        return first + second;
    }

    public static Vector128<float> Iota => Vector128.CreateSequence(0f, 1f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereEqual(Vector128<float> a, Vector128<float> b, Vector128<float> equal, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.Equals(a, b), equal, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereGreater(Vector128<float> a, Vector128<float> b, Vector128<float> greater, Vector128<float> otherwise) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), greater, otherwise);

    public static bool IsLessEverywhere(Vector128<float> a, Vector128<float> b) => Vector128.LessThanAll(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereBeats(Vector128<float> x, Vector128<float> best, Vector128<float> yes, Vector128<float> no) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(x, best) | ~Vector128.Equals(x, x), yes, no);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<float> Even, Vector128<float> Odd) Deinterleave(Vector128<float> first, Vector128<float> second) =>
        Sse.IsSupported ? (Sse.Shuffle(first, second, 0b10_00_10_00), Sse.Shuffle(first, second, 0b11_01_11_01))
        : AdvSimd.Arm64.IsSupported ? (AdvSimd.Arm64.UnzipEven(first, second), AdvSimd.Arm64.UnzipOdd(first, second))
        : (Vector128.Create(first[0], first[2], second[0], second[2]), Vector128.Create(first[1], first[3], second[1], second[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<float> First, Vector128<float> Second) Interleave(Vector128<float> even, Vector128<float> odd) =>
        Sse.IsSupported ? (Sse.UnpackLow(even, odd), Sse.UnpackHigh(even, odd))
        : AdvSimd.Arm64.IsSupported ? (AdvSimd.Arm64.ZipLow(even, odd), AdvSimd.Arm64.ZipHigh(even, odd))
        : (Vector128.Create(even[0], odd[0], even[1], odd[1]), Vector128.Create(even[2], odd[2], even[3], odd[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Successors(Vector128<float> value, Vector128<float> next) =>
        Ssse3.IsSupported ? Ssse3.AlignRight(next.AsByte(), value.AsByte(), sizeof(float)).AsSingle()
        : AdvSimd.IsSupported ? AdvSimd.ExtractVector128(value, next, 1)
        : Vector128.Create(value[1], value[2], value[3], next[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Predecessors(Vector128<float> value, Vector128<float> previous) =>
        Ssse3.IsSupported ? Ssse3.AlignRight(value.AsByte(), previous.AsByte(), 3 * sizeof(float)).AsSingle()
        : AdvSimd.IsSupported ? AdvSimd.ExtractVector128(previous, value, 3)
        : Vector128.Create(previous[3], value[0], value[1], value[2]);

    public static Vector128<float> LoadQuads(float* source, nint stride) => Vector128.Load(source);

    public static void StoreQuads(float* destination, nint stride, Vector128<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<float> First, Vector128<float> Second) InterleaveQuads(Vector128<float> even, Vector128<float> odd) => Interleave(even, odd);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Gather(float* rows, nint stride, int* places) =>
        Vector128.Create(rows[places[0]], (rows + stride)[places[1]], (rows + (2 * stride))[places[2]], (rows + (3 * stride))[places[3]]);

    public static Vector128<float> Permute(Vector128<float> value, Vector128<float> lanes) =>
        Avx.IsSupported ? Avx.PermuteVar(value, lanes.AsInt32()) : Vector128.Shuffle(value, lanes.AsInt32() & Vector128.Create(3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfRoot(Vector128<float> roots, Vector128<float> n) => (Permute(roots, n).AsInt32() + (n.AsInt32() << 21)).AsSingle();

    public static Vector128<float> LoadInt32(int* source) => Vector128.ConvertToSingle(Vector128.Load(source));

    public static Vector128<float> ToInt32(Vector128<float> value) => Vector128.ConvertToInt32Native(value).AsSingle();

    public static Vector128<float> LoadBytes(byte* source) =>
        Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(source)).AsByte())).AsInt32());
}
