using System.Runtime.CompilerServices;

namespace CnnEngine.Kernels;

/// <summary>
/// Convolution of each channel alone (C groups), where there is no sum over channels to fill a register tile with. A channel's
/// padded plane (<see cref="ShiftedImage"/>) stays in the first-level cache, and eight vectors of its outputs are summed up at a
/// time, tap by tap. Along the vector: pixels of a row, or of several rows if they are shorter than a vector.
/// <list type="bullet">
/// <item>Forward: <c>y[k, p] = Σ_t w[k, t] · x[c, offset(t) + p]</c>.</item>
/// <item>Backward input, for stride 1: the same on δ with the filter rotated.</item>
/// <item>Backward filter: <c>∂w[k, t] += Σ_p δ[k, p] · x[c, offset(t) + p]</c>, the dot kernel over all images of a channel.</item>
/// </list>
/// </summary>
internal sealed unsafe class DepthwiseConvolution : ConvAlgorithm
{
    // A chunk has so many multiply-adds that handing it out does not count, and so few that threads share them evenly.
    private const long ChunkMultiplyAdds = 1 << 19;

    // What the planes of a panel of images may take of the second-level cache, in the backward filter pass.
    private const long PanelFloats = 1 << 15;

    private const int FilterChunks = 16;

    public override string Name => "depthwise";

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        shape.GroupChannels == 1 && shape.Groups > 1 && (pass != ConvPass.BackwardInput || shape.Stride == 1)
        && new PlaneSums(OfPass(pass, shape)).Floats < int.MaxValue;

