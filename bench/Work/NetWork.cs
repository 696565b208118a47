using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Models;
using CnnEngine.Optimizers;

namespace CnnEngine.Bench.Work;

/// <summary>A larger network with random images, as the peers' driver has it.</summary>
/// <param name="Name">What the driver calls it.</param>
/// <param name="Batch">Images of one step.</param>
/// <param name="Model">The network.</param>
internal sealed record NetWork(string Name, int Batch, Model Model)
{
    // Calls of one turn; the fastest counts.
    private const int Calls = 3;

    public static IReadOnlyList<NetWork> All { get; } =
    [
        new("resnet18-cifar", 64, new ResNet(18) { HasSmallImages = true, Input = new Shape(3, 32, 32), Classes = 10 }),
        new("alexnet", 32, new AlexNetOneColumn { HasDropout = false }),
        new("vgg16", 4, new Vgg(16) { HasDropout = false }),
        new("mobilenet", 16, new MobileNet()),
    ];

    public Session Start() => new(this);

    /// <summary>The network with memory.</summary>
    internal sealed class Session
    {
        private readonly Network _network;
        private readonly TensorDataset _data;
        private readonly int[] _indices;
        private readonly CrossEntropy _loss = new();
        private readonly Sgd _optimizer = new(momentum: 0.9f);

        public Session(NetWork net)
        {
            _network = net.Model.Compile(new NetworkOptions { BatchSize = net.Batch });
            Random random = new(1);
            Tensor images = Tensor.Zeros(net.Model.Input.Prepend(net.Batch));
            foreach (ref float pixel in images.Span) pixel = (random.NextSingle() * 2) - 1;
            _indices = [.. Enumerable.Range(0, net.Batch)];
            _data = new TensorDataset("random", images, [.. _indices.Select(_ => random.Next(net.Model.Classes))], net.Model.Classes);
            Step();
        }

        public void Step()
        {
            _network.Backpropagate(_data, _indices, _loss);
            _optimizer.Step(_network.Parameters, 0.01f);
        }

        public double TrainSeconds() => Enumerable.Range(0, Calls).Min(_ => Timing.Once(Step));

        public double PredictSeconds() => Enumerable.Range(0, Calls).Min(_ => Timing.Once(() => _network.Evaluate(_data, _indices, _loss)));
    }
}
