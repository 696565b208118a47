namespace CnnEngine.Runs;

/// <summary>What a training that diverged has left of it.</summary>
internal static class DivergenceChecks
{
    public static IEnumerable<Finding> Run(Patient patient)
    {
        if (patient.Divergence is not { } divergence) yield break;
        string place = divergence.Step is { } step ? $"In step {step} of epoch {divergence.Epoch}" : $"After epoch {divergence.Epoch}", loss = Words.Number(divergence.Loss);
        string text = $"{place}, at a learning rate of {Words.Number(divergence.LearningRate)}, "
            + (double.IsFinite(divergence.Loss) ? $"gradients of a loss of {loss} were not finite any more." : divergence.Step is null ? $"the loss of the images to measure by was {loss}." : $"the loss became {loss}.");
        if (divergence.Origin is not { } origin)
        {
            yield return new Finding(Severity.Problem, "Training diverged", text, "Begin anew with a learning rate of a third, or bound gradients (clip by norm).");
            yield break;
        }
        (string cause, string advice) = HealthChecks.Explain(origin);
        yield return new Finding(Severity.Problem, $"Training diverged: {origin}", $"{text} The first number that was not finite came up in {origin}. {cause}", advice);
    }
}
