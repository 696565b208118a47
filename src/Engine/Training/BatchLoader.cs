using System.Diagnostics;
using System.Runtime.ExceptionServices;
using CnnEngine.Data;
using CnnEngine.Kernels;

namespace CnnEngine.Training;

/// <summary>
/// Takes the images of a data set in minibatches, in an order that follows from a seed, and prepares those that are costly to read: a thread of
/// its own reads ahead into a few buffers while the network is at work, and when a minibatch is wanted before it is ready, all threads that
/// compute read what is missing. Which thread reads an image changes nothing in it. A minibatch allocates nothing, but for some of an epoch's first.
/// </summary>
/// <remarks>
/// Left to itself, the thread reads ahead if a core is free for it, fewer threads computing than there are processors, or if reading waits for
/// something else than a processor, as for a disk; otherwise it would only take turns with the threads that compute. Data that are
/// not costly (<see cref="IDataset.IsCostly"/>) are not prepared at all: the network reads them, each part of a minibatch its own.
/// </remarks>
/// <example><code>
/// using BatchLoader loader = new(data, batchSize: 64, seed: 1);
/// loader.BeginEpoch(1);
/// while (loader.TryNext(out Minibatch batch)) network.Backpropagate(batch.Data, batch.Indices, loss);
/// </code></example>
public sealed class BatchLoader : IDisposable
{
    // One in use and two ahead, so that a minibatch that takes longer than others keeps nobody waiting.
    private const int Buffers = 3;

    // Apart from the streams that parameters begin with, which count from 0.
    private const ulong OrderStream = 1 << 20;

    // So many images are read by one thread at a time.
    private const int ChunkImages = 4;

    // For so long reading is watched before it is said to wait, or not to.
    private static readonly TimeSpan WatchTime = TimeSpan.FromMilliseconds(50);

    // How soon somebody who waits for a minibatch notices that nobody wants it any more.
    private static readonly TimeSpan CancellationDelay = TimeSpan.FromMilliseconds(50);

    private readonly IDataset _data;
    private readonly int _batchSize;
    private readonly long? _seed;
    private readonly bool? _readsAhead;
    private readonly int[] _order;
    private readonly int[] _positions = [];
    private readonly int _chunksPerBatch;
    private readonly Thread? _thread;
    private readonly PreparedBatch[] _buffers = [];
    private readonly Action<int> _readOne;
    private int _epoch;

    // How long the threads that compute have read in this epoch, and what processor time the process took meanwhile.
    private bool _isWatched;
    private TimeSpan _readingTime;
    private TimeSpan _processorTime;

    // Guards what follows. Chunks are claimed in order: minibatch by minibatch, and in each from first to last.
    private readonly object _gate = new();
    private long _claimed;
    private int _reading;
    private int _taken;
    private bool _isWaiting; // the caller; the thread that reads ahead need not be woken for what does not concern it
    private bool _isAhead;
    private bool _isOver = true;
    private bool _isDisposed;

    /// <summary>Makes room for the minibatches.</summary>
    /// <param name="data">The images.</param>
    /// <param name="batchSize">How many a minibatch has; the last of an epoch may have fewer.</param>
    /// <param name="seed">The order of the images follows from it; null for that of the data, which then is not told of epochs, as for tests.</param>
    /// <param name="readsAhead">Whether a thread reads ahead: always, or never; null to prepare costly data, and to read ahead where that pays.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1.</exception>
    public BatchLoader(IDataset data, int batchSize, long? seed, bool? readsAhead = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (_data, _batchSize, _seed, _readsAhead) = (data, Math.Min(batchSize, Math.Max(data.Count, 1)), seed, readsAhead);
        _order = [.. Enumerable.Range(0, data.Count)];
        _readOne = _ => ReadOne(_taken);
        if (!(readsAhead ?? data.IsCostly)) return;
        _positions = [.. Enumerable.Range(0, _batchSize)];
        _chunksPerBatch = (_batchSize + ChunkImages - 1) / ChunkImages;
        _buffers = [.. Enumerable.Range(0, Buffers).Select(_ => new PreparedBatch(data, _batchSize))];
        _thread = new Thread(ReadAhead) { IsBackground = true, Name = "CnnEngine loader" };
        _thread.Start();
    }

    /// <summary>How many minibatches an epoch has.</summary>
    public int Batches => (_order.Length + _batchSize - 1) / _batchSize;

    /// <summary>Whether it prepares minibatches, so that a network has only to copy them.</summary>
    public bool Prepares => _thread is not null;

