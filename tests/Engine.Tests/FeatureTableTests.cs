using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Models;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Layers;
using CnnEngine.Tests.Losses;
using CnnEngine.Tests.Models;
using CnnEngine.Tests.PyTorch;

namespace CnnEngine.Tests;

/// <summary>
/// <c>docs/features.md</c> is what the code says: every public class, its documentation's first sentence, its options, the test class with
/// its gradient check, its golden cases; of networks, the tests that run them. With <c>CNNENGINE_WRITE_DOCS=1</c> in the environment, the file is written instead of compared.
/// </summary>
public partial class FeatureTableTests
{
    private const string FileName = "docs/features.md";

    private static readonly Assembly Engine = typeof(Layer).Assembly;

    private static readonly Dictionary<string, XElement> Documentation =
        new[] { Engine, typeof(SmoothL1).Assembly }.SelectMany(assembly => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"))
            .ToDictionary(member => member.Attribute("name")!.Value);

    private static readonly Dictionary<Type, int> CaseCounts = GoldenCase.All.CountBy(one => one.Type).ToDictionary();

    // What is asked of every network, and the test classes that ask it, by the networks' names.
    private static readonly (string Title, Dictionary<string, int> Cases)[] NetworkTests =
    [
        ("counts", CasesOf(typeof(ModelCountTests))), ("sizes", CasesOf(typeof(ModelShapeTests))),
        ("by heart", CasesOf(typeof(ModelTrainingTests))), ("full size", CasesOf(typeof(FullSizeTests))),
    ];

    // The test classes of layers and losses that compare derivatives with numeric ones, and their text.
    private static readonly (string Name, string Text)[] GradientChecks =
    [
        .. new[] { typeof(LayerTests), typeof(LossTests) }
            .SelectMany(some => some.Assembly.GetTypes().Where(type => type.Namespace == some.Namespace && type.Name.EndsWith("Tests", StringComparison.Ordinal)))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (type.Name, Text: Repository.Read($"tests/Engine.Tests/{type.Namespace!.Split('.')[^1]}/{type.Name}.cs")))
            .Where(check => Regex.IsMatch(check.Text, @"\bExpect\.Gradients\b|\bnew GradientCheck\b|\bCentralDifferences\b")),
    ];

