namespace CnnEngine.Kernels;

/// <summary>
/// Linear interpolation along one axis: output i is <c>(1 − λ)·x[low] + λ·x[high]</c> at the place <c>s = max((i + ½)·size/outputs − ½, 0)</c>, with
/// low = ⌊s⌋, λ = s − low, and high the next pixel, or low itself at the end. The corners of images, not the centres of corner pixels, lie
/// over one another (PyTorch's <c>align_corners=False</c>).
/// </summary>
internal readonly unsafe struct LinearWeights
{
    private readonly int* _low;
    private readonly float* _weights;
    private readonly int _size;

    /// <param name="size">Pixels of the image along the axis.</param>
    /// <param name="outputs">Pixels of the output.</param>
    /// <param name="scratch">Working memory for <see cref="ScratchLength"/> floats.</param>
    public LinearWeights(int size, int outputs, float* scratch)
    {
        _size = size;
        _weights = scratch;
        _low = (int*)(scratch + outputs);
        for (int i = 0; i < outputs; i++)
        {
            double place = Math.Max(((i + 0.5) * size / outputs) - 0.5, 0);
            _low[i] = (int)place;
            _weights[i] = (float)(place - _low[i]);
        }
    }

    public static long ScratchLength(int outputs) => 2L * outputs;

    public int Low(int i) => _low[i];

    public int High(int i) => Math.Min(_low[i] + 1, _size - 1);

    /// <summary>λ.</summary>
    public float Weight(int i) => _weights[i];
}
