namespace CnnEngine.Kernels;

/// <summary>
/// One of Winograd's minimal filterings F(m×m, 3×3): m×m outputs of a 3×3 filter from (m+2)×(m+2) inputs with as many
/// multiplications. Along one axis it is F(m, 3), <c>y = Aᵀ[(G g) ⊙ (Bᵀ d)]</c>; both axes have the same matrices (A. Lavin and
/// S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016).
/// </summary>
/// <remarks>
/// A witness, as <see cref="ISimd{V}"/> is one: what is written once as <c>Run&lt;F, S, V&gt;</c> is compiled for each tile, and
/// its sizes are constants there. Each transform is of one axis, in every lane of vectors that lie a step apart.
/// </remarks>
internal unsafe interface IWinogradTile
{
    /// <summary>m, the outputs of a tile along one axis.</summary>
    static abstract int Tile { get; }

    /// <summary>m + 2, the inputs of a tile along one axis, and its multiplications.</summary>
    static abstract int Inputs { get; }

    /// <summary>The multiplications of a tile: as many independent matrix products make up a convolution.</summary>
    static abstract int Products { get; }

    /// <summary>Whether the transforms are exact on small whole numbers.</summary>
    static abstract bool IsExact { get; }

    /// <summary>What results may err, relatively, in the L2 norm.</summary>
    static abstract double ErrorBound { get; }

    /// <summary>
    /// Measured: what a transform takes in the time of multiply-adds, for each tile and channel of the input, each tile and channel of
    /// the output (or δ), and each filter and channel.
    /// </summary>
    static abstract (double OfInput, double OfOutput, double OfFilter) Costs(ConvPass pass);

    /// <summary><c>Bᵀ d</c>, from m + 2 inputs to as many.</summary>
    static abstract void Input<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged;

    /// <summary>
    /// The same of tiles side by side, one a lane: from m columns each at <paramref name="first"/>, of which the next m, of which
    /// two count, lie at <paramref name="later"/>, to vectors side by side.
    /// </summary>
    static abstract void InputOfRow<S, V>(float* first, float* later, float* to) where S : struct, ISimd<V> where V : unmanaged;

    /// <summary><c>Aᵀ m</c>, from m + 2 products to m outputs.</summary>
    static abstract void Output<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged;

    /// <summary>
    /// <c>σ(Aᵀ m + b)</c> (<see cref="WinogradOutput.Finish"/>) of tiles one a lane, from vectors side by side to tiles side by side.
    /// </summary>
    static abstract void OutputOfRow<S, V>(float* from, V bias, V least, V slope, float* to) where S : struct, ISimd<V> where V : unmanaged;

    /// <summary><c>G g</c>, from three taps to m + 2.</summary>
    static abstract void Filter<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged;

    /// <summary><c>A δ</c>, the transpose of <see cref="Output"/>: from m outputs' deltas to m + 2.</summary>
    static abstract void Delta<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged;

    /// <summary><c>Gᵀ z</c>, the transpose of <see cref="Filter"/>: from m + 2 products to three taps.</summary>
    static abstract void FilterGradient<S, V>(float* from, nint step, float* to, nint toStep) where S : struct, ISimd<V> where V : unmanaged;
}