    /// <summary>Begins an epoch, after the one before it or after any earlier one.</summary>
    /// <param name="epoch">Its number, from 1. The order of an epoch is made from that of the one before.</param>
    /// <param name="first">The minibatch to begin with, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is not after the last one, or has no such minibatch.</exception>
    public void BeginEpoch(int epoch, int first = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(epoch, _epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Batches);
        lock (_gate)
        {
            _isOver = true;
            _isWaiting = true;
            while (_reading > 0) Monitor.Wait(_gate);
            _isWaiting = false;
        }
        if (_seed is { } seed)
        {
            for (int e = _epoch + 1; e <= epoch; e++)
            {
                SplitMix64 random = SplitMix64.For((ulong)seed, OrderStream, (ulong)e);
                random.Shuffle(_order);
            }
            _data.BeginEpoch(epoch);
        }
        _epoch = epoch;
        lock (_gate)
        {
            foreach (PreparedBatch buffer in _buffers) buffer.Clear();
            (_taken, _claimed, _isOver) = (first - 1, (long)first * _chunksPerBatch, false);
            _isAhead = _readsAhead ?? Threads.Count < Environment.ProcessorCount;
            (_isWatched, _readingTime, _processorTime) = (!_isAhead, default, default);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The next minibatch of the epoch. The one before must not be used any more.</summary>
    /// <param name="batch">Its images, until the next call.</param>
    /// <param name="cancellation">Ends waiting.</param>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled; the epoch is over then, and another one may begin.</exception>
    /// <exception cref="ObjectDisposedException">The loader is disposed, or was while this waited.</exception>
    /// <exception cref="Exception">Whatever the data set threw when it read the minibatch.</exception>
    public bool TryNext(out Minibatch batch, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        batch = default;
        if (_isOver || _taken + 1 >= Batches) return false;
        int first = (_taken + 1) * _batchSize, images = ImagesOf(_taken + 1);
        if (_thread is null)
        {
            _taken++;
            batch = new Minibatch(_data, _order.AsSpan(first, images));
            return true;
        }
        bool isReady;
        lock (_gate)
        {
            // The buffer of the minibatch before may be filled anew.
            if (_taken >= 0) _buffers[_taken % Buffers].Clear();
            _taken++;
            if (_isAhead) Monitor.PulseAll(_gate);
            isReady = _claimed >= (long)(_taken + 1) * _chunksPerBatch;
        }
        PreparedBatch buffer = _buffers[_taken % Buffers];
        bool isWatched = _isWatched && !isReady;
        long start = isWatched ? Stopwatch.GetTimestamp() : 0;
        TimeSpan before = isWatched ? Environment.CpuUsage.TotalTime : default;
        if (!isReady) Threads.For(_chunksPerBatch, _readOne);
        WaitFor(buffer, images, cancellation);
        if (isWatched) Watch(Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - before);
        buffer.Failure?.Throw();
        batch = new Minibatch(buffer, _positions.AsSpan(0, images));
        return true;
    }

    /// <summary>Ends reading ahead and waits until nothing is read any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            (_isDisposed, _isOver) = (true, true);
            Monitor.PulseAll(_gate);
        }
        _thread?.Join();
    }

    private void WaitFor(PreparedBatch buffer, int images, CancellationToken cancellation)
    {
        lock (_gate)
        {
            _isWaiting = true;
            while (buffer.Ready < images && !_isDisposed && !cancellation.IsCancellationRequested) Monitor.Wait(_gate, CancellationDelay);
            _isWaiting = false;
            if (buffer.Ready == images) return;
            // Its buffer is still being filled, and cannot be given to another minibatch before that is done.
            _isOver = true;
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Finds out in the first moments of an epoch whether reading waits for something else than a processor: if so, the thread begins to read ahead.</summary>
    private void Watch(TimeSpan time, TimeSpan processorTime)
    {
        _readingTime += time;
        _processorTime += processorTime;
        if (_readingTime < WatchTime) return;
        _isWatched = false;
        if (_processorTime > _readingTime * Math.Min(Threads.Count, _chunksPerBatch) / 2) return;
        lock (_gate)
        {
            _isAhead = true;
            Monitor.PulseAll(_gate);
        }
    }

    private int ImagesOf(int batch) => Math.Min(_batchSize, _order.Length - (batch * _batchSize));

    private void ReadAhead()
    {
        Threads.StayOnThisThread();
        while (true)
        {
            int last;
            lock (_gate)
            {
                while (!_isDisposed && (_isOver || !_isAhead || _claimed >= (long)Math.Min(_taken + Buffers, Batches) * _chunksPerBatch)) Monitor.Wait(_gate);
                if (_isDisposed) return;
                last = Math.Min(_taken + Buffers, Batches) - 1;
            }
            ReadOne(last);
        }
    }

    /// <summary>Reads the next images that nobody has begun to read, if they are of minibatch <paramref name="last"/> or one before it.</summary>
    private void ReadOne(int last)
    {
        int batch, chunk;
        lock (_gate)
        {
            if (_isOver || _claimed >= (long)(last + 1) * _chunksPerBatch) return;
            (batch, chunk) = ((int)(_claimed / _chunksPerBatch), (int)(_claimed % _chunksPerBatch));
            _claimed++;
            _reading++;
        }
        PreparedBatch buffer = _buffers[batch % Buffers];
        int first = chunk * ChunkImages, images = Math.Clamp(ImagesOf(batch) - first, 0, ChunkImages);
        ExceptionDispatchInfo? failure = null;
        try
        {
            if (images > 0) buffer.Fill(first, _order.AsSpan((batch * _batchSize) + first, images));
        }
        catch (Exception error)
        {
            // Whatever it is, it belongs to who takes the minibatch.
            failure = ExceptionDispatchInfo.Capture(error);
        }
        lock (_gate)
        {
            buffer.End(first, images, failure);
            _reading--;
            if (_isWaiting) Monitor.PulseAll(_gate);
        }
    }
}
