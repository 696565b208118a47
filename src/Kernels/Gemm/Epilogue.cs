using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// What becomes of a product's sums as they leave the registers: <c>C[i, j] = σ(sum + b[i])</c>, into the caches or past them. Bias and
/// activation would otherwise read C and write it once more, and memory would be read before it is written (64 → 256 channels at 56×56,
/// 1×1 filters: 1.09 times as fast as writing C past the caches from a tile in the first level).
/// </summary>
internal readonly unsafe struct Epilogue
{
    private readonly float* _bias;
    private readonly ActivationKind _kind;
    private readonly float _slope;
    private readonly bool _isStreaming;

    /// <param name="bias">b, a number for each row, or null.</param>
    /// <param name="activation">σ; what is not linear by parts is left out.</param>
    /// <param name="isStreaming">
    /// Whether to write past the caches, for results too large for them. C's rows are then aligned to vectors, and the caller has to put a
    /// memory barrier behind the product.
    /// </param>
    public Epilogue(float* bias, Activation activation, bool isStreaming)
    {
        _bias = bias;
        _kind = activation.IsLinearByParts ? activation.Kind : ActivationKind.Identity;
        _slope = activation.Slope;
        _isStreaming = isStreaming;
    }

    private Epilogue(in Epilogue all, int row, bool isAligned)
    {
        this = all;
        _bias = all._bias == null ? null : all._bias + row;
        _isStreaming = all._isStreaming && isAligned;
    }

    /// <summary>The same for the rows from this one on; past the caches only if <paramref name="isAligned"/>, that is, if a tile's rows are.</summary>
    public Epilogue From(int row, bool isAligned) => new(this, row, isAligned);

    /// <summary>Writes a vector or, if <typeparamref name="W"/> is two, a pair of row <paramref name="row"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<S, V, W>(int row, float* c, V left, V right)
        where S : struct, ISimd<V>
        where V : unmanaged
        where W : struct, IConstant
    {
        V bias = _bias == null ? S.Zero : S.Broadcast(_bias[row]);
        left = S.Add(left, bias);
        if (W.Value > 1) right = S.Add(right, bias);
        if (_kind != ActivationKind.Identity)
        {
            bool isRelu = _kind == ActivationKind.Relu; // 0 · −∞ is not 0
            V slope = S.Broadcast(_slope);
            left = S.WhereNegative(left, isRelu ? S.Zero : S.Multiply(slope, left), left);
            if (W.Value > 1) right = S.WhereNegative(right, isRelu ? S.Zero : S.Multiply(slope, right), right);
        }
        if (_isStreaming)
        {
            S.StoreStreaming(c, left);
            if (W.Value > 1) S.StoreStreaming(c + S.Lanes, right);
        }
        else
        {
            S.Store(c, left);
            if (W.Value > 1) S.Store(c + S.Lanes, right);
        }
    }
}
