using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace LeNet;

/// <summary>The library's help, then what it has no place for: examples and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    private const string More = """
        Examples:
          LeNet                                          ten epochs on whatever data there is
          LeNet --download --save lenet.safetensors      on the real MNIST, keeping the weights
          LeNet --recipe fast                            99 % in one epoch
          LeNet --load lenet.safetensors --epochs 0      how good are these weights?
          LeNet --activation sigmoid --pooling mean      the classical form
          LeNet --epochs 2 --metrics run.jsonl --quiet   for a script

        Exit codes:
          0    done
          1    data or a file is missing, damaged or cannot be written, or training diverged
          2    the command line is wrong
          130  stopped by Ctrl-C or SIGTERM after the step at hand; what was learnt is saved if --save
               was given. A second Ctrl-C kills.
        """;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = standard.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(More);
        return code;
    }
}
