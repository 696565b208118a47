using System.Runtime.Intrinsics;

namespace CnnEngine.Kernels;

/// <summary>
/// The fully connected layer for few images and weights that come from memory, so that reading them takes the time:
/// <code>y[n, o] += Σ_i x[n, i] · W[o, i]        ∂x[n, i] = Σ_o δ[n, o] · W[o, i]</code>
/// W is read once, as seven streams (three where there are 16 registers), each a run of consecutive rows.
/// </summary>
/// <remarks>
/// The processor fetches ahead as long as a stream goes on without a gap. Six rows side by side end after a row each and go on five rows
/// further: 1.2 times as long. Whatever else is read or written disturbs it. So the features of up to four images (x, or the sums of ∂x) lie
/// vector by vector, image by image, one stream in place of four: 1.15 times as fast with four images.
/// For one and two images that is all. The multiply-adds of three and four, waiting for W, seem to fill the queues before the loads have
/// come far enough: there every line is asked for half a page ahead, and vectors are 256 bits long. With four images both together make it 1.3
/// (forward) and 1.4 times as fast (back), the first alone 1.05 and 1.15; the second alone makes it slower, and so does asking a page ahead or
/// for the first line of each page only.
/// </remarks>
internal static unsafe class WeightStreams
{
    /// <summary>Whether <see cref="Forward"/> takes less than multiplying in the caches: W is too large for them.</summary>
    public static bool PaysForward(int images, int inputs, int outputs) => images <= 16 && IsFromMemory(inputs, outputs);

    /// <summary>The same for <see cref="BackwardInput"/>. Of more images products are faster, if rows begin where cache lines do.</summary>
    public static bool PaysBackward(int images, int inputs, int outputs) => images <= (inputs % 16 == 0 ? 4 : 16) && IsFromMemory(inputs, outputs);

    private static bool IsFromMemory(int inputs, int outputs) => (long)inputs * outputs * sizeof(float) > CacheSizes.Current.Level3 / 2;

    /// <summary>Adds x·Wᵀ to y.</summary>
    public static void Forward(int images, int inputs, int outputs, float* x, float* w, float* y)
    {
        Features features = new(images, inputs);
        using Scratch.Lease packed = Scratch.Take(features.Length);
        features.Run(features.Blocks.Count, new Pack(features, x, packed.Data));
        Rows<WeightTiles.Forward> rows = new(features, outputs, packed.Data, 0, w, y);
        features.Run(rows.Chunks, rows);
    }

    /// <summary>Overwrites ∂x with δ·W: each chunk of rows of W has sums of its own, which are then added up in their order.</summary>
    public static void BackwardInput(int images, int inputs, int outputs, float* dy, float* w, float* dx)
    {
        Features features = new(images, inputs);
        int chunks = Chunks(inputs, outputs);
        using Scratch.Lease sums = Scratch.Take(features.Length * chunks);
        features.Run(chunks, new Rows<WeightTiles.BackwardInput>(features, outputs, sums.Data, features.Length, w, dy));
        AddUp addUp = new(features, chunks, sums.Data, dx);
        features.Run(addUp.Chunks, addUp);
    }

    /// <summary>Into how many chunks the rows of W are cut.</summary>
    public static int Chunks(int inputs, int outputs) => Rows<WeightTiles.Forward>.ChunksOf(inputs, outputs);

    /// <summary>Working memory: features once, or as sums of so many chunks, and what each chunk takes, in floats.</summary>
    public static (long Once, long Each, int Chunks) ScratchFloats(int images, int inputs, int outputs, int sums) =>
        (new Features(images, inputs).Length * sums, Rows<WeightTiles.Forward>.ScratchFloats(images, inputs, outputs), Chunks(inputs, outputs));

