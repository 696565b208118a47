namespace CnnEngine.Kernels;

/// <summary>
/// A matrix in memory: element (i, j) is <c>Data[i·RowStride + j·ColumnStride]</c>. A transpose is the same memory with the
/// strides exchanged.
/// </summary>
internal readonly unsafe struct MatrixView
{
    public MatrixView(float* data, nint rowStride, nint columnStride = 1)
    {
        Data = data;
        RowStride = rowStride;
        ColumnStride = columnStride;
    }

    public float* Data { get; }

    public nint RowStride { get; }

    public nint ColumnStride { get; }

    public MatrixView Transposed => new(Data, ColumnStride, RowStride);

    public MatrixView At(int row, int column) => new(Data + (row * RowStride) + (column * ColumnStride), RowStride, ColumnStride);
}
