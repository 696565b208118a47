namespace CnnEngine.Kernels.Tests;

/// <summary>
/// The textbook's way back through a convolution, in numbers: the zero-padded delta convolved with the filter turned by 180°.
/// Each pixel gets its delta from every output it went into, over the weight it went in by; turning the filter puts those
/// weights in the order in which the outputs lie.
/// </summary>
public class RotatedFilterTests
{
    private static readonly float[] Filter =
    [
        5, 6,
        7, 8,
    ];

    private static readonly float[] Turned =
    [
        8, 7,
        6, 5,
    ];

    [Fact]
    public void Delta_error_is_the_padded_delta_convolved_with_the_turned_filter()
    {
        // A 2×2 filter on a 3×3 image gives 2×2 outputs, and these deltas came back:
        float[] delta =
        [
            1, 2,
            3, 4,
        ];
        // One row and column of zeros, the filter's size less one, around them:
        float[] padded =
        [
            0, 0, 0, 0,
            0, 1, 2, 0,
            0, 3, 4, 0,
            0, 0, 0, 0,
        ];
        // The middle pixel went into all four outputs: 8·1 + 7·2 + 6·3 + 5·4 = 60. The first went into one: 5·1.
        float[] expected =
        [
            5, 16, 12,
            22, 60, 40,
            21, 52, 32,
        ];

        float[] byHand = new float[9], byKernel = new float[9];
        Convolution.Forward(new ConvShape(1, 1, 4, 1, 2), padded, Turned, [], Activation.Identity, byHand);
        Convolution.BackwardInput(new ConvShape(1, 1, 3, 1, 2), delta, Filter, byKernel);
        Assert.Equal(expected, byHand);
        Assert.Equal(expected, byKernel);
    }

    [Fact]
    public void With_stride_2_the_delta_is_first_spread_out_with_zeros_between()
    {
        // The same filter with stride 2 on a 4×4 image meets every pixel once; 2×2 outputs.
        float[] delta =
        [
            1, 2,
            3, 4,
        ];
        float[] spreadAndPadded =
        [
            0, 0, 0, 0, 0,
            0, 1, 0, 2, 0,
            0, 0, 0, 0, 0,
            0, 3, 0, 4, 0,
            0, 0, 0, 0, 0,
        ];
        float[] expected =
        [
            5, 6, 10, 12,
            7, 8, 14, 16,
            15, 18, 20, 24,
            21, 24, 28, 32,
        ];

        float[] byHand = new float[16], byKernel = new float[16];
        Convolution.Forward(new ConvShape(1, 1, 5, 1, 2), spreadAndPadded, Turned, [], Activation.Identity, byHand);
        Convolution.BackwardInput(new ConvShape(1, 1, 4, 1, 2, new() { Stride = 2 }), delta, Filter, byKernel);
        Assert.Equal(expected, byHand);
        Assert.Equal(expected, byKernel);
    }

    [Fact]
    public void Turned_filters_exchange_their_channel_axes()
    {
        // Two 1×1 filters on three channels: y = W·x, so ∂x = Wᵀ·δ.
        float[] w =
        [
            1, 2, 3,
            4, 5, 6,
        ];
        float[] dx = new float[3];
        Convolution.BackwardInput(new ConvShape(1, 3, 1, 2, 1), [10, 100], w, dx);
        Assert.Equal([410f, 520, 630], dx);
    }

    [Fact]
    public void Every_shape_of_stride_1_comes_out_the_same_by_turning_and_by_scattering()
    {
        int compared = 0;
        foreach ((string name, string algorithm) in ConvCases.Supported(ConvPass.BackwardInput).Where(row => row.Algorithm == "rotated"))
        {
            ConvData data = ConvCases.Integers(name);
            float[] turned = Run(data, algorithm);
            foreach (ConvAlgorithm other in ConvAlgorithm.All.Where(other => other.Supports(ConvPass.BackwardInput, data.Shape)))
            {
                if (other.IsExact) Assert.Equal(turned, Run(data, other.Name));
                else Expect.NearInL2(data.Dx, Run(data, other.Name), other.ErrorBound!.Value);
                compared++;
            }
        }
        Assert.True(compared > 60);
    }

    private static unsafe float[] Run(ConvData data, string algorithm)
    {
        float[] dx = new float[data.Shape.InputLength];
        fixed (float* dy = data.Delta, w = data.W, pointer = dx) ConvCases.Algorithm(algorithm).BackwardInput(data.Shape, dy, w, pointer);
        return dx;
    }
}
