using CnnEngine.Data;

namespace CnnEngine.Bench.Work;

/// <summary>Images that say of themselves that they are costly to read, so that minibatches of them are prepared.</summary>
internal sealed class CostlyData(IDataset data) : IDataset
{
    public string Name => data.Name;

    public Shape ImageShape => data.ImageShape;

    public int Count => data.Count;

    public int Classes => data.Classes;

    public bool IsCostly => true;

    public void BeginEpoch(int epoch) => data.BeginEpoch(epoch);

    public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels) => data.Read(indices, images, labels);
}
