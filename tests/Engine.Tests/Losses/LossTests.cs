using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Losses;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Losses;

/// <summary>Both losses against their double twins, and the twins' numeric derivatives.</summary>
public class LossTests
{
    private const int Images = 7;
    private const int Classes = 5;
    private static readonly int[] Labels = [4, 0, 2, 2, 1, 3, 4];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 50)]
    [InlineData(0.1f, 1)]
    [InlineData(0.5f, 5)]
    public void Cross_entropy_is_the_twins(float smoothing, float reach) => Check(
        new CrossEntropy { Smoothing = smoothing }, reach, z => ReferenceLosses.SoftmaxCrossEntropy(Classes, z, Labels, smoothing));

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void Half_squared_error_is_the_twins(float reach) => Check(
        new HalfSquaredError(), reach, a => ReferenceLosses.SquaredError(a, ReferenceLosses.Targets(Classes, Labels, 0)));

    [Fact]
    public void Huge_outputs_do_not_overflow()
    {
        float[] gradient = new float[3];
        Assert.Equal(2000, new CrossEntropy().Run([1000, -1000, 0], [1], 1, gradient));
        Assert.Equal([1, -1, 0], gradient);
    }

    [Fact]
    public void A_label_that_is_no_class_is_named()
    {
        foreach (Loss loss in (Loss[])[new CrossEntropy(), new HalfSquaredError()])
            foreach (int label in (int[])[5, -1])
                Expect.Throws<ArgumentOutOfRangeException>($"label 1 is {label}; the classes are 0 to 4",
                    () => loss.Run(new float[10], [0, label], 1, new float[10]));
    }

    private static void Check(Loss loss, float reach, Func<double[], double> twin)
    {
        Random random = new(1);
        float[] outputs = [.. Enumerable.Range(0, Images * Classes).Select(_ => ((random.NextSingle() * 2) - 1) * reach)];
        float[] gradient = new float[outputs.Length];
        const float Scale = 1f / Images;
        double[] doubles = ReferenceArrays.ToDoubles(outputs), derivative = ReferenceArrays.CentralDifferences(twin, doubles);

        // Above what was there before: the gradient is overwritten, not added to.
        gradient.AsSpan().Fill(float.NaN);
        double expected = twin(doubles), actual = loss.Run(outputs, Labels, Scale, gradient);
        Assert.Equal(expected, actual, 1e-5 * Math.Max(1, Math.Abs(expected)));
        for (int i = 0; i < gradient.Length; i++)
            Assert.Equal(Scale * derivative[i], gradient[i], (1e-5 * Math.Abs(derivative[i])) + 1e-6);
        Assert.Contains(derivative, d => Math.Abs(d) > 0.1);
    }
}
