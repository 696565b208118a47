using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CnnEngine.Programs;

/// <summary>The library's help, then what it has no place for: examples and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction standard, Func<ParseResult, string> more) : SynchronousCommandLineAction
{
    public HelpWithExamples(HelpAction standard, string more)
        : this(standard, _ => more)
    {
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = standard.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(more(parseResult));
        return code;
    }
}
