using CnnEngine.Tests;

namespace CnnEngine.Cli.Tests.Cli;

/// <summary><c>docs/cli</c> is what the parser says. With <c>CNNENGINE_WRITE_DOCS=1</c> in the environment, the files are written instead of compared.</summary>
public class CommandPageTests
{
    private const string Folder = "docs/cli";

    [Fact]
    public void The_committed_pages_are_the_parsers()
    {
        string folder = Repository.PathOf(Folder);
        Dictionary<string, string> pages = CommandLine.Commands.ToDictionary(command => $"{command.Name}.md", CommandPage.Of);
        pages.Add("README.md", CommandPage.Overview());
        if (Environment.GetEnvironmentVariable("CNNENGINE_WRITE_DOCS") == "1")
        {
            Directory.CreateDirectory(folder);
            foreach ((string name, string page) in pages) File.WriteAllText(Path.Combine(folder, name), page);
        }
        Assert.Equal(pages.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));
        foreach ((string name, string page) in pages)
            Assert.True(File.ReadAllText(Path.Combine(folder, name)) == page, $"{Folder}/{name} is not what the parser says; run this test with CNNENGINE_WRITE_DOCS=1 and commit the file");
    }
}