    // A load for every multiply-add, and the copy of the plane.
    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        ConvShape sums = OfPass(pass, shape);
        double idle = new PlaneSums(sums).Positions * (double)Simd.Lanes / sums.OutputPlane;
        return (shape.MultiplyAdds * 3.2 * idle) + ((shape.Stride == 1 ? 8.0 : 16.0) * shape.InputLength) + EachGroup(shape, 4_000);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        if (pass == ConvPass.BackwardFilter) return Bytes(0, FilterFloats(shape), FilterBlocks(shape).Count, threads);
        PlaneSums sums = new(OfPass(pass, shape));
        return Bytes(2 * shape.FilterLength / shape.Groups, sums.Floats, shape.N * ChannelBlocks(shape).Count, threads)
            + (pass == ConvPass.BackwardInput ? sizeof(float) * shape.FilterLength : 0);
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y)
    {
        using Scratch.Lease scratch = Scratch.Take(shape.GroupFilters * shape.Taps);
        int* offsets = (int*)scratch.Data;
        new ShiftedImage(shape, shape.OutputHeight).WriteOffsets(offsets);
        Threads.ForVectors(shape.N * ChannelBlocks(shape).Count, new SumPlanes(shape, ChannelBlocks(shape), x, w, shape.Taps, offsets, bias, activation, y));
    }

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        ConvShape ofDelta = shape.OfDelta();
        ShiftedImage layout = new(ofDelta, ofDelta.OutputHeight);
        int taps = shape.GroupFilters * shape.Taps;
        using Scratch.Lease scratch = Scratch.Take(taps);
        int* offset = (int*)scratch.Data;
        for (int k = 0; k < shape.GroupFilters; k++)
            for (int r = 0; r < shape.R; r++)
                for (int s = 0; s < shape.S; s++)
                    *offset++ = (k * layout.ChannelLength) + layout.TapOffset(ofDelta.R - 1 - (r * shape.Dilation.Height), ofDelta.S - 1 - (s * shape.Dilation.Width));
        Threads.ForVectors(shape.N * ChannelBlocks(shape).Count, new SumPlanes(ofDelta, ChannelBlocks(shape), dy, w, taps, (int*)scratch.Data, null, Activation.Identity, dx));
    }

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias) =>
        Threads.ForVectors(FilterBlocks(shape).Count, new FilterPlanes(shape, x, dy, dw, dbias));

    // The convolution whose outputs are summed up: for the images' gradient that of δ.
    private static ConvShape OfPass(ConvPass pass, in ConvShape shape) => pass == ConvPass.BackwardInput ? shape.OfDelta() : shape;

    private static RowBlocks ChannelBlocks(in ConvShape shape) =>
        new(shape.Groups, (int)Math.Clamp(ChunkMultiplyAdds * shape.Groups * shape.N / shape.MultiplyAdds, 1, shape.Groups));

    private static RowBlocks FilterBlocks(in ConvShape shape) => new(shape.Groups, (shape.Groups + FilterChunks - 1) / FilterChunks);

    private static int ImagesAtOnce(in ConvShape shape, in ShiftedImage layout) =>
        (int)Math.Clamp(PanelFloats / (layout.Length + ((long)shape.GroupFilters * DeltaPixels(shape, layout))), 1, shape.N);

    private static int DeltaPixels(in ConvShape shape, in ShiftedImage layout) => RoundUp(shape.OutputHeight * layout.RowLength, Simd.Lanes);

    private static long FilterFloats(in ConvShape shape)
    {
        ShiftedImage layout = new(shape, shape.OutputHeight);
        return (ImagesAtOnce(shape, layout) * (layout.Length + ((long)shape.GroupFilters * DeltaPixels(shape, layout)))) + ShiftStrips.Slack + layout.RowLength + shape.Taps;
    }

    private static int RoundUp(int length, int multiple) => (length + multiple - 1) / multiple * multiple;

    /// <summary>
    /// The vectors of one plane of outputs: those of its rows, the last of each reaching back over the one before; or if a row is
    /// shorter than a vector, vectors of the whole plane with the layout's idle columns, which are left out afterwards.
    /// </summary>
    private readonly struct PlaneSums
    {
        public const int AtOnce = 8;

        private readonly ConvShape _shape;

        public PlaneSums(in ConvShape shape)
        {
            _shape = shape;
            Layout = new ShiftedImage(shape, shape.OutputHeight);
            IsFlat = shape.OutputWidth < Simd.Lanes;
            PerRow = (shape.OutputWidth + Simd.Lanes - 1) / Simd.Lanes;
            Positions = RoundUp(IsFlat ? (Layout.Pixels + Simd.Lanes - 1) / Simd.Lanes : shape.OutputHeight * PerRow, AtOnce);
        }

        public ShiftedImage Layout { get; }

        public bool IsFlat { get; }

        /// <summary>How many vectors are computed.</summary>
        public int Positions { get; }

        private int PerRow { get; }

        /// <summary>The padded planes of a group and what vectors read beyond, the flat results, and the positions.</summary>
        public long Floats => PlaneFloats + TileFloats + (2 * Positions);

        public long PlaneFloats => Layout.Length + ShiftStrips.Slack + Layout.RowLength;

        public long TileFloats => IsFlat ? (Positions * Simd.Lanes) + ShiftStrips.Slack : 0;

        /// <summary>Where each vector starts in the layout, and where in the results.</summary>
        public void Write(int* from, int* to)
        {
            int count = 0;
            if (IsFlat)
                for (; count * Simd.Lanes < Layout.Pixels; count++) from[count] = to[count] = count * Simd.Lanes;
            else
                for (; count < _shape.OutputHeight * PerRow; count++)
                {
                    (int row, int vector) = Math.DivRem(count, PerRow);
                    int column = Math.Min(vector * Simd.Lanes, _shape.OutputWidth - Simd.Lanes);
                    (from[count], to[count]) = ((row * Layout.RowLength) + column, (row * _shape.OutputWidth) + column);
                }
            // Filled up with the last, which is computed again.
            for (int last = count - 1; count < Positions; count++) (from[count], to[count]) = (from[last], to[last]);
        }
    }

    private readonly struct SumPlanes(
        ConvShape shape, RowBlocks channels, float* x, float* w, int taps, int* offsets, float* bias, Activation activation, float* y) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            (int image, int block) = Math.DivRem(chunk, channels.Count);
            PlaneSums sums = new(shape);
            using Scratch.Lease scratch = Scratch.Take(sums.Floats);
            float* planes = scratch.Data, tile = planes + sums.PlaneFloats;
            int* from = (int*)(tile + sums.TileFloats), to = from + sums.Positions;
            sums.Write(from, to);
            new Span<float>(planes, (int)sums.PlaneFloats).Clear();
            for (int g = channels.First(block); g < channels.First(block) + channels.Height(block); g++)
            {
                sums.Layout.Refill<S, V>(x + ((((long)image * shape.C) + (g * shape.GroupChannels)) * shape.InputPlane), x + shape.InputLength, planes);
                // Forward each filter of the channel has its plane of outputs; backward, all of their deltas go into one.
                int filters = shape.GroupChannels == 1 && taps == shape.Taps ? shape.GroupFilters : 1;
                for (int f = 0; f < filters; f++)
                {
                    int k = (g * filters) + f;
                    float* results = y + ((((long)image * shape.Groups * filters) + k) * shape.OutputPlane), sumsTo = sums.IsFlat ? tile : results;
                    float b = bias == null ? 0 : bias[k];
                    for (int position = 0; position < sums.Positions; position += PlaneSums.AtOnce)
                        Sum<S, V>(taps, w + ((long)k * taps), planes, offsets, from + position, b, activation, sumsTo, to + position);
                    if (sums.IsFlat) RowCopy.Gather<S, V>(shape.OutputHeight, shape.OutputWidth, tile, sums.Layout.RowLength, 0, Activation.Identity, results);
                    if (!activation.IsLinearByParts) Activations.Forward(activation, results, results, shape.OutputPlane);
                }
            }
        }
    }

    /// <summary><c>to[q_i + j] = σ(b + Σ_t w[t] · x[offsets[t] + p_i + j])</c> for eight vectors, σ piecewise linear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<S, V>(int taps, float* w, float* x, int* offsets, int* p, float bias, Activation activation, float* to, int* q)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        nint p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3], p4 = p[4], p5 = p[5], p6 = p[6], p7 = p[7];
        V s0 = S.Broadcast(bias), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (int t = 0; t < taps; t++)
        {
            float* from = x + offsets[t];
            V weight = S.Broadcast(w[t]);
            s0 = S.MultiplyAdd(weight, S.Load(from + p0), s0);
            s1 = S.MultiplyAdd(weight, S.Load(from + p1), s1);
            s2 = S.MultiplyAdd(weight, S.Load(from + p2), s2);
            s3 = S.MultiplyAdd(weight, S.Load(from + p3), s3);
            s4 = S.MultiplyAdd(weight, S.Load(from + p4), s4);
            s5 = S.MultiplyAdd(weight, S.Load(from + p5), s5);
            s6 = S.MultiplyAdd(weight, S.Load(from + p6), s6);
            s7 = S.MultiplyAdd(weight, S.Load(from + p7), s7);
        }
        if (activation.Kind is ActivationKind.Relu or ActivationKind.LeakyRelu)
        {
            // ReLU is 0 below zero, not 0 · x: 0 · −∞ is NaN.
            bool isRelu = activation.Kind == ActivationKind.Relu;
            V slope = S.Broadcast(isRelu ? 0 : activation.Slope);
            s0 = S.WhereNegative(s0, isRelu ? S.Zero : S.Multiply(slope, s0), s0);
            s1 = S.WhereNegative(s1, isRelu ? S.Zero : S.Multiply(slope, s1), s1);
            s2 = S.WhereNegative(s2, isRelu ? S.Zero : S.Multiply(slope, s2), s2);
            s3 = S.WhereNegative(s3, isRelu ? S.Zero : S.Multiply(slope, s3), s3);
            s4 = S.WhereNegative(s4, isRelu ? S.Zero : S.Multiply(slope, s4), s4);
            s5 = S.WhereNegative(s5, isRelu ? S.Zero : S.Multiply(slope, s5), s5);
            s6 = S.WhereNegative(s6, isRelu ? S.Zero : S.Multiply(slope, s6), s6);
            s7 = S.WhereNegative(s7, isRelu ? S.Zero : S.Multiply(slope, s7), s7);
        }
        S.Store(to + q[0], s0);
        S.Store(to + q[1], s1);
        S.Store(to + q[2], s2);
        S.Store(to + q[3], s3);
        S.Store(to + q[4], s4);
        S.Store(to + q[5], s5);
        S.Store(to + q[6], s6);
        S.Store(to + q[7], s7);
    }

    private readonly struct FilterPlanes(ConvShape shape, float* x, float* dy, float* dw, float* dbias) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            RowBlocks channels = FilterBlocks(shape), filters = new(shape.GroupFilters, DotKernel.TallestA), taps = new(shape.Taps, DotKernel.TallestB);
            ShiftedImage layout = new(shape, shape.OutputHeight);
            int pixels = DeltaPixels(shape, layout), atOnce = ImagesAtOnce(shape, layout);
            using Scratch.Lease scratch = Scratch.Take(FilterFloats(shape));
            float* planes = scratch.Data, deltas = planes + (atOnce * layout.Length) + ShiftStrips.Slack + layout.RowLength;
            int* offsets = (int*)(deltas + ((long)atOnce * shape.GroupFilters * pixels));
            layout.WriteOffsets(offsets);
            new Span<float>(planes, (int)((float*)offsets - planes)).Clear();

            for (int g = channels.First(chunk); g < channels.First(chunk) + channels.Height(chunk); g++)
                for (int image = 0; image < shape.N; image += atOnce)
                {
                    int images = Math.Min(atOnce, shape.N - image);
                    for (int n = 0; n < images; n++)
                    {
                        layout.Refill<S, V>(x + ((((long)image + n) * shape.C) + g) * shape.InputPlane, x + shape.InputLength, planes + (n * layout.Length));
                        for (int k = g * shape.GroupFilters; k < (g + 1) * shape.GroupFilters; k++)
                        {
                            float* delta = dy + (((((long)image + n) * shape.K) + k) * shape.OutputPlane);
                            int f = k - (g * shape.GroupFilters);
                            RowCopy.Fill<S, V>(
                                shape.OutputHeight, shape.OutputWidth, delta, shape.OutputWidth, deltas + ((((long)n * shape.GroupFilters) + f) * pixels), layout.RowLength);
                            if (dbias != null) dbias[k] += RowSum.Of<S, V>(delta, shape.OutputPlane);
                        }
                    }
                    for (int block = 0; block < filters.Count * taps.Count; block++)
                    {
                        (int filterBlock, int tapBlock) = Math.DivRem(block, taps.Count);
                        DotKernel.Operands operands = new()
                        {
                            A = deltas + ((long)filters.First(filterBlock) * pixels),
                            RowStrideA = pixels,
                            ImageStrideA = (nint)shape.GroupFilters * pixels,
                            B = planes,
                            OffsetsB = offsets + taps.First(tapBlock),
                            ImageStrideB = (nint)layout.Length,
                            StepB = S.Lanes,
                            C = dw + ((((long)g * shape.GroupFilters) + filters.First(filterBlock)) * shape.Taps) + taps.First(tapBlock),
                            RowStrideC = shape.Taps,
                        };
                        DotKernel.Run<S, V>(filters.Height(filterBlock), taps.Height(tapBlock), images, pixels / S.Lanes, operands);
                    }
                }
        }
    }
}
