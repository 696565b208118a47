using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace CnnEngine.Tests.Docs;

/// <summary>
/// The programs in <c>docs/notes.md</c> are those of <see cref="NotesSnippets"/>, and print what the page says. With
/// <c>CNNENGINE_WRITE_DOCS=1</c> in the environment, the page's programs and outputs are written instead of compared.
/// </summary>
public partial class NotesTests
{
    private const string Page = "docs/notes.md", Programs = "tests/Engine.Tests/Docs/NotesSnippets.cs";

    [Fact]
    public void The_pages_programs_print_what_it_says()
    {
        string page = Repository.Read(Page), programs = Repository.Read(Programs);
        string expected = Blocks().Replace(page, block => $"<!-- {block.Groups[1].Value} -->\n{BlockOf(block.Groups[1].Value, programs)}");
        if (Environment.GetEnvironmentVariable("CNNENGINE_WRITE_DOCS") == "1") File.WriteAllText(Repository.PathOf(Page), page = expected);
        Assert.Equal(expected, page);
    }

    [Fact]
    public void Every_program_is_in_the_page() => Assert.Equal(
        typeof(NotesSnippets).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(method => method.Name),
        Blocks().Matches(Repository.Read(Page)).Select(block => block.Groups[1].Value).Where(name => char.IsUpper(name[0])));

    /// <summary>A program and what it prints; small names are those of regions, which print nothing.</summary>
    private static string BlockOf(string name, string programs)
    {
        if (char.IsLower(name[0])) return Code(Between(programs, $"    // <{name}>\n", $"    // </{name}>\n"));
        StringWriter output = new(CultureInfo.InvariantCulture);
        typeof(NotesSnippets).GetMethod(name)!.Invoke(new NotesSnippets(output), []);
        return $"{Code(Between(programs, $"    public void {name}()\n    {{\n", "\n    }\n"))}```text\n{output}```\n";
    }

    private static string Code(string code)
    {
        string[] lines = code.Replace("private static", "static", StringComparison.Ordinal).TrimEnd().Split('\n');
        int indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return $"```csharp\n{string.Join('\n', lines.Select(line => line.Length == 0 ? "" : line[indent..]))}\n```\n";
    }

    private static string Between(string text, string start, string end)
    {
        int first = text.IndexOf(start, StringComparison.Ordinal);
        Assert.True(first >= 0, $"{Programs} has no \"{start.Trim()}\"");
        first += start.Length;
        return text[first..text.IndexOf(end, first, StringComparison.Ordinal)];
    }

    // A name in a comment, and the blocks of code and output behind it, if they are there already.
    [GeneratedRegex(@"<!-- (\w+) -->\n(?:```csharp\n.*?\n```\n)?(?:```text\n.*?```\n)?", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
