using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>
/// Spatial pyramid pooling, <c>C×H×W → C·Σn²</c>: the maxima over n×n windows for each level n, one level behind the other in one row of
/// features, whose length does not depend on the image's size. Backward: as max pooling, summed over the levels.
/// </summary>
/// <remarks>
/// K. He, X. Zhang, S. Ren, J. Sun, "Spatial Pyramid Pooling in Deep Convolutional Networks for Visual Recognition", 2014. Windows are
/// theirs, <c>⌈H/n⌉</c> rows every <c>⌊H/n⌋</c>, where these give n; where they do not, adaptive pooling's.
/// </remarks>
public sealed class SpatialPyramidPool : Layer
{
    private readonly int[] _levels;

    /// <summary>Describes a pyramid.</summary>
    /// <param name="levels">n for each level, as in 1, 2, 4.</param>
    /// <exception cref="ArgumentException">There is no level, or one is below 1.</exception>
    public SpatialPyramidPool(params ReadOnlySpan<int> levels)
    {
        if (levels.IsEmpty) throw new ArgumentException("a pyramid has at least one level");
        foreach (int level in levels)
            if (level < 1) throw new ArgumentException($"a level of the pyramid is {level}; it must be at least 1");
        _levels = levels.ToArray();
    }

    /// <summary>n for each level.</summary>
    public IReadOnlyList<int> Levels => _levels;

    /// <inheritdoc/>
    public override string Kind => "spp";

    /// <inheritdoc/>
    public override bool BackwardReadsInput => false;

    /// <inheritdoc/>
    public override bool SupportsChwn => true;

    /// <inheritdoc/>
    public override Shape Plan(LayerPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        (int channels, _, _) = plan.InputImage();
        foreach (int level in _levels) plan.Reserve<int>(checked(channels * level * level));
        return new Shape(checked(channels * _levels.Sum(level => level * level)));
    }

    /// <inheritdoc/>
    public override void Forward(in Step step)
    {
        for (int slot = 0, first = 0; slot < _levels.Length; slot++)
        {
            PoolShape level = Level(slot, step.InputShape());
            int length = level.C * level.OutputPlane;
            if (step.Layout == BatchLayout.Chwn)
                ChwnPooling.MaxForward(level, step.Input(), step.Output[(first * step.Images)..], step.Saved<int>(slot));
            else
                for (int n = 0; n < step.Images; n++)
                    MaxPooling.Forward(level, Image(step, n, step.Input()), step.Output[((n * step.OutputShape.Length) + first)..], step.Saved<int>(slot)[(n * length)..]);
            first += length;
        }
    }

    /// <inheritdoc/>
    public override void Backward(in Step step)
    {
        if (!step.WantsInputGradient()) return;
        Span<float> inputGradient = step.InputGradient();
        inputGradient.Clear();
        int lanes = step.Layout == BatchLayout.Chwn ? step.Images : 1, images = step.Images / lanes;
        for (int slot = 0, first = 0; slot < _levels.Length; slot++)
        {
            PoolShape level = Level(slot, step.InputShape());
            int length = level.C * level.OutputPlane * lanes;
            for (int n = 0; n < images; n++)
                AddBack(level, lanes, step.OutputGradient.Slice((n * step.OutputShape.Length) + first, length), step.Saved<int>(slot).Slice(n * length, length),
                    inputGradient[(n * step.InputShape().Length)..]);
            first += length;
        }
    }

    /// <inheritdoc/>
    public override LayerCost Cost(Shape input, Shape output)
    {
        long looks = 0;
        for (int slot = 0; slot < _levels.Length; slot++)
        {
            PoolShape level = Level(slot, input);
            looks += (long)level.Window.Height * level.Window.Width * level.OutputPlane * level.C;
        }
        return new LayerCost(0, 0, looks);
    }

    /// <inheritdoc/>
    public override string ToString() => $"SpatialPyramidPool({string.Join(", ", _levels)})";

    private PoolShape Level(int slot, Shape input) => PoolShape.Pyramid(1, input[0], (input[1], input[2]), _levels[slot]);

    private static ReadOnlySpan<float> Image(in Step step, int n, ReadOnlySpan<float> images) => images.Slice(n * step.InputShape().Length, step.InputShape().Length);

    // The deltas of all levels meet in one image: few numbers, added one by one.
    private static void AddBack(in PoolShape level, int lanes, ReadOnlySpan<float> deltas, ReadOnlySpan<int> places, Span<float> inputGradient)
    {
        int outputs = level.OutputPlane * lanes;
        for (int c = 0; c < level.C; c++)
        {
            Span<float> plane = inputGradient.Slice(c * level.InputPlane * lanes, level.InputPlane * lanes);
            for (int i = 0; i < outputs; i++) plane[(places[(c * outputs) + i] * lanes) + (i % lanes)] += deltas[(c * outputs) + i];
        }
    }
}
