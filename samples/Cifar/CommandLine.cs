using System.CommandLine;
using System.CommandLine.Help;

namespace Cifar;

/// <summary>The command line: which options there are, and what each may be.</summary>
internal sealed class CommandLine
{
    private const string More = $$"""
        Examples:
          Cifar                                              on whatever data there is
          Cifar --data cifar-10-batches-bin --epochs 164     as long as the paper
          Cifar --save weights.safetensors                   keeping the weights
          Cifar --load weights.safetensors --epochs 0        how good are these weights?
          Cifar --epochs 2 --metrics run.jsonl --quiet       for a script

        {{TrainingOptions.ExitCodes}}
        """;

    private readonly Option<string?> _data = OptionKinds.Path(
        "--data", "DIR",
        $"Folder with the six files of CIFAR-10's binary version. Left out: ${Options.DataVariable}, then shapes that the program draws itself.");

    private readonly Option<int?> _epochs = OptionKinds.Number(
        "--epochs", $"How often every training image is seen; 0 with --load: only evaluate. [default: {Recipe.Epochs}]", 0, TrainingOptions.MaxEpochs);

    private readonly Option<int?> _batch = OptionKinds.Number("--batch", $"Images of one step. [default: {Recipe.Batch}]", 1, TrainingOptions.MaxBatch);

    private readonly Option<float?> _rate = OptionKinds.Rate(
        "--lr", $"Learning rate; a tenth of it after half of the epochs, a hundredth after three quarters. [default: {Recipe.Rate}]");

    private readonly Option<long> _seed = OptionKinds.Seed("--seed", "The first weights, the order of the images, and how they are moved and mirrored follow from it.");

    private readonly Option<int?> _threads = TrainingOptions.Threads();

    private readonly Option<string?> _metrics = TrainingOptions.Metrics();

    private readonly Option<string?> _save = TrainingOptions.Save();

    private readonly Option<string?> _load = OptionKinds.Path("--load", "FILE", "Start from saved weights.");

    private readonly Option<bool> _summary = TrainingOptions.Summary();

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
        Threads = result.GetValue(_threads) ?? TrainingOptions.DefaultThreads,
        Metrics = result.GetValue(_metrics),
        Save = result.GetValue(_save),
        Load = result.GetValue(_load),
        Summary = result.GetValue(_summary),
        Quiet = result.GetValue(_quiet),
    };
}
