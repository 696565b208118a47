using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>What a class's probability loses where a patch covers the image.</summary>
public class OcclusionTests
{
    private static readonly Shape Image = new(2, 9, 7);

    [Theory]
    [InlineData(3, 2, 0f, false)]
    [InlineData(4, 3, -0.5f, false)]
    [InlineData(1, 1, 0f, true)]
    [InlineData(7, 5, 0f, false)]
    public void It_is_the_mean_drop_under_the_patches_that_cover_a_pixel(int patch, int stride, float fill, bool softmax)
    {
        Sequential layers = [new Conv2d(4, 3), new Tanh(), new Flatten(), new Linear(5)];
        if (softmax) layers.Add(new Softmax());
        Network network = layers.Compile(Image, new NetworkOptions { BatchSize = 4 });
        Twin twin = new TwinChain(Image).Conv(4, 3).Activate(Activation.Tanh).Linear(5).Twin;
        double[][] parameters = [.. network.Parameters.Select(p => Array.ConvertAll(p.Value.Span.ToArray(), x => (double)x))];
        Tensor image = Tensor.Zeros(Image);
        Some.Images(1, Image, 5).Read([0], image.Span, new int[1]);

        Tensor map = new Occlusion { Patch = patch, Stride = stride, Fill = fill }.Of(network, image, 3);

        List<(int H, int W, double Drop)> drops = [];
        double whole = Probability(-9, -9);
        for (int h = 0; h < 9; h++)
            for (int w = 0; w < 7; w++)
                if ((h % stride == 0 && h + patch <= 9 || h + patch == 9) && (w % stride == 0 && w + patch <= 7 || w + patch == 7)) drops.Add((h, w, whole - Probability(h, w)));
        float[] expected = [.. Enumerable.Range(0, 63).Select(i => (float)drops
            .Where(d => i / 7 >= d.H && i / 7 < d.H + patch && i % 7 >= d.W && i % 7 < d.W + patch).Average(d => d.Drop))];
        Assert.Equal(new Shape(9, 7), map.Shape);
        Some.Close(expected, map.Span.ToArray(), 1e-4f);

        double Probability(int top, int left)
        {
            double[] covered = Array.ConvertAll(image.Span.ToArray(), x => (double)x);
            for (int i = 0; i < covered.Length; i++)
            {
                int h = i % 63 / 7, w = i % 7;
                if (h >= top && h < top + patch && w >= left && w < left + patch) covered[i] = fill;
            }
            double[] scores = twin(1, [covered], parameters);
            return Math.Exp(scores[3]) / scores.Sum(Math.Exp);
        }
    }

    // The score is the sum of one quarter: only covering that quarter costs anything.
    [Fact]
    public void It_shows_where_the_network_looks()
    {
        Linear linear = new(2);
        Network network = new Sequential { new Flatten(), linear }.Compile(new Shape(1, 20, 30));
        linear.Parameters[0].Value.Span.Clear();
        for (int h = 0; h < 10; h++) linear.Parameters[0].Value.Span.Slice(h * 30, 15).Fill(0.02f);
        Tensor image = Tensor.Zeros(new Shape(1, 20, 30));
        image.Span.Fill(1);
        Tensor map = new Occlusion().Of(network, image, 0); // a patch of 4, by 2
        Assert.True(map.Span[(4 * 30) + 6] > 0.01f);
        Assert.All([map.Span[(16 * 30) + 6], map.Span[(4 * 30) + 24], map.Span[^1]], drop => Assert.Equal(0, drop, 1e-6f));
    }

    [Fact]
    public void A_patch_fits_and_leaves_nothing_out()
    {
        Network network = new Sequential { new Flatten(), new Linear(5) }.Compile(Image);
        Expect.Throws<ArgumentException>("the patch is 8×8, the image 9×7; the patch must fit into it", () => new Occlusion { Patch = 8 }.Of(network, Tensor.Zeros(Image), 0));
        Expect.Throws<ArgumentException>("the patch moves by 4; it must be 1 to 3, its side, so that every pixel is covered",
            () => new Occlusion { Patch = 3, Stride = 4 }.Of(network, Tensor.Zeros(Image), 0));
        Expect.Throws<ArgumentException>("the image is 2×9; the network takes 2×9×7", () => new Occlusion().Of(network, Tensor.Zeros(new Shape(2, 9)), 0));
    }
}
