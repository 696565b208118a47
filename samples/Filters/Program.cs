using Filters;

return await Outcome.OfAsync(new CommandLine(Run).Parse(args));

static int Run(Options options)
{
    if (options.Conflict() is { } conflict) return Outcome.Fail(conflict, ExitCode.BadUsage);
    new FilterRun(options, Terminal.Open()).Run();
    return ExitCode.Success;
}