    /// <summary>
    /// Where features of images lie: in blocks of up to four images, vector by vector, image by image; the last vector is filled up with zeros.
    /// </summary>
    private readonly struct Features(int images, int inputs)
    {
        public readonly RowBlocks Blocks = new(images, 4);
        public readonly int Inputs = inputs, Lanes = LanesOf(images), Steps = Quotient.Up(inputs, LanesOf(images));

        public readonly long Length => (long)Blocks.Rows * Steps * Lanes;

        // The remarks above; of more blocks, whose products take longer than reading, whole vectors are faster.
        private static int LanesOf(int images) => images is >= 3 and <= 6 ? Math.Min(Simd.Lanes, Simd256.Lanes) : Simd.Lanes;

        /// <summary>Runs chunks on vectors of <see cref="Lanes"/> floats.</summary>
        public readonly void Run<T>(int chunks, T body) where T : unmanaged, IVectorChunks
        {
            if (Lanes < Simd.Lanes) Threads.ForVectors(chunks, new On256<T>(body));
            else Threads.ForVectors(chunks, body);
        }

        /// <summary>The place of a block's vectors of a step.</summary>
        public readonly nint At(int block, int step) => (((nint)Blocks.First(block) * Steps) + ((nint)step * Blocks.Height(block))) * Lanes;
    }

    /// <summary>The same chunks on vectors of 256 bits.</summary>
    private readonly struct On256<T>(T body) : IVectorChunks where T : unmanaged, IVectorChunks
    {
        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged => body.Run<Simd256, Vector256<float>>(chunk);
    }

    /// <summary>A chunk is some rows of W: streams of equal length, and fewer rows than streams that are left.</summary>
    private readonly struct Rows<T>(Features features, int outputs, float* x, long lengthOfSums, float* w, float* y) : IVectorChunks where T : struct, IWeightTile
    {
        // A chunk has sums of its own, which must be little beside its rows; and few threads get all that memory gives.
        private const int MostChunks = 8, FewestFloats = 1 << 17;

        private static int Streams => Simd.Registers == 32 ? 7 : 3;

        public static int ChunksOf(int inputs, int outputs) => Quotient.Up(outputs, RowsOfChunk(inputs, outputs));

        private static int RowsOfChunk(int inputs, int outputs) =>
            Quotient.Up(Math.Max(Quotient.Up(outputs, MostChunks), Quotient.Up(FewestFloats, inputs)), Streams) * Streams;

        public readonly int Chunks => ChunksOf(features.Inputs, outputs);

        /// <summary>What a chunk takes: rests of rows, and the outputs tile by tile.</summary>
        public static long ScratchFloats(int images, int inputs, int outputs) => (Streams * Simd.Lanes) + ((long)RowsOfChunk(inputs, outputs) * images);

        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int rows = RowsOfChunk(features.Inputs, outputs), first = chunk * rows, end = Math.Min(first + rows, outputs), apart = (end - first) / Streams;
            int images = features.Blocks.Rows;
            float* ofChunk = x + (chunk * lengthOfSums);
            new Span<float>(ofChunk, checked((int)lengthOfSums)).Clear();
            using Scratch.Lease rest = Scratch.Take(Streams * S.Lanes), tiles = Scratch.Take((long)apart * Streams * images);
            new Span<float>(rest.Data, Streams * S.Lanes).Clear();
            Copy(first, apart, tiles.Data, isBack: false);
            for (int t = 0; t < apart; t++) Multiply<S, V>(ofChunk, first + t, Streams, apart, rest.Data, tiles.Data + ((nint)t * images * Streams), Streams, 1);
            if (T.WritesY) Copy(first, apart, tiles.Data, isBack: true);
            for (int row = first + (Streams * apart); row < end; row++) Multiply<S, V>(ofChunk, row, 1, 0, rest.Data, y + row, outputs, 0);
        }

        /// <summary>Outputs tile by tile, image by image, or back: with four images, 28 places far apart for every tile would take 1.07 times as long.</summary>
        private void Copy(int first, int apart, float* tiles, bool isBack)
        {
            for (int n = 0; n < features.Blocks.Rows; n++)
                for (int r = 0; r < Streams; r++)
                {
                    float* image = y + ((nint)n * outputs) + first + (r * apart), tile = tiles + (n * Streams) + r;
                    for (int t = 0; t < apart; t++, tile += features.Blocks.Rows * Streams)
                    {
                        if (isBack) image[t] = *tile;
                        else *tile = image[t];
                    }
                }
        }

