using System.Text;
using Spectre.Console;

namespace CnnEngine.Programs;

/// <summary>Finds out what the output can show.</summary>
internal static class Terminal
{
    // Text in a file is not wrapped: whoever reads it has a width of his own.
    private const int FileWidth = 1000;

    /// <summary>A console that moves the cursor only in a terminal, and has colours only where they are wanted (no-color.org).</summary>
    public static IAnsiConsole Open()
    {
        // Elsewhere the terminal's encoding is UTF-8 already.
        if (OperatingSystem.IsWindows()) Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        bool isFile = Console.IsOutputRedirected;
        bool isColorWanted = !isFile && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isFile ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isColorWanted ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isFile ? InteractionSupport.No : InteractionSupport.Detect,
            // What the environment says of build servers is no reason to write escapes into their logs.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if (isFile) console.Profile.Width = FileWidth;
        return console;
    }

    /// <summary>A table without vertical lines, which looks the same in a terminal and in a file.</summary>
    public static Table NewTable(params TableColumn[] columns) => new Table().Border(TableBorder.Horizontal).AddColumns(columns);

    /// <summary>A column of numbers.</summary>
    public static TableColumn Numbers(string header) => new TableColumn(header).RightAligned().NoWrap();

    /// <summary>A column of text.</summary>
    public static TableColumn Words(string header) => new TableColumn(header).LeftAligned().NoWrap();
}
