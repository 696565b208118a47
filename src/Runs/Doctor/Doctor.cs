using CnnEngine.Analysis;

namespace CnnEngine.Runs;

/// <summary>
/// Looks for what a training suffers from: measures the data and a few minibatches, reads the history, and says in plain words what is wrong,
/// what it means and what to try.
/// </summary>
public static class Doctor
{
    // Images whose numbers and labels are looked at, and images that go through the network.
    private const int DataSample = 4096;
    private const int NetworkSample = 256;

    /// <summary>Examines a run as it was last saved.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <returns>What was found, the worst first; nothing if all is well.</returns>
    /// <exception cref="ConfigurationException">The configuration is not one.</exception>
    /// <exception cref="InvalidDataException">A file of the run is damaged.</exception>
    /// <exception cref="IOException">There is no run in the folder, or a file of it cannot be read.</exception>
    public static IReadOnlyList<Finding> Examine(RunFolder folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        folder.RequireRun();
        RunConfig config = RunConfig.Read(folder.Config);
        RunPlan plan;
        try
        {
            plan = RunPlan.Make(config, folder.Config, null, cancellation);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            Finding missing = new(
                Severity.Problem, "The data cannot be opened", $"{error.Message.ReplaceLineEndings(" ")}.",
                "Put it back where it was, or right what is wrong with it. Without it, only the history is looked at.");
            return [missing, .. Examine(Patient.OfHistory(folder), cancellation)];
        }
        return Examine(Patient.Of(folder, plan), cancellation);
    }

    /// <summary>Examines a training.</summary>
    /// <param name="patient">What there is of it.</param>
    /// <param name="cancellation">Asked now and then.</param>
    /// <returns>What was found, the worst first; nothing if all is well.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<Finding> Examine(Patient patient, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(patient);
        List<Finding> findings = [.. DivergenceChecks.Run(patient)];
        DataSummary? data = patient.Train is { } train ? DataSummary.Of(train, DataSample, cancellation) : null;
        if (data is not null) findings.AddRange(DataChecks.Run(patient, data));
        if (patient is { Network: { } network, Train: { } images } && DataChecks.Fits(patient, data!))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] sample = DataSummary.Sample(images, Math.Min(NetworkSample, images.Count));
            // Whole minibatches: what is normalised over a batch wants its batch.
            if (sample.Length > network.Options.BatchSize) sample = sample[..(sample.Length / network.Options.BatchSize * network.Options.BatchSize)];
            NetworkHealth health = NetworkHealth.Measure(network, images, sample, patient.Loss, patient.Optimizer, patient.LearningRate);
            findings.AddRange(HealthChecks.Run(patient, health));
            if (health.Origin is null) findings.AddRange(GuessChecks.Run(patient, data!, sample));
        }
        findings.AddRange(CurveChecks.Run(patient, data));
        return [.. findings.OrderByDescending(finding => finding.Severity)];
    }
}
