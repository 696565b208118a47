using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace CnnEngine.Cli;

/// <summary>What a command has to do with the world outside: where it writes, for whom, and whether it is to stop.</summary>
internal sealed class Session : IDisposable
{
    /// <summary>Asks for JSON in place of text.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON, one object a line, in place of text.", Recursive = true };

    /// <summary>Asks for nothing but the result.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print nothing but the result.", Recursive = true };

    private readonly Interruption _interruption = new();
    private readonly Lazy<IAnsiConsole> _console = new(Terminal.Open);

    public Session(ParseResult arguments) => (IsJson, IsQuiet) = (arguments.GetValue(Json), arguments.GetValue(Quiet));

    /// <summary>Whether the output is for a program: nothing but JSON may be written then.</summary>
    public bool IsJson { get; }

    /// <summary>Whether only the result is wanted.</summary>
    public bool IsQuiet { get; }

    /// <summary>Whether to say what happens on the way.</summary>
    public bool IsTalkative => !IsJson && !IsQuiet;

    /// <summary>Where text goes. Opened when it is first asked for: a terminal is slow to look into.</summary>
    public IAnsiConsole Console => _console.Value;

    /// <summary>Cancelled by the first Ctrl-C or SIGTERM.</summary>
    public CancellationToken Cancellation => _interruption.Token;

    /// <summary>Says what was made: in words, or as one line of JSON.</summary>
    public void WriteDone(string text, JsonObject json)
    {
        if (IsJson) System.Console.Out.WriteLine(json.ToJsonString());
        else if (!IsQuiet) System.Console.Out.WriteLine(text);
    }

    public void Dispose() => _interruption.Dispose();
}
