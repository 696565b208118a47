using CnnEngine.Training;

namespace CnnEngine.Optimizers;

/// <summary>A learning rate that is multiplied by a factor every few epochs.</summary>
/// <param name="rate">η at the beginning, above 0.</param>
/// <param name="epochs">Epochs from one step down to the next.</param>
/// <param name="factor">What it is multiplied by.</param>
public sealed class StepDecay(float rate, int epochs, float factor = 0.1f) : Schedule(rate)
{
    private readonly int _epochs = epochs >= 1 ? epochs : throw new ArgumentOutOfRangeException(nameof(epochs), epochs, "epochs between steps are 1 or more");

    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position) => (float)(Peak * Math.Pow(factor, position.Epoch / _epochs));

    /// <inheritdoc/>
    public override string ToString() => $"{Peak}, ×{factor} every {_epochs} epochs";
}

/// <summary>A learning rate that is multiplied by a factor after some epochs, as PyTorch's MultiStepLR.</summary>
/// <param name="rate">η at the beginning, above 0.</param>
/// <param name="epochs">How many epochs are done at each step down, in rising order.</param>
/// <param name="factor">What it is multiplied by.</param>
public sealed class MultiStepDecay(float rate, int[] epochs, float factor = 0.1f) : Schedule(rate)
{
    private readonly int[] _epochs = Check(epochs);

    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position)
    {
        int steps = 0;
        while (steps < _epochs.Length && _epochs[steps] <= position.Epoch) steps++;
        return (float)(Peak * Math.Pow(factor, steps));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Peak}, ×{factor} after {string.Join(", ", _epochs)} epochs";

    private static int[] Check(int[] epochs)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        for (int i = 0; i < epochs.Length; i++)
            if (epochs[i] < (i == 0 ? 1 : epochs[i - 1] + 1))
                throw new ArgumentException($"steps down after {string.Join(", ", epochs)} epochs; the numbers must be 1 or more and rise", nameof(epochs));
        return [.. epochs];
    }
}

/// <summary>A learning rate that is multiplied by a factor after every epoch, as PyTorch's ExponentialLR.</summary>
/// <param name="rate">η at the beginning, above 0.</param>
/// <param name="factor">What it is multiplied by.</param>
public sealed class ExponentialDecay(float rate, float factor) : Schedule(rate)
{
    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position) => (float)(Peak * Math.Pow(factor, position.Epoch));

    /// <inheritdoc/>
    public override string ToString() => $"{Peak}, ×{factor} every epoch";
}

/// <summary>
/// A learning rate that is multiplied by a factor when the loss has not fallen for some epochs, as PyTorch's ReduceLROnPlateau: the mean
/// loss of the test images, or that of the training images where there are none.
/// </summary>
/// <param name="rate">η at the beginning, above 0.</param>
/// <param name="factor">What it is multiplied by.</param>
/// <param name="patience">How many epochs in a row may go by without a fall; at the next one the rate is multiplied.</param>
/// <param name="threshold">By which share of itself the least loss so far must fall to count as a fall.</param>
/// <param name="least">The rate does not go below this number.</param>
public sealed class PlateauDecay(float rate, float factor = 0.1f, int patience = 10, float threshold = 1e-4f, float least = 0) : Schedule(rate)
{
    private readonly int _patience = patience >= 0 ? patience : throw new ArgumentOutOfRangeException(nameof(patience), patience, "patience is 0 epochs or more");

    /// <inheritdoc/>
    public override float Rate(in TrainingPosition position)
    {
        // Followed anew from the first epoch each time, so that nothing but the results has to be kept.
        double rate = Peak, lowest = double.PositiveInfinity;
        int idle = 0;
        for (int i = 0; i < position.Results?.Count; i++)
        {
            EpochResult result = position.Results[i];
            double loss = (result.Test ?? result.Train).MeanLoss;
            bool falls = loss < lowest * (1 - (double)threshold);
            if (falls) lowest = loss;
            idle = falls ? 0 : idle + 1;
            if (idle <= _patience) continue;
            rate = Math.Max(rate * factor, least);
            idle = 0;
        }
        return (float)rate;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Peak}, ×{factor} after {_patience + 1} epochs without a lower loss";
}
