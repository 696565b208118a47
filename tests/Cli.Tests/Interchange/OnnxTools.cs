using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CnnEngine.Cli.Tests.Interchange;

/// <summary>A test that runs models in onnxruntime and has them checked by Python's onnx: it runs where both are.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxTheoryAttribute : TheoryAttribute
{
    public OnnxTheoryAttribute() => Skip = OnnxTools.Missing;
}

/// <inheritdoc cref="OnnxTheoryAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxFactAttribute : FactAttribute
{
    public OnnxFactAttribute() => Skip = OnnxTools.Missing;
}

/// <summary>What onnxruntime computed: for each output its name, shape and numbers.</summary>
internal sealed record OnnxOutput(string Name, int[] Shape, float[] Numbers);

/// <summary>onnxruntime and onnx.checker, each in one process that takes one model after another.</summary>
public sealed class OnnxTools : IDisposable
{
    private static readonly string Scripts = Path.Combine(AppContext.BaseDirectory, "Interchange");

    // Far more than any model takes.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<Process> _runtime = new(() => Start("node", Path.Combine(Scripts, "run-onnx.cjs")));
    private readonly Lazy<Process> _checker = new(() => Start(Python, Path.Combine(Scripts, "check-onnx.py")));

    /// <summary>What is not there; null if everything is.</summary>
    public static string? Missing { get; } =
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("ONNXRUNTIME_NODE")) ? "ONNXRUNTIME_NODE does not name a folder with onnxruntime-node"
        : !Succeeds("node", "--version") ? "node is not installed"
        : !Succeeds(Python, "-c", "import onnx") ? "Python's onnx is not installed" : null;

    // Debian's, which has Debian's packages.
    private static string Python => "/usr/bin/python3";

    /// <summary>A path for a model.</summary>
    public string NewModel() => _folder[$"{Guid.NewGuid():N}.onnx"];

    /// <summary>Checks a model: <c>ok</c>, or what is wrong.</summary>
    public string Check(string model) => Ask(_checker.Value, model);

    /// <summary>Computes a model's outputs.</summary>
    internal OnnxOutput[] Run(string model, Shape image, ReadOnlySpan<float> images)
    {
        string input = _folder["input"], output = _folder["output"];
        File.WriteAllBytes(input, MemoryMarshal.AsBytes(images));
        int[] shape = image.Prepend(images.Length / image.Length).ToArray();
        using JsonDocument answer = JsonDocument.Parse(Ask(_runtime.Value, JsonSerializer.Serialize(new { model, shape, input, output })));
        Assert.False(answer.RootElement.TryGetProperty("error", out JsonElement error), $"onnxruntime: {error}");
        ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(output));
        List<OnnxOutput> outputs = [];
        foreach (JsonElement one in answer.RootElement.GetProperty("outputs").EnumerateArray())
        {
            int[] dimensions = [.. one.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32())];
            int length = dimensions.Aggregate(1, (product, extent) => product * extent);
            outputs.Add(new OnnxOutput(one.GetProperty("name").GetString()!, dimensions, numbers[..length].ToArray()));
            numbers = numbers[length..];
        }
        Assert.True(numbers.IsEmpty);
        return [.. outputs];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<Process> tool in (Lazy<Process>[])[_runtime, _checker])
        {
            if (!tool.IsValueCreated) continue;
            tool.Value.StandardInput.Close();
            if (!tool.Value.WaitForExit(TimeSpan.FromSeconds(10))) tool.Value.Kill();
            tool.Value.Dispose();
        }
        _folder.Dispose();
    }

    private static string Ask(Process tool, string line)
    {
        tool.StandardInput.WriteLine(line);
        tool.StandardInput.Flush();
        return tool.StandardOutput.ReadLineAsync().WaitAsync(Patience).GetAwaiter().GetResult()
            ?? throw new InvalidOperationException("the tool has ended; the standard error says why");
    }

    private static Process Start(string file, params string[] args) =>
        Process.Start(new ProcessStartInfo(file, args) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static bool Succeeds(string file, params string[] args)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(file, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>The tests that share the tools' two processes.</summary>
[CollectionDefinition(Name)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711", Justification = "xunit's word")]
public sealed class OnnxCollection : ICollectionFixture<OnnxTools>
{
    /// <summary>Its name.</summary>
    public const string Name = "ONNX";
}
