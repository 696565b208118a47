using CnnEngine.Models;
using CnnEngine.Optimizers;

namespace Cifar;

/// <summary>
/// The network, and how it is trained: as K. He et al., "Deep Residual Learning for Image Recognition" (2016), section 4.2, train theirs,
/// in fewer epochs unless asked otherwise.
/// </summary>
internal static class Recipe
{
    public const int Epochs = 20;

    public const int Batch = 128;

    public const float Rate = 0.1f;

    /// <summary>By how many pixels an image may be moved.</summary>
    public const int Border = 4;

    /// <summary>The network, not yet compiled: 3×32×32 pixels in, ten logits out.</summary>
    public static Model Model { get; } = new CifarResNet(20);

    public static Optimizer Optimizer() => new Sgd(momentum: 0.9f, weightDecay: 1e-4f);

    /// <summary>A tenth after half of the epochs, a hundredth after three quarters.</summary>
    public static Schedule Schedule(float rate, int epochs) => epochs < 4
        ? new ConstantRate(rate)
        : new MultiStepDecay(rate, [epochs / 2, epochs * 3 / 4]);
}
