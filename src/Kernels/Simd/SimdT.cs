using System.Runtime.CompilerServices;
using System.Numerics;

namespace CnnEngine.Kernels;

/// <summary>Vectors as wide as the runtime likes; the portable form.</summary>
internal readonly unsafe struct SimdT : ISimd<Vector<float>>
{
    public static int Lanes => Vector<float>.Count;

    public static Vector<float> Zero => Vector<float>.Zero;

    public static Vector<float> Load(float* source) => Vector.Load(source);

    public static void Store(float* destination, Vector<float> value) => value.Store(destination);

    public static Vector<float> Broadcast(float value) => Vector.Create(value);

    public static Vector<float> Add(Vector<float> a, Vector<float> b) => a + b;

    public static Vector<float> Subtract(Vector<float> a, Vector<float> b) => a - b;

    public static Vector<float> Multiply(Vector<float> a, Vector<float> b) => a * b;

    public static Vector<float> MultiplyAdd(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WherePositive(Vector<float> x, Vector<float> positive, Vector<float> otherwise) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), positive, otherwise);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> WhereNegative(Vector<float> x, Vector<float> negative, Vector<float> otherwise) =>
        Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), negative, otherwise);

    public static float Sum(Vector<float> value) => Vector.Sum(value);
}
