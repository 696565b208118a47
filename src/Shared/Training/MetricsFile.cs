using System.Text.Json;
using CnnEngine.Kernels;
using CnnEngine.Training;

namespace CnnEngine.Programs;

/// <summary>One JSON object for each epoch, one a line, on disk as soon as the epoch is over.</summary>
internal sealed class MetricsFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly long _seed;
    private readonly int _threads;

    /// <summary>Opens the file, so that a path that cannot be written is refused before any work is done.</summary>
    /// <remarks>What an earlier run wrote is kept until <see cref="Clear"/>: this one may still fail for want of data.</remarks>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public MetricsFile(string path, long seed, int threads)
    {
        PathCheck.RequireFolderOf("--metrics", path);
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        (_seed, _threads) = (seed, threads);
    }

    /// <summary>Training begins: forgets an earlier run.</summary>
    public void Clear()
    {
        // A pipe or a terminal has no length.
        if (_stream.CanSeek) _stream.SetLength(0);
    }

    /// <summary>Adds an epoch.</summary>
    public void Write(EpochResult epoch, string data)
    {
        using (Utf8JsonWriter json = new(_stream))
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteNumber("train_loss", epoch.Train.MeanLoss);
            json.WriteNumber("train_accuracy", epoch.Train.Accuracy);
            json.WriteNumber("test_loss", epoch.Test!.Value.MeanLoss);
            json.WriteNumber("test_accuracy", epoch.Test.Value.Accuracy);
            json.WriteNumber("seconds", epoch.TrainingTime.TotalSeconds);
            json.WriteNumber("images_per_second", epoch.ImagesPerSecond);
            json.WriteNumber("learning_rate", epoch.LearningRate);
            json.WriteString("data", data);
            json.WriteNumber("seed", _seed);
            json.WriteNumber("threads", _threads);
            json.WriteNumber("simd", Simd.Lanes * 32);
            json.WriteEndObject();
        }
        _stream.WriteByte((byte)'\n');
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();
}
