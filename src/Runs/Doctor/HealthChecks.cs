using CnnEngine.Analysis;

namespace CnnEngine.Runs;

/// <summary>Whether the numbers inside a network allow it to learn.</summary>
internal static class HealthChecks
{
    // The share of dead or saturated units from which on a layer is mentioned, and the channels from which on a share says something.
    private const double MostDead = 0.5;
    private const int FewChannels = 8;
    private const double MostSaturated = 0.5;

    // By what δ may be multiplied on its way from the last weights to the first.
    private const double LeastDeltaRatio = 1e-4;
    private const double MostDeltaRatio = 1e3;

    // About 10⁻³ of its length is how far a weight moves in a healthy step; the first steps of narrow networks are a few hundred times longer.
    private const double LeastUpdate = 1e-7;
    private const double MostUpdate = 0.3;
    private const double MostFirstUpdate = 1;

    public static IEnumerable<Finding> Run(Patient patient, NetworkHealth health)
    {
        if (health.Origin is { } origin)
        {
            // Whatever else is measured follows from this.
            yield return NonFinite(origin);
            yield break;
        }
        foreach (Finding finding in Units(health)) yield return finding;
        foreach (Finding finding in Deltas(health)) yield return finding;
        foreach (Finding finding in Updates(patient, health)) yield return finding;
    }

    /// <summary>What a number that is not finite means by where it came up, and what to try.</summary>
    public static (string Text, string Advice) Explain(NonFiniteOrigin origin) => origin.Place switch
    {
        NonFinitePlace.Image => ("The images hold numbers that are infinite or no numbers.", "Look for damaged files, and for a division by a deviation of 0."),
        NonFinitePlace.Parameter => ($"In {origin} there are numbers that are infinite or no numbers, before anything is computed: the training has diverged, and nothing brings it back.",
            "Start anew, or from a checkpoint before, with a learning rate of a third; bound gradients (clip by norm)."),
        NonFinitePlace.State => ($"In {origin} there are numbers that are infinite or no numbers: outputs of a batch were too large.", "Go back to an earlier checkpoint and lower the learning rate."),
        NonFinitePlace.Activation => ($"All weights are finite, but {origin} is not: its numbers are too large for a float.", "Lower the learning rate, normalise the images, or put batch normalisation behind the layers."),
        NonFinitePlace.Loss => ("The network's outputs are finite, but their loss is not.", "Give the loss logits, without a softmax before it; lower the learning rate."),
        _ => ($"All outputs are finite, but {origin} is not: derivatives grow beyond what a float can hold.", "Bound gradients (clip by norm), lower the learning rate, or use smaller initial weights."),
    };

    private static Finding NonFinite(NonFiniteOrigin origin)
    {
        (string text, string advice) = Explain(origin);
        return new Finding(Severity.Problem, $"Not finite: {origin}", text, advice);
    }

    private static IEnumerable<Finding> Units(NetworkHealth health)
    {
        List<LayerHealth> dead = [.. health.Layers.Where(layer => layer.DeadShare == 1 || (layer.DeadShare >= MostDead && layer.Output[0] >= FewChannels))];
        if (dead.Count > 0)
        {
            bool isCut = dead.Exists(layer => layer.DeadShare == 1);
            yield return new Finding(
                isCut ? Severity.Problem : Severity.Warning, "ReLUs are dead",
                $"Channels that are 0 for every image of the sample: {Words.List(dead.Select(layer => $"{Words.Percent(layer.DeadShare!.Value)} of {layer.Name}"))}. They pass nothing on and learn nothing{(isCut ? "; through a layer that is wholly dead nothing is learnt below it" : "")}.",
                "Begin anew with a smaller learning rate, biases of 0 and He's initialisation, or use leaky ReLUs or batch normalisation.");
        }
        List<LayerHealth> saturated = [.. health.Layers.Where(layer => layer.SaturatedShare >= MostSaturated)];
        if (saturated.Count > 0)
            yield return new Finding(
                Severity.Warning, "Activations are saturated",
                $"Outputs at the ends of their range, where the derivative is almost 0: {Words.List(saturated.Select(layer => $"{Words.Percent(layer.SaturatedShare!.Value)} of {layer.Name}"))}.",
                "Normalise the images, use smaller initial weights (Xavier) or a smaller learning rate, or ReLUs.");
    }

