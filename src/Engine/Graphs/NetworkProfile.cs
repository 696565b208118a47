using System.Diagnostics;

namespace CnnEngine.Graphs;

/// <summary>Time spent in one layer, added up over all threads.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Forward">Time of its forward passes. An activation joined to the layer before counts there.</param>
/// <param name="Backward">Time of its backward passes.</param>
public sealed record LayerTime(NetworkLayer Layer, TimeSpan Forward, TimeSpan Backward);

public sealed partial class Network
{
    /// <summary>Whether the time spent in each layer is taken; false at first, because it costs a little itself.</summary>
    public bool IsTimed { get; set; }

    /// <summary>The time spent in each layer while <see cref="IsTimed"/> was set.</summary>
    public IReadOnlyList<LayerTime> LayerTimes() =>
        [.. Layers.Select((layer, i) => new LayerTime(
            layer,
            Stopwatch.GetElapsedTime(0, _workspaces.Sum(w => w.ForwardTicks[i + 1])),
            Stopwatch.GetElapsedTime(0, _workspaces.Sum(w => w.BackwardTicks[i + 1]))))];
}
