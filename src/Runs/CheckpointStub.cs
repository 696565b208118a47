using CnnEngine.Graphs;
using CnnEngine.Serialization;
namespace CnnEngine.Training;
internal static class Checkpoint
{
    public static void Save(string path, Network network, Trainer trainer, ModelManifest manifest) =>
        ModelFile.Write(path, network, manifest with { Training = trainer.State!.ToJson() }, [.. trainer.Optimizer.State.Select(t => t with { Name = "optimizer/" + t.Name })]);
    public static TrainingState Load(string path, Network network, Trainer trainer)
    {
        trainer.Optimizer.Prepare(network.Parameters);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        file.ReadAllInto([.. network.NamedParameters(), .. trainer.Optimizer.State.Select(t => t with { Name = "optimizer/" + t.Name })]);
        return TrainingState.FromJson(ModelFile.ReadManifest(path).Training!, path);
    }
}
