namespace CnnEngine.Runs;

/// <summary>A training was stopped before its end; what it has learnt is in its folder.</summary>
/// <param name="message">Where it stands and how to go on.</param>
/// <param name="inner">The cancellation.</param>
public sealed class TrainingStoppedException(string message, Exception? inner = null) : OperationCanceledException(message, inner);
