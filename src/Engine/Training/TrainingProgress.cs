using CnnEngine.Graphs;

namespace CnnEngine.Training;

/// <summary>Where training stands, reported after every step.</summary>
/// <param name="Epoch">The epoch at hand, from 1.</param>
/// <param name="Step">Steps done in it.</param>
/// <param name="Steps">Steps of an epoch.</param>
/// <param name="Train">The epoch's losses and right guesses so far, each counted before the update of its step.</param>
/// <param name="Elapsed">Time of the epoch so far.</param>
/// <param name="Minibatch">Losses and right guesses of the step alone, before its update.</param>
/// <param name="LearningRate">η of the step.</param>
public readonly record struct TrainingProgress(
    int Epoch, int Step, int Steps, BatchResult Train, TimeSpan Elapsed, BatchResult Minibatch, float LearningRate);
