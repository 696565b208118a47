using CnnEngine.Data;
using CnnEngine.Graphs;
using CnnEngine.Losses;
using CnnEngine.Optimizers;
using CnnEngine.Tests.Graphs;
using CnnEngine.Training;

namespace CnnEngine.Tests.Training;

/// <summary>Minibatches that are read ahead: the same images in the same order, errors where they belong, nothing left running.</summary>
public class BatchLoaderTests
{
    private const int Batch = 18;
    private static readonly Shape Image = new(1, 4, 5);
    private static readonly TensorDataset Images = Some.Images(50, Image, 4);

    [Theory]
    [InlineData(1L)]
    [InlineData(null)]
    public void Read_ahead_or_not_the_minibatches_are_the_same(long? seed)
    {
        CropAndFlip data = new(Images, border: 2);
        using BatchLoader direct = new(data, Batch, seed, readsAhead: false), ahead = new(new CropAndFlip(Images, border: 2), Batch, seed, readsAhead: true);
        Assert.Equal((3, false, true), (ahead.Batches, direct.Prepares, ahead.Prepares));
        List<string> epochs = [];
        foreach ((int epoch, int first) in ((int, int)[])[(1, 0), (2, 0), (4, 1), (5, 3)])
        {
            direct.BeginEpoch(epoch, first);
            ahead.BeginEpoch(epoch, first);
            (List<int[]> labels, List<float[]> images) = ReadAll(direct);
            (List<int[]> labelsAhead, List<float[]> imagesAhead) = ReadAll(ahead);
            Assert.Equal(3 - first, images.Count);
            Assert.Equal(labels, labelsAhead);
            Assert.Equal(images, imagesAhead);
            if (images.Count > 1) Assert.Equal(14, labels[^1].Length);
            epochs.Add(string.Join(' ', images.SelectMany(batch => batch)));
        }
        // Without a seed the data are not told of epochs: the images stay the same.
        Assert.Equal(seed is not null, epochs[0] != epochs[1]);
        Assert.Empty(epochs[3]);
    }

