using Microsoft.Playwright;

namespace CnnEngine.Cli.Tests.Runs;

/// <summary>A test that opens pages in Chromium: it runs where there is one, by the variable CHROMIUM or where Debian has it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChromiumTheoryAttribute : TheoryAttribute
{
    public ChromiumTheoryAttribute() => Skip = File.Exists(Path) ? null : $"there is no Chromium: {Path}";

    public static string Path => Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium";
}

/// <summary>The report as one sees it.</summary>
[Trait("Category", "Slow")]
public class ReportInBrowserTests(ReportFixture report) : IClassFixture<ReportFixture>
{
    [ChromiumTheory]
    [InlineData(1200, false)]
    [InlineData(400, true)]
    public async Task Everything_is_there_and_visible(int width, bool dark)
    {
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = ChromiumTheoryAttribute.Path,
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        IPage page = await browser.NewPageAsync(new BrowserNewPageOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
        });
        List<string> faults = [];
        page.Console += (_, message) => faults.Add($"console {message.Type}: {message.Text}");
        page.PageError += (_, error) => faults.Add($"error: {error}");
        page.RequestFailed += (_, request) => faults.Add($"failed: {request.Url}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) faults.Add($"request: {request.Url}");
        };
        page.Dialog += (_, dialog) => faults.Add($"dialog: {dialog.Message}");

        await page.GotoAsync(new Uri(report.Path).AbsoluteUri);

        Assert.Equal("patterns <i>&", await page.TitleAsync());
        string[] sections = ["findings", "curves", "confusion", "classes", "mistakes", "attention", "filters", "features", "model", "configuration"];
        foreach (string section in sections) Assert.True(await page.Locator($"section#{section} h2").IsVisibleAsync(), section);
        Assert.Equal(sections.Length, await Count("nav a"));
        foreach (string landmark in new[] { "header h1", "nav", "main", "footer" }) Assert.Equal(1, await Count(landmark));

        // Charts have been drawn: canvases with pixels that are not all the same.
        Assert.Equal(3, await Count(".chart canvas"));
        int[] drawn = await page.EvaluateAsync<int[]>("""
            () => [...document.querySelectorAll(".chart canvas")].map(canvas => {
              if (canvas.getBoundingClientRect().width < 200) return 0;
              const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
              return new Set(pixels).size;
            })
            """);
        Assert.All(drawn, colors => Assert.True(colors > 10, $"{colors} colours"));

        // Every picture has pixels and words for those who do not see it.
        string[] pictures = await page.EvaluateAsync<string[]>("() => [...document.images].filter(i => !i.complete || i.naturalWidth < 1 || !i.alt || i.getBoundingClientRect().width < 10).map(i => i.outerHTML)");
        Assert.Empty(pictures);
        Assert.True(await Count("#mistakes img") > 3);
        Assert.Equal(4 * 3, await Count("#attention img"));
        Assert.Equal(8, await Count("#filters img"));
        Assert.True(await Count("#features img") > 16);

        Assert.Equal(4, await Count("table.confusion tbody tr"));
        Assert.Equal(report.Data.Data!.Count, (await page.Locator("table.confusion tbody td").AllInnerTextsAsync()).Sum(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(4, await Count("table.classes tbody tr"));
        Assert.Equal(4, await Count("table.layers tbody tr"));
        Assert.Equal(0, await Count("table:not([role=presentation], :has(th[scope=col]))"));
        await page.Locator("#curves summary").ClickAsync();
        Assert.Equal(3, await Count("table.epochs tbody tr"));
        Assert.Contains(ReportFixture.Names[1], await page.Locator("table.confusion").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(["Problem", "Note"], await page.Locator(".findings .kind").AllInnerTextsAsync());

        // Only tables scroll sideways, not the page.
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth") <= width);
        string[] faint = await page.EvaluateAsync<string[]>(Contrast);
        Assert.Empty(faint);
        Assert.Empty(faults);

        Task<int> Count(string selector) => page.Locator(selector).CountAsync();
    }

    // Text whose colour is too near to what is behind it (WCAG 2.2, 1.4.3: 4.5 to 1).
    private const string Contrast = """
        () => {
          const parse = text => { const n = text.match(/[\d.]+/g).map(Number); return [n[0], n[1], n[2], n.length > 3 ? n[3] : 1]; };
          const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3]));
          const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ground = e => { if (!e) return [255, 255, 255]; const c = parse(getComputedStyle(e).backgroundColor); return c[3] === 1 ? c.slice(0, 3) : over(c, ground(e.parentElement)); };
          const found = [];
          for (const e of document.querySelectorAll("body *")) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility() || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
            const back = ground(e), a = light(over(parse(getComputedStyle(e).color), back)), b = light(back);
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`);
          }
          return found;
        }
        """;
}
