using System.CommandLine;
using Filters;

ParseResult arguments = new CommandLine(Run).Parse(args);
// --help stands above errors: they are gone from the list then.
if (arguments.Errors is [{ Message: var message }, ..])
    return Fail(message, ExitCode.BadUsage);
return arguments.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static int Run(Options options)
{
    if (options.Conflict() is { } conflict) return Fail(conflict, ExitCode.BadUsage);
    try
    {
        new FilterRun(options, Terminal.Open()).Run();
        return ExitCode.Success;
    }
    catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
    {
        return Fail(error.Message.ReplaceLineEndings(" "), ExitCode.Failure);
    }
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine($"error: {message}");
    return exitCode;
}
