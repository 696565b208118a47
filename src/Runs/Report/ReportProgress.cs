namespace CnnEngine.Runs.Report;

/// <summary>How far a report has come.</summary>
/// <param name="Doing">What is being done, in a few words.</param>
/// <param name="Share">How much of the report is done, 0 to 1.</param>
public readonly record struct ReportProgress(string Doing, double Share);
