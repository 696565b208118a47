using CnnEngine.Data;

namespace LeNet;

/// <summary>What the classes are called.</summary>
internal static class ClassNames
{
    private static readonly string[] Fashion =
        ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"];

    /// <summary>The names of a set's classes: Fashion-MNIST's ten, for every other set the digits.</summary>
    public static string[] Of(IDataset data) =>
        data.Name == "fashion-mnist" ? Fashion : [.. Enumerable.Range(0, data.Classes).Select(c => $"{c}")];
}
