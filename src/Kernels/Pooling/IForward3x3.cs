namespace CnnEngine.Kernels;

/// <summary>How rows of 3×3 windows by 2 (<see cref="Windows3x3"/>) are pooled.</summary>
internal unsafe interface IForward3x3<V> where V : unmanaged
{
    /// <summary>How far pixels are read beyond the end of the planes, at most.</summary>
    int Reach { get; }

    /// <summary>How far beyond its end a row of results is written.</summary>
    int Overrun { get; }

    /// <summary>The first pixel that the windows of a row, and of those done with it, see, counted from the planes' first.</summary>
    int Begin(int row);

    /// <summary>How far the windows of a row, and of those done with it, read, counted likewise.</summary>
    int End(int row);

    /// <summary>Pools some rows of windows, those of one plane behind those of the one before.</summary>
    /// <param name="firstRow">The first of them.</param>
    /// <param name="endRow">The row behind the last.</param>
    /// <param name="x">The planes.</param>
    /// <param name="y">Receives results from the first row on.</param>
    /// <param name="argMax">Receives places of maxima.</param>
    /// <param name="memory">Where results go on to past the caches in whole lines, or null.</param>
    /// <param name="memoryAt">The same for places.</param>
    /// <returns>Whether the reduction is to be trusted.</returns>
    bool Rows<TReduction, TColumns>(int firstRow, int endRow, float* x, float* y, float* argMax, float* memory, float* memoryAt)
        where TReduction : struct, IReduction<V>
        where TColumns : struct, IColumns;
}
