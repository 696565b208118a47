using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Tests.Graphs;

/// <summary>Passes with images along the vector give what passes with one image after another give.</summary>
public class LayoutTests
{
    private static readonly Shape Image = new(1, 28, 28);

    [Theory]
    [InlineData(1), InlineData(5), InlineData(15), InlineData(16), InlineData(17), InlineData(40), InlineData(64)]
    public void Both_layouts_give_the_same_loss_and_gradients(int images)
    {
        foreach (Sequential layers in (Sequential[])[LeNetModel.Modern(), LeNetModel.Classical()])
        {
            Network nchw = layers.Compile(Image, new NetworkOptions { BatchSize = 64, Layout = BatchLayout.Nchw, InputGradient = true });
            Network chwn = layers.Compile(Image, new NetworkOptions { BatchSize = 64, Layout = BatchLayout.Chwn, InputGradient = true });
            TensorDataset data = Some.Images(images, Image, 10);
            BatchResult expected = nchw.Backpropagate(data, Some.Indices(images), new CrossEntropy());
            float[][] gradients = [.. nchw.Parameters.Select(p => p.Gradient.Span.ToArray())];
            float[] input = nchw.InputGradient.Span[..(images * Image.Length)].ToArray();

            BatchResult actual = chwn.Backpropagate(data, Some.Indices(images), new CrossEntropy());
            Assert.Equal(expected.Loss, actual.Loss, 1e-4 * images);
            Assert.Equal(expected.Correct, actual.Correct);
            AssertClose(nchw.Outputs, chwn.Outputs);
            AssertClose(input, chwn.InputGradient.Span[..input.Length]);
            for (int i = 0; i < gradients.Length; i++) AssertClose(gradients[i], chwn.Parameters[i].Gradient.Span);
        }
    }

    [Fact]
    public void The_layout_follows_the_layers_and_the_number_of_images()
    {
        Assert.Throws<ArgumentException>("options", () => new Sequential { new OneByOne() }.Compile(Image, new NetworkOptions { Layout = BatchLayout.Chwn }));
        LayoutProbe probe = new();
        Network network = new Sequential { probe, new Flatten() }.Compile(Image, new NetworkOptions { BatchSize = 16 });
        foreach (int images in new[] { 1, Simd.Lanes / 4, Simd.Lanes })
        {
            network.Predict(Tensor.Zeros(Image.Prepend(images)));
            Assert.Equal(images == Simd.Lanes ? BatchLayout.Chwn : BatchLayout.Nchw, probe.Seen);
        }
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double largest = 0;
        foreach (float value in expected) largest = Math.Max(largest, Math.Abs(value));
        Assert.True(largest > 0, "all are 0: the comparison says nothing");
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], largest * 2e-5);
    }

    private sealed class OneByOne : Layer
    {
        public override string Kind => "one";

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step) => step.Input().CopyTo(step.Output);

        public override void Backward(in Step step) => step.OutputGradient.CopyTo(step.InputGradient());

        public override string ToString() => "OneByOne";
    }

    private sealed class LayoutProbe : Layer
    {
        public BatchLayout Seen { get; private set; }

        public override string Kind => "probe";

        public override bool SupportsChwn => true;

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step)
        {
            Seen = step.Layout;
            step.Input().CopyTo(step.Output);
        }

        public override void Backward(in Step step) => step.OutputGradient.CopyTo(step.InputGradient());

        public override string ToString() => "Probe";
    }
}
