namespace CnnEngine.Kernels;

/// <summary>
/// Backward input in its textbook form: the zero-padded delta convolved with the filter rotated by 180° and its channel axes
/// exchanged, <c>∂x[n, c] = Σ_k pad(δ[n, k]) ⋆ rot180(w[k, c])</c>, which is a sum of shifted planes of δ (<see cref="ShiftedImage"/>).
/// With a stride, the textbook spreads δ out with zeros first. None of them is multiplied here: the image's pixels are split into
/// phases, those of rows ≡ a and columns ≡ b (mod stride), and each phase is a convolution of δ as it is with the taps that fall on
/// the phase (W. Shi et al., "Is the deconvolution layer the same as a convolutional layer?", 2016).
/// </summary>
internal sealed unsafe class RotatedConvolution : ConvAlgorithm
{
    // Measured, in the time of multiply-adds: what it takes to copy a number of δ, to write one of ∂x, to interleave it with those of another
    // phase or to bring it to its place by itself, and to pack one of the filters, which are turned number by number.
    private const double Copying = 3, Writing = 10, Interleaving = 36, OneByOne = 100, Packing = 110;

    // What two parallel regions and the list of taps take.
    private const double SetUp = 300_000;

    public override string Name => "rotated";

    public override bool Supports(ConvPass pass, in ConvShape shape) =>
        pass == ConvPass.BackwardInput && new ShiftedImage(shape.OfDelta(), shape.OfDelta().OutputHeight).Length < int.MaxValue;

    public override double Cost(ConvPass pass, in ConvShape shape)
    {
        ConvShape ofDelta = shape.OfDelta();
        Phases phases = new(shape);
        ShiftedImage image = new(ofDelta, ofDelta.OutputHeight);
        double products = 0, laidOut = (double)shape.N * shape.Groups * image.Length;
        for (int call = 0; call < phases.Calls.Count; call++)
            products += (double)phases.TapsOf(call) * phases.Calls.Height(call) * FewRows(phases.Calls.Height(call) * phases.Channels.Height(0));
        double calls = ((double)shape.N * shape.C) + (image.IsImageItself ? 0 : laidOut / image.RowLength / 2);
        double places = (double)phases.Count / (shape.Stride.Height * shape.Stride.Width); // the share of pixels that any tap sees
        double merging = shape.Stride == 1 ? Writing : phases.AreAll && shape.Stride.Width == 2 ? Interleaving : Writing + (OneByOne * places);
        double moved = (Copying * laidOut) + (merging * shape.InputLength);
        return (shape.N * WholeVectors(image.Pixels) * products * shape.GroupFilters * shape.C) + moved + (Call * calls) + (Packing * shape.FilterLength) + SetUp + EachGroup(shape, 20_000);
    }

    public override long ScratchBytes(ConvPass pass, in ConvShape shape, int threads)
    {
        Phases phases = new(shape);
        ShiftStrips strips = phases.StripsOf(shape);
        return Bytes(phases.PackedLength + (2 * phases.OffsetCount), strips.Floats + ScatterRow(shape), strips.Chunks, threads);
    }

    // A row of the image with all of its phases, and the vectors that reach over its end.
    private static int ScatterRow(in ConvShape shape) => (shape.OfDelta().OutputWidth * shape.Stride.Width) + ShiftStrips.Slack;

    public override void BackwardInput(in ConvShape shape, float* dy, float* w, float* dx)
    {
        Phases phases = new(shape);
        ShiftStrips strips = phases.StripsOf(shape);
        using Scratch.Lease scratch = Scratch.Take(phases.PackedLength + (2 * phases.OffsetCount));
        int* offsets = (int*)(scratch.Data + phases.PackedLength);
        phases.WriteOffsets(strips.Layout(inPlace: false), offsets);
        phases.WriteOffsets(strips.Layout(inPlace: true), offsets + phases.OffsetCount);
        Threads.For(shape.Groups * phases.Channels.Count, new PackFilters(shape, phases, w, scratch.Data));
        Threads.ForVectors(strips.Chunks, new BackwardStrips(shape, phases, strips, dy, scratch.Data, offsets, dx));
    }

