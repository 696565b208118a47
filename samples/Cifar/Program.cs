using System.CommandLine;
using Cifar;

ParseResult arguments = new CommandLine(Run).Parse(args);
// --help stands above errors: they are gone from the list then.
if (arguments.Errors is [{ Message: var message }, ..])
    return Fail(message, ExitCode.BadUsage);
// Signals and errors are the program's own business, not the library's.
return arguments.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });

static int Run(Options options)
{
    if (options.Conflict() is { } conflict) return Fail(conflict, ExitCode.BadUsage);
    using Interruption interruption = new();
    try
    {
        return new TrainingRun(options, Terminal.Open(), interruption.Token).Run();
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("stopped");
        return ExitCode.Interrupted;
    }
    catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or ArithmeticException)
    {
        return Fail(error.Message.ReplaceLineEndings(" "), ExitCode.Failure);
    }
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine($"error: {message}");
    return exitCode;
}
