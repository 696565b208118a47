using CnnEngine.Kernels;
using CnnEngine.Layers;

namespace CnnEngine.Interchange.Onnx;

/// <summary>
/// Poolings and up-sampling. Windows that slide are those of ONNX, padded as far as the last one reaches. Where windows differ, or sizes are no
/// multiples, what each output sees is written out axis by axis: as indices to gather, or as the weights of a matrix.
/// </summary>
internal sealed partial class LayerNodes
{
    private const int Rows = 2, Columns = 3; // axes of N×C×H×W

    private void Pooling(PoolingLayer layer)
    {
        PoolShape shape = layer.Geometry(Input);
        switch (layer)
        {
            case GlobalMaxPool2d: Add("GlobalMaxPool", null, [X]); break;
            case GlobalMeanPool2d: Add("GlobalAveragePool", null, [X]); break;
            case GlobalSumPool2d: Add("Mul", null, [Add("GlobalAveragePool", "mean", [X]), Floats("area", [shape.H * shape.W])]); break;
            case MaxPoolingLayer: Maxima(shape, null); break;
            case SumPool2d: Add("Mul", null, [Means(shape, "mean", countPadding: true), Floats("area", [shape.Window.Height * shape.Window.Width])]); break;
            case MeanPool2d { CountPadding: true } when Divisors(shape) is { } divisors:
                Add("Mul", null, [Means(shape, "mean", countPadding: true), Floats("share", divisors, 1, 1, shape.OutputHeight, shape.OutputWidth)]);
                break;
            case MeanPool2d mean: Means(shape, null, mean.CountPadding); break;
            case AdaptiveMeanPool2d when Differ(shape): Products(Shares(RowsOf(shape)), Shares(ColumnsOf(shape))); break;
            default: Means(shape, null, countPadding: false); break;
        }
    }

    /// <summary>Level after level, each of them channel by channel.</summary>
    private void Pyramid(SpatialPyramidPool layer)
    {
        List<string> levels = [];
        foreach (int level in layer.Levels)
        {
            string maxima = Maxima(PoolShape.Pyramid(1, Input[0], Image, level), $"level{level}");
            levels.Add(Add("Flatten", $"features{level}", [maxima], OnnxGraph.Attribute("axis", 1L)));
        }
        Add("Concat", null, [.. levels], OnnxGraph.Attribute("axis", 1L));
    }

    private string Maxima(in PoolShape shape, string? part)
    {
        if (!Differ(shape)) return Add("MaxPool", part, [X], [.. Attributes(shape)]);
        string within = part is null ? "" : $"{part}/";
        string rows = MaximaAlong(Rows, X, Windows(RowsOf(shape)), $"{within}rows", $"{within}row_maxima");
        return MaximaAlong(Columns, rows, Windows(ColumnsOf(shape)), $"{within}columns", part);
    }

    /// <summary>The maxima of windows along an axis: short ones hold their last pixel several times.</summary>
    private string MaximaAlong(int axis, string from, (int First, int End)[] windows, string part, string? maxima)
    {
        int length = windows.Max(window => window.End - window.First);
        long[] indices = [.. windows.SelectMany(window => Enumerable.Range(window.First, length).Select(i => (long)Math.Min(i, window.End - 1)))];
        string gathered = Add("Gather", part, [from, graph.Integers($"{place.Name}/{part}_indices", indices, [windows.Length, length])], OnnxGraph.Attribute("axis", (long)axis));
        return Add("ReduceMax", maxima, [gathered], OnnxGraph.Attribute("axes", [axis + 1]), OnnxGraph.Attribute("keepdims", 0L));
    }

    private string Means(in PoolShape shape, string? part, bool countPadding) =>
        Add("AveragePool", part, [X], [.. Attributes(shape), OnnxGraph.Attribute("count_include_pad", countPadding ? 1L : 0L)]);

    /// <summary>
    /// In ceil mode what lies beyond the padding does not count: by what a mean over whole windows is to be multiplied; null if no window
    /// reaches so far.
    /// </summary>
    private static float[]? Divisors(in PoolShape shape)
    {
        (Size2 window, Padding padding) = (shape.Window, shape.Padding);
        float[] rows = Along(shape.OutputHeight, window.Height, shape.Stride.Height, shape.H + padding.Top + padding.Bottom);
        float[] columns = Along(shape.OutputWidth, window.Width, shape.Stride.Width, shape.W + padding.Left + padding.Right);
        return rows[^1] == 1 && columns[^1] == 1 ? null : [.. from row in rows from column in columns select row * column];

        static float[] Along(int outputs, int window, int stride, int size) =>
            [.. Enumerable.Range(0, outputs).Select(i => (float)window / Math.Min(window, size - (i * stride)))];
    }

