using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Serialization;
using CnnEngine.Training;

namespace CnnEngine.Tests.PyTorch;

/// <summary>Takes the error of outputs against targets, and its derivative by the outputs.</summary>
internal delegate double Error(ReadOnlySpan<float> output, ReadOnlySpan<float> target, Span<float> gradient);

/// <summary>Clips the gradients of some parameters.</summary>
internal delegate void Clip(IReadOnlyList<Parameter> parameters);

/// <summary>Begins to average some parameters.</summary>
internal delegate WeightAverage Average(IReadOnlyList<Parameter> parameters);

/// <summary>Runs losses, optimisers, schedules and what goes with them on golden cases' numbers, and compares.</summary>
internal static class TrainingRun
{
    public static void Check(Golden golden, Loss loss, double tolerance)
    {
        Tensor outputs = golden["output"];
        int[] labels = Array.ConvertAll(golden["labels"].Span.ToArray(), label => (int)label);
        float[] gradient = new float[outputs.Length];
        double sum = loss.Run(outputs.Shape.DropFirst(), outputs.Span, labels, 1f / outputs.Shape[0], gradient);
        Agreement.Check(golden, "loss", [(float)(sum / outputs.Shape[0])], tolerance);
        Agreement.Check(golden, "output.gradient", gradient, tolerance);
    }

    public static void Check(Golden golden, Error error, double tolerance)
    {
        float[] gradient = new float[golden["output"].Length];
        Agreement.Check(golden, "loss", [(float)error(golden["output"].Span, golden["target"].Span, gradient)], tolerance);
        Agreement.Check(golden, "output.gradient", gradient, tolerance);
    }

    /// <summary>Compares the weights after each step.</summary>
    public static void Check(Golden golden, Optimizer optimizer, double tolerance)
    {
        Network network = NetworkOf(golden["weight"].Shape);
        foreach (Parameter parameter in network.Parameters) golden[parameter.Name].Span.CopyTo(parameter.Value.Span);
        if (golden.Name.EndsWith("only weights decay", StringComparison.Ordinal)) network.DecayOnlyWeights();
        float[][] after = [.. network.Parameters.Select(p => new float[golden[$"{p.Name}.after"].Length])];
        int steps = golden["rates"].Length;
        for (int step = 0; step < steps; step++)
        {
            foreach (Parameter p in network.Parameters)
                golden[$"{p.Name}.gradient"].Span.Slice(step * p.Value.Length, p.Value.Length).CopyTo(p.Gradient.Span);
            optimizer.Step(network.Parameters, golden["rates"].Span[step]);
            foreach ((Parameter p, float[] values) in network.Parameters.Zip(after)) p.Value.Span.CopyTo(values.AsSpan(step * p.Value.Length));
        }
        foreach ((Parameter p, float[] values) in network.Parameters.Zip(after)) Agreement.Check(golden, $"{p.Name}.after", values, tolerance);
    }

    /// <summary>Compares the learning rate of every step; each of the case's rows is an epoch.</summary>
    public static void Check(Golden golden, Schedule schedule, double tolerance)
    {
        (int epochs, int steps) = (golden["rates"].Shape[0], golden["rates"].Shape[1]);
        List<EpochResult> results = [];
        for (int step = 0; step < epochs * steps; step++)
        {
            double expected = golden["rates"].Span[step], actual = schedule.Rate(new TrainingPosition(step, steps, epochs, results));
            if (golden.Has("losses") && (step + 1) % steps == 0)
                results.Add(new EpochResult(results.Count + 1, new BatchResult(golden["losses"].Span[results.Count], 0, 1, 1), null, default, 0));
            Assert.True(Math.Abs(actual - expected) <= tolerance * expected, $"{golden.Name}: rate {step} is {actual}, PyTorch's {expected}");
        }
    }

    public static void Check(Golden golden, Clip clip, double tolerance)
    {
        Network network = NetworkOf(golden["weight.gradient"].Shape);
        foreach (Parameter p in network.Parameters) golden[$"{p.Name}.gradient"].Span.CopyTo(p.Gradient.Span);
        clip(network.Parameters);
        foreach (Parameter p in network.Parameters) Agreement.Check(golden, $"{p.Name}.after", p.Gradient.Span, tolerance);
    }

    /// <summary>Compares the averages after each step.</summary>
    public static void Check(Golden golden, Average begin, double tolerance)
    {
        Network network = NetworkOf(golden["weight"].Shape.DropFirst());
        WeightAverage average = begin(network.Parameters);
        float[][] after = [.. network.Parameters.Select(p => new float[golden[p.Name].Length])];
        for (int step = 0; step < golden["weight"].Shape[0]; step++)
        {
            foreach (Parameter p in network.Parameters) golden[p.Name].Span.Slice(step * p.Value.Length, p.Value.Length).CopyTo(p.Value.Span);
            average.Update();
            foreach ((NamedTensor state, float[] values) in average.State.Zip(after)) state.Tensor.Span.CopyTo(values.AsSpan(step * state.Tensor.Length));
        }
        foreach ((Parameter p, float[] values) in network.Parameters.Zip(after)) Agreement.Check(golden, $"{p.Name}.after", values, tolerance);
    }

    /// <summary>A case's weight and bias are those of a fully connected layer.</summary>
    private static Network NetworkOf(Shape weight) => new Sequential { new Linear(weight[0]) }.Compile(new Shape(weight[1]));
}
