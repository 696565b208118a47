using CnnEngine.Analysis;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Models;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Analysis;

/// <summary>What is measured of a network while it learns.</summary>
public class NetworkHealthTests
{
    private static readonly Shape Image = new(1, 12, 11);

    // A network of two layers, worked out in doubles from the equations.
    [Fact]
    public void Activations_deltas_and_updates_are_those_of_the_equations()
    {
        const int Inputs = 5, Hidden = 4, Classes = 3, Images = 6;
        const float Rate = 0.25f;
        Network network = new Sequential { new Linear(Hidden), new Tanh(), new Linear(Classes) }.Compile(new Shape(Inputs), new NetworkOptions { BatchSize = Images });
        TensorDataset data = Some.Images(Images, new Shape(Inputs), Classes);
        float[] x = new float[Images * Inputs];
        int[] labels = new int[Images];
        data.Read(Some.Indices(Images), x, labels);
        foreach (Parameter parameter in network.Parameters)
            for (int i = 0; i < parameter.Value.Length; i++) parameter.Value.Span[i] = 2 * (MathF.Sin(3 * i) + 0.1f);
        double[][] w = [.. network.Parameters.Select(p => Array.ConvertAll(p.Value.Span.ToArray(), number => (double)number))];
        double[] z = new double[Images * Hidden], h = new double[z.Length], y = new double[Images * Classes], dy = new double[y.Length], dh = new double[z.Length], dz = new double[z.Length];
        double[] dw1 = new double[w[0].Length], dw2 = new double[w[2].Length];
        for (int n = 0; n < Images; n++)
        {
            for (int k = 0; k < Hidden; k++)
            {
                z[(n * Hidden) + k] = w[1][k] + Enumerable.Range(0, Inputs).Sum(i => w[0][(k * Inputs) + i] * x[(n * Inputs) + i]);
                h[(n * Hidden) + k] = Math.Tanh(z[(n * Hidden) + k]);
            }
            for (int k = 0; k < Classes; k++) y[(n * Classes) + k] = w[3][k] + Enumerable.Range(0, Hidden).Sum(i => w[2][(k * Hidden) + i] * h[(n * Hidden) + i]);
            double sum = Enumerable.Range(0, Classes).Sum(k => Math.Exp(y[(n * Classes) + k]));
            for (int k = 0; k < Classes; k++) dy[(n * Classes) + k] = ((Math.Exp(y[(n * Classes) + k]) / sum) - (labels[n] == k ? 1 : 0)) / Images;
            for (int i = 0; i < Hidden; i++)
            {
                dh[(n * Hidden) + i] = Enumerable.Range(0, Classes).Sum(k => w[2][(k * Hidden) + i] * dy[(n * Classes) + k]);
                dz[(n * Hidden) + i] = dh[(n * Hidden) + i] * (1 - Math.Pow(h[(n * Hidden) + i], 2));
                for (int k = 0; k < Classes; k++) dw2[(k * Hidden) + i] += dy[(n * Classes) + k] * h[(n * Hidden) + i];
                for (int k = 0; k < Inputs; k++) dw1[(i * Inputs) + k] += dz[(n * Hidden) + i] * x[(n * Inputs) + k];
            }
        }

        NetworkHealth health = NetworkHealth.Measure(network, data, Some.Indices(Images), new CrossEntropy(), new Sgd(), Rate);

        Assert.Null(health.Origin);
        Assert.Equal(["fc1", "tanh1", "fc2"], health.Layers.Select(layer => layer.Name));
        Assert.All(new[] { z, h, y }.Zip(health.Layers), pair => Assert.Equal(Rms(pair.First), pair.Second.ActivationRms, 5));
        Assert.All(new[] { dz, dh, dy }.Zip(health.Layers), pair => Assert.Equal(Rms(pair.First), pair.Second.DeltaRms!.Value, 6));
        Assert.Equal(Rms(dz) / Rms(dy), health.DeltaRatio!.Value, 4);
        Assert.Equal(h.Count(a => Math.Abs(a) > 0.98) / (double)h.Length, health.Layers[1].SaturatedShare!.Value, 9);
        Assert.InRange(health.Layers[1].SaturatedShare!.Value, 0.01, 0.99);
        ParameterHealth first = health.Layers[0].Parameters[0], second = health.Layers[2].Parameters[0];
        Assert.Equal(("fc1.weight", "fc2.weight"), (first.Name, second.Name));
        Assert.Equal(Norm(w[0]), first.Norm, 5);
        Assert.Equal(Norm(dw1), first.GradientNorm, 5);
        Assert.Equal(Rate * Norm(dw1) / Norm(w[0]), first.UpdateRatio!.Value, 5);
        Assert.Equal(Rate * Norm(dw2) / Norm(w[2]), second.UpdateRatio!.Value, 5);

        static double Norm(double[] numbers) => Math.Sqrt(numbers.Sum(number => number * number));
        static double Rms(double[] numbers) => Norm(numbers) / Math.Sqrt(numbers.Length);
    }

