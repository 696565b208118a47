using System.CommandLine;
using System.CommandLine.Help;

namespace LeNet;

/// <summary>The command line: which options there are, and what each may be.</summary>
internal sealed class CommandLine
{
    private const string More = $$"""
        Examples:
          LeNet                                          ten epochs on whatever data there is
          LeNet --download --save lenet.safetensors      on the real MNIST, keeping the weights
          LeNet --recipe fast                            99 % in one epoch
          LeNet --load lenet.safetensors --epochs 0      how good are these weights?
          LeNet --activation sigmoid --pooling mean      sigmoid and mean pooling
          LeNet --model lenet5-1998                      LeNet-5 as in the paper of 1998
          LeNet --epochs 2 --metrics run.jsonl --quiet   for a script

        {{TrainingOptions.ExitCodes}}
        """;

    private static readonly Recipe Default = LeNet5.Recipe(Activation.Relu, Pooling.Max);
    private static readonly Recipe Sigmoid = LeNet5.Recipe(Activation.Sigmoid, Pooling.Max);
    private static readonly Recipe Fast = FastRecipe.Recipe;
    private static readonly Recipe Of1998 = LeNet5.Recipe1998;

    private readonly Option<string?> _data = OptionKinds.Path(
        "--data", "DIR",
        "Folder with MNIST's four IDX files, raw or gzip; Fashion-MNIST's do too. Left out: $MNIST_DIR, then the cache folder, "
        + "then digits that the program draws itself.");

    private readonly Option<bool> _download = OptionKinds.Switch(
        "--download", "Fetch MNIST into the cache folder if it is not there. The network is used only with this option.");

    private readonly Option<RecipeName?> _recipe = OptionKinds.Choice<RecipeName>(
        "--recipe",
        "Network and training: default is LeNet-5 and gradient descent with momentum, fast a smaller network and Adam, which get "
        + "99 % right in the least time. It sets what the options below leave open.");

    private readonly Option<ModelName?> _model = OptionKinds.Choice<ModelName>(
        "--model",
        "lenet5 is the modern form, which --activation and --pooling vary; lenet5-1998 the one of the paper: trainable subsampling, "
        + "scaled tanh, 60,000 parameters and a table of connections.");

    private readonly Option<int?> _epochs = OptionKinds.Number(
        "--epochs",
        $"How often every training image is seen; 0 with --load: only evaluate. [default: {Default.Epochs}; fast: {Fast.Epochs}; lenet5-1998: {Of1998.Epochs}]",
        0, TrainingOptions.MaxEpochs);

    private readonly Option<int?> _batch = OptionKinds.Number(
        "--batch", $"Images of one step. [default: {Default.Batch}; fast: {Fast.Batch}]", 1, TrainingOptions.MaxBatch);

    private readonly Option<float?> _rate = OptionKinds.Rate(
        "--lr",
        $"Highest learning rate of the one-cycle schedule. [default: {Default.Rate}; sigmoid: {Sigmoid.Rate}; fast: {Fast.Rate}; lenet5-1998: {Of1998.Rate}]");

    private readonly Option<long> _seed = OptionKinds.Seed("--seed", "The first weights and the order of the images follow from it.");

    private readonly Option<int?> _threads = TrainingOptions.Threads();

    private readonly Option<Activation?> _activation = OptionKinds.Choice<Activation>("--activation", "Function between the layers.");

    private readonly Option<Pooling?> _pooling = OptionKinds.Choice<Pooling>("--pooling", "How a 2×2 window becomes one number.");

    private readonly Option<string?> _metrics = TrainingOptions.Metrics();

    private readonly Option<string?> _save = TrainingOptions.Save();

    private readonly Option<string?> _load = OptionKinds.Path(
        "--load", "FILE", "Start from saved weights, of the same --recipe, --model, --activation and --pooling.");

    private readonly Option<bool> _profile = OptionKinds.Switch("--profile", "Show at the end where the time goes, layer by layer.");

    private readonly Option<bool> _summary = TrainingOptions.Summary();

    private readonly Option<bool> _quiet = OptionKinds.Switch(
        "--quiet", "Print nothing but the result, in one line (and the table of --profile).");

    private readonly RootCommand _root;

    /// <summary>Puts the command together.</summary>
    /// <param name="run">What it does; returns the exit code.</param>
    public CommandLine(Func<Options, Task<int>> run)
    {
        _root = new RootCommand("Trains LeNet-5 on handwritten digits.")
        {
            _data, _download, _recipe, _model, _epochs, _batch, _rate, _seed, _threads, _activation, _pooling, _metrics, _save, _load, _profile, _summary, _quiet,
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
        Download = result.GetValue(_download),
        RecipeName = result.GetValue(_recipe) ?? RecipeName.Default,
        GivenModel = result.GetValue(_model),
        GivenEpochs = result.GetValue(_epochs),
        GivenBatch = result.GetValue(_batch),
        GivenRate = result.GetValue(_rate),
        Seed = result.GetValue(_seed),
        Threads = result.GetValue(_threads) ?? TrainingOptions.DefaultThreads,
        GivenActivation = result.GetValue(_activation),
        GivenPooling = result.GetValue(_pooling),
        Metrics = result.GetValue(_metrics),
        Save = result.GetValue(_save),
        Load = result.GetValue(_load),
        Profile = result.GetValue(_profile),
        Summary = result.GetValue(_summary),
        Quiet = result.GetValue(_quiet),
    };
}
