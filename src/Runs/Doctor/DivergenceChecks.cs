namespace CnnEngine.Runs;

/// <summary>What a training that diverged has left of it.</summary>
internal static class DivergenceChecks
{
    public static IEnumerable<Finding> Run(Patient patient)
    {
        if (patient.Divergence is not { } divergence) yield break;
        string text = $"In step {divergence.Step} of epoch {divergence.Epoch}, at a learning rate of {Words.Number(divergence.LearningRate)}, "
            + (double.IsFinite(divergence.Loss) ? $"gradients of a loss of {Words.Number(divergence.Loss)} were not finite any more." : $"the loss became {Words.Number(divergence.Loss)}.");
        if (divergence.Origin is not { } origin)
        {
            yield return new Finding(Severity.Problem, "Training diverged", text, "Begin anew with a learning rate of a third, or bound gradients (clip by norm).");
            yield break;
        }
        (string cause, string advice) = HealthChecks.Explain(origin);
        yield return new Finding(Severity.Problem, $"Training diverged: {origin}", $"{text} The first number that was not finite came up in {origin}. {cause}", advice);
    }
}
