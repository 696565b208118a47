namespace CnnEngine.Runs;

/// <summary>A training's folder: what is where in it.</summary>
/// <param name="path">The folder.</param>
public sealed class RunFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The configuration with everything in it that was chosen: what <c>cnn train --config</c> repeats the training from.</summary>
    public string Config => In("config.json");

    /// <summary>A JSON object for each epoch, one a line.</summary>
    public string Metrics => In("metrics.jsonl");

    /// <summary>The folder of TensorBoard's event files.</summary>
    public string Events => In("events");

    /// <summary>The folder of the checkpoints.</summary>
    public string Checkpoints => In("checkpoints");

    /// <summary>The training as it was last saved: a model file with everything that is needed to go on.</summary>
    public string Last => In("checkpoints", "last.safetensors");

    /// <summary>The model file of the best epoch so far.</summary>
    public string Best => In("checkpoints", "best.safetensors");

    /// <summary>The report.</summary>
    public string Report => In("report.html");

    private string In(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);
}
