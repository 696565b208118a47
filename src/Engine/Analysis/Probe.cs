using CnnEngine.Data;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Analysis;

/// <summary><c>L = Σ u·y</c>, with upstream gradients u of its own for each image. Labels are the images' numbers.</summary>
internal sealed class ProbeLoss(float[] upstream) : Loss
{
    /// <summary>Gives the gradients of L itself: they are neither averaged over the batch nor scaled.</summary>
    public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient)
    {
        int length = outputs.Length / labels.Length;
        double sum = 0;
        for (int n = 0; n < labels.Length; n++)
            for (int i = 0; i < length; i++)
            {
                float u = upstream[(labels[n] * length) + i];
                gradient[(n * length) + i] = u;
                sum += (double)u * outputs[(n * length) + i];
            }
        return sum;
    }

    /// <summary>The same of a twin's outputs for all images.</summary>
    public double Of(double[] outputs)
    {
        double sum = 0;
        for (int i = 0; i < outputs.Length; i++) sum += upstream[i] * outputs[i];
        return sum;
    }
}

/// <summary>Images that are rows of several tensors side by side; an image's label is its number.</summary>
internal sealed class ProbeData(CheckedTensor[] inputs, Shape imageShape, int count) : IDataset
{
    public string Name => "gradient check";

    public Shape ImageShape => imageShape;

    public int Count => count;

    public int Classes => count;

    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        indices.CopyTo(labels);
        foreach (int n in indices)
            foreach (CheckedTensor input in inputs)
            {
                int length = input.Shape.Length;
                input.Values.Span.Slice(n * length, length).CopyTo(images);
                images = images[length..];
            }
    }
}

/// <summary>Some numbers of a row, seen under a shape: how a layer of several inputs finds each in the one input of a network.</summary>
internal sealed class Slice(int first, Shape shape) : Layer
{
    public override string Kind => "slice";

    public override bool SupportsChwn => true;

    public override bool BackwardReadsInput => false;

    public override Shape Plan(LayerPlan plan) => shape;

    public override void Forward(in Step step)
    {
        if (step.Layout == BatchLayout.Chwn)
        {
            step.Input().Slice(first * step.Images, shape.Length * step.Images).CopyTo(step.Output);
            return;
        }
        int row = step.InputShape().Length;
        for (int n = 0; n < step.Images; n++)
            step.Input().Slice((n * row) + first, shape.Length).CopyTo(step.Output[(n * shape.Length)..]);
    }

    public override void Backward(in Step step)
    {
        int row = step.InputShape().Length;
        Span<float> inputGradient = step.InputGradient();
        inputGradient.Clear();
        if (step.Layout == BatchLayout.Chwn)
        {
            step.OutputGradient.CopyTo(inputGradient[(first * step.Images)..]);
            return;
        }
        for (int n = 0; n < step.Images; n++)
            step.OutputGradient.Slice(n * shape.Length, shape.Length).CopyTo(inputGradient[((n * row) + first)..]);
    }

    public override string ToString() => $"Slice({first}, {shape})";
}
