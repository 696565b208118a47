using CnnEngine.Analysis;

namespace CnnEngine.Runs.Report;

/// <summary>The mistakes that the network was surest of, with their pictures.</summary>
internal static class MistakesSection
{
    public static ReportSection? Of(ReportContext context) => context.Evaluation is not { } evaluation ? context.Missing("mistakes", "Mistakes") : new("mistakes", "Mistakes", html =>
    {
        if (evaluation.Mistakes.Count == 0)
        {
            html.Write($"<p>No image was misclassified.</p>");
            return;
        }
        html.Write($"""
            <p class="about">The mistakes that the network was surest of: odd images, wrong labels, or what it has not learnt yet.</p>
            <ul class="tiles">
            """);
        foreach (WrongGuess mistake in evaluation.Mistakes)
        {
            (string label, string guess) = (context.Data.NameOf(mistake.Label), context.Data.NameOf(mistake.Guess));
            Markup source = ReportPictures.Source(context.Show(context.Read(mistake.Index, out _).Span));
            html.Write($"""
                <li><figure><img src="{source}" alt="Image {mistake.Index}: {label}, taken for {guess}">
                <figcaption><strong>{label}</strong> taken for <strong>{guess}</strong>, {100 * mistake.Confidence:0.0}&nbsp;% sure</figcaption></figure></li>
                """);
        }
        html.Write($"</ul>");
    });
}
