using System.CommandLine;
using CnnEngine.Bench;
using CnnEngine.Bench.Benchmarks;
using CnnEngine.Bench.Compare;

// Options that are not the program's own are BenchmarkDotNet's.
if (args is [['-', ..], ..] && !Commands.IsOwn(args[0])) return BenchmarkRun.Run(args);

ParseResult arguments = Commands.Parse(args);
// The last error names the word that is wrong.
if (arguments.Errors is [.., { Message: var message }]) return Fail(message, exitCode: 2);
try
{
    return arguments.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("stopped");
    return 130;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or PeerFailedException)
{
    return Fail(error.Message, exitCode: 1);
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
    return exitCode;
}
