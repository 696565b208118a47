namespace CnnEngine.Bench;

/// <summary>What results call the passes of a training step.</summary>
internal static class Passes
{
    public const string Forward = "forward";
    public const string BackwardInput = "backward_input";
    public const string BackwardFilter = "backward_filter";
    public const string Train = "train";
    public const string Predict = "predict";

    /// <summary>The three of a convolution.</summary>
    public static IReadOnlyList<string> Convolution { get; } = [Forward, BackwardInput, BackwardFilter];
}