    [Fact]
    public void The_committed_table_is_the_codes()
    {
        string path = Repository.PathOf(FileName), table = Page();
        if (Environment.GetEnvironmentVariable("CNNENGINE_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, table);
        }
        Assert.True(File.Exists(path) && File.ReadAllText(path) == table,
            $"{FileName} is not what the code says; run this test with CNNENGINE_WRITE_DOCS=1 and commit the file");
    }

    [Fact]
    public void Every_layer_and_loss_has_a_gradient_check() =>
        Assert.Equal([], Classes<Layer>().Concat(Classes<Loss>()).Where(type => GradientCheckOf(type) is null).Select(type => type.Name));

    [Fact]
    public void Every_network_is_counted_sized_trained_and_run_at_full_size() =>
        Assert.All(NetworkTests, test => Assert.Equal([], ModelZoo.Names.Except(test.Cases.Keys)));

    private static string Page()
    {
        StringBuilder page = new();
        page.Append("""
            # Features

            Written by `FeatureTableTests` from the code, its documentation comments and its tests. *Gradient check*: the test class that compares the
            derivatives with numeric ones of a twin in double precision. *PyTorch*: how many golden cases are compared with PyTorch's numbers. (Random
            numbers cannot be compared: `Dropout` and `StochasticDepth`, which is torchvision's, are given the engine's draws there.) Of networks:
            in `ModelCountTests`, parameters and multiply-adds are published figures; in `ModelShapeTests`, sizes are the paper's; in
            `ModelTrainingTests`, a narrow one learns images by heart; in `FullSizeTests`, it takes a training step at full size.

            """);
        Append(page, "Layers", Classes<Layer>(), GradientCheckOf);
        AppendNetworks(page);
        Append(page, "Losses", Classes<Loss>(), GradientCheckOf);
        Append(page, "Optimisers", Classes<Optimizer>());
        Append(page, "Learning-rate schedules", Classes<Schedule>());
        Append(page, "Beside them", [typeof(SeparableConv2d), typeof(SmoothL1), typeof(ClipGradients), typeof(WeightAverage)]);
        return page.ToString();
    }

    private static void Append(StringBuilder page, string title, IEnumerable<Type> types, Func<Type, string?>? gradientCheck = null)
    {
        string check = gradientCheck is null ? "" : " gradient check |";
        page.Append($"\n## {title}\n\n| | what it is | options |{check} PyTorch |\n|---|---|---|{(gradientCheck is null ? "" : "---|")}--:|\n");
        foreach (Type type in types)
        {
            page.Append($"| `{type.Name}` | {Summary(type)} | {Options(type)} |");
            if (gradientCheck is not null) page.Append($" `{gradientCheck(type)}` |");
            page.Append($" {Cases(type)} |\n");
        }
    }

    private static void AppendNetworks(StringBuilder page)
    {
        page.Append("\n## Networks\n\nAll have the options `Input`, `Classes`, `Width` and `HasDropout`; numbers are those of test cases. See [models.md](models.md).\n\n");
        page.Append($"| | what it is | options | names |{string.Concat(NetworkTests.Select(test => $" {test.Title} |"))}\n|---|---|---|---|{string.Concat(NetworkTests.Select(_ => "--:|"))}\n");
        foreach (Type type in Classes<Model>())
        {
            string[] names = [.. ModelZoo.Names.Where(name => ModelZoo.Named(name).GetType() == type)];
            page.Append($"| `{type.Name}` | {Summary(type)} | {Options(type)} | {string.Join(", ", names.Select(name => $"`{name}`"))} |");
            page.Append($"{string.Concat(NetworkTests.Select(test => $" {names.Sum(name => test.Cases[name])} |"))}\n");
        }
    }

    /// <summary>How many cases of a test class are of each name: that is their first argument.</summary>
    private static Dictionary<string, int> CasesOf(Type tests) => tests.GetMethods()
        .SelectMany(method => method.GetCustomAttributes<InlineDataAttribute>().SelectMany(data => data.GetData(method))
            .Concat(method.GetCustomAttributes<MemberDataAttribute>().SelectMany(data => data.GetData(method))))
        .Select(arguments => arguments[0]).OfType<string>().Where(ModelZoo.Names.Contains).CountBy(name => name).ToDictionary();

    private static IEnumerable<Type> Classes<T>() =>
        Engine.GetExportedTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(T))).OrderBy(type => type.Name, StringComparer.Ordinal);

    private static string Cases(Type type) =>
        CaseCounts.TryGetValue(type, out int count) ? $"{count}" : throw new InvalidOperationException($"{type.Name} has no golden case");

    /// <summary>The first sentence of the documentation.</summary>
    private static string Summary(Type type)
    {
        string text = string.Concat(Documentation[$"T:{type.FullName}"].Element("summary")!.Nodes().Select(Markdown));
        return Space().Replace(SentenceEnd().Split(text.Trim())[0].Trim().TrimEnd('.'), " ").Replace("|", "\\|", StringComparison.Ordinal);

        static string Markdown(XNode node) => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" or "paramref" } link => $"`{(link.Attribute("cref") ?? link.Attribute("name"))!.Value.Split('.', ':')[^1]}`",
            XElement element => element.Value,
            _ => node.ToString(),
        };
    }

    /// <summary>The constructor's parameters, and the properties that are initialised beside it; or a static class's methods.</summary>
    private static string Options(Type type)
    {
        if (type is { IsAbstract: true, IsSealed: true })
            return string.Join(", ", type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Select(method => $"`{method.Name}`"));
        IEnumerable<string> parameters = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!.GetParameters().Select(p => $"`{p.Name}`");
        IEnumerable<string> properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true && p.DeclaringType != typeof(Layer) && p.DeclaringType != typeof(Model)).Select(p => $"`{p.Name}`");
        return string.Join(", ", parameters.Union(properties));
    }

    /// <summary>
    /// The test class of the type's name or of its base class's, or another one that makes it; in any case one with a gradient check.
    /// </summary>
    private static string? GradientCheckOf(Type type)
    {
        string[] names = [.. GradientChecks.Where(check => Regex.IsMatch(check.Text, $@"\bnew {type.Name}\b|<{type.Name}>|\b{type.Name} \w+ = new")).Select(check => check.Name)];
        return names.FirstOrDefault(name => name == $"{type.Name}Tests") ?? names.FirstOrDefault(name => name == $"{type.BaseType!.Name}Tests") ?? names.FirstOrDefault();
    }

    // Not behind an initial.
    [GeneratedRegex(@"(?<=\P{Lu}\.)\s+(?=\p{Lu})")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