    private static IEnumerable<Finding> Deltas(NetworkHealth health)
    {
        if (health.DeltaRatio is not { } ratio) yield break;
        List<LayerHealth> learning = [.. health.Layers.Where(layer => layer.Parameters.Count > 0)];
        string measured = $"∂loss/∂output is {Words.Number(learning[^1].DeltaRms ?? 0)} (root mean square) at {learning[^1].Name} and {Words.Number(learning[0].DeltaRms ?? 0)} at {learning[0].Name}";
        if (ratio < LeastDeltaRatio && !health.Layers.Any(layer => layer.DeadShare == 1))
            yield return new Finding(
                Severity.Warning, "Deltas vanish", $"{measured}: the first layers hardly learn.",
                "Use ReLUs instead of sigmoids, batch normalisation, residual connections, or fewer layers.");
        if (ratio > MostDeltaRatio)
            yield return new Finding(
                Severity.Warning, "Deltas explode", $"{measured}: the first layers are thrown about.",
                "Use smaller initial weights (He, Xavier) or batch normalisation, and bound gradients (clip by norm).");
    }

    private static IEnumerable<Finding> Updates(Patient patient, NetworkHealth health)
    {
        List<ParameterHealth> weights = [.. health.Layers.SelectMany(layer => layer.Parameters).Where(parameter => parameter.Name.EndsWith(".weight", StringComparison.Ordinal))];
        List<ParameterHealth> still = weights.FindAll(parameter => parameter.IsStill);
        if (still.Count > 0 && !health.Layers.Any(layer => layer.DeadShare == 1))
            yield return new Finding(
                Severity.Problem, "Weights without a gradient", $"The gradient of {Words.List(still.Select(parameter => parameter.Name))} is 0 for all images of the sample: nothing is learnt there.",
                "Look at what is behind these layers: dead ReLUs, saturated activations, outputs that nothing reads.");
        if (patient.Optimizer is null) yield break;
        List<ParameterHealth> measured = weights.FindAll(parameter => parameter.UpdateRatio is not null && !parameter.IsStill);
        double most = patient.Epochs.Count == 0 ? MostFirstUpdate : MostUpdate;
        List<ParameterHealth> fast = [.. measured.Where(parameter => parameter.UpdateRatio > most).OrderByDescending(parameter => parameter.UpdateRatio)];
        if (fast.Count > 0)
            yield return new Finding(
                fast[0].UpdateRatio > 10 * most ? Severity.Problem : Severity.Warning, "Steps are too large",
                $"One step at a learning rate of {Words.Number(patient.LearningRate)} changes {Words.List(fast.Select(parameter => $"{parameter.Name} by {Words.Percent(parameter.UpdateRatio!.Value)} of its length"))}; about 0.1 % is healthy.",
                $"Lower the learning rate: {Words.Number(patient.LearningRate / Math.Max(3, fast[0].UpdateRatio!.Value / 0.01))} would be a try.");
        double peak = patient.Epochs.Select(epoch => (double)epoch.LearningRate).Append(patient.LearningRate).Max();
        // At the end of a schedule steps are small on purpose.
        if (measured.Count > 0 && measured.TrueForAll(parameter => parameter.UpdateRatio < LeastUpdate) && patient.LearningRate >= peak / 2)
            yield return new Finding(
                Severity.Warning, "Steps are too small",
                $"One step at a learning rate of {Words.Number(patient.LearningRate)} changes no weight by more than {Words.Number(measured.Max(parameter => parameter.UpdateRatio!.Value))} of its length; about 0.001 is healthy.",
                "Raise the learning rate.");
    }
}
