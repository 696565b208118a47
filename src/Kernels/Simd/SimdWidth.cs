namespace CnnEngine.Kernels;

/// <summary>Which vector type the kernels run on.</summary>
public enum SimdWidth
{
    /// <summary>128 bits, 4 floats: SSE, NEON.</summary>
    Vector128 = 128,

    /// <summary>256 bits, 8 floats: AVX2.</summary>
    Vector256 = 256,

    /// <summary>512 bits, 16 floats: AVX-512.</summary>
    Vector512 = 512,

    /// <summary>The runtime's own choice, <see cref="System.Numerics.Vector{T}"/>: 256 bits on most machines.</summary>
    VectorT = 1,
}
