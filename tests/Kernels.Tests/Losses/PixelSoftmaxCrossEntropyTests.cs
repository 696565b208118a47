using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The cross-entropy of pixels against the twin, and its derivative against the twin's differences.</summary>
public class PixelSoftmaxCrossEntropyTests
{
    private const int Ignored = 255;

    public static TheoryData<int, int> Cases { get; } =
        Rows.Of(from classes in new[] { 1, 2, 5, 21 } from pixels in new[] { 1, 6, 35 } select (classes, pixels));

    [Theory, MemberData(nameof(Cases))]
    public void Loss_and_derivative_are_the_twins(int classes, int pixels)
    {
        const int images = 3;
        float[] logits = Numbers.Random(images * classes * pixels, 1, limit: 4);
        int[] labels = Labels(images * pixels, classes);
        Guarded<float> dlogits = new(logits.Length);
        double loss = PixelSoftmaxCrossEntropy.Run(classes, pixels, logits, labels, Ignored, 1f / images, dlogits.Span);
        dlogits.AssertIntact();
        double[] twin = ReferenceArrays.ToDoubles(logits);
        Assert.Equal(ReferenceLosses.PixelCrossEntropy(classes, pixels, twin, labels, Ignored), loss, 1e-5);
        Expect.Near(
            ReferenceArrays.CentralDifferences(z => ReferenceLosses.PixelCrossEntropy(classes, pixels, z, labels, Ignored) / images, twin), dlogits.Span, 1e-3, 1e-5);
        for (int n = 0; n < labels.Length; n++)
            for (int c = 0; c < classes && labels[n] == Ignored; c++)
                Assert.Equal(0, dlogits.Span[(((n / pixels * classes) + c) * pixels) + (n % pixels)]);
    }

    [Fact]
    public void Large_images_are_the_twins_and_the_same_on_any_number_of_threads()
    {
        const int classes = 3, pixels = 2501, images = 2;
        float[] logits = Numbers.Random(images * classes * pixels, 1, limit: 4);
        int[] labels = Labels(images * pixels, classes);
        (double loss, float[] dlogits) = Run(1);
        Assert.Equal(ReferenceLosses.PixelCrossEntropy(classes, pixels, ReferenceArrays.ToDoubles(logits), labels, Ignored), loss, 1e-5);
        foreach (int threads in new[] { 2, 3 })
        {
            (double again, float[] derivative) = Run(threads);
            Assert.Equal(loss, again);
            Expect.SameBits(dlogits, derivative);
        }

        (double Loss, float[] Derivative) Run(int threads)
        {
            using ForcedThreads forced = new(threads);
            float[] derivative = new float[logits.Length];
            return (PixelSoftmaxCrossEntropy.Run(classes, pixels, logits, labels, Ignored, 1, derivative), derivative);
        }
    }

    [Fact]
    public void An_image_without_labels_has_no_loss()
    {
        float[] dlogits = Numbers.Random(12, 2);
        double loss = PixelSoftmaxCrossEntropy.Run(3, 2, new float[12], [Ignored, Ignored, 0, Ignored], Ignored, 1, dlogits);
        Assert.Equal(Math.Log(3), loss, 1e-6);
        Expect.Near([0, 0, 0, 0, 0, 0, -2 / 3.0, 0, 1 / 3.0, 0, 1 / 3.0, 0], dlogits, 1e-5, 0);
    }

    [Fact]
    public void Guesses_are_counted_where_there_are_labels()
    {
        // Two images of three pixels; of equal logits the first class is meant, and NaN is no guess.
        float[] logits = [1, 5, 2, 2, 5, 1, /**/ 0, float.NaN, 7, 1, 0, 8];
        Assert.Equal((3, 5), PixelSoftmaxCrossEntropy.Judge(2, 3, logits, [1, 0, 1, 1, 0, Ignored], Ignored));
        Assert.Equal((2, 6), PixelSoftmaxCrossEntropy.Judge(2, 3, logits, [1, 1, 0, 0, 1, 0], Ignored));
    }

    [Fact]
    public void Arguments_are_checked()
    {
        float[] twelve = new float[12], five = new float[5];
        Assert.Throws<ArgumentOutOfRangeException>("classes", () => PixelSoftmaxCrossEntropy.Run(0, 2, twelve, new int[4], Ignored, 1, twelve));
        Assert.Throws<ArgumentOutOfRangeException>("pixels", () => PixelSoftmaxCrossEntropy.Run(3, 0, twelve, new int[4], Ignored, 1, twelve));
        Assert.Throws<ArgumentException>("labels", () => PixelSoftmaxCrossEntropy.Run(3, 2, twelve, new int[3], Ignored, 1, twelve));
        Assert.Throws<ArgumentException>("logits", () => PixelSoftmaxCrossEntropy.Run(3, 2, five, new int[4], Ignored, 1, twelve));
        Assert.Throws<ArgumentException>("dlogits", () => PixelSoftmaxCrossEntropy.Run(3, 2, twelve, new int[4], Ignored, 1, five));
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(
            "labels", () => PixelSoftmaxCrossEntropy.Run(3, 2, twelve, [0, 1, 2, 3], Ignored, 1, twelve));
        Assert.Contains("label 3 is 3; the classes are 0 to 2, and 255 is ignored", error.Message, StringComparison.Ordinal);
    }

    private static int[] Labels(int count, int classes) =>
        [.. Enumerable.Range(0, count).Select(n => n % 4 == 1 ? Ignored : ((7 * n) + 3) % classes)];
}
