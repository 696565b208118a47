using System.Text.Json.Serialization;

namespace CnnEngine.Bench.Quick;

/// <summary>One figure of the quick mode.</summary>
/// <param name="Name">The size's name.</param>
/// <param name="Pass">What was computed.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="Gflops">GFLOP/s, a multiply-add counting as two; null for whole networks.</param>
/// <param name="ImagesPerSecond">Images a second; null for kernels.</param>
/// <param name="PercentOfPeak">Of the multiply-add peak on as many threads, measured next to it; null for ways of loading.</param>
internal sealed record QuickRow(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("pass")] string Pass,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("gflops")] double? Gflops,
    [property: JsonPropertyName("images_per_second")] double? ImagesPerSecond,
    [property: JsonPropertyName("percent_of_peak")] double? PercentOfPeak);
