using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Cli.Training;
using CnnEngine.Runs;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn unpack</c>.</summary>
internal sealed class UnpackCommand : CliCommand
{
    private readonly Argument<string> _data = new("DATA")
    {
        Description = "mnist, fashion-mnist or cifar10, or the folder with its files; synthetic (digits) or shapes (coloured), which the program draws itself.",
    };

    private readonly Argument<string> _folder = new("FOLDER") { Description = "The folder to make." };

    private readonly Option<bool> _download = MnistDownload.NewOption();

    private readonly Option<int?> _images = OptionKinds.Number("--images", "How many images of synthetic and shapes to draw to learn from. [default: 60000 and 50000]", 1, int.MaxValue);

    private readonly Option<int?> _testImages = OptionKinds.Number("--test-images", "The same of images to test by. [default: 10000]", 1, int.MaxValue);

    public UnpackCommand()
        : base(
            "unpack",
            "Writes a data set as folders of PNG files, one for each class, under train and test: to look at, and as an example of what train takes.",
            new Example("cnn unpack synthetic digits --images 3000 --test-images 500", "digits that the program draws"),
            new Example("cnn unpack mnist digits", "MNIST, from $MNIST_DIR or the cache folder"))
    {
        Arguments.Add(_data);
        Arguments.Add(_folder);
        Options.Add(_download);
        Options.Add(_images);
        Options.Add(_testImages);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        string folder = arguments.GetRequiredValue(_folder);
        JsonObject data = DataConfig.SettingsOf(arguments.GetRequiredValue(_data));
        if (arguments.GetValue(_download)) MnistDownload.Run(data, session);
        DataConfig config = DataConfig.Parse(data) with { Images = arguments.GetValue(_images), TestImages = arguments.GetValue(_testImages) };
        (int train, int test) = PictureFolder.Write(config, folder, session.Cancellation);
        session.WriteDone($"{folder}: {train:N0} pictures under train, {test:N0} under test", new JsonObject { ["folder"] = folder, ["train"] = train, ["test"] = test });
        return ExitCode.Success;
    }
}
