using CnnEngine.Graphs;

namespace CnnEngine.Training;

/// <summary>What came of an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Train">Losses and right guesses of the training images, each counted before the update of its step.</param>
/// <param name="Test">Those of the test images after the epoch; null if there are none.</param>
/// <param name="TrainingTime">Time of the training steps alone.</param>
/// <param name="LearningRate">η of the epoch's last step.</param>
public sealed record EpochResult(int Epoch, BatchResult Train, BatchResult? Test, TimeSpan TrainingTime, float LearningRate)
{
    /// <summary>Training images of a second.</summary>
    public double ImagesPerSecond => Train.Images / TrainingTime.TotalSeconds;
}
