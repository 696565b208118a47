using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>Accuracy, loss and confusion matrix of a whole data set.</summary>
public class EvaluationTests
{
    private static readonly Shape Image = new(4);

    [Fact]
    public void The_confusion_matrix_counts_every_image_by_truth_and_guess()
    {
        TensorDataset data = Some.Images(107, Image, 3);
        (Network network, Trainer trainer) = Make(batchSize: 20);
        int[,] matrix = new int[3, 3], expected = new int[3, 3];
        BatchResult result = trainer.Evaluate(data, matrix);

        float[] images = new float[107 * 4], outputs = new float[107 * 3];
        int[] labels = new int[107];
        data.Read(Some.Indices(107), images, labels);
        network.Predict(images, outputs);
        for (int i = 0; i < 107; i++) expected[labels[i], Array.IndexOf(outputs, outputs[(i * 3)..((i * 3) + 3)].Max(), i * 3) - (i * 3)]++;

        Assert.Equal(expected, matrix);
        Assert.Equal(107, matrix.Cast<int>().Sum());
        Assert.Equal(result.Correct, matrix[0, 0] + matrix[1, 1] + matrix[2, 2]);
        for (int truth = 0; truth < 3; truth++) Assert.Equal(labels.Count(l => l == truth), matrix[truth, 0] + matrix[truth, 1] + matrix[truth, 2]);
        Assert.Equal(result, trainer.Evaluate(data));
    }

    [Fact]
    public void A_matrix_is_added_to()
    {
        TensorDataset data = Some.Images(30, Image, 3);
        Trainer trainer = Make(batchSize: 8).Trainer;
        int[,] matrix = new int[3, 3];
        trainer.Evaluate(data, matrix);
        trainer.Evaluate(data, matrix);
        Assert.Equal(60, matrix.Cast<int>().Sum());
    }

    [Fact]
    public void The_batch_size_does_not_matter()
    {
        TensorDataset data = Some.Images(53, Image, 3);
        BatchResult one = Make(batchSize: 1).Trainer.Evaluate(data), all = Make(batchSize: 64).Trainer.Evaluate(data);
        Assert.Equal((one.Images, one.Correct), (all.Images, all.Correct));
        Assert.Equal(one.Loss, all.Loss, 1e-5);
    }

    [Fact]
    public void Nothing_is_learnt()
    {
        (Network network, Trainer trainer) = Make(batchSize: 8);
        float[] before = Some.Weights(network);
        trainer.Evaluate(Some.Images(30, Image, 3), new int[3, 3]);
        Assert.Equal(before, Some.Weights(network));
    }

    [Fact]
    public void Outputs_that_are_no_numbers_are_never_right()
    {
        (Network network, Trainer trainer) = Make(batchSize: 8);
        network.Parameters[0].Value.Span.Fill(float.NaN);
        Assert.Equal(0, trainer.Evaluate(Some.Images(30, Image, 3)).Correct);
    }

    private static (Network Network, Trainer Trainer) Make(int batchSize)
    {
        Network network = new Sequential { new Linear(3) }.Compile(Image, new NetworkOptions { BatchSize = batchSize });
        return (network, new Trainer(network, new Sgd(), new CrossEntropy()));
    }
}