    public override void Forward(in ConvShape shape, float* x, float* w, float* bias, Activation activation, float* y) => throw OnlyBackwardInput();

    public override void BackwardFilter(in ConvShape shape, float* x, float* dy, float* dw, float* dbias) => throw OnlyBackwardInput();

    private static NotSupportedException OnlyBackwardInput() => new("the rotated filter serves the backward input pass only");

    /// <summary>
    /// The phases that taps fall on, and which of them are computed in one call of the kernel: one phase of many channels, or
    /// several of few, so that the register tile is full. A call's taps are those that any of its phases has; where another has
    /// none, its weight is zero.
    /// </summary>
    private readonly struct Phases
    {
        private readonly ConvShape _shape;
        private readonly int _rows, _columns;
        private readonly int _reachRows, _reachColumns;

        public Phases(in ConvShape shape)
        {
            _shape = shape;
            (_rows, _columns) = (ShiftedImage.UsedPhases(shape.R, shape.Stride.Height, shape.Dilation.Height), ShiftedImage.UsedPhases(shape.S, shape.Stride.Width, shape.Dilation.Width));
            ConvShape ofDelta = shape.OfDelta();
            (_reachRows, _reachColumns) = (ofDelta.R - 1, ofDelta.S - 1);
            Channels = RowBlocks.ForBroadcast(shape.GroupChannels);
            Calls = new RowBlocks(_rows * _columns, Math.Max(1, RowBlocks.BroadcastTallest / Channels.Height(0)));
            int taps = 0;
            for (int call = 0; call < Calls.Count; call++)
            {
                taps += TapsOf(call);
                PackedLength += (long)TapsOf(call) * Calls.Height(call) * shape.GroupFilters * shape.C;
            }
            OffsetCount = taps * shape.GroupFilters;
        }

        /// <summary>Blocks of a group's channels.</summary>
        public RowBlocks Channels { get; }

        /// <summary>Which phases each call computes.</summary>
        public RowBlocks Calls { get; }

        /// <summary>Numbers in the packed filters of all groups.</summary>
        public long PackedLength { get; }

        /// <summary>Steps of all calls of one block of channels.</summary>
        public int OffsetCount { get; }

        public int Count => _rows * _columns;

        /// <summary>Whether every pixel of the image belongs to a phase.</summary>
        public bool AreAll => Count == _shape.Stride.Height * _shape.Stride.Width;

        public ShiftStrips StripsOf(in ConvShape shape) => new(shape.OfDelta(), Channels.Height(0) * Count);

        public (int Row, int Column) Split(int phase) => Math.DivRem(phase, _columns);

        /// <summary>a: the remainder, mod the stride, of the rows of a phase.</summary>
        public int Row(int phase) => ShiftedImage.FirstOf(phase / _columns, _shape.Stride.Height, _shape.Dilation.Height);

        public int Column(int phase) => ShiftedImage.FirstOf(phase % _columns, _shape.Stride.Width, _shape.Dilation.Width);

        /// <summary>How many taps, (r, s), the phases of a call have together.</summary>
        public int TapsOf(int call)
        {
            int count = 0;
            for (int tap = NextTap(call, -1); tap >= 0; tap = NextTap(call, tap)) count++;
            return count;
        }

        /// <summary>Where the steps start: call after call, filter after filter, tap after tap.</summary>
        public void WriteOffsets(in ShiftedImage layout, int* offsets)
        {
            for (int call = 0; call < Calls.Count; call++)
            {
                int taps = TapsOf(call), number = 0;
                for (int tap = NextTap(call, -1); tap >= 0; tap = NextTap(call, tap), number++)
                {
                    int first = layout.TapOffset(tap / (_reachColumns + 1), tap % (_reachColumns + 1));
                    for (int k = 0; k < _shape.GroupFilters; k++) offsets[(k * taps) + number] = first + (k * layout.ChannelLength);
                }
                offsets += taps * _shape.GroupFilters;
            }
        }

        /// <summary>For a block of channels: call after call, filter after filter, tap after tap the weights of phases × channels.</summary>
        public void Pack(int block, float* w, float* packed)
        {
            int channels = Channels.Height(block), area = _shape.R * _shape.S;
            for (int call = 0; call < Calls.Count; call++)
            {
                int firstPhase = Calls.First(call), phases = Calls.Height(call), taps = TapsOf(call), number = 0;
                for (int tap = NextTap(call, -1); tap >= 0; tap = NextTap(call, tap), number++)
                    for (int phase = 0; phase < phases; phase++)
                    {
                        int weight = Weight(firstPhase + phase, tap);
                        for (int k = 0; k < _shape.GroupFilters; k++)
                        {
                            float* from = w + ((((long)k * _shape.GroupChannels) + Channels.First(block)) * area) + weight;
                            float* to = packed + (((((long)k * taps) + number) * phases) + phase) * channels;
                            for (int c = 0; c < channels; c++) to[c] = weight < 0 ? 0 : from[c * area];
                        }
                    }
                packed += (long)taps * _shape.GroupFilters * phases * channels;
            }
        }

        /// <summary>The next place of δ's plane after <paramref name="tap"/> that a phase of the call sees, or -1.</summary>
        private int NextTap(int call, int tap)
        {
            while (++tap < (_reachRows + 1) * (_reachColumns + 1))
                for (int phase = 0; phase < Calls.Height(call); phase++)
                    if (Weight(Calls.First(call) + phase, tap) >= 0) return tap;
            return -1;
        }

        /// <summary>Which weight r·S + s multiplies a place of δ for a phase, or -1. The first place is the farthest tap: the filter is rotated.</summary>
        private int Weight(int phase, int tap)
        {
            (int row, int column) = Math.DivRem(tap, _reachColumns + 1);
            int r = Row(phase) + ((_reachRows - row) * _shape.Stride.Height), s = Column(phase) + ((_reachColumns - column) * _shape.Stride.Width);
            if (r % _shape.Dilation.Height != 0 || s % _shape.Dilation.Width != 0) return -1;
            (r, s) = (r / _shape.Dilation.Height, s / _shape.Dilation.Width);
            return r < _shape.R && s < _shape.S ? (r * _shape.S) + s : -1;
        }
    }