        /// <summary>Rows that are so far apart times all images. What is left of each behind whole vectors goes into a vector filled up with zeros.</summary>
        private void Multiply<S, V>(float* x, int row, int streams, int apart, float* rest, float* y, nint imageStride, nint rowStride)
            where S : struct, ISimd<V>
            where V : unmanaged
        {
            int inputs = features.Inputs, steps = inputs / S.Lanes, left = inputs % S.Lanes;
            float* from = w + ((nint)row * inputs), behind = from + (steps * S.Lanes);
            nint stride = (nint)apart * inputs;
            for (int r = 0; r < streams; r++)
                for (int j = 0; j < left; j++) rest[(r * S.Lanes) + j] = behind[(r * stride) + j];
            for (int block = 0; block < features.Blocks.Count; block++)
            {
                int images = features.Blocks.Height(block);
                float* to = y + (features.Blocks.First(block) * imageStride);
                Run<S, V>(images, streams, new(x + features.At(block, 0), from, stride, steps, to, imageStride, rowStride));
                if (left > 0) Run<S, V>(images, streams, new(x + features.At(block, steps), rest, S.Lanes, 1, to, imageStride, rowStride));
            }
        }

        private static void Run<S, V>(int images, int streams, in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged
        {
            switch (images)
            {
                case 1: Run<S, V, N1>(streams, tile); break;
                case 2: Run<S, V, N2>(streams, tile); break;
                case 3: Run<S, V, N3>(streams, tile); break;
                default: Run<S, V, N4>(streams, tile); break;
            }
        }

        private static void Run<S, V, N>(int streams, in WeightTile tile) where S : struct, ISimd<V> where V : unmanaged where N : struct, IConstant
        {
            switch (streams)
            {
                case 1: T.Run<S, V, N, N1>(tile); break;
                case 3: T.Run<S, V, N, N3>(tile); break;
                default: T.Run<S, V, N, N7>(tile); break;
            }
        }
    }

    /// <summary>Brings the features of all images into their places; a chunk is a block of images.</summary>
    private readonly struct Pack(Features features, float* x, float* packed) : IVectorChunks
    {
        public void Run<S, V>(int block) where S : struct, ISimd<V> where V : unmanaged
        {
            int images = features.Blocks.Height(block), inputs = features.Inputs, whole = inputs / S.Lanes * S.Lanes;
            for (int i = 0; i < images; i++)
            {
                float* from = x + ((nint)(features.Blocks.First(block) + i) * inputs), to = packed + features.At(block, 0) + (i * S.Lanes);
                for (int j = 0; j < whole; j += S.Lanes, to += images * S.Lanes) S.Store(to, S.Load(from + j));
                if (whole == inputs) continue;
                S.Store(to, S.Zero);
                for (int j = whole; j < inputs; j++) to[j - whole] = from[j];
            }
        }
    }

    /// <summary>
    /// The reverse for sums, of which each chunk of rows has some: they are added to the first, and these brought to ∂x. A chunk is some vectors
    /// of each image.
    /// </summary>
    private readonly struct AddUp(Features features, int sums, float* packed, float* dx) : IVectorChunks
    {
        private const int StepsOfChunk = 32;

        public readonly int Chunks => Quotient.Up(features.Steps, StepsOfChunk);

        public void Run<S, V>(int chunk) where S : struct, ISimd<V> where V : unmanaged
        {
            int begin = chunk * StepsOfChunk, end = Math.Min(begin + StepsOfChunk, features.Steps), inputs = features.Inputs;
            for (int block = 0; block < features.Blocks.Count; block++)
            {
                int images = features.Blocks.Height(block);
                float* first = packed + features.At(block, begin), last = packed + features.At(block, end);
                for (int s = 1; s < sums; s++)
                    for (float* to = first; to < last; to += S.Lanes) S.Store(to, S.Add(S.Load(to), S.Load(to + (s * features.Length))));
                for (int i = 0; i < images; i++)
                {
                    float* from = first + (i * S.Lanes), to = dx + ((nint)(features.Blocks.First(block) + i) * inputs);
                    int column = begin * S.Lanes, whole = Math.Min(end * S.Lanes, inputs / S.Lanes * S.Lanes);
                    for (; column < whole; column += S.Lanes, from += images * S.Lanes) S.Store(to + column, S.Load(from));
                    for (; column < Math.Min(end * S.Lanes, inputs); column++) to[column] = *from++;
                }
            }
        }
    }
}
