using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Imaging;
using CnnEngine.Inference;
using CnnEngine.Layers;
using CnnEngine.Models;
using CnnEngine.Serialization;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Serialization;

namespace CnnEngine.Tests.Inference;

/// <summary>Trained networks at work: pictures in, classes out, from many threads.</summary>
public class PredictorTests
{
    private static readonly NetworkOptions One = new() { BatchSize = 1, Training = false };

    private static readonly Model Small = new CifarResNet(8) { Width = 0.5, Classes = 4 };

    [Fact]
    public void Eight_callers_at_once_get_the_bits_of_one()
    {
        Predictor predictor = new(Small.Compile(One), batchSize: 4);
        // One image, a batch, and a batch and a half.
        float[][] images = [.. ((int[])[1, 4, 6, 1]).Select((count, i) => Images(predictor.InputShape, count, i))];
        float[][] alone = [.. images.Select(some => Outputs(predictor, some))];
        string? wrong = null;
        using Barrier start = new(8);
        Thread[] callers = [.. Enumerable.Range(0, 8).Select(caller => new Thread(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < 12; i++)
            {
                int which = (caller + i) % images.Length;
                if (!Outputs(predictor, images[which]).AsSpan().SequenceEqual(alone[which])) wrong = $"caller {caller}, call {i}";
            }
        }))];
        foreach (Thread caller in callers) caller.Start();
        foreach (Thread caller in callers) caller.Join();
        Assert.Null(wrong);
    }

    [Fact]
    public void A_call_with_numbers_allocates_nothing()
    {
        Predictor predictor = new(new ModernLeNet5().Compile(One));
        foreach (int count in (int[])[1, 20])
        {
            float[] images = Images(predictor.InputShape, count, 1), outputs = new float[count * 10];
            predictor.Predict(images, outputs);
            long before = GC.GetAllocatedBytesForCurrentThread();
            predictor.Predict(images, outputs);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void A_model_files_pictures_are_told_by_name()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        Network network = Small.Compile(One);
        Preprocessing preprocessing = new(Small.Input, new Normalization([0.4f, 0.5f, 0.6f], [0.2f, 0.2f, 0.3f]));
        ModelFile.Write(path, network, new ModelManifest { Model = ModelDescription.Of(Small), Preprocessing = preprocessing, Classes = ["ant", "bee", "cat", "dog"] });

        Predictor predictor = Predictor.Load(path, batchSize: 2);
        Picture[] pictures = [.. Enumerable.Range(0, 5).Select(i => Picture.FromTensor(Tensor.From(new Shape(3, 40, 30), Images(new Shape(3, 40, 30), 1, i))))];
        IReadOnlyList<Prediction> predictions = predictor.Predict(pictures, top: 3);
        for (int i = 0; i < pictures.Length; i++)
        {
            float[] image = new float[Small.Input.Length], logits = new float[4];
            preprocessing.Apply(pictures[i], image);
            network.Predict(image, logits);
            double[] exponentials = [.. logits.Select(logit => Math.Exp(logit - logits.Max()))];
            int[] best = [.. Enumerable.Range(0, 4).OrderByDescending(c => logits[c]).Take(3)];
            Assert.Equal(best, predictions[i].Candidates.Select(candidate => candidate.Class));
            Assert.Equal(best.Select(c => predictor.Classes![c]), predictions[i].Candidates.Select(candidate => candidate.Name));
            Assert.All(predictions[i].Candidates, candidate => Assert.Equal(exponentials[candidate.Class] / exponentials.Sum(), candidate.Confidence, 1e-4));
            Assert.Equal(predictions[i].Best, predictions[i].Candidates[0]);
        }
        Assert.Equal(4, predictor.Predict(pictures[0]).Candidates.Count);
        Assert.Empty(predictor.Predict([], 1));
    }

    [Fact]
    public void Probabilities_that_a_network_gives_itself_are_left_as_they_are()
    {
        Preprocessing preprocessing = new(new Shape(1, 2, 2), new Normalization(0, 1));
        Picture picture = new(2, 2, 1, [10, 20, 200, 30]);
        foreach (Layer last in new Layer[] { new Softmax(), new LogSoftmax(), new ReLU() })
        {
            Predictor predictor = new(new Sequential { new Flatten(), last }.Compile(preprocessing.Input, One), preprocessing);
            Prediction prediction = predictor.Predict(picture);
            Assert.Equal(["2", "3", "1", "0"], prediction.Candidates.Select(candidate => candidate.Name));
            Assert.Equal(Math.Exp(200 / 255.0) / ((int[])[10, 20, 200, 30]).Sum(pixel => Math.Exp(pixel / 255.0)), prediction.Best.Confidence, 1e-6);
        }
    }

    [Fact]
    public void Weights_are_the_networks_own_where_nothing_is_folded()
    {
        Sequential layers = [new Flatten(), new Linear(2)];
        Network network = layers.Compile(new Shape(1, 1, 3), One);
        Predictor predictor = new(network);
        float[] outputs = new float[2];
        network.Parameters[0].Value.Span.Fill(1);
        predictor.Predict([1, 2, 4], outputs);
        Assert.Equal([7, 7], outputs);
    }

    [Fact]
    public void What_cannot_be_predicted_is_refused()
    {
        Preprocessing preprocessing = new(new Shape(1, 4, 4), new Normalization(0, 1));
        Network flat = new Sequential { new Flatten(), new Linear(2) }.Compile(preprocessing.Input, One), map = new Sequential { new ReLU() }.Compile(preprocessing.Input, One);
        Picture picture = new(1, 1, 1, [1]);
        Expect.Throws<ArgumentException>("the batch size is 0; it must be at least 1", () => _ = new Predictor(flat, batchSize: 0));
        Expect.Throws<ArgumentException>("there are 1 class names; the network's output is 2", () => _ = new Predictor(flat, classes: ["a"]));
        Expect.Throws<ArgumentException>("pictures become 1×4×5; the network takes 1×4×4", () => _ = new Predictor(flat, new Preprocessing(new Shape(1, 4, 5), new Normalization(0, 1))));
        Expect.Throws<InvalidOperationException>("nobody has said what happens to pictures before the network; it has no preprocessing", () => new Predictor(flat).Predict(picture));
        Expect.Throws<InvalidOperationException>("the network's output is 1×4×4, not one number for each class", () => new Predictor(map, preprocessing).Predict(picture));
        Expect.Throws<ArgumentException>("17 numbers are not whole images of 1×4×4", () => new Predictor(flat).Predict(new float[17], new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Predictor(flat, preprocessing).Predict(picture, top: 0));
    }

    private static float[] Images(Shape shape, int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count * shape.Length).Select(_ => random.NextSingle())];
    }

    private static float[] Outputs(Predictor predictor, float[] images)
    {
        float[] outputs = new float[images.Length / predictor.InputShape.Length * predictor.OutputShape.Length];
        predictor.Predict(images, outputs);
        return outputs;
    }
}
