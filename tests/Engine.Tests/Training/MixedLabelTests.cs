using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>A loss may take images of several labels in training and of one in testing: one network, one trainer.</summary>
public class MixedLabelTests
{
    [Fact]
    public void One_loss_takes_data_with_three_labels_and_with_one()
    {
        Shape image = new(6);
        TensorDataset plain = Some.Images(40, image, 3), test = Some.Images(17, image, 3, seed: 2);
        (Network first, IReadOnlyList<EpochResult> expected) = Train(new CrossEntropy(), plain, test);
        // With the whole share at the first label, a mixed image is a plain one.
        (Network second, IReadOnlyList<EpochResult> actual) = Train(new FirstOfThree(), new Tripled(plain), test);
        Assert.Equal(Some.Weights(first), Some.Weights(second));
        Assert.Equal(expected.Select(result => (result.Train, result.Test)), actual.Select(result => (result.Train, result.Test)));

        int[,] one = new int[3, 3], three = new int[3, 3];
        new Trainer(first, new Sgd(), new CrossEntropy()).Evaluate(plain, one);
        new Trainer(first, new Sgd(), new FirstOfThree()).Evaluate(new Tripled(plain), three);
        Assert.Equal(one, three);
    }

    private static (Network Network, IReadOnlyList<EpochResult> Results) Train(Loss loss, IDataset train, IDataset test)
    {
        Network network = new Sequential { new Linear(8), new ReLU(), new Linear(3) }.Compile(train.ImageShape, new NetworkOptions { BatchSize = 18 });
        return (network, new Trainer(network, new Sgd(), loss).Fit(train, test, new TrainerOptions { Epochs = 3 }));
    }

    /// <summary>Cross-entropy of the first label.</summary>
    private sealed class FirstOfThree : Loss
    {
        private readonly CrossEntropy _loss = new();

        public override bool Takes(Shape output, int labelsPerImage) => labelsPerImage is 1 or 3;

        public override double Run(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels, float scale, Span<float> gradient) =>
            _loss.Run(output, outputs, First(output, outputs, labels), scale, gradient);

        public override (int Correct, int Guesses) Judge(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels) =>
            _loss.Judge(output, outputs, First(output, outputs, labels));

        private static int[] First(Shape output, ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
        {
            int images = outputs.Length / output.Length, each = labels.Length / images;
            int[] first = new int[images];
            for (int i = 0; i < images; i++) first[i] = labels[i * each];
            return first;
        }
    }

    private sealed class Tripled(IDataset data) : IDataset
    {
        public string Name => data.Name;

        public Shape ImageShape => data.ImageShape;

        public int Count => data.Count;

        public int Classes => data.Classes;

        public int LabelsPerImage => 3;

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            int[] own = new int[indices.Length];
            data.Read(indices, images, own);
            for (int i = 0; i < own.Length; i++) (labels[i * 3], labels[(i * 3) + 1], labels[(i * 3) + 2]) = (own[i], 0, 65536);
        }
    }
}
