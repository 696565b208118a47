using CnnEngine.Analysis;

namespace CnnEngine.Runs.Report;

/// <summary>What was taken for what: the matrix, or of many classes what is confused most often.</summary>
internal static class ConfusionSection
{
    private const int MostClasses = 40;
    private const int MostRows = 40;

    public static ReportSection? Of(ReportContext context) => context.Evaluation is not { } evaluation ? context.Missing("confusion", "Confusion") : new("confusion", "Confusion", html =>
    {
        string images = context.Data.DataText is { } text ? $" Measured on {text}." : "";
        if (evaluation.Classes.Count <= MostClasses)
        {
            html.Write($"""<p class="about">A row for each class, a column for each guess; the colour is the share of the row.{images}</p>""");
            Matrix(html, context, evaluation);
        }
        else
        {
            html.Write($"""<p class="about">There are {evaluation.Classes.Count} classes, too many for a matrix; these pairs are confused most often.{images}</p>""");
            Pairs(html, context, evaluation);
        }
    });

    private static void Matrix(HtmlWriter html, ReportContext context, Classification evaluation)
    {
        int classes = evaluation.Classes.Count;
        bool isTurned = Enumerable.Range(0, classes).Any(c => context.Data.NameOf(c).Length > 3);
        html.Write($"""
            <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion">
            <thead><tr><th scope="col">class</th>
            """);
        for (int guess = 0; guess < classes; guess++)
            html.Write($"""<th scope="col" class="{(isTurned ? "turned" : "")}"><span>{context.Data.NameOf(guess)}</span></th>""");
        html.Write($"</tr></thead><tbody>");
        for (int truth = 0; truth < classes; truth++)
        {
            html.Write($"""<tr><th scope="row">{context.Data.NameOf(truth)}</th>""");
            for (int guess = 0; guess < classes; guess++)
            {
                int count = evaluation.Confusion(truth, guess);
                double share = (double)count / Math.Max(1, evaluation.Classes[truth].Images);
                string kind = count == 0 ? "zero" : truth == guess ? "right" : "wrong";
                // The root, so that a few mistakes among many can be seen, too.
                html.Write($"""<td class="{kind}" style="--v:{(truth == guess ? share : Math.Sqrt(share)):0.###}">{count}</td>""");
            }
            html.Write($"</tr>");
        }
        html.Write($"</tbody></table></div>");
    }

    private static void Pairs(HtmlWriter html, ReportContext context, Classification evaluation)
    {
        html.Write($"""
            <div class="scroll" tabindex="0" role="region" aria-label="Most frequent confusions"><table class="pairs">
            <thead><tr><th scope="col" class="text">class</th><th scope="col" class="text">taken for</th><th scope="col">images</th><th scope="col">share of the class</th></tr></thead><tbody>
            """);
        foreach ((int truth, int guess, int count) in evaluation.TopConfusions(MostRows))
            html.Write($"""
                <tr><th scope="row" class="text">{context.Data.NameOf(truth)}</th><td class="text">{context.Data.NameOf(guess)}</td><td>{count:#,0}</td>
                <td>{Overview.Percent((double)count / evaluation.Classes[truth].Images)}</td></tr>
                """);
        html.Write($"</tbody></table></div>");
    }
}
