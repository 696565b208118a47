using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>Groups of layers that several networks are made of.</summary>
internal static class Blocks
{
    /// <summary>A convolution with bias, and ReLU.</summary>
    public static Value Conv(this Value x, string name, int filters, Size2 filter, Size2? stride = null, Padding padding = default, int groups = 1) =>
        x.Then(new Conv2d(filters, filter, stride, padding, groups: groups) { Name = name }).Then(new ReLU());

    /// <summary>A convolution without bias and batch normalisation, which brings one.</summary>
    public static Value ConvNorm(
        this Value x, string name, string norm, int filters, Size2 filter, Size2? stride = null, Padding padding = default, int groups = 1, float epsilon = 1e-5f) =>
        x.Then(new Conv2d(filters, filter, stride, padding, groups: groups) { Name = name, HasBias = false }).Then(new BatchNorm2d { Name = norm, Epsilon = epsilon });

    /// <summary>Values of the same height and width side by side, channel behind channel.</summary>
    public static Value Concatenate(params ReadOnlySpan<Value> values) => values[0].Graph.Add(new Concat(values.Length), values);

    /// <summary>The sum of two values.</summary>
    public static Value Plus(this Value x, Value y) => x.Graph.Add(new Add(), x, y);

    /// <summary>Dropout, unless the share is 0.</summary>
    public static Value Drop(this Value x, float share) => share > 0 ? x.Then(new Dropout(share)) : x;

    /// <summary>AlexNet's local response normalisation: α = 10⁻⁴ there is for the sum of five squares, here for their mean.</summary>
    public static Value LocalNorm(this Value x) => x.Then(new LocalResponseNorm(5, 5e-4f, 0.75f, 2));

    /// <summary>
    /// Two fully connected layers with dropout before each, and the classifier, as AlexNet and its descendants have them; or, in their
    /// place, one 1×1 convolution to the classes and the mean over the image (M. Lin, Q. Chen, S. Yan, "Network in Network", 2014), which
    /// has a hundredth of the weights and takes any image size.
    /// </summary>
    public static Value Classify(this Value x, Head head, int features, int classes, float dropout)
    {
        if (head == Head.GlobalMean) return x.Then(new Conv2d(classes, 1) { Name = "classifier" }).Then(new GlobalMeanPool2d()).Then(new Flatten());
        return x.Then(new Flatten())
            .Drop(dropout).Then(new Linear(features) { Name = "fc6" }).Then(new ReLU())
            .Drop(dropout).Then(new Linear(features) { Name = "fc7" }).Then(new ReLU())
            .Then(new Linear(classes) { Name = "fc8" });
    }
}

/// <summary>What makes classes out of the last feature maps.</summary>
public enum Head
{
    /// <summary>Fully connected layers, as in the paper.</summary>
    FullyConnected,

    /// <summary>A 1×1 convolution and global mean pooling: far fewer weights, any image size.</summary>
    GlobalMean,
}
