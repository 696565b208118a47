using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;
using CnnEngine.Training;

namespace CnnEngine.Tests.Losses;

/// <summary>All losses against their double twins, and the twins' numeric derivatives.</summary>
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
    public void Binary_cross_entropy_is_the_twins_averaged_over_outputs()
    {
        int[] labels = [.. Enumerable.Range(0, Images * Classes).Select(i => i * 5 % 3 == 0 ? 1 : 0)];
        Check(new BinaryCrossEntropy(), new Shape(Classes), labels, 4,
            z => ReferenceLosses.SigmoidCrossEntropy(z, Array.ConvertAll(labels, label => (double)label)) / Classes);
        Assert.Equal((3, 4), new BinaryCrossEntropy().Judge(new Shape(2), [1, -1, 0, 2], [1, 0, 0, 0]));
        Expect.Throws<ArgumentOutOfRangeException>("label 1 is 2; it must be 0 or 1",
            () => new BinaryCrossEntropy().Run(new Shape(2), new float[2], [1, 2], 1, new float[2]));
    }

    [Fact]
    public void Pixel_cross_entropy_is_the_twins_averaged_over_labelled_pixels()
    {
        Shape output = new(3, 4, 5);
        int[] labels = [.. Enumerable.Range(0, Images * 20).Select(i => i % 7 == 0 ? -100 : i * 5 % 3)];
        Check(new PixelCrossEntropy(), output, labels, 4, z => ReferenceLosses.PixelCrossEntropy(3, 20, z, labels, -100));
        Check(new PixelCrossEntropy { IgnoredLabel = 2 }, output, [.. labels.Select(label => Math.Max(label, 0))], 4,
            z => ReferenceLosses.PixelCrossEntropy(3, 20, z, [.. labels.Select(label => Math.Max(label, 0))], 2));
        Assert.Equal((1, 2), new PixelCrossEntropy { IgnoredLabel = 9 }.Judge(new Shape(2, 1, 3), [0, 1, 0, 1, 0, 0], [1, 1, 9]));
        Expect.Throws<ArgumentException>("the output is 10; a loss of pixels needs an image, C×H×W", () => new PixelCrossEntropy().LabelsPerImage(new Shape(10)));
    }

    [Fact]
    public void A_network_learns_from_a_label_for_each_pixel()
    {
        Shape image = new(2, 6, 5);
        PixelData data = new(image);
        Network network = new Sequential { new Conv2d(4, 3, padding: 1), new ReLU(), new Conv2d(2, 1) }.Compile(image, new NetworkOptions { BatchSize = 8 });
        IReadOnlyList<EpochResult> epochs = new Trainer(network, new Adam(), new PixelCrossEntropy())
            .Fit(data, data, new TrainerOptions { Epochs = 30, Schedule = new ConstantRate(0.02f) });
        Assert.Equal(32 * 30, epochs[^1].Test!.Value.Guesses);
        Assert.InRange(epochs[^1].Test!.Value.Accuracy, 0.97, 1);
    }

    [Fact]
    public void Huge_outputs_do_not_overflow()
    {
        float[] gradient = new float[3];
        Assert.Equal(2000, new CrossEntropy().Run(new Shape(3), [1000, -1000, 0], [1], 1, gradient));
        Assert.Equal([1, -1, 0], gradient);
    }

    [Fact]
    public void A_label_that_is_no_class_is_named()
    {
        foreach (Loss loss in (Loss[])[new CrossEntropy(), new HalfSquaredError()])
            foreach (int label in (int[])[5, -1])
                Expect.Throws<ArgumentOutOfRangeException>($"label 1 is {label}; the classes are 0 to 4",
                    () => loss.Run(new Shape(5), new float[10], [0, label], 1, new float[10]));
    }

    private static void Check(Loss loss, float reach, Func<double[], double> twin) => Check(loss, new Shape(Classes), Labels, reach, twin);

    private static void Check(Loss loss, Shape output, int[] labels, float reach, Func<double[], double> twin)
    {
        Random random = new(1);
        float[] outputs = [.. Enumerable.Range(0, Images * output.Length).Select(_ => ((random.NextSingle() * 2) - 1) * reach)];
        float[] gradient = new float[outputs.Length];
        const float Scale = 1f / Images;
        double[] doubles = ReferenceArrays.ToDoubles(outputs), derivative = ReferenceArrays.CentralDifferences(twin, doubles);
        Assert.Equal(labels.Length, Images * loss.LabelsPerImage(output));

        // Above what was there before: the gradient is overwritten, not added to.
        gradient.AsSpan().Fill(float.NaN);
        double expected = twin(doubles), actual = loss.Run(output, outputs, labels, Scale, gradient);
        Assert.Equal(expected, actual, 1e-5 * Math.Max(1, Math.Abs(expected)));
        for (int i = 0; i < gradient.Length; i++)
            Assert.Equal(Scale * derivative[i], gradient[i], (1e-5 * Math.Abs(derivative[i])) + 1e-6);
        Assert.Contains(derivative, d => Math.Abs(d) > 0.01);
    }

    /// <summary>Random images in which a pixel's class is whether its first channel is above its second.</summary>
    private sealed class PixelData(Shape image) : IDataset
    {
        private readonly TensorDataset _images = Some.Images(32, image, 2);

        public string Name => "pixels";

        public Shape ImageShape => image;

        public int Count => 32;

        public int Classes => 2;

        public int LabelsPerImage => image[1] * image[2];

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            _images.Read(indices, images, stackalloc int[indices.Length]);
            int pixels = LabelsPerImage;
            for (int i = 0; i < indices.Length * pixels; i++)
                labels[i] = images[(i / pixels * 2 * pixels) + (i % pixels)] > images[(((i / pixels * 2) + 1) * pixels) + (i % pixels)] ? 1 : 0;
        }
    }
}
