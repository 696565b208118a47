using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace CnnEngine.Runs.Report;

/// <summary>Text that is HTML already.</summary>
internal readonly record struct Markup(string Text);

/// <summary>
/// Writes HTML. What stands in the code goes in as it is; what is filled into the braces is text and is escaped, so that no name in the data can
/// become part of the page.
/// </summary>
internal sealed class HtmlWriter
{
    private readonly StringBuilder _page = new();

    public void Write([InterpolatedStringHandlerArgument("")] ref Filled html) => _page.Append('\n');

    public override string ToString() => _page.ToString();

    /// <summary>Writes an interpolated string as it is put together.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct Filled
    {
        private readonly StringBuilder _page;

        public Filled(int literalLength, int formattedCount, HtmlWriter writer)
        {
            _page = writer._page;
            _page.EnsureCapacity(_page.Length + literalLength + (16 * formattedCount));
        }

        public void AppendLiteral(string html) => _page.Append(html);

        public void AppendFormatted(Markup html) => _page.Append(html.Text);

        public void AppendFormatted<T>(T value, string? format = null) =>
            _page.Append(WebUtility.HtmlEncode(value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value?.ToString()));
    }
}
