using System.Numerics.Tensors;

namespace CnnEngine.Kernels;

/// <summary>
/// Biases of a layer whose products are computed without them: each plane, N×K of them, gets its channel's. In C×H×W×N a plane is
/// H·W·lanes numbers, and there are K.
/// </summary>
public static unsafe class PlaneBias
{
    /// <summary><c>y[p] = σ(y[p] + b[p mod K])</c> for each plane p.</summary>
    /// <param name="planeLength">Numbers of a plane.</param>
    /// <param name="bias">K numbers, or empty for none.</param>
    /// <param name="activation">σ.</param>
    /// <param name="y">Whole planes, overwritten.</param>
    /// <exception cref="ArgumentException">y is not whole planes for all biases.</exception>
    public static void Forward(int planeLength, ReadOnlySpan<float> bias, Activation activation, Span<float> y)
    {
        CheckPlanes(planeLength, Math.Max(1, bias.Length), y.Length, nameof(y));
        if (bias.IsEmpty && activation.Kind == ActivationKind.Identity) return;
        fixed (float* pb = bias, py = y)
            Threads.For(y.Length / planeLength, new ForwardPlane(planeLength, bias.Length, pb, activation, py));
    }

    /// <summary><c>∂b[k] += Σ δ</c> over the planes of channel k.</summary>
    /// <param name="planeLength">Numbers of a plane.</param>
    /// <param name="dy">δ, taken before the activation: whole planes.</param>
    /// <param name="dbias">K numbers that the gradient is added to.</param>
    /// <exception cref="ArgumentException">dy is not whole planes for all biases.</exception>
    public static void Backward(int planeLength, ReadOnlySpan<float> dy, Span<float> dbias)
    {
        CheckPlanes(planeLength, dbias.Length, dy.Length, nameof(dy));
        fixed (float* pdy = dy, pdb = dbias) Backward(dy.Length / planeLength, planeLength, dbias.Length, pdy, pdb);
    }

    /// <summary>The same on so many planes.</summary>
    internal static void Backward(int planes, int planeLength, int channels, float* dy, float* dbias) =>
        Threads.ForVectors(channels, new BackwardChannel(planes, planeLength, channels, dy, dbias));

    private static void CheckPlanes(int planeLength, int channels, int length, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(planeLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        long image = (long)planeLength * channels;
        if (length % image != 0) throw new ArgumentException($"{name} holds {length} numbers; that is not whole images of {channels}×{planeLength}", name);
    }

    /// <summary>A chunk is a plane.</summary>
    private readonly struct ForwardPlane(int length, int channels, float* bias, Activation activation, float* y) : IChunks
    {
        public void Run(int chunk)
        {
            float* plane = y + ((long)chunk * length);
            if (channels > 0)
            {
                Span<float> numbers = new(plane, length);
                TensorPrimitives.Add(numbers, bias[chunk % channels], numbers);
            }
            Activations.Forward(activation, plane, plane, length);
        }
    }

    /// <summary>A chunk is a channel.</summary>
    private readonly struct BackwardChannel(int planes, int length, int channels, float* dy, float* dbias) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            for (int plane = chunk; plane < planes; plane += channels) dbias[chunk] += RowSum.Of<S, V>(dy + ((long)plane * length), length);
        }
    }
}