    private readonly struct PackFilters(ConvShape shape, Phases phases, float* w, float* packed) : IChunks
    {
        public void Run(int chunk)
        {
            (int g, int block) = Math.DivRem(chunk, phases.Channels.Count);
            long channel = ((long)g * shape.GroupChannels) + phases.Channels.First(block);
            phases.Pack(block, w + ((long)g * shape.GroupFilters * shape.Taps), packed + (phases.PackedLength / shape.C * channel));
        }
    }

    private readonly struct BackwardStrips(ConvShape shape, Phases phases, ShiftStrips strips, float* dy, float* packed, int* offsets, float* dx) : IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            ConvShape ofDelta = shape.OfDelta();
            (int image, int strip) = Math.DivRem(chunk, strips.StripsPerImage);
            int firstRow = strip * strips.RowsPerStrip, endRow = Math.Min(firstRow + strips.RowsPerStrip, ofDelta.OutputHeight);
            using Scratch.Lease scratch = Scratch.Take(strips.Floats + ScatterRow(shape));
            float* merged = scratch.Data, tile = merged + ScatterRow(shape);
            float* planes = tile + ((long)phases.Channels.Height(0) * phases.Count * strips.TileStride) + ShiftStrips.Slack;
            for (int g = 0; g < shape.Groups; g++)
            {
                float* from = strips.Read<S, V>(dy, image, g, firstRow, planes, out bool inPlace);
                for (int row = firstRow; row < endRow; row += strips.RowsPerTile)
                {
                    int rows = Math.Min(strips.RowsPerTile, endRow - row);
                    for (int block = 0; block < phases.Channels.Count; block++)
                    {
                        int channels = phases.Channels.Height(block);
                        long channel = ((long)g * shape.GroupChannels) + phases.Channels.First(block);
                        float* a = packed + (phases.PackedLength / shape.C * channel), results = tile;
                        int* taps = inPlace ? offsets + phases.OffsetCount : offsets;
                        for (int call = 0; call < phases.Calls.Count; call++)
                        {
                            int height = phases.Calls.Height(call) * channels, steps = phases.TapsOf(call) * shape.GroupFilters;
                            ShiftStrips.Multiply<S, V>(height, steps, a, from, taps, strips.Pixels(rows), results, strips.TileStride);
                            a += (long)height * steps;
                            taps += steps;
                            results += height * strips.TileStride;
                        }
                        float* to = dx + ((((long)image * shape.C) + channel) * shape.InputPlane);
                        for (int c = 0; c < channels; c++, to += shape.InputPlane)
                            Write<S, V>(tile + (c * strips.TileStride), channels * strips.TileStride, row, rows, merged, to);
                    }
                    from += rows * strips.RowLength;
                }
            }
            if (ShiftStrips.IsStreaming(shape.InputLength)) Interlocked.MemoryBarrier();
        }

        /// <summary>Writes the image's rows of some rows of blocks of one channel.</summary>
        private void Write<S, V>(float* results, nint phaseStride, int firstBlock, int blocks, float* merged, float* plane)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            if (shape.Stride == 1)
            {
                int runs = strips.RowLength == shape.W ? 1 : blocks;
                RowCopy.Gather<S, V>(runs, blocks / runs * shape.W, results, strips.RowLength, 0, Activation.Identity, plane + (firstBlock * shape.W), ShiftStrips.IsStreaming(shape.InputLength));
                return;
            }
            (int strideRows, int strideColumns) = (shape.Stride.Height, shape.Stride.Width);
            int columns = shape.OfDelta().OutputWidth;
            int skipped = shape.Padding.Left % strideColumns; // pixels of the first block of columns that lie left of the image
            if (!phases.AreAll) Clear(firstBlock, blocks, plane);
            for (int phase = 0; phase < phases.Count; phase++)
            {
                if (phases.Split(phase).Column != 0) continue; // a row of the image has all phases of columns
                for (int block = 0; block < blocks; block++)
                {
                    int h = FirstRow(firstBlock + block) + phases.Row(phase);
                    if (h < 0 || h >= shape.H) continue;
                    float* from = results + (phase * phaseStride) + (block * strips.RowLength), to = plane + (h * shape.W);
                    if (phases.AreAll && strideColumns == 2)
                    {
                        for (int j = 0; j < columns; j += S.Lanes)
                        {
                            (V first, V second) = S.Interleave(S.Load(from + j), S.Load(from + phaseStride + j));
                            S.Store(merged + (2 * j), first);
                            S.Store(merged + (2 * j) + S.Lanes, second);
                        }
                        new ReadOnlySpan<float>(merged + skipped, shape.W).CopyTo(new Span<float>(to, shape.W));
                        continue;
                    }
                    for (int other = phase; other < phases.Count && (other == phase || phases.Split(other).Column != 0); other++, from += phaseStride)
                    {
                        int first = phases.Column(other) - skipped, j = first < 0 ? 1 : 0;
                        for (int w = first + (j * strideColumns); w < shape.W; w += strideColumns, j++) to[w] = from[j];
                    }
                }
            }
        }

        /// <summary>The image's row at which a row of blocks begins; negative in the padding.</summary>
        private int FirstRow(int block) => (((shape.Padding.Top / shape.Stride.Height) + block) * shape.Stride.Height) - shape.Padding.Top;

        private void Clear(int firstBlock, int blocks, float* plane)
        {
            int first = Math.Clamp(FirstRow(firstBlock), 0, shape.H), end = Math.Clamp(FirstRow(firstBlock + blocks), first, shape.H);
            new Span<float>(plane + (first * shape.W), (end - first) * shape.W).Clear();
        }
    }
}
