using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Training;

namespace CnnEngine.Tests.PyTorch;

/// <summary>Runs losses, optimisers and schedules on golden cases' numbers, and compares.</summary>
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

    /// <summary>Compares the weights after each step.</summary>
    public static void Check(Golden golden, Optimizer optimizer, double tolerance)
    {
        // The case's weight and bias are those of a fully connected layer.
        Shape weight = golden["weight"].Shape;
        Network network = new Sequential { new Linear(weight[0]) }.Compile(new Shape(weight[1]));
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
}
