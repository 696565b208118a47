using System.Numerics;
using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// What one place of a layer's output sees of its input, as windows that slide: all that receptive fields follow from. The input is
/// spread out, zeros between its elements, and padded; a filter then slides over it.
/// </summary>
/// <param name="Rows">Along H.</param>
/// <param name="Columns">Along W.</param>
public readonly record struct Footprint(AxisFootprint Rows, AxisFootprint Columns)
{
    /// <summary>Each place sees the same place of the input alone: activations, sums.</summary>
    public static Footprint Point { get; } = new(new AxisFootprint(1), new AxisFootprint(1));

    /// <summary>Each place sees the whole input: fully connected layers, normalisation over an image.</summary>
    public static Footprint Global { get; } = new(AxisFootprint.Global, AxisFootprint.Global);

    /// <summary>A window or filter, as of a convolution.</summary>
    /// <param name="window">Its size.</param>
    /// <param name="stride">From one position to the next.</param>
    /// <param name="padding">Rows and columns above and to the left of the image, as <see cref="Padding"/> counts them.</param>
    /// <param name="dilation">From one tap to the next; 1 if left out.</param>
    public static Footprint Window(Size2 window, Size2 stride, Padding padding, Size2? dilation = null) => new(
        new AxisFootprint(window.Height, stride.Height, dilation?.Height ?? 1, padding.Top),
        new AxisFootprint(window.Width, stride.Width, dilation?.Width ?? 1, padding.Left));
}

/// <summary>
/// A footprint along one axis. Output i sees the inputs j with <c>j·Spread = i·Stride − Padding + t·Dilation</c> for a tap t from 0 to
/// Taps − 1.
/// </summary>
/// <remarks>
/// Spread is above 1 where the output is finer than the input. A transposed convolution of stride s and padding p has Spread s, Stride 1 and
/// Padding <c>dilation·(R − 1) − p</c>; nearest up-sampling by f is one of f taps, bilinear one of 2f taps (2f − 1 for odd f). Adaptive
/// pooling from h to q, reduced by their common divisor, has Spread q, Stride h, Padding q − 1 and h + q − 1 taps.
/// </remarks>
/// <param name="Taps">The filter's size, R.</param>
/// <param name="Stride">From one position of the filter to the next.</param>
/// <param name="Dilation">From one tap to the next.</param>
/// <param name="Padding">Zeros before the first element; negative for elements cut off.</param>
/// <param name="Spread">From one element of the input to the next, once it is spread out.</param>
public readonly record struct AxisFootprint(int Taps, int Stride = 1, int Dilation = 1, int Padding = 0, int Spread = 1)
{
    /// <summary>The whole input.</summary>
    internal static AxisFootprint Global => new(0);

    /// <summary>Whether each output sees the whole input.</summary>
    public bool IsGlobal => Taps == 0;

    /// <summary>From the first to the last tap, <c>dilation·(R − 1) + 1</c>.</summary>
    public int Extent => (Dilation * (Taps - 1)) + 1;

    /// <summary>Two sizes divided by their greatest common divisor: the period in which windows repeat that follow from both.</summary>
    internal static (int Inputs, int Outputs) Reduce(int inputs, int outputs)
    {
        int divisor = (int)BigInteger.GreatestCommonDivisor(inputs, outputs);
        return (inputs / divisor, outputs / divisor);
    }

    /// <summary>
    /// The first and the last input that the outputs <paramref name="first"/> to <paramref name="last"/> see; the first is beyond the last
    /// where they see none. Inputs below 0 or beyond the end are padding. Taps both dilated and over a spread input may miss either.
    /// </summary>
    internal (int First, int Last) InputsOf(int first, int last)
    {
        int start = (first * Stride) - Padding, end = (last * Stride) - Padding + Extent - 1;
        return (-FloorDivide(-start, Spread), FloorDivide(end, Spread));
    }

    private static int FloorDivide(int a, int b) => (a - (((a % b) + b) % b)) / b;
}
