using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace CnnEngine.Bench.Benchmarks;

/// <summary>GFLOP/s: the arithmetic of the row's size over its mean time.</summary>
internal sealed class GflopsColumn : IColumn
{
    public string Id => nameof(GflopsColumn);

    public string ColumnName => "GFLOP/s";

    public string Legend => "Billions of floating-point operations a second at the mean time; a multiply-add counts as two";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        IMeasuredCase? size = benchmarkCase.Parameters.Items.Select(parameter => parameter.Value).OfType<IMeasuredCase>().FirstOrDefault();
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Mean;
        return size is null || nanoseconds is null ? "NA" : (size.Flops / nanoseconds.Value).ToString("0.0", CultureInfo.InvariantCulture);
    }
}