    [Fact]
    public void Nothing_is_changed_but_gradients()
    {
        Network network = new Sequential { new Conv2d(4, 3), new BatchNorm2d(), new ReLU(), new Dropout(), new Flatten(), new Linear(3) }.Compile(Image, new NetworkOptions { BatchSize = 5 });
        TensorDataset data = Some.Images(12, Image, 3);
        Adam adam = new();
        network.Backpropagate(data, Some.Indices(5), new CrossEntropy());
        adam.Step(network.Parameters, 0.01f);
        float[] before = Everything();
        NetworkHealth health = NetworkHealth.Measure(network, data, Some.Indices(12), new CrossEntropy(), adam, 0.01f);
        Assert.Equal(before, Everything());
        Assert.Equal((1, 1L, 12), (network.Steps, adam.Steps, health.Result.Images));
        Assert.All(health.Layers.SelectMany(layer => layer.Parameters).Where(p => p.Norm > 0.1), p => Assert.InRange(p.UpdateRatio!.Value, 1e-4, 1));
        // Without a step before, the optimiser has nothing to remember afterwards either.
        Sgd sgd = new(momentum: 0.9f);
        NetworkHealth.Measure(network, data, Some.Indices(12), new CrossEntropy(), sgd, 0.01f);
        Assert.All(sgd.State, state => Assert.False(state.Tensor.Span.ContainsAnyExcept(0)));

        float[] Everything() => [.. Some.Weights(network), .. network.Layers.SelectMany(layer => layer.Layer.State).SelectMany(s => s.Value.Span.ToArray()), .. adam.State.SelectMany(s => s.Tensor.Span.ToArray())];
    }

    [Fact]
    public void Dead_units_are_counted()
    {
        Conv2d conv = new(4, 3);
        Linear linear = new(10);
        Network network = new Sequential { conv, new ReLU(), new Flatten(), linear, new ReLU(), new Linear(3) }.Compile(Image, new NetworkOptions { BatchSize = 5 });
        conv.Parameters[1].Value.Span[2] = -1000;
        linear.Parameters[1].Value.Span[..7].Fill(-1000);
        NetworkHealth health = NetworkHealth.Measure(network, Some.Images(12, Image, 3), Some.Indices(12), new CrossEntropy());
        Assert.Equal(0.25, health.Layers[1].DeadShare);
        Assert.InRange(health.Layers[4].DeadShare!.Value, 0.7, 0.9);
        Assert.Null(health.Layers[0].DeadShare);
        linear.Parameters[1].Value.Span.Fill(-1000);
        health = NetworkHealth.Measure(network, Some.Images(12, Image, 3), Some.Indices(12), new CrossEntropy());
        Assert.Equal(1, health.Layers[4].DeadShare);
        Assert.Equal(["conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias", "fc2.weight"],
            health.Layers.SelectMany(layer => layer.Parameters).Where(p => p.IsStill).Select(p => p.Name));
    }

