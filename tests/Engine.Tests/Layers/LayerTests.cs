using System.Numerics.Tensors;
using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;
using CnnEngine.Layers;

namespace CnnEngine.Tests.Layers;

/// <summary>What all layers have in common: planning, parameters, reserved memory.</summary>
public class LayerTests
{
    [Fact]
    public void Parameters_are_there_once_a_network_is_compiled()
    {
        Linear layer = new(4);
        Assert.Empty(layer.Parameters);
        Assert.Null(layer.Weight);
        new Sequential { layer }.Compile(new Shape(3));
        Assert.Equal([layer.Weight!, layer.Bias!], layer.Parameters);
    }

    [Fact]
    public void Only_types_of_four_bytes_can_be_reserved()
    {
        LayerPlan plan = new([new Shape(3)], seed: 1, firstStream: 0);
        Assert.Equal((0, 1, 2), (plan.Reserve<float>(5), plan.Reserve<int>(6), plan.Reserve<uint>(7)));
        Assert.Contains("System.Double", Assert.Throws<NotSupportedException>(() => plan.Reserve<double>(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_reserved_lasts_until_the_backward_pass()
    {
        Sequential layers = [new Keeper(), new Conv2d(3, 2), new Keeper(), new ReLU(), new Keeper(), new MaxPool2d(2), new Keeper()];
        Expect.Gradients(layers, new TwinChain(new Shape(2, 5, 6)).Conv(3, 2).Activate(Activation.Relu).MaxPool(2), new Shape(2, 5, 6));
    }

    [Fact]
    public void The_output_lasts_through_the_layers_own_backward_pass()
    {
        Shape input = new(7);
        Twin twin = (_, inputs, _) => ReferenceLosses.Softmax(input.Length, inputs[0]);
        Expect.Passed(new GradientCheck().Run(new Sequential { new Softmax() }.Compile(input, Expect.ForCheck()), twin));
        Expect.Gradients(new Softmax(), input, twin);
    }

    [Fact]
    public void An_error_of_a_layers_own_is_given_its_name() => Expect.Throws<ArgumentException>("Refuser \"refuser1\": never",
        () => new Sequential { new Refuser() }.Compile(new Shape(3)));

    /// <summary>Passes on what it reads; keeps each image's numbers, and checks in the backward pass that they are still there.</summary>
    private sealed class Keeper : Layer
    {
        public override string Kind => "keeper";

        public override Shape Plan(LayerPlan plan)
        {
            plan.Reserve<float>(plan.Input().Length);
            plan.Reserve<int>(2);
            return plan.Input();
        }

        public override void Forward(in Step step)
        {
            step.Input().CopyTo(step.Output);
            step.Input().CopyTo(step.Saved<float>(0));
            step.Saved<int>(1).Fill(-7);
        }

        public override void Backward(in Step step)
        {
            Assert.Equal(step.Images * step.InputShape().Length, step.Saved<float>(0).Length);
            Assert.Equal(step.Input().ToArray(), step.Saved<float>(0).ToArray());
            Assert.Equal([.. Enumerable.Repeat(-7, 2 * step.Images)], step.Saved<int>(1).ToArray());
            if (step.WantsInputGradient()) step.OutputGradient.CopyTo(step.InputGradient());
        }

        public override string ToString() => "Keeper";
    }

    /// <summary><c>∂x = y ⊙ (∂y − Σ ∂y·y)</c>, worked out where ∂x goes, so that y must lie elsewhere.</summary>
    private sealed class Softmax : Layer
    {
        public override string Kind => "softmax";

        public override bool BackwardReadsOutput => true;

        public override Shape Plan(LayerPlan plan) => plan.Input();

        public override void Forward(in Step step) => SoftmaxCrossEntropy.Softmax(step.InputShape().Length, step.Input(), step.Output);

        public override void Backward(in Step step)
        {
            int length = step.OutputShape.Length;
            step.OutputGradient.CopyTo(step.InputGradient());
            for (int n = 0; n < step.Images; n++)
            {
                Span<float> y = step.Output.Slice(n * length, length), dx = step.InputGradient().Slice(n * length, length);
                TensorPrimitives.Add(dx, -TensorPrimitives.Dot<float>(dx, y), dx);
                TensorPrimitives.Multiply(dx, y, dx);
            }
        }

        public override string ToString() => "Softmax";
    }

    private sealed class Refuser : Layer
    {
        public override string Kind => "refuser";

        public override Shape Plan(LayerPlan plan) => throw new ArgumentException("never");

        public override void Forward(in Step step)
        {
        }

        public override void Backward(in Step step)
        {
        }

        public override string ToString() => "Refuser";
    }
}
