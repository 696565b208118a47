namespace CnnEngine.Runs;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Good to know.</summary>
    Note,

    /// <summary>Something is probably not as it should be.</summary>
    Warning,

    /// <summary>The training cannot succeed like this.</summary>
    Problem,
}

/// <summary>Something that a training suffers from, in plain words.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Title">What was found, in a few words.</param>
/// <param name="Text">What was measured, and what it means.</param>
/// <param name="Advice">What to try.</param>
public sealed record Finding(Severity Severity, string Title, string Text, string Advice);
