namespace CnnEngine.Kernels.Tests;

/// <summary>After their first calls kernels and threads leave nothing for the garbage collector, on any thread.</summary>
public unsafe class AllocationTests
{
    private const int Calls = 300;

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Handing_out_work_allocates_nothing(int threads)
    {
        using ForcedThreads forced = new(threads);
        int[] runs = new int[16];
        Action<int> body = chunk => Interlocked.Increment(ref runs[chunk]);
        fixed (int* pointer = runs)
        {
            ThreadsTests.CountRuns chunks = new(pointer);
            AssertNoAllocation(() => Threads.For(runs.Length, body));
            AssertNoAllocation(() => Threads.For(runs.Length, chunks));
        }
    }

    [Theory, InlineData(1), InlineData(2)]
    public void The_passes_of_a_network_allocate_nothing(int threads)
    {
        using ForcedThreads forced = new(threads);
        ConvData data = ConvCases.Integers("LeNet conv2");
        ConvShape shape = data.Shape;
        PoolShape pool = new(shape.N, shape.K, (shape.OutputHeight, shape.OutputWidth), 2, 2);
        float[] y = new float[shape.OutputLength], dx = new float[shape.InputLength], dw = new float[shape.FilterLength], db = new float[shape.K];
        float[] pooled = new float[pool.OutputLength], dpooled = new float[pool.OutputLength], velocity = new float[dw.Length];
        int[] argMax = new int[pool.OutputLength];
        const int features = 400, classes = 10;
        float[] logits = new float[shape.N * classes], w = new float[features * classes], dw2 = new float[w.Length];
        int[] labels = new int[shape.N];
        Assert.Equal(shape.N * features, pooled.Length);

        AssertNoAllocation(() =>
        {
            Convolution.Forward(shape, data.X, data.W, data.Bias, Activation.Tanh, y);
            MaxPooling.Forward(pool, y, pooled, argMax);
            FullyConnected.Forward(shape.N, features, classes, pooled, w, [], Activation.Identity, logits);
            SoftmaxCrossEntropy.Run(classes, logits, labels, 1, logits, 0.1f);
            FullyConnected.BackwardWeights(shape.N, features, classes, pooled, logits, dw2, []);
            FullyConnected.BackwardInput(shape.N, features, classes, logits, w, dpooled);
            MaxPooling.Backward(pool, dpooled, argMax, y);
            Activations.Backward(Activation.Relu, y, y, y);
            Convolution.BackwardFilter(shape, data.X, data.Delta, dw, db);
            Convolution.BackwardInput(shape, data.Delta, data.W, dx);
            SgdUpdate.Run(dw, dw, velocity, 0.1f, 0.9f, 0, true);
        }, calls: 20);
    }

    private static void AssertNoAllocation(Action work, int calls = Calls)
    {
        for (int call = 0; call < 50; call++) work();
        // The runtime itself may allocate now and then on a thread of its own; the kernels would do so at every call.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            long beforeHere = GC.GetAllocatedBytesForCurrentThread(), before = GC.GetTotalAllocatedBytes(precise: true);
            for (int call = 0; call < calls; call++) work();
            long after = GC.GetTotalAllocatedBytes(precise: true), afterHere = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(0, afterHere - beforeHere);
            least = Math.Min(least, after - before);
        }
        Assert.Equal(0, least);
    }
}
