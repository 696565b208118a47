namespace CnnEngine.Kernels.Tests;

/// <summary>The odd shapes that every pooling is tested on.</summary>
internal static class PoolCases
{
    private static readonly Dictionary<string, PoolShape> Shapes = new()
    {
        ["LeNet, 2×2 by 2"] = new(2, 6, 28, 2, 2),
        ["2×2 by 2, odd image"] = new(3, 7, (7, 9), 2, 2),
        ["2×2 by 2, two rows"] = new(1, 2, (2, 11), 2, 2),
        ["2×2 by 2, odd rows"] = new(2, 10, (5, 4), 2, 2),
        ["2×2 by 2, three rows of two"] = new(5, 7, (3, 2), 2, 2),
        ["2×2 by 2, one window a plane"] = new(3, 11, 2, 2, 2),
        ["2×2 by 2, wide"] = new(2, 3, (4, 71), 2, 2),
        ["2×2 by 2, wide with odd rows"] = new(2, 9, (5, 42), 2, 2),
        ["2×2 by 2, all odd"] = new(2, 9, (3, 27), 2, 2),
        ["2×2 by 2, exact vectors"] = new(1, 3, (6, 64), 2, 2),
        ["2×2 by 2, padded"] = new(2, 3, (6, 7), 2, 2, 1),
        ["overlapping, 3×3 by 2"] = new(2, 5, (13, 11), 3, 2),
        ["overlapping, 3×3 by 1"] = new(2, 3, (6, 8), 3, 1, 1),
        ["rectangular window"] = new(2, 3, (8, 9), (2, 3), (2, 3)),
        ["rectangular window and stride, padded"] = new(2, 2, (9, 10), (4, 3), (3, 1), new(1, 2, 0, 2)),
        ["stride larger than window"] = new(2, 3, (10, 11), 2, (3, 4)),
        ["window as large as image"] = new(3, 9, (5, 4), (5, 4), 1),
        ["window 1×1"] = new(2, 3, (4, 5), 1, 1),
        ["window 1×1 by 2"] = new(2, 3, (4, 5), 1, 2),
        ["same"] = new(2, 3, (7, 8), (2, 3), 2, Padding.Same),
        ["same by 1, even window"] = new(2, 3, (5, 6), 4, 1, Padding.Same),
        ["single pixel"] = new(2, 3, 1, 1, 1),
        ["single pixel, padded"] = new(2, 3, 1, 2, 1, 1),
        ["17 planes"] = new(1, 17, (4, 6), 2, 2),
        ["many planes"] = new(5, 13, (3, 5), (3, 2), (1, 2)),
        ["AlexNet, 3×3 by 2, wide"] = new(2, 3, (7, 75), 3, 2),
        ["ResNet, 3×3 by 2, padded"] = new(2, 3, (12, 70), 3, 2, 1),
        ["3×3 by 2, last row and column in no window"] = new(2, 3, (8, 66), 3, 2),
        ["3×3 by 2, padded, odd image"] = new(2, 5, (9, 37), 3, 2, 1),
        ["3×3 by 2, padded above"] = new(2, 3, (8, 41), 3, 2, new(1, 0, 0, 0)),
        ["3×3 by 2, padded on the left"] = new(2, 3, (7, 42), 3, 2, new(0, 0, 1, 0)),
        ["3×3 by 2, padded behind"] = new(2, 3, (8, 42), 3, 2, new(0, 1, 0, 1)),
        ["3×3 by 2, padded by two"] = new(2, 3, (8, 42), 3, 2, 2),
        ["3×3 by 2, padded, rows of whole vectors"] = new(1, 3, (7, 64), 3, 2, 1),
        ["3×3 by 2, one row of windows"] = new(2, 3, (3, 75), 3, 2),
        ["3×3 by 2, one column of windows"] = new(2, 3, (9, 3), 3, 2),
        ["3×3 by 2, one window"] = new(3, 5, 3, 3, 2),
        ["3×3 by 2, one padded pixel"] = new(3, 7, 1, 3, 2, 1),
        ["Inception, 3×3 by 1, wide"] = new(2, 3, (5, 35), 3, 1, 1),
        ["4×4 by 2, wide"] = new(1, 3, (9, 42), 4, 2, new(0, 3, 3, 1)),
        ["2×5 by 1"] = new(3, 3, (4, 19), (2, 5), 1, new(1, 0, 4, 4)),
        ["3×3 by 3, wide"] = new(2, 3, (7, 56), 3, 3),
        ["4×3 by 1×2, rows of more than two vectors"] = new(1, 2, (6, 83), (4, 3), (1, 2), new(0, 3, 2, 0)),
        ["ceil mode, 3×3 by 2"] = new(2, 5, (12, 42), 3, 2, ceilMode: true),
        ["ceil mode, 2×2 by 2, odd image"] = new(2, 7, (5, 37), 2, 2, ceilMode: true),
        ["ceil mode, padded"] = new(2, 3, (9, 10), (4, 3), (3, 2), new(1, 2, 0, 2), ceilMode: true),
        ["ceil mode, stride larger than window"] = new(2, 3, (11, 9), 2, (3, 4), 1, ceilMode: true),
        ["ceil mode, window larger than image"] = new(2, 3, (2, 4), 3, 2, ceilMode: true),
        ["global"] = PoolShape.Adaptive(3, 5, (7, 6), 1),
        ["global, wide"] = PoolShape.Adaptive(2, 3, (3, 43), 1),
        ["adaptive"] = PoolShape.Adaptive(2, 3, (7, 9), (3, 4)),
        ["pyramid"] = PoolShape.Pyramid(2, 3, (13, 11), 4),
        ["adaptive, rows only"] = PoolShape.Adaptive(2, 3, (7, 40), (5, 20)),
        ["adaptive, more outputs than pixels"] = PoolShape.Adaptive(3, 2, (3, 5), (7, 6)),
        ["one column"] = new(2, 3, (9, 1), (3, 1), (2, 1)),
    };

    public static IEnumerable<string> Names => Shapes.Keys;

    /// <summary>The same as the rows of a theory.</summary>
    public static TheoryData<string> All { get; } = new(Shapes.Keys);

    public static PoolShape Shape(string name) => Shapes[name];

    /// <summary>Windows by 2 on images of all widths up to beyond two vectors, with and without padding and in ceil mode.</summary>
    public static IEnumerable<PoolShape> OfAllWidths(int window) =>
        from width in Enumerable.Range(1, 40)
        from height in Enumerable.Range(1, 5)
        from padding in Enumerable.Range(0, 2)
        from beyond in Enumerable.Range(0, 2)
        where Math.Min(height, width) + (2 * padding) + beyond >= window
        from planes in Enumerable.Range(1, 2)
        select new PoolShape(1, planes, (height, width), window, 2, padding, ceilMode: beyond > 0);
}
