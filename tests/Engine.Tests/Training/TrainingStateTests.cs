using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>A training's state as text: the same numbers come back, and what no training can have written is refused.</summary>
public class TrainingStateTests
{
    private static readonly TrainingState State = new()
    {
        Seed = long.MinValue,
        Images = 100,
        BatchSize = 32,
        Optimizer = "SGD, Nesterov's momentum 0.9",
        Schedule = "one-cycle to 0.1",
        Epoch = 4,
        Step = 4,
        Train = new BatchResult(1.0 / 3, 17, 100, 100),
        Elapsed = TimeSpan.FromTicks(12_345_678_901),
        LearningRate = 0.1f / 3,
        NetworkSteps = 1L << 60,
        OptimizerSteps = 12,
        AverageSteps = 11,
        Results =
        [
            new EpochResult(1, new BatchResult(Math.PI, 1, 2, 100), new BatchResult(double.NaN, 0, 5, 5), TimeSpan.FromTicks(1), float.Epsilon),
            new EpochResult(2, new BatchResult(double.Epsilon, 1, 2, 100), new BatchResult(double.PositiveInfinity, 0, 5, 5), TimeSpan.MaxValue, 1e-30f),
            new EpochResult(3, new BatchResult(double.MaxValue, 1, 2, 100), null, TimeSpan.Zero, float.MaxValue),
        ],
    };

    [Fact]
    public void Every_number_comes_back()
    {
        TrainingState back = TrainingState.FromJson(JsonNode.Parse(State.ToJson().ToJsonString())!.AsObject(), "a");
        Assert.Equal(State.Results, back.Results);
        Assert.Equal(State with { Results = back.Results }, back);
        Assert.Equal(4, back.StepsPerEpoch);
    }

    [Theory]
    [InlineData("images", "0", "images is 0; there must be 1 or more")]
    [InlineData("batchSize", "-1", "batchSize is -1; it must be 1 or more")]
    [InlineData("epoch", "0", "epoch is 0; it must be 1 or more")]
    [InlineData("epoch", "3", "there are 3 results before epoch 3; there must be 2")]
    [InlineData("step", "5", "step is 5; it must be 0 to 4")]
    [InlineData("step", "3", "train.images is 100; after 3 steps of 32 it must be 96")]
    [InlineData("networkSteps", "-1", "networkSteps is -1; it must be 0 or more")]
    [InlineData("optimizerSteps", "-1", "optimizerSteps is -1; it must be 0 or more")]
    [InlineData("averageSteps", "-1", "averageSteps is -1; it must be 0 or more")]
    [InlineData("results", "[null, null, null]", "result 1 is of epoch ")]
    [InlineData("images", "1e99", "the training's state cannot be read: ")]
    [InlineData("epoch", "\"4\"", "the training's state cannot be read: ")]
    [InlineData("optimizer", "null", "the training's state cannot be read: ")]
    [InlineData("results", "null", "the training's state cannot be read: ")]
    [InlineData("surprise", "1", "the training's state cannot be read: ")]
    public void What_no_training_can_have_written_is_refused(string key, string value, string message)
    {
        JsonObject json = State.ToJson();
        json[key] = JsonNode.Parse(value);
        AssertRefused(json, message);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        foreach (string key in State.ToJson().Select(property => property.Key).ToList())
        {
            JsonObject json = State.ToJson();
            json.Remove(key);
            AssertRefused(json, key);
        }
    }

    private static void AssertRefused(JsonObject json, string message)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => TrainingState.FromJson(json, "a.safetensors"));
        Assert.StartsWith("a.safetensors: the training's state ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
