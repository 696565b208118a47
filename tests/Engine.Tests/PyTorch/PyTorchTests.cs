using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Optimizers;

namespace CnnEngine.Tests.PyTorch;

/// <summary>Equality with PyTorch, case by case; and that nothing public is without a case.</summary>
public class PyTorchTests
{
    public static TheoryData<string> Names { get; } = [.. GoldenCase.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Numbers_are_PyTorchs(string name) => GoldenCase.All.Single(one => one.Name == name).Check();

    [Fact]
    public void Every_case_of_the_files_is_compared() => Assert.Equal(GoldenFiles.All.Keys.Order(), GoldenCase.All.Select(one => one.Name).Order());

    [Fact]
    public void Every_public_class_has_a_case()
    {
        Type[] kinds = [typeof(Layer), typeof(Loss), typeof(Optimizer), typeof(Schedule)];
        IEnumerable<Type> classes = typeof(Layer).Assembly.GetExportedTypes().Where(type => !type.IsAbstract && kinds.Any(type.IsSubclassOf));
        IEnumerable<Type> compared = GoldenCase.All.Select(one => one.Type).Distinct().Where(type => kinds.Any(type.IsSubclassOf));
        Assert.Equal(classes.Select(type => type.Name).Order(), compared.Select(type => type.Name).Order());
    }

    [Fact]
    public void Other_options_are_not_PyTorchs()
    {
        Differs(golden => LayerRun.Check(golden, 1e-3, new Conv2d(3, (3, 4), padding: new(1, 1, 2, 1))), "Conv2d/same");
        Differs(golden => LayerRun.Check(golden, 1e-3, new MeanPool2d((3, 4), 2, new(1, 1, 2, 2)) { CountPadding = false }), "MeanPool2d/padding");
        Differs(golden => TrainingRun.Check(golden, new CrossEntropy { Smoothing = 0.11f }, 1e-3), "CrossEntropy/smoothing");
        Differs(golden => TrainingRun.Check(golden, new Sgd(0.9f), 1e-3), "Sgd/Nesterov");
        Differs(golden => TrainingRun.Check(golden, new StepDecay(0.1f, 2), 1e-3), "StepDecay/every epoch");

        static void Differs(Action<Golden> check, string name) =>
            Assert.Contains(", PyTorch's", Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => check(GoldenFiles.All[name])).Message, StringComparison.Ordinal);
    }
}