    [Theory]
    [InlineData("image", "the images")]
    [InlineData("weight", "the weight of \"conv2\"")]
    [InlineData("bias", "the bias of \"conv1\"")]
    [InlineData("state", "the running_var of \"bn1\"")]
    [InlineData("activation", "the output of \"fc1\"")]
    [InlineData("loss", "the loss")]
    public void The_first_number_that_is_not_finite_is_traced(string fault, string origin)
    {
        Conv2d first = new(4, 3), second = new(4, 3);
        BatchNorm2d norm = new();
        Linear linear = new(3);
        Network network = new Sequential { first, new Tanh(), second, norm, new Flatten(), linear }.Compile(Image, new NetworkOptions { BatchSize = 5 });
        Tensor images = Tensor.Zeros(Image.Prepend(10));
        Some.Images(10, Image, 3).Read(Some.Indices(10), images.Span, new int[10]);
        TensorDataset data = new("data", images, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0], 3);
        Assert.Null(Measure(new CrossEntropy()).Origin);
        Loss loss = new CrossEntropy();
        switch (fault)
        {
            case "image": images.Span[700] = float.NaN; break;
            case "weight": second.Parameters[0].Value.Span[5] = float.PositiveInfinity; break;
            case "bias": first.Parameters[1].Value.Span[0] = float.NaN; break;
            case "state": norm.State[1].Value.Span[0] = float.NaN; break;
            case "activation": linear.Parameters[0].Value.Span.Fill(1e38f); break;
            case "loss": loss = new BrokenLoss(double.NaN, 0); break;
        }
        Assert.Equal(origin, Measure(loss).Origin?.ToString());

        NetworkHealth Measure(Loss loss) => NetworkHealth.Measure(network, data, Some.Indices(10), loss);
    }

    // All outputs are finite; on the way back δ·w, or δ·x, is beyond what a float can hold.
    [Theory]
    [InlineData(1f, 1f, 1e9f, 1e8f, "the backward pass of \"conv2\"")]
    [InlineData(1e14f, 1e-16f, 1f, 1f, "the gradient of the weight of \"conv1\"")]
    [InlineData(1f, 1f, 1e13f, 1f, "the gradient of the weight of \"fc1\"")]
    public void It_is_traced_on_the_way_back(float pixel, float weight1, float weight2, float weight3, string origin)
    {
        Network network = new Sequential { new Conv2d(4, 3), new Tanh(), new Conv2d(4, 3), new Flatten(), new Linear(3) }.Compile(Image, new NetworkOptions { BatchSize = 5 });
        Tensor images = Tensor.Zeros(Image.Prepend(5));
        images.Span.Fill(pixel);
        foreach ((Parameter parameter, float weight) in network.Parameters.Where(p => p.Name == "weight").Zip([weight1, weight2, weight3])) parameter.Value.Span.Fill(weight);
        TensorDataset data = new("data", images, [0, 1, 2, 0, 1], 3);
        Assert.Equal(origin, NetworkHealth.Measure(network, data, Some.Indices(5), new BrokenLoss(0, 1e26f)).Origin?.ToString());
    }

    [Fact]
    public void Auxiliary_losses_and_branches_are_observed()
    {
        Network network = (ModelZoo.Named("googlenet") with { Classes = 4, Width = 0.125 }).Compile(new NetworkOptions { BatchSize = 2 });
        NetworkHealth health = NetworkHealth.Measure(network, Some.Images(2, network.InputShape, 4), [0, 1], new CrossEntropy());
        Assert.Equal(network.Layers.Select(layer => layer.Name), health.Layers.Select(layer => layer.Name));
        Assert.Null(health.Origin);
        Assert.All(health.Layers, layer => Assert.True(layer.DeltaRms > 0, layer.Name));
        Assert.Equal(network.Backpropagate(Some.Images(2, network.InputShape, 4), [0, 1], new CrossEntropy()).Images, health.Result.Images);
    }

    [Fact]
    public void A_network_without_gradients_is_refused() => Expect.Throws<ArgumentException>(
        "the network was compiled without training; it keeps no gradients",
        () => NetworkHealth.Measure(LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { Training = false }), Some.Images(2, LeNetModel.Image, 10), [0], new CrossEntropy()));

    private sealed class BrokenLoss(double value, float delta) : Loss
    {
        public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient)
        {
            for (int i = 0; i < gradient.Length; i++) gradient[i] = i % 2 == 0 ? delta : -delta / 3;
            return value;
        }
    }
}
