using System.CommandLine;
using System.CommandLine.Help;

namespace Cifar;

/// <summary>The command line: which options there are, and what each may be.</summary>
internal sealed class CommandLine
{
    private const string More = """
        Examples:
          Cifar                                              on whatever data there is
          Cifar --data cifar-10-batches-bin --epochs 164     as long as the paper
          Cifar --save weights.safetensors                   keeping the weights
          Cifar --load weights.safetensors --epochs 0        how good are these weights?
          Cifar --epochs 2 --metrics run.jsonl --quiet       for a script

        Exit codes:
          0    done
          1    data or a file is missing, damaged or cannot be written, or training diverged
          2    the command line is wrong
          130  stopped by Ctrl-C or SIGTERM after the step at hand; what was learnt is saved if --save
               was given. A second Ctrl-C kills.
        """;

    private const int MaxBatch = 65_536;
    private const int MaxThreads = 1024;

    private static readonly int DefaultThreads = Math.Min(Environment.ProcessorCount, MaxThreads);

    private readonly Option<string?> _data = OptionKinds.Path(
        "--data", "DIR",
        $"Folder with the six files of CIFAR-10's binary version. Left out: ${Options.DataVariable}, then shapes that the program draws itself.");

    private readonly Option<int?> _epochs = OptionKinds.Number(
        "--epochs", $"How often every training image is seen; 0 with --load: only evaluate. [default: {Recipe.Epochs}]", 0, Options.MaxEpochs);

    private readonly Option<int?> _batch = OptionKinds.Number("--batch", $"Images of one step. [default: {Recipe.Batch}]", 1, MaxBatch);

    private readonly Option<float?> _rate = OptionKinds.Rate(
        "--lr", $"Learning rate; a tenth of it after half of the epochs, a hundredth after three quarters. [default: {Recipe.Rate}]");

    private readonly Option<long> _seed = OptionKinds.Seed("--seed", "The first weights, the order of the images, and how they are moved and mirrored follow from it.");

    private readonly Option<int?> _threads = OptionKinds.Number(
        "--threads", $"Threads to compute on; the results do not depend on it. [default: {DefaultThreads}]", 1, MaxThreads);

    private readonly Option<string?> _metrics = OptionKinds.Path("--metrics", "FILE", "Write a JSON object for each epoch, one a line.");

    private readonly Option<string?> _save = OptionKinds.Path(
        "--save", "FILE", "Save the weights after training, or at Ctrl-C, as a safetensors file.");

    private readonly Option<string?> _load = OptionKinds.Path("--load", "FILE", "Start from saved weights.");

    private readonly Option<bool> _summary = OptionKinds.Switch(
        "--summary", "Only show what the network costs, sees of an image and takes of memory, layer by layer; needs no data.");

    private readonly Option<bool> _quiet = OptionKinds.Switch("--quiet", "Print nothing but the result, in one line.");

    private readonly RootCommand _root;

    /// <summary>Puts the command together.</summary>
    /// <param name="run">What it does; returns the exit code.</param>
    public CommandLine(Func<Options, int> run)
    {
        _root = new RootCommand("Trains a residual network of 20 layers on small colour images of ten kinds of things.")
        {
            _data, _epochs, _batch, _rate, _seed, _threads, _metrics, _save, _load, _summary, _quiet,
        };
        _root.SetAction(result => run(Read(result)));
        HelpOption help = _root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, More);
    }

    /// <summary>Reads the arguments; what is wrong with them is in the result's errors.</summary>
    public ParseResult Parse(string[] args) => _root.Parse(args);

    private Options Read(ParseResult result) => new()
    {
        Data = result.GetValue(_data),
        Epochs = result.GetValue(_epochs) ?? Recipe.Epochs,
        Batch = result.GetValue(_batch) ?? Recipe.Batch,
        Rate = result.GetValue(_rate) ?? Recipe.Rate,
        Seed = result.GetValue(_seed),
        Threads = result.GetValue(_threads) ?? DefaultThreads,
        Metrics = result.GetValue(_metrics),
        Save = result.GetValue(_save),
        Load = result.GetValue(_load),
        Summary = result.GetValue(_summary),
        Quiet = result.GetValue(_quiet),
    };
}
