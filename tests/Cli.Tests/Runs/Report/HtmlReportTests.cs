using System.Text.RegularExpressions;
using CnnEngine.Analysis;
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
    public void Progress_goes_from_nothing_to_all_and_can_be_ended()
    {
        List<ReportProgress> told = [];
        Heard progress = new(told.Add);
        Assert.Equal(report.Html, HtmlReport.ToHtml(report.Data, progress));
        Assert.Equal(told.Select(one => one.Share).Order(), told.Select(one => one.Share));
        Assert.Equal((0, 0.9), (told[0].Share, told[^1].Share));
        // One of its ten sections takes most of the time: it tells more.
        Assert.Equal(5, told.Count(one => one.Doing == "writing: What it looks at"));
        using CancellationTokenSource source = new();
        Heard ending = new(one =>
        {
            if (one.Share > 0.5) source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => HtmlReport.ToHtml(report.Data, ending, source.Token));
    }

    // Patches that cover every pixel, and passes through the network that take no more than some seconds.
    [Theory]
    [InlineData(416_520, 28, 5, 1)] // LeNet-5
    [InlineData(1_814_073_344, 224, 44, 23)] // ResNet-18
    [InlineData(15_470_264_320, 224, 45, 45)] // VGG-16
    public void Large_networks_get_fewer_patches(long multiplyAdds, int side, int patch, int stride)
    {
        Occlusion occlusion = AttentionSection.OcclusionFor(new Shape(3, side, side), multiplyAdds, images: 6);
        Assert.Equal((patch, stride), (occlusion.Patch, occlusion.Stride));
    }

    [Fact]
    public void Patches_fit_into_images_of_any_size()
    {
        foreach ((int height, int width) in ((int, int)[])[(1, 1), (1, 9), (2, 2), (300, 4), (7, 5)])
        {
            Network network = new Sequential { new Flatten(), new Linear(3) }.Compile(new Shape(1, height, width), new NetworkOptions { BatchSize = 4 });
            Tensor map = AttentionSection.OcclusionFor(network.InputShape, 3, images: 6).Of(network, Tensor.Zeros(network.InputShape), 0);
            Assert.All(map.Span.ToArray(), drop => Assert.Equal(0, drop));
        }
    }

    [Fact]
    public void A_failed_write_leaves_nothing()
    {
        string path = Path.Combine(report.Path, "not a folder", "report.html");
        Assert.ThrowsAny<IOException>(() => HtmlReport.Write(new ReportData { Title = "x" }, path));
    }

    private sealed class Heard(Action<ReportProgress> hear) : IProgress<ReportProgress>
    {
        public void Report(ReportProgress value) => hear(value);
    }

    [GeneratedRegex(" src=\"([^\"]*)\"")]
    private static partial Regex Sources();

    [GeneratedRegex(" href=\"([^\"]*)\"")]
    private static partial Regex Links();
}
