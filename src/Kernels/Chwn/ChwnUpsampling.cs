using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Up-sampling of as many images as a vector has lanes, in the layout of <see cref="ChwnLayout"/>. Runs on the calling thread: threads share
/// out images. The number of images in the geometry does not matter.
/// </summary>
public static unsafe class ChwnUpsampling
{
    /// <summary>As <see cref="NearestUpsampling.Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="y">Receives C·H'·W'·lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void NearestForward(in ResizeShape shape, ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLengths(shape, x.Length, nameof(x), y.Length, nameof(y));
        ChwnPooling.MeanBackward(shape.Windows, x, y, PoolDivisor.One);
    }

    /// <summary>As <see cref="NearestUpsampling.Backward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, C·H'·W'·lanes numbers.</param>
    /// <param name="dx">Receives C·H·W·lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void NearestBackward(in ResizeShape shape, ReadOnlySpan<float> dy, Span<float> dx)
    {
        CheckLengths(shape, dx.Length, nameof(dx), dy.Length, nameof(dy));
        ChwnPooling.MeanForward(shape.Windows, dy, dx, PoolDivisor.One);
    }

    /// <summary>As <see cref="BilinearUpsampling.Forward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="x">C·H·W·lanes numbers.</param>
    /// <param name="y">Receives C·H'·W'·lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void BilinearForward(in ResizeShape shape, ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLengths(shape, x.Length, nameof(x), y.Length, nameof(y));
        fixed (float* px = x, py = y)
        {
            Bilinear call = new(shape, forward: true, px, py);
            Simd.Run(ref call);
        }
    }

    /// <summary>As <see cref="BilinearUpsampling.Backward"/>.</summary>
    /// <param name="shape">The geometry.</param>
    /// <param name="dy">δ, C·H'·W'·lanes numbers.</param>
    /// <param name="dx">Receives C·H·W·lanes numbers.</param>
    /// <exception cref="ArgumentException">A span is too short for the shape.</exception>
    public static void BilinearBackward(in ResizeShape shape, ReadOnlySpan<float> dy, Span<float> dx)
    {
        CheckLengths(shape, dx.Length, nameof(dx), dy.Length, nameof(dy));
        fixed (float* pdy = dy, pdx = dx)
        {
            Bilinear call = new(shape, forward: false, pdx, pdy);
            Simd.Run(ref call);
        }
    }

    private static void CheckLengths(in ResizeShape shape, int x, string nameX, int y, string nameY)
    {
        Require.Length(x, (long)shape.C * shape.InputPlane * Simd.Lanes, nameX);
        Require.Length(y, (long)shape.C * shape.OutputPlane * Simd.Lanes, nameY);
    }

    private readonly struct Bilinear(ResizeShape shape, bool forward, float* x, float* y) : ISimdKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            (int height, int width) = shape.Output;
            using Scratch.Lease lease = Scratch.Take(LinearWeights.ScratchLength(height) + LinearWeights.ScratchLength(width));
            LinearWeights vertical = new(shape.Image.Height, height, lease.Data);
            LinearWeights horizontal = new(shape.Image.Width, width, lease.Data + LinearWeights.ScratchLength(height));
            if (!forward) new Span<float>(x, shape.C * shape.InputPlane * S.Lanes).Clear();
            float* plane = x, to = y;
            for (int c = 0; c < shape.C; c++, plane += (nint)shape.InputPlane * S.Lanes)
                for (int i = 0; i < height; i++)
                {
                    nint row = (nint)shape.Image.Width * S.Lanes;
                    float* top = plane + (vertical.Low(i) * row), bottom = plane + (vertical.High(i) * row);
                    float below = vertical.Weight(i);
                    for (int j = 0; j < width; j++, to += S.Lanes)
                    {
                        nint left = (nint)horizontal.Low(j) * S.Lanes, right = (nint)horizontal.High(j) * S.Lanes;
                        float beyond = horizontal.Weight(j);
                        V topLeft = S.Broadcast((1 - below) * (1 - beyond)), topRight = S.Broadcast((1 - below) * beyond);
                        V bottomLeft = S.Broadcast(below * (1 - beyond)), bottomRight = S.Broadcast(below * beyond);
                        if (forward)
                        {
                            V sum = S.MultiplyAdd(topRight, S.Load(top + right), S.Multiply(topLeft, S.Load(top + left)));
                            sum = S.MultiplyAdd(bottomLeft, S.Load(bottom + left), sum);
                            S.Store(to, S.MultiplyAdd(bottomRight, S.Load(bottom + right), sum));
                            continue;
                        }
                        // One after another: at the image's edge two of the places are one.
                        V delta = S.Load(to);
                        S.Store(top + left, S.MultiplyAdd(topLeft, delta, S.Load(top + left)));
                        S.Store(top + right, S.MultiplyAdd(topRight, delta, S.Load(top + right)));
                        S.Store(bottom + left, S.MultiplyAdd(bottomLeft, delta, S.Load(bottom + left)));
                        S.Store(bottom + right, S.MultiplyAdd(bottomRight, delta, S.Load(bottom + right)));
                    }
                }
        }
    }
}
