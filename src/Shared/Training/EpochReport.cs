using CnnEngine.Training;

namespace CnnEngine.Programs;

/// <summary>Does something after each epoch, at once and on the training's own thread.</summary>
internal sealed class EpochReport(Action<EpochResult> action) : IProgress<EpochResult>
{
    public void Report(EpochResult value) => action(value);
}
