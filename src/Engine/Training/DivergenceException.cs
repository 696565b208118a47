using CnnEngine.Data;

namespace CnnEngine.Training;

/// <summary>A training has diverged: a loss, or the gradient of one that was very large, is no longer a finite number. The step was not made.</summary>
/// <param name="message">What was not finite, where, and what to try.</param>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="step">The step in it, from 1.</param>
/// <param name="loss">The minibatch's mean loss.</param>
/// <param name="learningRate">η that the step would have had.</param>
/// <param name="data">Where the minibatch's images are.</param>
/// <param name="images">Their numbers in it.</param>
public sealed class DivergenceException(string message, int epoch, int step, double loss, float learningRate, IDataset data, IReadOnlyList<int> images)
    : ArithmeticException(message)
{
    /// <summary>The epoch, from 1.</summary>
    public int Epoch => epoch;

    /// <summary>The step in it, from 1.</summary>
    public int Step => step;

    /// <summary>The minibatch's mean loss.</summary>
    public double Loss => loss;

    /// <summary>η that the step would have had.</summary>
    public float LearningRate => learningRate;

    /// <summary>Where the minibatch's images are, as the network saw them.</summary>
    public IDataset Minibatch => data;

    /// <summary>Their numbers in it.</summary>
    public IReadOnlyList<int> Images => images;
}
