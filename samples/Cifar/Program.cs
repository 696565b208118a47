using Cifar;

return await Outcome.OfAsync(new CommandLine(Run).Parse(args));

static int Run(Options options)
{
    if (options.Conflict() is { } conflict) return Outcome.Fail(conflict, ExitCode.BadUsage);
    using Interruption interruption = new();
    return new TrainingRun(options, Terminal.Open(), interruption.Token).Run();
}
