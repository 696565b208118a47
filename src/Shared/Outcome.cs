using System.CommandLine;

namespace CnnEngine.Programs;

/// <summary>Makes one line on the error output and an exit code of whatever goes wrong.</summary>
internal static class Outcome
{
    /// <summary>Runs a command, unless its arguments are wrong.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> OfAsync(ParseResult arguments)
    {
        // --help stands above errors: they are gone from the list then.
        if (arguments.Errors is [{ Message: var message }, ..]) return Fail(WithHint(message, arguments.CommandResult.Command), ExitCode.BadUsage);
        try
        {
            // Signals and errors are the program's own business, not the library's.
            return await arguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("stopped");
            return ExitCode.Interrupted;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or ArithmeticException)
        {
            return Fail(error.Message, ExitCode.Failure);
        }
        catch (OutOfMemoryException)
        {
            return Fail("there is not as much memory as this takes; smaller batches, images or networks take less", ExitCode.Failure);
        }
    }

    // Our own messages say what would be right, behind a semicolon; the library's do not.
    private static string WithHint(string message, Command command)
    {
        if (message.Contains("; ", StringComparison.Ordinal)) return message;
        string name = command.Name;
        for (Command? above = command.Parents.OfType<Command>().FirstOrDefault(); above is not null; above = above.Parents.OfType<Command>().FirstOrDefault()) name = $"{above.Name} {name}";
        return $"{message.TrimEnd('.')}; {name} --help shows what there is";
    }

    /// <summary>Says what went wrong.</summary>
    /// <returns>The exit code.</returns>
    public static int Fail(string message, int exitCode)
    {
        Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }
}
