using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Kernels;
using CnnEngine.Optimizers;
using Spectre.Console;

namespace LeNet.Reports;

/// <summary>What is printed before training: data, recipe, machine, model.</summary>
internal static class Opening
{
    /// <summary>Says which data the program runs on, how it trains, and with what.</summary>
    public static void Write(IAnsiConsole console, LocatedData located, Options options, Schedule schedule, Optimizer optimizer)
    {
        (ByteImages train, ByteImages test) = located.Sets;
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        string size = $"{train.ImageShape[1]}×{train.ImageShape[2]}";
        Add("data", $"{train.Name}, {train.Count:N0} + {test.Count:N0} images of {size}: {located.Origin}");
        if (located.Advice is not null)
            Add("", "not MNIST, nor comparable with it; for the real one: --download, or --data DIR, or MNIST_DIR=DIR");
        if (options.Load is not null) Add("weights", options.Load);
        if (options.Epochs > 0)
        {
            string recipe = $"{Count(options.Epochs, "epoch")}, batch {options.Batch}, {schedule}, {optimizer}";
            if (options.Recipe.Loss.Smoothing is > 0 and float smoothing) recipe += $", labels smoothed by {smoothing}";
            Add("recipe", $"{options.RecipeName.ToString().ToLowerInvariant()}: {recipe}");
            Add("seed", $"{options.Seed}");
        }
        Add("machine", $"{Count(options.Threads, "thread")}, {Simd.Lanes * 32}-bit vectors");
        console.Write(grid);
        console.WriteLine();

        void Add(string name, string text) => grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(text));
    }

    /// <summary>Prints a network layer by layer.</summary>
    public static void WriteModel(IAnsiConsole console, Network network)
    {
        Table table = Terminal.NewTable(
            Terminal.Words("layer"), new TableColumn(""), Terminal.Words("output"),
            Terminal.Numbers("parameters"), Terminal.Numbers("multiply-adds"));
        table.AddRow("input", "", $"{network.InputShape}", "", "");
        foreach (NetworkLayer layer in network.Layers)
            table.AddRow(
                layer.Name, $"{layer.Layer}", $"{layer.Output}", NumberOrNothing(layer.ParameterCount), NumberOrNothing(layer.MultiplyAdds));
        table.Columns[0].Footer = new Text("total");
        table.Columns[3].Footer = new Text($"{network.Layers.Sum(layer => layer.ParameterCount):N0}");
        table.Columns[4].Footer = new Text($"{network.Layers.Sum(layer => layer.MultiplyAdds):N0}");
        console.Write(table);
    }

    private static string NumberOrNothing(long number) => number == 0 ? "" : $"{number:N0}";

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
