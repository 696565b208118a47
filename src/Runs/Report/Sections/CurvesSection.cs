using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CnnEngine.Runs.Report;

/// <summary>Loss, accuracy and learning rate, epoch by epoch: as charts and as a table.</summary>
internal static class CurvesSection
{
    private const int MostPoints = 2000;
    private const int MostRows = 100;

    private static readonly Chart[] Charts =
    [
        new("loss", "Loss", "", [("training", epoch => epoch.TrainLoss), ("held-out images", epoch => epoch.ValidationLoss)]),
        new("accuracy", "Accuracy", "%", [("training", epoch => epoch.TrainAccuracy), ("held-out images", epoch => epoch.ValidationAccuracy)]),
        new("rate", "Learning rate", "", [("learning rate", epoch => epoch.LearningRate)]),
    ];

    public static ReportSection? Of(ReportContext context)
    {
        IReadOnlyList<MetricsLine> epochs = context.Data.Epochs;
        return epochs.Count == 0 ? null : new("curves", "Training", html =>
        {
            html.Write($"""
                <p class="about">Losses and accuracies of the training images are counted before each step's update, so that in early epochs the network does better at an epoch's end than its numbers say.</p>
                <div class="charts">
                """);
            foreach (Chart chart in Charts)
                html.Write($"""<figure><h3>{chart.Title}</h3><div class="chart" data-chart="{chart.Id}" role="img" aria-label="{chart.Describe(epochs)}"></div></figure>""");
            html.Write($"</div>");
            Table(html, epochs);
        });
    }

    /// <summary>The numbers of the charts, in a form that can stand in a script element: &lt; is written as an escape.</summary>
    public static Markup Json(IReadOnlyList<MetricsLine> epochs)
    {
        epochs = Thin(epochs, MostPoints);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            Numbers(json, "epochs", epochs.Select(epoch => (double?)epoch.Epoch));
            json.WriteStartObject("charts");
            foreach (Chart chart in Charts)
            {
                json.WriteStartObject(chart.Id);
                json.WriteString("unit", chart.Unit);
                json.WriteStartArray("series");
                foreach ((string label, Func<MetricsLine, double?> value) in chart.SeriesOf(epochs))
                {
                    json.WriteStartObject();
                    json.WriteString("label", label);
                    Numbers(json, "values", epochs.Select(value));
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return new Markup(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<double?> numbers)
    {
        json.WriteStartArray(name);
        foreach (double? number in numbers)
            if (number is { } value && double.IsFinite(value)) json.WriteNumberValue(value);
            else json.WriteNullValue();
        json.WriteEndArray();
    }

    private static void Table(HtmlWriter html, IReadOnlyList<MetricsLine> epochs)
    {
        IReadOnlyList<MetricsLine> rows = Thin(epochs, MostRows);
        html.Write($"""
            <details><summary>The numbers as a table{(rows.Count < epochs.Count ? $", {rows.Count} of {epochs.Count} epochs" : "")}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="Epochs"><table class="wide epochs">
            <thead><tr><th scope="col">epoch</th><th scope="col">training loss</th><th scope="col">held-out loss</th><th scope="col">training accuracy</th>
            <th scope="col">held-out accuracy</th><th scope="col">learning rate</th><th scope="col">images/s</th></tr></thead>
            <tbody>
            """);
        foreach (MetricsLine epoch in rows)
            html.Write($"""
                <tr><th scope="row">{epoch.Epoch}</th><td>{epoch.TrainLoss:0.0000}</td><td>{epoch.ValidationLoss:0.0000}</td><td>{Overview.Percent(epoch.TrainAccuracy)}</td>
                <td>{(epoch.ValidationAccuracy is { } accuracy ? Overview.Percent(accuracy) : "")}</td><td>{epoch.LearningRate:0.######}</td><td>{epoch.ImagesPerSecond:#,0}</td></tr>
                """);
        html.Write($"</tbody></table></div></details>");
    }

    /// <summary>Epochs spread evenly, the last one among them.</summary>
    private static IReadOnlyList<MetricsLine> Thin(IReadOnlyList<MetricsLine> epochs, int most)
    {
        int step = (epochs.Count + most - 1) / most;
        return step <= 1 ? epochs : [.. epochs.Where((_, i) => (epochs.Count - 1 - i) % step == 0)];
    }

    private sealed record Chart(string Id, string Title, string Unit, (string Label, Func<MetricsLine, double?> Value)[] Series)
    {
        public IEnumerable<(string Label, Func<MetricsLine, double?> Value)> SeriesOf(IReadOnlyList<MetricsLine> epochs) =>
            Series.Where(series => epochs.Any(epoch => series.Value(epoch) is not null));

        /// <summary>For those who do not see it: where each line begins and ends.</summary>
        public string Describe(IReadOnlyList<MetricsLine> epochs) =>
            $"{Title} over {epochs.Count} epochs: {string.Join("; ", SeriesOf(epochs).Select(series => $"{series.Label} from {Show(series.Value(epochs[0]))} to {Show(series.Value(epochs[^1]))}"))}";

        private string Show(double? value) => value is not { } number ? "nothing" : Unit == "%" ? Overview.Percent(number) : number.ToString("0.####", CultureInfo.InvariantCulture);
    }
}
