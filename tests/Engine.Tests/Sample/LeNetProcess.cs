namespace CnnEngine.Tests.Sample;

/// <summary>LeNet's process.</summary>
internal sealed class LeNetProcess(string[] args, params (string Name, string Value)[] environment) : ProgramProcess("LeNet", args, null, environment)
{
    /// <summary>Runs it to its end.</summary>
    public static ProgramResult Run(params string[] args)
    {
        using LeNetProcess process = new(args);
        return process.WaitForEnd();
    }
}
