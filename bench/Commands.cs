using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using CnnEngine.Bench.Compare;
using CnnEngine.Bench.Quick;
using CnnEngine.Bench.Work;
using CnnEngine.Kernels;
using CnnEngine.Programs;

namespace CnnEngine.Bench;

/// <summary>The modes of the program's own, and their options.</summary>
internal static class Commands
{
    private const string AllGroups = "all";
    private const int MaxRounds = 1000;
    private const double MaxSeconds = 3600;

    private static readonly Option<string?> Json = Text("--json", "FILE", "Write the figures as a JSON array.");
    private static readonly Option<string?> Markdown = Text("--markdown", "FILE", "Write machine, versions, settings and tables as a page.");
    private static readonly Option<string?> Data =
        Text("--data", "DIR", "MNIST's four files. Left out: $MNIST_DIR, then the cache folder, then synthetic digits.");
    private static readonly Option<int?> Rounds = new("--rounds")
    {
        HelpName = "N",
        Description = $"Turns of each side in each row; the best counts. [default: {Contest.RoundsOf(Contest.All)}]",
        CustomParser = result => (int)ParseNumber(result, "--rounds", 1, MaxRounds, whole: true),
    };

    private static readonly Option<double> Seconds = new("--seconds")
    {
        HelpName = "S",
        Description = "How long to take, about.",
        DefaultValueFactory = _ => 90,
        CustomParser = result => ParseNumber(result, "--seconds", 1, MaxSeconds, whole: false),
    };

    private static readonly Argument<string> Group = new("group")
    {
        HelpName = string.Join('|', [.. Contest.All.Select(contest => contest.Name), AllGroups]),
        Description = "What to compare; all if left out.",
        DefaultValueFactory = _ => AllGroups,
    };

    private static readonly Argument<string[]> Layer = new("layer")
    {
        HelpName = "NAME | N C H W K R S",
        Description = $"A convolution of the benchmarks ({Shapes.Convolution[0].Name}, {Shapes.Convolution[^1].Name}, …), or images, channels, rows, columns, filters, and their rows and columns.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> Stride = Number("--stride", 1, "Stride of both axes.");
    private static readonly Option<int> Pad = Number("--padding", 0, "Zeros on every side.");
    private static readonly Option<int> Groups = Number("--groups", 1, "Groups of channels.");

    private static readonly Argument<string> Net = new("net");

    /// <summary>Whether an option stands for the program itself, not for BenchmarkDotNet.</summary>
    public static bool IsOwn(string option) => option is "-h" or "-?" or "--help" or "--version";

    /// <summary>Reads the arguments; what is wrong with them is in the result's errors.</summary>
    public static ParseResult Parse(string[] args)
    {
        Command quick = new("quick", "Peak, GEMM, convolution, LeNet and dispatch in less than two minutes.") { Seconds, Json, Markdown };
        quick.SetAction(result => new QuickRun(result.GetValue(Seconds), result.GetValue(Json), result.GetValue(Markdown)).Run());
        Command compare = new("compare", "The project and its peers (OpenBLAS, oneDNN, PyTorch), in turns.") { Group, Rounds, Data, Json, Markdown };
        compare.SetAction(Compare);
        Group.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var name }] && name != AllGroups && Contest.All.All(contest => contest.Name != name))
                result.AddError($"there is no group '{name}'; the groups are {string.Join(", ", Contest.All.Select(contest => contest.Name))} and {AllGroups}");
        });
        Command explain = new("explain", "Which algorithms a convolution's passes would take, and why.") { Layer, Stride, Pad, Groups };
        explain.SetAction(Explain);
        Command memory = new("memory", "The most memory that two training steps of a network take; for compare nets.") { Net };
        memory.Hidden = true;
        memory.SetAction(Memory);
        return new RootCommand("Measures CnnEngine. Other options are BenchmarkDotNet's: --filter '*Conv*', --list flat.") { quick, compare, explain, memory }
            .Parse(args is [] ? ["--help"] : args);
    }

    private static int Compare(ParseResult result)
    {
        string group = result.GetValue(Group)!;
        CompareSettings settings = new(
            [.. Contest.All.Where(contest => group == AllGroups || contest.Name == group)],
            result.GetValue(Rounds), result.GetValue(Data), result.GetValue(Json), result.GetValue(Markdown));
        using Interruption interruption = new(PosixSignal.SIGHUP);
        return new CompareRun(settings, interruption.Token).Run();
    }

    private static int Explain(ParseResult result)
    {
        string[] layer = result.GetValue(Layer)!;
        ConvShape shape;
        if (Shapes.Convolution.FirstOrDefault(convolution => layer is [var name] && convolution.Name == name) is { } known)
        {
            shape = known.Shape;
        }
        else if (layer.Length == 7 && layer.All(number => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            int[] n = [.. layer.Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            ConvOptions options = new() { Stride = result.GetValue(Stride), Padding = result.GetValue(Pad), Groups = result.GetValue(Groups) };
            shape = new ConvShape(n[0], n[1], (n[2], n[3]), n[4], (n[5], n[6]), options);
        }
        else
        {
            throw new ArgumentException(
                $"the layer is '{string.Join(' ', layer)}'; it must be seven whole numbers or one of {string.Join(", ", Shapes.Convolution.Select(convolution => convolution.Name))}");
        }
        Console.Write(ConvPlanner.Explain(shape));
        return 0;
    }

    /// <summary>Two steps of a network, and the most memory that this process ever had.</summary>
    private static int Memory(ParseResult result)
    {
        string name = result.GetValue(Net)!;
        NetWork net = NetWork.All.FirstOrDefault(net => net.Name == name)
            ?? throw new ArgumentException($"there is no network '{name}'; there are {string.Join(", ", NetWork.All.Select(net => net.Name))}");
        net.Start().Step();
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        double kilobytes = double.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        Console.WriteLine((kilobytes / 1024).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static Option<int> Number(string name, int least, string description) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => least,
        CustomParser = result => (int)ParseNumber(result, name, least, ushort.MaxValue, whole: true),
    };

    private static Option<string?> Text(string name, string value, string description)
    {
        Option<string?> option = new(name) { HelpName = value, Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value.Length: 0 }]) result.AddError($"{name} is ''; it must be a path");
        });
        return option;
    }

    private static double ParseNumber(ArgumentResult result, string option, double least, double most, bool whole)
    {
        string text = result.Tokens is [{ Value: var given }, ..] ? given : "";
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number >= least && number <= most && (!whole || double.IsInteger(number)))
            return number;
        result.AddError($"{option} is '{text}'; it must be a {(whole ? "whole " : "")}number from {least} to {most}");
        return least;
    }
}
