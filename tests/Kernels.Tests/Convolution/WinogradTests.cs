namespace CnnEngine.Kernels.Tests;

/// <summary>What Winograd's convolution does beyond the shapes that all algorithms are tested on: many tiles, deep sums, shared filters.</summary>
public unsafe class WinogradTests
{
    public static TheoryData<string> Algorithms { get; } = ["winograd", "winograd2"];

    public static TheoryData<string, string> Cases { get; } = Rows.Of(
        from string algorithm in (string[])["winograd", "winograd2"]
        from name in (string[])["several blocks", "deep", "shared filters", "groups of several blocks"]
        select (algorithm, name));

    private static ConvShape Shape(string name) => name switch
    {
        // 264 tiles of 4×4: more than a block of any kind has.
        "several blocks" => new(3, 5, (30, 41), 7, 3, new() { Padding = new(1, 0, 2, 1) }),
        "groups of several blocks" => new(2, 4, (33, 45), 6, 3, new() { Padding = 1, Groups = 2 }),
        // More channels than a panel is deep.
        "deep" => new(2, 300, (5, 6), 4, 3, new() { Padding = 1 }),
        // 16·520·510 transformed weights are too many for the caches.
        _ => new(1, 520, (3, 5), 510, 3),
    };

    [Theory, MemberData(nameof(Cases))]
    public void Every_pass_keeps_the_bound_and_has_the_same_bits_on_any_number_of_threads(string algorithm, string name)
    {
        ConvData data = new(Shape(name), isInteger: false);
        ConvAlgorithm winograd = ConvCases.Algorithm(algorithm);
        double bound = winograd.ErrorBound!.Value;
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forcedWidth = new(width);
            (float[] Y, float[] Dx, float[] Dw)? alone = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                using ForcedThreads forced = new(threads);
                (float[] y, float[] dx, float[] dw) = Run(winograd, data);
                if (alone is not { } first)
                {
                    Expect.NearInL2(data.Y, y, bound);
                    Expect.NearInL2(data.Dx, dx, bound);
                    Expect.NearInL2(data.Dw, dw, bound * ConvCases.MoreForFilters(data.Shape));
                    alone = (y, dx, dw);
                    continue;
                }
                Expect.SameBits(first.Y, y);
                Expect.SameBits(first.Dx, dx);
                Expect.SameBits(first.Dw, dw);
            }
        }
    }

    [Theory, MemberData(nameof(Algorithms))]
    public void Only_dense_filters_of_3_by_3_and_stride_1_are_supported(string algorithm)
    {
        foreach (string name in ConvCases.Names)
        {
            ConvShape shape = ConvCases.Shape(name);
            bool isSupported = shape.R == 3 && shape.S == 3 && shape.Stride == 1 && shape.Dilation == 1;
            foreach (ConvPass pass in Enum.GetValues<ConvPass>()) Assert.Equal(isSupported, ConvCases.Algorithm(algorithm).Supports(pass, shape));
        }
    }

    [Theory]
    [InlineData(8, 64, 56, 64, "winograd")]
    [InlineData(8, 256, 14, 256, "winograd")]
    [InlineData(8, 512, 28, 512, "winograd")]
    [InlineData(1, 256, 14, 256, "winograd")]
    [InlineData(16, 384, 6, 1024, "winograd2")]
    [InlineData(16, 256, 5, 256, "winograd2")]
    [InlineData(8, 256, 4, 512, "winograd2")]
    [InlineData(8, 3, 224, 64, null)]
    public void Tiles_of_4_by_4_are_picked_for_many_pixels_and_those_of_2_by_2_for_few(int images, int channels, int size, int filters, string? picked)
    {
        // The estimates are of this width; eight images fill narrower vectors, and `chwn` then takes the smallest tiles.
        using ForcedWidth forced = new(SimdWidth.Vector512);
        ConvShape shape = new(images, channels, size, filters, 3, new() { Padding = 1 });
        foreach (ConvPass pass in Enum.GetValues<ConvPass>())
        {
            string choice = ConvPlanner.Choose(pass, shape).Name;
            if (picked is not null) Assert.Equal(picked, choice);
            else Assert.DoesNotContain("winograd", choice, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_outputs_of_2_by_2_only_the_filters_gradient_takes_a_tile()
    {
        using ForcedWidth forced = new(SimdWidth.Vector512);
        ConvShape shape = new(8, 512, 2, 512, 3, new() { Padding = 1 });
        Assert.Equal(["chwn", "chwn", "winograd2"], ConvPlanner.Explain(shape).Passes.Select(pass => pass.Choice));
    }

    /// <summary><c>Aᵀ[(G g) ⊙ (Bᵀ d)]</c> is the filter, <c>Gᵀ[(A δ) ⊙ (Bᵀ d)]</c> its gradient.</summary>
    [Theory, MemberData(nameof(SimdWidths.All), MemberType = typeof(SimdWidths))]
    public void The_transforms_are_those_of_minimal_filtering(SimdWidth width)
    {
        using ForcedWidth forced = new(width);
        AssertFilters<WinogradTile4>(error: 1e-4);
        AssertFilters<WinogradTile2>(error: 0);
    }

    private static void AssertFilters<F>(double error) where F : struct, IWinogradTile
    {
        Assert.Equal((F.Tile + 2, (F.Tile + 2) * (F.Tile + 2)), (F.Inputs, F.Products));
        OneDimension<F> kernel = new() { D = Numbers.Integers(F.Inputs, 1), G = Numbers.Integers(3, 2), Delta = Numbers.Integers(F.Tile, 3) };
        Simd.Run(ref kernel);
        double[] y = [.. Enumerable.Range(0, F.Tile).Select(i => Enumerable.Range(0, 3).Sum(r => (double)kernel.G[r] * kernel.D[i + r]))];
        double[] gradient = [.. Enumerable.Range(0, 3).Select(r => Enumerable.Range(0, F.Tile).Sum(i => (double)kernel.Delta[i] * kernel.D[i + r]))];
        Expect.Near(y, kernel.Y, 0, error);
        Expect.Near(gradient, kernel.Gradient, 0, error);
    }

    private struct OneDimension<F> : ISimdKernel where F : struct, IWinogradTile
    {
        public float[] D, G, Delta, Y, Gradient;

        public void Run<S, V>() where S : struct, ISimd<V> where V : unmanaged
        {
            int step = S.Lanes;
            float* from = stackalloc float[6 * S.Lanes], d = stackalloc float[6 * S.Lanes], g = stackalloc float[6 * S.Lanes], e = stackalloc float[6 * S.Lanes];
            Spread<S, V>(D, from);
            F.Input<S, V>(from, step, d, step);
            Spread<S, V>(G, from);
            F.Filter<S, V>(from, step, g, step);
            Spread<S, V>(Delta, from);
            F.Delta<S, V>(from, step, e, step);
            for (int i = 0; i < F.Inputs * step; i++) (g[i], e[i]) = (g[i] * d[i], e[i] * d[i]);
            F.Output<S, V>(g, step, from, step);
            Y = First(from, step, F.Tile);
            F.FilterGradient<S, V>(e, step, from, step);
            Gradient = First(from, step, 3);
        }

        private static void Spread<S, V>(float[] numbers, float* to) where S : struct, ISimd<V> where V : unmanaged
        {
            for (int i = 0; i < numbers.Length; i++) S.Store(to + (i * S.Lanes), S.Broadcast(numbers[i]));
        }

        private static float[] First(float* vectors, int lanes, int count) => [.. Enumerable.Range(0, count).Select(i => vectors[i * lanes])];
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

    private static (float[] Y, float[] Dx, float[] Dw) Run(ConvAlgorithm winograd, ConvData data)
    {
        ConvShape shape = data.Shape;
        float[] y = new float[shape.OutputLength], dx = new float[shape.InputLength], dw = [.. data.Before];
        fixed (float* x = data.X, w = data.W, bias = data.Bias, dy = data.Delta, py = y, pdx = dx, pdw = dw)
        {
            winograd.Forward(shape, x, w, bias, Activation.Identity, py);
            winograd.BackwardInput(shape, dy, w, pdx);
            winograd.BackwardFilter(shape, x, dy, pdw, null);
        }
        return (y, dx, dw);
    }
}
