using LeNet;

return await Outcome.OfAsync(new CommandLine(RunAsync).Parse(args));

static async Task<int> RunAsync(Options options)
{
    if (options.Conflict() is { } conflict) return Outcome.Fail(conflict, ExitCode.BadUsage);
    using Interruption interruption = new();
    return await new TrainingRun(options, Terminal.Open(), interruption.Token).RunAsync();
}
