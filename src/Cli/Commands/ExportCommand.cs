using System.CommandLine;
using System.Text.Json.Nodes;
using CnnEngine.Graphs;
using CnnEngine.Interchange;
using CnnEngine.Runs;
using CnnEngine.Serialization;

namespace CnnEngine.Cli.Commands;

/// <summary><c>cnn export</c>.</summary>
internal sealed class ExportCommand : CliCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A model file, or a run's folder, of which the best network is taken." };

    private readonly Option<string?> _onnx = OptionKinds.Path("--onnx", "FILE", "The ONNX file to make or to replace.");

    private readonly Option<bool> _fold = OptionKinds.Switch("--fold", "Make batch normalisations part of the weights before them.");

    private readonly Option<bool> _softmax = OptionKinds.Switch("--softmax", "Let the model give probabilities in place of logits.");

    private readonly Option<string?> _input = OptionKinds.Words(
        "--pixels",
        "What the model is given: normalized, the numbers that the network itself takes; or pixels from 0 to 1 or to 255, which it then normalises itself. [default: normalized]",
        ["normalized", "1", "255"]);

    public ExportCommand()
        : base(
            "export",
            "Writes a network for other programs, as an ONNX model: any number of images, weights, preprocessing and class names within.",
            new Example("cnn export runs/first --onnx model.onnx", "the best network of a run"),
            new Example("cnn export model.safetensors --onnx model.onnx --fold --pixels 255 --softmax", "pixels in, probabilities out"))
    {
        Arguments.Add(_model);
        _onnx.Required = true;
        Options.Add(_onnx);
        Options.Add(_fold);
        Options.Add(_softmax);
        Options.Add(_input);
    }

    protected override int Run(ParseResult arguments, Session session)
    {
        string file = ModelPath.Find(arguments.GetRequiredValue(_model)), target = arguments.GetRequiredValue(_onnx)!;
        if (PathCheck.IsSameFile(file, target)) throw new ConfigurationException($"--onnx is '{target}', the model that is read; it must be another file");
        PathCheck.RequireReplaceable("--onnx", target);
        Network network = ModelFile.Load(file, new NetworkOptions { BatchSize = 1, Training = false }, out ModelManifest manifest);
        OnnxInput input = arguments.GetValue(_input) switch { "1" => OnnxInput.PixelsTo1, "255" => OnnxInput.PixelsTo255, _ => OnnxInput.Normalized };
        if (input != OnnxInput.Normalized && manifest.Preprocessing is null)
            throw new ConfigurationException($"--pixels is '{arguments.GetValue(_input)}', but {file} does not say how pixels are normalised");
        OnnxExport.Write(network, target, new OnnxOptions
        {
            Fold = arguments.GetValue(_fold),
            Softmax = arguments.GetValue(_softmax),
            Input = input,
            Preprocessing = manifest.Preprocessing,
            Classes = manifest.Classes,
        });
        long bytes = new FileInfo(target).Length;
        session.WriteDone(
            $"{target}: ONNX, input N×{network.InputShape}, output N×{network.OutputShape}, {bytes:N0} bytes",
            new JsonObject { ["model"] = file, ["onnx"] = target, ["input"] = Extents(network.InputShape), ["output"] = Extents(network.OutputShape), ["bytes"] = bytes });
        return ExitCode.Success;
    }

    private static JsonArray Extents(Shape shape) => [.. shape.ToArray().Select(extent => (JsonNode)extent)];
}
