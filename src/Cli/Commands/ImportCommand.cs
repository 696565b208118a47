using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Models;
using CnnEngine.Runs;
using CnnEngine.Serialization;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn import</c>.</summary>
internal sealed class ImportCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A state dict of a torchvision network, saved as safetensors." };

    private readonly Option<string?> _model = OptionKinds.Words("--model", "The network, as torchvision calls it.", PyTorchImport.Names);

    private readonly Option<string?> _out = OptionKinds.Path("--out", "FILE", "The model file to make or to replace. [default: MODEL.safetensors in the current folder]");

    private readonly Option<string?> _classes = OptionKinds.Path("--classes", "FILE", "A text file with the classes' names, a line each. [default: their numbers]");

    public ImportCommand()
        : base(
            "import",
            "Makes a model file of weights that PyTorch has learnt: torchvision's names are mapped, every shape is checked.",
            new Example("cnn import resnet18-f37072fd.safetensors --model resnet18", "makes resnet18.safetensors"),
            new Example("cnn import vgg.safetensors --model vgg16 --classes imagenet.txt --out model.safetensors", "with names for the classes"))
    {
        _model.Required = true;
        Arguments.Add(_file);
        Options.Add(_model);
        Options.Add(_out);
        Options.Add(_classes);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        string file = arguments.GetRequiredValue(_file), name = arguments.GetRequiredValue(_model)!;
        string target = arguments.GetValue(_out) ?? $"{name}.safetensors";
        if (!File.Exists(file)) throw new FileNotFoundException($"{file}: there is no such file");
        if (PathCheck.IsSameFile(file, target)) throw new ConfigurationException($"--out is '{target}', the file that is read; it must be another");
        PathCheck.RequireReplaceable("--out", target);
        string[]? classes = ReadClasses(arguments.GetValue(_classes));
        Network network = PyTorchImport.Load(file, PyTorchImport.Named(name), new NetworkOptions { BatchSize = 1, Training = false }, out ModelManifest manifest);
        if (classes is not null && classes.Length != network.OutputShape[0])
            throw new ConfigurationException($"--classes has {classes.Length} names; the network of {file} tells {network.OutputShape[0]} classes apart");
        ModelFile.Write(target, network, manifest with { Classes = classes ?? manifest.Classes });
        session.WriteDone(
            $"{target}: {name}, input {network.InputShape}, {network.OutputShape[0]} classes",
            new JsonObject { ["model"] = target, ["name"] = name, ["classes"] = network.OutputShape[0] });
        return ExitCode.Success;
    }

    private static string[]? ReadClasses(string? path)
    {
        if (path is null) return null;
        PathCheck.RequireFile("--classes", path);
        return [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
    }
}