    private void Enlarged(Upsample layer)
    {
        bool isWhole = Output[1] % Input[1] == 0 && Output[2] % Input[2] == 0, isBilinear = layer.Interpolation == Interpolation.Bilinear;
        if (isWhole)
        {
            Add(
                "Resize", null, [X, "", Floats("scales", [1, 1, Output[1] / Input[1], Output[2] / Input[2]], 4)],
                OnnxGraph.Attribute("mode", isBilinear ? "linear" : "nearest"),
                OnnxGraph.Attribute("coordinate_transformation_mode", isBilinear ? "half_pixel" : "asymmetric"),
                OnnxGraph.Attribute("nearest_mode", "floor"));
        }
        else if (isBilinear)
        {
            Products(Interpolated(Input[1], Output[1]), Interpolated(Input[2], Output[2]));
        }
        else
        {
            string rows = Add("Gather", "rows", [X, Integers("row_indices", Nearest(Input[1], Output[1]))], OnnxGraph.Attribute("axis", (long)Rows));
            Add("Gather", null, [rows, Integers("column_indices", Nearest(Input[2], Output[2]))], OnnxGraph.Attribute("axis", (long)Columns));
        }

        static long[] Nearest(int size, int outputs) => [.. Enumerable.Range(0, outputs).Select(i => (long)i * size / outputs)];
    }

    /// <summary><c>rows · x · columnsᵀ</c> for every channel.</summary>
    private void Products(float[,] rows, float[,] columns)
    {
        string left = Floats("row_weights", Row(rows), rows.GetLength(0), rows.GetLength(1));
        string right = Floats("column_weights", Row(Transpose(columns)), columns.GetLength(1), columns.GetLength(0));
        Add("MatMul", null, [Add("MatMul", "rows", [left, X]), right]);

        static float[] Row(float[,] matrix) => [.. matrix.Cast<float>()];
    }

    /// <summary>As <see cref="Interpolation.Bilinear"/> says.</summary>
    private static float[,] Interpolated(int size, int outputs)
    {
        float[,] weights = new float[outputs, size];
        for (int i = 0; i < outputs; i++)
        {
            double at = Math.Max(((i + 0.5) * size / outputs) - 0.5, 0);
            int low = (int)at;
            weights[i, low] += (float)(1 - (at - low));
            weights[i, Math.Min(low + 1, size - 1)] += (float)(at - low);
        }
        return weights;
    }

    /// <summary>A mean over each window.</summary>
    private static float[,] Shares(AxisWindows axis)
    {
        (int First, int End)[] windows = Windows(axis);
        float[,] weights = new float[windows.Length, axis.Size];
        for (int i = 0; i < windows.Length; i++)
            for (int at = windows[i].First; at < windows[i].End; at++) weights[i, at] = 1f / (windows[i].End - windows[i].First);
        return weights;
    }

    private static float[,] Transpose(float[,] matrix)
    {
        float[,] transposed = new float[matrix.GetLength(1), matrix.GetLength(0)];
        for (int i = 0; i < matrix.GetLength(0); i++)
            for (int j = 0; j < matrix.GetLength(1); j++) transposed[j, i] = matrix[i, j];
        return transposed;
    }

    /// <summary>Whether windows are of several sizes along an axis.</summary>
    private static bool Differ(in PoolShape shape) => shape.Stride.Height == 0 || shape.Stride.Width == 0;

    private readonly record struct AxisWindows(int Size, int Outputs, int Window, int Stride);

    private static AxisWindows RowsOf(in PoolShape shape) => new(shape.H, shape.OutputHeight, shape.Window.Height, shape.Stride.Height);

    private static AxisWindows ColumnsOf(in PoolShape shape) => new(shape.W, shape.OutputWidth, shape.Window.Width, shape.Stride.Width);

    /// <summary>The windows of an axis without padding: adaptive ones if there is no stride.</summary>
    private static (int First, int End)[] Windows(AxisWindows axis) =>
    [
        .. Enumerable.Range(0, axis.Outputs).Select(i => axis.Stride > 0
            ? (i * axis.Stride, (i * axis.Stride) + axis.Window)
            : (i * axis.Size / axis.Outputs, (((i + 1) * axis.Size) + axis.Outputs - 1) / axis.Outputs)),
    ];

    // As much padding at the end as the last window reaches into: neither floor nor ceil mode is left to be decided.
    private static IEnumerable<AttributeProto> Attributes(PoolShape shape)
    {
        long bottom = Reach(shape.OutputHeight, shape.Window.Height, shape.Stride.Height, shape.H + shape.Padding.Top);
        long right = Reach(shape.OutputWidth, shape.Window.Width, shape.Stride.Width, shape.W + shape.Padding.Left);
        return
        [
            OnnxGraph.Attribute("kernel_shape", [shape.Window.Height, shape.Window.Width]),
            OnnxGraph.Attribute("strides", [shape.Stride.Height, shape.Stride.Width]),
            OnnxGraph.Attribute("pads", [shape.Padding.Top, shape.Padding.Left, bottom, right]),
        ];

        static long Reach(int outputs, int window, int stride, int size) => Math.Max(0, ((outputs - 1) * stride) + window - size);
    }
}
