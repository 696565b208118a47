using CnnEngine.Data;

namespace CnnEngine.Tests.Training;

/// <summary>A dataset that remembers in which order its images were read. For networks of one part: parts read side by side.</summary>
internal sealed class RecordingData(IDataset data) : IDataset
{
    public List<int> Order { get; } = [];

    public string Name => data.Name;

    public Shape ImageShape => data.ImageShape;

    public int Count => data.Count;

    public int Classes => data.Classes;

    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
    {
        Order.AddRange(indices);
        data.Read(indices, images, labels);
    }
}

/// <summary>Remembers what is reported, at once and on the same thread; may do something more.</summary>
internal sealed class Recorder<T>(Action<T>? more = null) : IProgress<T>
{
    public List<T> Reports { get; } = [];

    public void Report(T value)
    {
        Reports.Add(value);
        more?.Invoke(value);
    }
}
