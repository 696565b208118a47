namespace CnnEngine.Programs;

/// <summary>What the program's exit codes mean; <c>--help</c> lists them too.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int BadUsage = 2;

    /// <summary>The shell's own way to count: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
