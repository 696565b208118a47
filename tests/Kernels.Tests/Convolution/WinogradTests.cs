namespace CnnEngine.Kernels.Tests;

/// <summary>What Winograd's convolution does beyond the shapes that all algorithms are tested on: many tiles, deep sums, shared filters.</summary>
public unsafe class WinogradTests
{
    private static readonly ConvAlgorithm Winograd = ConvCases.Algorithm("winograd");

    public static TheoryData<string> Names { get; } = new("several blocks", "deep", "shared filters", "groups of several blocks");

    private static ConvShape Shape(string name) => name switch
    {
        // 264 tiles: more than a block of either kind has.
        "several blocks" => new(3, 5, (30, 41), 7, 3, new() { Padding = new(1, 0, 2, 1) }),
        "groups of several blocks" => new(2, 4, (33, 45), 6, 3, new() { Padding = 1, Groups = 2 }),
        // More channels than a panel is deep.
        "deep" => new(2, 300, (5, 6), 4, 3, new() { Padding = 1 }),
        // 36·290·420 transformed weights are too many for the caches.
        _ => new(1, 290, (3, 5), 420, 3),
    };

    [Theory, MemberData(nameof(Names))]
    public void Every_pass_keeps_the_bound_and_has_the_same_bits_on_any_number_of_threads(string name)
    {
        ConvData data = new(Shape(name), isInteger: false);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forcedWidth = new(width);
            (float[] Y, float[] Dx, float[] Dw)? alone = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                using ForcedThreads forced = new(threads);
                (float[] y, float[] dx, float[] dw) = Run(data);
                if (alone is not { } first)
                {
                    Expect.NearInL2(data.Y, y, ConvCases.InexactBound);
                    Expect.NearInL2(data.Dx, dx, ConvCases.InexactBound);
                    Expect.NearInL2(data.Dw, dw, ConvCases.InexactFilterBound(data.Shape));
                    alone = (y, dx, dw);
                    continue;
                }
                Expect.SameBits(first.Y, y);
                Expect.SameBits(first.Dx, dx);
                Expect.SameBits(first.Dw, dw);
            }
        }
    }

    [Fact]
    public void Only_dense_filters_of_3_by_3_and_stride_1_are_supported()
    {
        foreach (string name in ConvCases.Names)
        {
            ConvShape shape = ConvCases.Shape(name);
            bool isSupported = shape.R == 3 && shape.S == 3 && shape.Stride == 1 && shape.Dilation == 1;
            foreach (ConvPass pass in Enum.GetValues<ConvPass>()) Assert.Equal(isSupported, Winograd.Supports(pass, shape));
        }
    }

    [Theory]
    [InlineData(64, 56, 64, true)]
    [InlineData(256, 14, 256, true)]
    [InlineData(512, 28, 512, true)]
    [InlineData(3, 224, 64, false)]
    [InlineData(512, 2, 512, false)]
    public void It_is_picked_where_the_products_outweigh_the_transforms(int channels, int size, int filters, bool isPicked)
    {
        ConvShape shape = new(8, channels, size, filters, 3, new() { Padding = 1 });
        foreach (ConvPass pass in Enum.GetValues<ConvPass>()) Assert.Equal(isPicked, ConvPlanner.Choose(pass, shape) == Winograd);
    }

    /// <summary><c>Aᵀ[(G g) ⊙ (Bᵀ d)]</c> is the filter, <c>Gᵀ[(A δ) ⊙ (Bᵀ d)]</c> its gradient.</summary>
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void The_transforms_are_those_of_minimal_filtering(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        OneDimension kernel = new() { D = Numbers.Integers(6, 1), G = Numbers.Integers(3, 2), Delta = Numbers.Integers(4, 3) };
        Simd.Run(ref kernel);
        double[] y = [.. Enumerable.Range(0, 4).Select(i => Enumerable.Range(0, 3).Sum(r => (double)kernel.G[r] * kernel.D[i + r]))];
        double[] gradient = [.. Enumerable.Range(0, 3).Select(r => Enumerable.Range(0, 4).Sum(i => (double)kernel.Delta[i] * kernel.D[i + r]))];
        Expect.Near(y, kernel.Y, 0, 1e-4);
        Expect.Near(gradient, kernel.Gradient, 0, 1e-4);
    }

    private struct OneDimension : ISimdKernel
    {
        public float[] D, G, Delta, Y, Gradient;

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            V B(float x) => S.Broadcast(x);
            float First(V x) => S.Sum(x) / S.Lanes;
            int stride = S.Lanes;
            float* d = stackalloc float[6 * S.Lanes], g = stackalloc float[6 * S.Lanes], e = stackalloc float[6 * S.Lanes];
            WinogradTransforms.Input<S, V>(B(D[0]), B(D[1]), B(D[2]), B(D[3]), B(D[4]), B(D[5]), d, stride);
            WinogradTransforms.Filter<S, V>(B(G[0]), B(G[1]), B(G[2]), g, stride);
            WinogradTransforms.Delta<S, V>(B(Delta[0]), B(Delta[1]), B(Delta[2]), B(Delta[3]), e, stride);
            V[] m = new V[6], z = new V[6];
            for (int i = 0; i < 6; i++)
            {
                m[i] = S.Multiply(S.Load(g + (i * stride)), S.Load(d + (i * stride)));
                z[i] = S.Multiply(S.Load(e + (i * stride)), S.Load(d + (i * stride)));
            }
            (V y0, V y1, V y2, V y3) = WinogradTransforms.Output<S, V>(m[0], m[1], m[2], m[3], m[4], m[5]);
            (V g0, V g1, V g2) = WinogradTransforms.FilterGradient<S, V>(z[0], z[1], z[2], z[3], z[4], z[5]);
            Y = [First(y0), First(y1), First(y2), First(y3)];
            Gradient = [First(g0), First(g1), First(g2)];
        }
    }

    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void Transposing_exchanges_rows_and_lanes(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        foreach (int missing in new[] { 0, 1, Simd.Lanes - 1 })
        {
            Transposition kernel = new() { Rows = Simd.Lanes - missing };
            Simd.Run(ref kernel);
        }
    }

    private struct Transposition : ISimdKernel
    {
        public int Rows;

        public readonly void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            int stride = S.Lanes + 3;
            Guarded<float> from = new(Numbers.Random(((Rows - 1) * stride) + S.Lanes, 1)), to = new(S.Lanes * S.Lanes);
            Transpose.Run<S, V>(Rows, from.Data, stride, to.Data);
            for (int row = 0; row < Rows; row++)
                for (int lane = 0; lane < S.Lanes; lane++) Assert.Equal(from.Span[(row * stride) + lane], to.Span[(lane * S.Lanes) + row]);
            to.AssertIntact();
        }
    }

    private static (float[] Y, float[] Dx, float[] Dw) Run(ConvData data)
    {
        ConvShape shape = data.Shape;
        float[] y = new float[shape.OutputLength], dx = new float[shape.InputLength], dw = [.. data.Before];
        fixed (float* x = data.X, w = data.W, bias = data.Bias, dy = data.Delta, py = y, pdx = dx, pdw = dw)
        {
            Winograd.Forward(shape, x, w, bias, Activation.Identity, py);
            Winograd.BackwardInput(shape, dy, w, pdx);
            Winograd.BackwardFilter(shape, x, dy, pdw, null);
        }
        return (y, dx, dw);
    }
}
