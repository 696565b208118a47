using CnnEngine.Analysis;
using CnnEngine.Losses;

namespace CnnEngine.Runs;

/// <summary>What the history of a training tells.</summary>
internal static class CurveChecks
{
    // Accuracy that lies so many deviations above chance is not chance.
    private const double Deviations = 4;

    // The gap between training and held-out accuracy, and the rise of the held-out loss above its least, that mean overfitting.
    private const double MostGap = 0.15;
    private const double MostRise = 1.5;

    // A loss that rises by more than this share has risen.
    private const double Jitter = 0.05;

    // By what the first epoch's mean loss may exceed that of guessing all classes alike.
    private const double MostFirstLoss = 1.5;

    public static IEnumerable<Finding> Run(Patient patient, DataSummary? data)
    {
        if (patient.Epochs.Count == 0) yield break;
        if (patient.Epochs.FirstOrDefault(epoch => !double.IsFinite(epoch.TrainLoss) || (epoch.ValidationLoss is { } loss && !double.IsFinite(loss))) is { } broken)
        {
            if (patient.Divergence is not null) yield break; // which says more
            yield return new Finding(
                Severity.Problem, "The loss is no number", $"In epoch {broken.Epoch} the loss was not finite any more: training has diverged.",
                "Begin anew with a learning rate of a third, or bound gradients (clip by norm).");
            yield break;
        }
        foreach (Finding finding in LossChecks(patient)) yield return finding;
        Finding? chance = data is not null && patient.Epochs.Count >= 2 ? AtChance(patient, data) : null;
        if (chance is not null) yield return chance;
        else if (Overfitting(patient.Epochs) is { } overfitting) yield return overfitting;
    }

    private static IEnumerable<Finding> LossChecks(Patient patient)
    {
        IReadOnlyList<MetricsLine> epochs = patient.Epochs;
        int rises = epochs.Skip(1).Zip(epochs, (next, last) => next.TrainLoss > last.TrainLoss * (1 + Jitter)).Count(rose => rose);
        if (epochs.Count >= 2 && epochs[^1].TrainLoss > epochs[0].TrainLoss * (1 + Jitter))
            yield return new Finding(
                Severity.Problem, "The loss grows", $"The training loss went from {Words.Number(epochs[0].TrainLoss)} to {Words.Number(epochs[^1].TrainLoss)}.",
                "The learning rate is too large: try a tenth of it.");
        else if (rises >= 2 && 3 * rises >= epochs.Count - 1)
            yield return new Finding(
                Severity.Warning, "The loss jumps", $"The training loss rose in {rises} of {epochs.Count - 1} epochs.",
                "The learning rate is rather large: try a third of it, or a schedule that lowers it.");
        if (patient is { Loss: CrossEntropy, Network.OutputShape: { Rank: 1 } outputs } && epochs[0].TrainLoss > MostFirstLoss * Math.Log(outputs[0]))
            yield return new Finding(
                Severity.Warning, "The loss begins high",
                $"The first epoch's mean loss was {Words.Number(epochs[0].TrainLoss)}; guessing all {outputs[0]} classes alike gives ln {outputs[0]} = {Words.Number(Math.Log(outputs[0]))}.",
                "Initial weights or first steps are too large: lower the learning rate or begin with a warm-up, normalise the images.");
    }

    /// <summary>Accuracy that always naming the largest class would reach, too.</summary>
    private static Finding? AtChance(Patient patient, DataSummary data)
    {
        MetricsLine last = patient.Epochs[^1];
        double chance = (double)data.Labels.Max() / Math.Max(1, data.Labels.Sum());
        if (chance > 0.9) return null;
        double spread = Deviations * Math.Sqrt(chance * (1 - chance) / patient.Train!.Count);
        if (last.TrainAccuracy <= chance + Math.Max(spread, 0.02))
            return new Finding(
                Severity.Problem, "Nothing is learnt",
                $"After {last.Epoch} epochs {Words.Percent(last.TrainAccuracy)} of the training images are recognised; always naming the largest class would give {Words.Percent(chance)}.",
                "Check that labels belong to their images (are they shuffled apart?), that images are normalised, and try another learning rate.");
        if (last.ValidationAccuracy <= chance + Math.Max(spread, 0.02) && last.TrainAccuracy > chance + MostGap)
            return new Finding(
                Severity.Problem, "Nothing holds for new images",
                $"{Words.Percent(last.TrainAccuracy)} of the training images are recognised, but only {Words.Percent(last.ValidationAccuracy.Value)} of those held out, which is chance: images are learnt by heart.",
                "Check that labels belong to their images, that classes have the same numbers in both sets, and that both are prepared alike.");
        return null;
    }

    private static Finding? Overfitting(IReadOnlyList<MetricsLine> epochs)
    {
        if (epochs[^1] is not { ValidationAccuracy: { } held, ValidationLoss: { } loss } last) return null;
        double gap = last.TrainAccuracy - held;
        MetricsLine best = epochs.Where(epoch => epoch.ValidationLoss is not null).MinBy(epoch => epoch.ValidationLoss)!;
        bool isRising = best.Epoch <= last.Epoch - 2 && loss > MostRise * best.ValidationLoss && gap > 0.02;
        if (gap <= MostGap && !isRising) return null;
        return new Finding(
            Severity.Warning, "Overfitting",
            $"{Words.Percent(last.TrainAccuracy)} of the training images are recognised, {Words.Percent(held)} of those held out"
            + (isRising ? $"; the held-out loss was least in epoch {best.Epoch} ({Words.Number(best.ValidationLoss!.Value)}) and is {Words.Number(loss)} now." : "."),
            "More images, augmentation, dropout, weight decay, a smaller network, or early stopping.");
    }
}