    [Fact]
    public void An_epoch_may_be_left_early()
    {
        using BatchLoader loader = new(new SlowData(Images), Batch, seed: 1, readsAhead: true);
        using BatchLoader direct = new(Images, Batch, seed: 1, readsAhead: false);
        foreach (int epoch in (int[])[1, 2, 3])
        {
            loader.BeginEpoch(epoch);
            Assert.True(loader.TryNext(out _));
        }
        loader.BeginEpoch(4);
        direct.BeginEpoch(4);
        Assert.Equal(ReadAll(direct).Images, ReadAll(loader).Images);
        Assert.False(loader.TryNext(out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.BeginEpoch(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => loader.BeginEpoch(5, 4));
        loader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => loader.TryNext(out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Training_has_the_same_bits(int threads)
    {
        using ForcedThreads _ = new(threads);
        (float[] weights, EpochResult[] results) = Train(readsAhead: false);
        (float[] aheadWeights, EpochResult[] aheadResults) = Train(readsAhead: true);
        Assert.Equal(weights.Select(BitConverter.SingleToInt32Bits), aheadWeights.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(results.Select(r => (r.Train, r.Test)), aheadResults.Select(r => (r.Train, r.Test)));

        static (float[] Weights, EpochResult[] Results) Train(bool readsAhead)
        {
            ByteImages digits = SyntheticDigits.Generate(seed: 1, train: 100, test: 1).Train;
            Network network = LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { BatchSize = 48 });
            TrainerOptions options = new() { Epochs = 2, ReadsAhead = readsAhead };
            return (Some.Weights(network), [.. new Trainer(network, new Sgd(), new CrossEntropy()).Fit(new CropAndFlip(digits), digits, options)]);
        }
    }

    [Fact]
    public void Images_are_read_on_another_thread_and_by_those_that_compute()
    {
        using ForcedThreads _ = new(1);
        int caller = Environment.CurrentManagedThreadId;
        using ManualResetEventSlim byCaller = new(), byOther = new();
        // Each waits for the other's first reading.
        SlowData data = new(Images)
        {
            Before = _ =>
            {
                bool isCaller = Environment.CurrentManagedThreadId == caller;
                (isCaller ? byCaller : byOther).Set();
                (isCaller ? byOther : byCaller).Wait();
            },
        };
        using BatchLoader loader = new(data, Batch, seed: 1, readsAhead: true);
        loader.BeginEpoch(1);
        ReadAll(loader);
        Assert.True(byCaller.IsSet && byOther.IsSet);
    }

    [Fact]
    public void Costly_data_are_prepared_and_others_are_not()
    {
        using BatchLoader costly = new(new CropAndFlip(new SlowData(Images)), Batch, seed: 1), cheap = new(new CropAndFlip(Images), Batch, seed: 1);
        Assert.Equal((true, false), (costly.Prepares, cheap.Prepares));
        using BatchLoader never = new(new SlowData(Images), Batch, seed: 1, readsAhead: false);
        Assert.False(never.Prepares);
    }

    [Fact]
    public void Data_that_wait_are_read_ahead_where_no_core_is_free()
    {
        using ForcedThreads _ = new(Environment.ProcessorCount);
        SlowData data = new(Images) { Before = _ => Thread.Sleep(5) };
        using BatchLoader loader = new(data, 4, seed: 1);
        loader.BeginEpoch(1);
        // Once it is seen that reading waits, more is read than was taken.
        int taken = 0;
        while (data.Reads == taken && loader.TryNext(out Minibatch _))
        {
            taken++;
            SpinWait.SpinUntil(() => data.Reads > taken, 20);
        }
        Assert.InRange(taken, 1, loader.Batches - 1);
    }

    [Fact]
    public void A_failure_reaches_who_takes_the_minibatch_and_no_one_before()
    {
        // Two of the last minibatch's images: the first is named, whichever thread is first.
        SlowData data = new(Images) { Damaged = [45, 37] };
        using BatchLoader loader = new(data, Batch, seed: null, readsAhead: true);
        loader.BeginEpoch(1);
        Assert.True(loader.TryNext(out _) && loader.TryNext(out _));
        Assert.Equal("image 37 is damaged", Assert.Throws<IOException>(() => loader.TryNext(out _)).Message);

        Network network = LeNetModel.Modern().Compile(LeNetModel.Image, new NetworkOptions { BatchSize = 16 });
        Trainer trainer = new(network, new Sgd(), new CrossEntropy());
        SlowData digits = new(SyntheticDigits.Generate(seed: 1, train: 40, test: 1).Train) { Damaged = [5] };
        Assert.Throws<IOException>(() => { trainer.Fit(digits, null, new TrainerOptions()); });
        Assert.Equal(network.Steps, trainer.State!.Step);
    }

    [Fact]
    public void Waiting_can_be_cancelled_and_nothing_is_read_after_the_end()
    {
        using CancellationTokenSource source = new();
        using ManualResetEventSlim gate = new();
        SlowData data = new(Images) { Before = index => gate.Wait() };
        BatchLoader loader = new(data, 4, seed: null, readsAhead: true);
        loader.BeginEpoch(1);
        // The minibatch is one chunk: the other thread has it, and this one waits.
        SpinWait.SpinUntil(() => data.Reads > 0);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => loader.TryNext(out _, source.Token));
        // What was being read comes too late: it must not be taken for the images of another minibatch.
        Assert.False(loader.TryNext(out _));
        gate.Set();
        using BatchLoader direct = new(Images, 4, seed: null, readsAhead: false);
        loader.BeginEpoch(2);
        direct.BeginEpoch(2);
        Assert.Equal(ReadAll(direct).Images, ReadAll(loader).Images);
        loader.Dispose();
        int reads = data.Reads;
        Thread.Sleep(20);
        Assert.Equal(reads, data.Reads);
    }

    [Fact]
    public async Task Disposal_ends_waiting()
    {
        using ManualResetEventSlim gate = new();
        SlowData data = new(Images) { Before = index => gate.Wait() };
        BatchLoader loader = new(data, 4, seed: null, readsAhead: true);
        loader.BeginEpoch(1);
        SpinWait.SpinUntil(() => data.Reads > 0);
        Task waiting = Task.Run(() => loader.TryNext(out _)), disposal = Task.Run(loader.Dispose);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        gate.Set();
        await disposal;
    }

    [Fact]
    public void A_minibatch_allocates_nothing_on_any_thread()
    {
        MeteredData data = new(Images);
        using BatchLoader loader = new(data, 2, seed: 1, readsAhead: true);
        float[] images = new float[2 * Image.Length];
        int[] labels = new int[2];
        for (int epoch = 1; epoch <= 20; epoch++)
        {
            loader.BeginEpoch(epoch);
            data.IsMetered = epoch > 3;
            long before = GC.GetAllocatedBytesForCurrentThread();
            while (loader.TryNext(out Minibatch batch)) batch.Data.Read(batch.Indices, images, labels);
            if (data.IsMetered) Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, data.AllocatedBytes());
    }

    private static (List<int[]> Labels, List<float[]> Images) ReadAll(BatchLoader loader)
    {
        (List<int[]> labels, List<float[]> images) = ([], []);
        while (loader.TryNext(out Minibatch batch))
        {
            float[] some = new float[batch.Indices.Length * batch.Data.ImageShape.Length];
            int[] their = new int[batch.Indices.Length * batch.Data.LabelsPerImage];
            batch.Data.Read(batch.Indices, some, their);
            images.Add(some);
            labels.Add(their);
        }
        return (labels, images);
    }

    /// <summary>Measures what each thread but the one that made it allocates from the first image to the last that it reads.</summary>
    private sealed class MeteredData(IDataset data) : IDataset
    {
        private readonly int _maker = Environment.CurrentManagedThreadId;
        private readonly long[] _first = new long[10_000], _last = new long[10_000]; // by the threads' numbers

        public bool IsMetered { get; set; }

        public string Name => data.Name;

        public Shape ImageShape => data.ImageShape;

        public int Count => data.Count;

        public int Classes => data.Classes;

        public bool IsCostly => true;

        public long AllocatedBytes() => _last.Zip(_first, (last, first) => last - first).Sum();

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            int thread = Environment.CurrentManagedThreadId;
            if (IsMetered && thread != _maker)
            {
                _last[thread] = GC.GetAllocatedBytesForCurrentThread();
                if (_first[thread] == 0) _first[thread] = _last[thread];
            }
            data.Read(indices, images, labels);
        }
    }

    /// <summary>Images that take a while to read.</summary>
    private sealed class SlowData(IDataset data) : IDataset
    {
        private readonly object _gate = new();

        public int[] Damaged { get; init; } = [];

        public Action<int> Before { get; init; } = _ => Thread.Sleep(1);

        public int Reads { get; private set; }

        public string Name => data.Name;

        public Shape ImageShape => data.ImageShape;

        public int Count => data.Count;

        public int Classes => data.Classes;

        public bool IsCostly => true;

        public void Read(ReadOnlySpan<int> indices, Span<float> images, Span<int> labels)
        {
            lock (_gate) Reads++;
            foreach (int index in indices)
            {
                Before(index);
                if (Damaged.Contains(index)) throw new IOException($"image {index} is damaged");
            }
            data.Read(indices, images, labels);
        }
    }
}
