namespace CnnEngine.Kernels.Tests;

/// <summary>After their first calls kernels and threads leave nothing for the garbage collector, on any thread.</summary>
public unsafe class AllocationTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Handing_out_work_allocates_nothing(int threads)
    {
        using ForcedThreads forced = new(threads);
        int[] runs = new int[16];
        Action<int> body = chunk => Interlocked.Increment(ref runs[chunk]);
        fixed (int* pointer = runs)
        {
            ThreadsTests.CountRuns chunks = new(pointer);
            AssertNoAllocation(calls: 300, () => Threads.For(runs.Length, body));
            AssertNoAllocation(calls: 300, () => Threads.For(runs.Length, chunks));
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
        NormShape norm = new(shape.N, shape.K, shape.OutputPlane);
        float[] mean = new float[shape.K], variance = new float[shape.K];
        int[] argMax = new int[pool.OutputLength];
        const int features = 400, classes = 10;
        float[] logits = new float[shape.N * classes], w = new float[features * classes], dw2 = new float[w.Length];
        int[] labels = new int[shape.N];
        Assert.Equal(shape.N * features, pooled.Length);

        AssertNoAllocation(calls: 2, () =>
        {
            Convolution.Forward(shape, data.X, data.W, data.Bias, Activation.Tanh, y);
            MaxPooling.Forward(pool, y, pooled, argMax);
            FullyConnected.Forward(shape.N, features, classes, pooled, w, [], Activation.Identity, logits);
            SoftmaxCrossEntropy.Run(classes, logits, labels, 1, logits, 0.1f);
            FullyConnected.BackwardWeights(shape.N, features, classes, pooled, logits, dw2, []);
            FullyConnected.BackwardInput(shape.N, features, classes, logits, w, dpooled);
            MaxPooling.Backward(pool, dpooled, argMax, y);
            Activations.Backward(Activation.Relu, y, y, y);
            GatedActivations.SwishForward(y, y);
            ChannelSoftmax.Forward(shape.K, shape.OutputPlane, logarithm: false, y, y);
            ParametricRelu.Backward(shape.OutputPlane, db, y, y, y, db);
            Convolution.BackwardFilter(shape, data.X, data.Delta, dw, db);
            Convolution.BackwardInput(shape, data.Delta, data.W, dx);
            BatchNormalization.Forward(norm, y, db, db, 1e-5f, Activation.Relu, y, mean, variance);
            BatchNormalization.Backward(norm, y, mean, variance, db, 1e-5f, y, y, mean, variance);
            SgdUpdate.Run(dw, dw, velocity, 0.1f, 0.9f, 0, true);
        });
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Poolings_allocate_nothing(int threads)
    {
        using ForcedThreads forced = new(threads);
        // Several chunks each; images of which a vector holds several rows, one row, and a part of a row.
        foreach (PoolShape shape in new PoolShape[] { new(2, 200, 13, 3, 2), new(2, 80, 27, 3, 2, 1), new(1, 12, 66, 3, 2), new(2, 150, 15, 2, 2), new(2, 150, 15, 3, 1, 1) })
        {
            float[] x = new float[shape.InputLength], y = new float[shape.OutputLength];
            int[] argMax = new int[y.Length];
            AssertNoAllocation(calls: 1, () =>
            {
                MaxPooling.Forward(shape, x, y, argMax);
                MaxPooling.Backward(shape, y, argMax, x);
                MeanPooling.Forward(shape, x, y);
                MeanPooling.Backward(shape, y, x);
            });
        }
    }

    private static void AssertNoAllocation(int calls, Action work)
    {
        for (int call = 0; call < 40; call++) work();
        // The test runner allocates now and then on threads of its own, and so may code that is not optimised yet: some calls must
        // leave nothing, a kernel that allocates would leave something at every one.
        long here = 0, everywhere = 0;
        for (int attempt = 0; attempt < 30; attempt++)
        {
            long beforeHere = GC.GetAllocatedBytesForCurrentThread(), before = GC.GetTotalAllocatedBytes(precise: true);
            for (int call = 0; call < calls; call++) work();
            everywhere = GC.GetTotalAllocatedBytes(precise: true) - before;
            here = GC.GetAllocatedBytesForCurrentThread() - beforeHere;
            if (here == 0 && everywhere == 0) return;
            Thread.Sleep(10);
        }
        Assert.Fail($"{calls} calls leave {here} bytes on the calling thread, {everywhere} on all threads");
    }
}
