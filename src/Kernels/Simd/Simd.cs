using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace CnnEngine.Kernels;

/// <summary>
/// Picks the vector width once for the process: the widest that the machine has, or the one that the environment variable
/// <c>CNNENGINE_SIMD</c> names (<c>128</c>, <c>256</c>, <c>512</c>, or <c>T</c> for <see cref="Vector{T}"/>). A width that the
/// machine lacks still computes right, in software and slowly.
/// </summary>
public static class Simd
{
    /// <summary>The environment variable that forces a width.</summary>
    public const string EnvironmentVariable = "CNNENGINE_SIMD";

    private static SimdWidth? _width;

    /// <summary>The width that all kernels run on.</summary>
    /// <exception cref="ArgumentException">The environment variable names no width.</exception>
    public static SimdWidth Width
    {
        get => _width ??= Pick(Environment.GetEnvironmentVariable(EnvironmentVariable));
        internal set => _width = value;
    }

    /// <summary>How many floats a vector of <see cref="Width"/> holds.</summary>
    public static int Lanes => Width == SimdWidth.VectorT ? Vector<float>.Count : (int)Width / 32;

    /// <summary>How many vector registers the machine has: AVX-512 and ARM64 have 32, older x86 has 16. Register tiles follow it.</summary>
    internal static int Registers { get; } = Avx512F.IsSupported || AdvSimd.Arm64.IsSupported ? 32 : 16;

    internal static SimdWidth Pick(string? forced) => forced switch
    {
        null or "" => Vector512.IsHardwareAccelerated ? SimdWidth.Vector512
            : Vector256.IsHardwareAccelerated ? SimdWidth.Vector256
            : SimdWidth.Vector128,
        "128" => SimdWidth.Vector128,
        "256" => SimdWidth.Vector256,
        "512" => SimdWidth.Vector512,
        "T" => SimdWidth.VectorT,
        _ => throw new ArgumentException($"{EnvironmentVariable}={forced}: the vector widths are 128, 256, 512 and T"),
    };

    /// <summary>Asks for a cache line ahead of its use, into the second-level cache; any address will do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void Prefetch(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch1(address);
    }

    /// <summary>The same into the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void PrefetchNear(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>Runs a kernel on vectors of <see cref="Width"/>.</summary>
    internal static void Run<TKernel>(ref TKernel kernel) where TKernel : struct, ISimdKernel
    {
        switch (Width)
        {
            case SimdWidth.Vector128: kernel.Run<Simd128, Vector128<float>>(); break;
            case SimdWidth.Vector256: kernel.Run<Simd256, Vector256<float>>(); break;
            case SimdWidth.Vector512: kernel.Run<Simd512, Vector512<float>>(); break;
            default: kernel.Run<SimdT, Vector<float>>(); break;
        }
    }
}

/// <summary>A kernel with its arguments, ready to run on any vector width.</summary>
internal interface ISimdKernel
{
    void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged;
}
