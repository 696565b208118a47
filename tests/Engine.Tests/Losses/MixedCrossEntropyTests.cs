using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Losses;

/// <summary>The loss of mixed images against the shares of two twins, and its numeric derivatives.</summary>
public class MixedCrossEntropyTests
{
    private const int Classes = 5;

    [Theory]
    [InlineData(7, 0, 1)]
    [InlineData(7, 0.1f, 5)]
    [InlineData(1, 0.5f, 50)]
    [InlineData(300, 0.1f, 2)] // several pieces
    public void It_is_the_twins_by_their_shares(int images, float smoothing, float reach)
    {
        MixedCrossEntropy loss = new() { Smoothing = smoothing };
        Random random = new(1);
        float[] outputs = [.. Enumerable.Range(0, images * Classes).Select(_ => ((random.NextSingle() * 2) - 1) * reach)], gradient = new float[outputs.Length];
        int[] labels = [.. Enumerable.Range(0, images).SelectMany(n => (int[])[random.Next(Classes), random.Next(Classes), n % 3 == 0 ? n / 3 % 2 * 65536 : random.Next(65537)])];
        gradient.AsSpan().Fill(float.NaN);
        float scale = 1f / images;
        double actual = loss.Run(new Shape(Classes), outputs, labels, scale, gradient);

        double[] z = ReferenceArrays.ToDoubles(outputs);
        double expected = 0;
        for (int n = 0; n < images; n++)
        {
            double[] row = z[(n * Classes)..((n + 1) * Classes)], derivative = ReferenceArrays.CentralDifferences(Twin, row);
            expected += Twin(row);
            for (int c = 0; c < Classes; c++) Assert.Equal(scale * derivative[c], gradient[(n * Classes) + c], (1e-5 * scale * Math.Abs(derivative[c])) + 1e-6);

            double Twin(double[] logits)
            {
                double share = labels[(3 * n) + 2] / 65536.0;
                return (share * ReferenceLosses.SoftmaxCrossEntropy(Classes, logits, [labels[3 * n]], smoothing))
                    + ((1 - share) * ReferenceLosses.SoftmaxCrossEntropy(Classes, logits, [labels[(3 * n) + 1]], smoothing));
            }
        }
        Assert.Equal(expected, actual, 1e-5 * expected);
    }

    [Fact]
    public void With_one_label_it_is_cross_entropy_bit_for_bit()
    {
        float[] outputs = [1, -2, 0.5f, 3, 0, -1], mixed = new float[6], plain = new float[6], whole = new float[6];
        MixedCrossEntropy loss = new() { Smoothing = 0.2f };
        CrossEntropy cross = new() { Smoothing = 0.2f };
        Shape output = new(3);
        double expected = cross.Run(output, outputs, [2, 1], 0.5f, plain);
        Assert.Equal(expected, loss.Run(output, outputs, [2, 1], 0.5f, mixed));
        Assert.Equal(expected, loss.Run(output, outputs, [2, 0, 65536, 1, 1, 30000], 0.5f, whole));
        Assert.Equal(plain, mixed);
        Assert.Equal(plain, whole);
        Assert.Equal((1, 2), loss.Judge(output, outputs, [0, 1]));
    }

    [Fact]
    public void The_larger_share_is_the_right_guess()
    {
        Shape output = new(2);
        float[] outputs = [1, 0, 1, 0, 1, 0, float.NaN, 0];
        Assert.Equal((2, 4), new MixedCrossEntropy().Judge(output, outputs, [0, 1, 32768, 0, 1, 32767, 1, 0, 1000, 0, 1, 65536]));
    }

    [Fact]
    public void It_takes_one_label_or_three_and_says_which_is_wrong()
    {
        MixedCrossEntropy loss = new();
        Assert.Equal([1, 3], Enumerable.Range(0, 9).Where(labels => loss.Takes(new Shape(4), labels)));
        Wrong("label 3 is 2; the classes are 0 to 1", [0, 1, 5, 2, 0, 5]);
        Wrong("label 1 is -1; the classes are 0 to 1", [0, -1, 5, 0, 0, 5]);
        Wrong("label 5 is 65537; the shares are 0 to 65536", [0, 1, 5, 1, 0, 65537]);
        Wrong("label 0 is 2; the classes are 0 to 1", [2, 0]);

        void Wrong(string message, int[] labels) =>
            Expect.Throws<ArgumentOutOfRangeException>(message, () => loss.Run(new Shape(2), new float[4], labels, 1, new float[4]));
    }
}
