using CnnEngine.Data;
using CnnEngine.Training;

namespace CnnEngine.Runs;

/// <summary>The parts of a configuration as they are where nothing is said of them.</summary>
internal static class ConfigDefaults
{
    private static readonly Dictionary<Type, object> Parts = new object[]
    {
        new RunConfig(), new DataConfig(), new Augmentation(), new ElasticDistortion(), new LossConfig(), new ClipConfig(), new EarlyStopping(), new WarmUpConfig(),
        new SgdConfig(), new AdamConfig(), new AdamWConfig(), new RmsPropConfig(), new AdagradConfig(),
        new ConstantConfig(), new CosineConfig(), new OneCycleConfig(), new StepConfig(), new MultiStepConfig(), new ExponentialConfig(), new PlateauConfig(),
    }.ToDictionary(part => part.GetType());

    /// <summary>The default of a part.</summary>
    public static object Of(Type part) => Parts[part];
}
