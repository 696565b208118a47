using System.Text.Json.Serialization;

namespace CnnEngine.Bench.Compare;

/// <summary>What the command line asked for.</summary>
/// <param name="Contests">The groups to run.</param>
/// <param name="Rounds">Turns of each side in each row, or null for as many as each contest likes.</param>
/// <param name="Data">MNIST's folder, or null to look in the usual places.</param>
/// <param name="Json">Where to write the rows, or null.</param>
/// <param name="Markdown">Where to write the tables, or null.</param>
internal sealed record CompareSettings(IReadOnlyList<Contest> Contests, int? Rounds, string? Data, string? Json, string? Markdown);

/// <summary>One line of a comparison, measured.</summary>
/// <param name="Row">The size's name.</param>
/// <param name="Pass">What was computed.</param>
/// <param name="Threads">On how many threads the project ran.</param>
/// <param name="Ours">The project's figure, best of all rounds.</param>
/// <param name="Peer">The peer's, likewise.</param>
/// <param name="Unit">What both are in.</param>
/// <param name="Ratio">Above 1 where the project is faster.</param>
internal sealed record CompareRow(
    [property: JsonPropertyName("row")] string Row,
    [property: JsonPropertyName("pass")] string Pass,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("ours")] double Ours,
    [property: JsonPropertyName("peer")] double Peer,
    [property: JsonPropertyName("unit")] string Unit,
    [property: JsonPropertyName("ratio")] double Ratio);
