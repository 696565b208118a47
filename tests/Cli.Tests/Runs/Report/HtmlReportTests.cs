using System.Text.RegularExpressions;
using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Runs;
using CnnEngine.Runs.Report;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary>The report's page as text.</summary>
public partial class HtmlReportTests(ReportFixture report) : IClassFixture<ReportFixture>
{
    [Fact]
    public void Text_from_data_is_never_markup()
    {
        Assert.DoesNotContain("<b>&", report.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("alert(1)</script>", report.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", report.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<u>", report.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("A <title>", report.Html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;&quot;&#39;", report.Html, StringComparison.Ordinal);
        Assert.Contains("<title>patterns &lt;i&gt;&amp;</title>", report.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_loaded_from_elsewhere()
    {
        Assert.All(Sources().Matches(report.Html), match => Assert.StartsWith("data:", match.Groups[1].Value, StringComparison.Ordinal));
        Assert.NotEmpty(Sources().Matches(report.Html));
        Assert.All(Links().Matches(report.Html), match => Assert.Matches("^(#|data:,$)", match.Groups[1].Value));
        Assert.Contains("default-src 'none'", report.Html, StringComparison.Ordinal);
        Assert.Contains("Copyright (c) 2022 Leon Sorokin", report.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_data_gives_the_same_page() => Assert.Equal(report.Html, HtmlReport.ToHtml(report.Data));

    [Fact]
    public void What_is_missing_is_left_out()
    {
        string html = HtmlReport.ToHtml(new ReportData { Title = "empty" });
        Assert.DoesNotContain("<section", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        html = HtmlReport.ToHtml(new ReportData { Title = "one epoch", Epochs = [Patterns.Epoch(1, double.NaN, 0.5)] });
        Assert.Contains("{\"label\":\"training\",\"values\":[null]}", html, StringComparison.Ordinal);
        Assert.DoesNotContain("held-out images\",\"values\"", html, StringComparison.Ordinal);
    }

    // However many classes, epochs and pixels there are.
    [Fact]
    public void The_page_has_a_bound()
    {
        Shape image = new(3, 160, 150);
        Network network = new Sequential { new Conv2d(40, 5, stride: 4), new MeanPool2d(4), new Flatten(), new Linear(300) }.Compile(image, new NetworkOptions { BatchSize = 32 });
        Tensor images = Tensor.Zeros(image.Prepend(60));
        Random random = new(1);
        foreach (ref float pixel in images.Span) pixel = random.NextSingle();
        ReportData data = new()
        {
            Title = "large",
            Network = network,
            Data = new TensorDataset("noise", images, [.. Enumerable.Range(0, 60).Select(n => 5 * n)], 300),
            Epochs = [.. Enumerable.Range(1, 100_000).Select(i => Patterns.Epoch(i, 1.0 / i, 1 - (1.0 / i)))],
        };
        string html = HtmlReport.ToHtml(data);
        Assert.InRange(html.Length, 500_000, 4_000_000);
        Assert.Contains("There are 300 classes, too many for a matrix", html, StringComparison.Ordinal);
        Assert.Equal(40, Regex.Count(html[html.IndexOf("class=\"pairs\"", StringComparison.Ordinal)..html.IndexOf("id=\"classes\"", StringComparison.Ordinal)], "<tr><th") - 1);
        Assert.Contains("100 of 100000 epochs", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_write_leaves_nothing()
    {
        string path = Path.Combine(report.Path, "not a folder", "report.html");
        Assert.ThrowsAny<IOException>(() => HtmlReport.Write(new ReportData { Title = "x" }, path));
    }

    [GeneratedRegex(" src=\"([^\"]*)\"")]
    private static partial Regex Sources();

    [GeneratedRegex(" href=\"([^\"]*)\"")]
    private static partial Regex Links();
}
