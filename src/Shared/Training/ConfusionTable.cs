using Spectre.Console;

namespace CnnEngine.Programs;

/// <summary>Which class is taken for which: truth downwards, guesses across.</summary>
internal static class ConfusionTable
{
    private static readonly Style Right = new(Color.Green), Wrong = new(Color.Red), Nothing = new(decoration: Decoration.Dim);

    public static void Write(IAnsiConsole console, int[,] confusion, string[] names)
    {
        int classes = names.Length;
        console.WriteLine("Test images, truth downwards, guess across:");
        Table table = Terminal.NewTable(Terminal.Words(""));
        foreach (string name in names) table.AddColumn(Terminal.Numbers(Short(name)));
        table.AddColumn(Terminal.Numbers("right"));
        for (int truth = 0; truth < classes; truth++)
        {
            int images = 0;
            List<Text> row = [new Text(names[truth])];
            for (int guess = 0; guess < classes; guess++)
            {
                int count = confusion[truth, guess];
                images += count;
                row.Add(new Text(count == 0 ? "·" : $"{count}", count == 0 ? Nothing : truth == guess ? Right : Wrong));
            }
            row.Add(new Text(images == 0 ? "" : $"{(double)confusion[truth, truth] / images:0.0 %}"));
            table.AddRow(row);
        }
        console.Write(table);
    }

    // Ten columns have to fit on a line of 80.
    private static string Short(string name) => name.Length <= 4 ? name : name[..4];
}
