using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Layers;

namespace CnnEngine.Models;

/// <summary>
/// LeNet-5 as it was (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998, section
/// II.B): trainable subsampling, scaled tanh, and a table of which maps of S2 each map of C3 sees. 60,000 parameters up to F6.
/// </summary>
/// <remarks>
/// Ours differs in the last layer: the paper measures F6's distance from fixed 7×12 pictures of the characters (Gaussian connections), a
/// fully connected layer stands here. The paper pads images of 28×28 to 32×32 beforehand, C1 pads here.
/// </remarks>
public sealed record LeNet5() : Model(new Shape(1, 28, 28), 10)
{
    /// <inheritdoc/>
    public override string Name => "lenet5-1998";

    private protected override void Build(Graph graph)
    {
        if (Width != 1) throw new ArgumentException($"{Name}: the width is {Width}; the table of its maps is for 1");
        graph.Input
            .Then(new Conv2d(6, 5, padding: 2) { Name = "C1", Initializer = Initializer.LeCun }).Then(new ScaledTanh())
            .Then(new Subsampling(2) { Name = "S2" }).Then(new ScaledTanh())
            .Then(new TableConv2d(ConnectionTable.LeNet5, 5) { Name = "C3", Initializer = Initializer.LeCun }).Then(new ScaledTanh())
            .Then(new Subsampling(2) { Name = "S4" }).Then(new ScaledTanh())
            .Then(new Conv2d(120, 5) { Name = "C5", Initializer = Initializer.LeCun }).Then(new ScaledTanh())
            .Then(new Flatten())
            .Then(new Linear(84) { Name = "F6", Initializer = Initializer.LeCun }).Then(new ScaledTanh())
            .Then(new Linear(Classes) { Name = "output", Initializer = Initializer.LeCun });
    }
}

/// <summary>LeNet-5 as it is built today: ReLU, max pooling, every map of C3 sees all of S2; 61,706 parameters.</summary>
public sealed record ModernLeNet5() : Model(new Shape(1, 28, 28), 10)
{
    /// <inheritdoc/>
    public override string Name => "lenet5";

    private protected override void Build(Graph graph) => graph.Input
        .Conv("conv1", Scaled(6), 5, padding: 2).Then(new MaxPool2d(2))
        .Conv("conv2", Scaled(16), 5).Then(new MaxPool2d(2))
        .Then(new Flatten())
        .Then(new Linear(Scaled(120)) { Name = "fc1" }).Then(new ReLU())
        .Then(new Linear(Scaled(84)) { Name = "fc2" }).Then(new ReLU())
        .Then(new Linear(Classes) { Name = "fc3" });
}
