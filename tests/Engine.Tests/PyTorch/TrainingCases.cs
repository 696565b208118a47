using CnnEngine.Kernels;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using static CnnEngine.Tests.PyTorch.GoldenCase;

namespace CnnEngine.Tests.PyTorch;

/// <summary>The golden cases of losses, optimisers and schedules. <c>training.py</c> has the same cases for PyTorch.</summary>
internal static class TrainingCases
{
    // A sum over classes, an exponential or logarithm each.
    private const double LossTolerance = 1e-6;

    // Ten steps one on another.
    private const double OptimizerTolerance = 2e-6;

    // A float32 and the double that it was rounded from.
    private const double ScheduleTolerance = 2e-7;

    public static readonly GoldenCase[] All =
    [
        .. Of<CrossEntropy>(LossTolerance, new()
        {
            ["plain"] = () => new(),
            ["large outputs"] = () => new(),
            ["smoothing"] = () => new() { Smoothing = 0.1f },
            ["much smoothing"] = () => new() { Smoothing = 0.5f },
        }),
        .. Of<MixedCrossEntropy>(LossTolerance, new()
        {
            ["one label"] = () => new(),
            ["two labels"] = () => new(),
            ["smoothing"] = () => new() { Smoothing = 0.1f },
            ["large outputs"] = () => new(),
        }),
        .. Of<HalfSquaredError>(LossTolerance, new() { ["plain"] = () => new(), ["large outputs"] = () => new() }),
        .. Of<BinaryCrossEntropy>(LossTolerance, new() { ["plain"] = () => new(), ["a mask"] = () => new() }),
        .. Of<PixelCrossEntropy>(LossTolerance, new() { ["plain"] = () => new(), ["ignored label"] = () => new() { IgnoredLabel = 2 } }),
        .. Of<Error>(typeof(SmoothL1), LossTolerance, new()
        {
            ["plain"] = () => (output, target, gradient) => SmoothL1.Run(output, target, 1, gradient),
            ["narrow"] = () => (output, target, gradient) => SmoothL1.Run(output, target, 1, gradient, beta: 1f / 8),
            ["absolute error"] = () => (output, target, gradient) => SmoothL1.Run(output, target, 1, gradient, beta: 0),
        }),

        .. Of<Sgd>(OptimizerTolerance, new()
        {
            ["plain"] = () => new(),
            ["weight decay"] = () => new(0, 0.05f),
            ["momentum"] = () => new(0.9f),
            ["momentum, weight decay"] = () => new(0.8f, 0.05f),
            ["Nesterov"] = () => new(0.9f, nesterov: true),
            ["Nesterov, weight decay"] = () => new(0.5f, 0.05f, nesterov: true),
            ["only weights decay"] = () => new(0.9f, 0.05f),
        }),
        .. Of<Adam>(OptimizerTolerance, new()
        {
            ["plain"] = () => new(),
            ["short memory"] = () => new(0.7f, 0.9f),
            ["large epsilon"] = () => new(0.9f, 0.99f, 0.1f),
            ["weight decay"] = () => new(0.7f, 0.9f, weightDecay: 0.05f),
        }),
        .. Of<AdamW>(OptimizerTolerance, new()
        {
            ["plain"] = () => new(),
            ["short memory"] = () => new(0.7f, 0.9f, weightDecay: 0.05f),
            ["only weights decay"] = () => new(0.7f, 0.9f, weightDecay: 0.05f),
        }),
        .. Of<RmsProp>(OptimizerTolerance, new()
        {
            ["plain"] = () => new(),
            ["weight decay"] = () => new(0.7f, weightDecay: 0.05f),
            ["momentum"] = () => new(0.9f, 1e-3f, 0.9f),
            ["centred"] = () => new(0.9f, 1e-3f, centered: true),
            ["centred, momentum, weight decay"] = () => new(0.8f, 1e-2f, 0.5f, centered: true, 0.05f),
        }),
        .. Of<Adagrad>(OptimizerTolerance, new()
        {
            ["plain"] = () => new(),
            ["rate decay, weight decay"] = () => new(0.3f, weightDecay: 0.05f),
            ["initial sum"] = () => new(epsilon: 1e-2f, initialSum: 0.5f),
        }),

        .. Of<ConstantRate>(ScheduleTolerance, new() { ["plain"] = () => new(0.03f) }),
        .. Of<StepDecay>(ScheduleTolerance, new()
        {
            ["every epoch"] = () => new(0.1f, 1),
            ["every two epochs"] = () => new(0.8f, 2, 0.25f),
        }),
        .. Of<MultiStepDecay>(ScheduleTolerance, new() { ["two steps"] = () => new(0.8f, [2, 5], 0.25f) }),
        .. Of<ExponentialDecay>(ScheduleTolerance, new() { ["plain"] = () => new(0.8f, 0.9f) }),
        .. Of<PlateauDecay>(ScheduleTolerance, new()
        {
            ["plain"] = () => new(0.4f),
            ["small falls"] = () => new(0.4f, 0.5f, patience: 1, threshold: 0.1f, least: 0.04f),
        }),
        .. Of<WarmUp>(ScheduleTolerance, new()
        {
            ["constant"] = () => new(new ConstantRate(0.3f), epochs: 1.5),
            ["steps down"] = () => new(new StepDecay(0.3f, 2, 0.5f), epochs: 2.5, start: 0.1f),
        }),
        .. Of<Cosine>(ScheduleTolerance, new() { ["plain"] = () => new(0.4f) }),
        .. Of<OneCycle>(ScheduleTolerance, new()
        {
            ["hundred steps"] = () => new(0.05f),
            ["peak between two steps"] = () => new(0.1f),
        }),

        .. Of<Clip>(typeof(ClipGradients), OptimizerTolerance, new()
        {
            ["by norm"] = () => parameters => ClipGradients.ByNorm(parameters, 1.5f),
            ["by norm, short enough"] = () => parameters => ClipGradients.ByNorm(parameters, 100),
            ["by value"] = () => parameters => ClipGradients.ByValue(parameters, 0.3f),
        }),
        .. Of<Average>(typeof(WeightAverage), OptimizerTolerance, new() { ["ten steps"] = () => parameters => new(parameters, 0.8f) }),
    ];
}
