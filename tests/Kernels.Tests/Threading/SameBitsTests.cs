namespace CnnEngine.Kernels.Tests;

/// <summary>The same input gives the same bits on 1, 2 and 3 threads: work is cut by its shape, never by the number of threads.</summary>
public unsafe class SameBitsTests
{
    public static TheoryData<string, string> ConvolutionCases { get; } = Rows.Of(
        from pass in Enum.GetValues<ConvPass>()
        from row in ConvCases.Supported(pass)
        where row.Shape is "LeNet conv2" or "9 images" or "25 filters" or "25 channels, 1×1" or "rows of whole vectors, several panels"
            or "depthwise, wide, no padding" or "depthwise, stride 2, small planes" or ConvCases.StridedStrips
        select (row.Shape, $"{row.Algorithm} {pass}"));

    [Theory, MemberData(nameof(ConvolutionCases))]
    public void Convolutions(string name, string algorithmAndPass)
    {
        ConvData data = ConvCases.Random(name);
        ConvShape shape = data.Shape;
        string[] words = algorithmAndPass.Split(' ');
        ConvAlgorithm algorithm = ConvCases.Algorithm(words[0]);
        AssertSameBits(() =>
        {
            float[] y = new float[shape.OutputLength], dx = new float[shape.InputLength], dw = [.. data.Before], db = [.. data.Bias];
            fixed (float* x = data.X, w = data.W, bias = data.Bias, dy = data.Delta, py = y, pdx = dx, pdw = dw, pdb = db)
                switch (Enum.Parse<ConvPass>(words[1]))
                {
                    case ConvPass.Forward:
                        algorithm.Forward(shape, x, w, bias, Activation.Relu, py);
                        return y;
                    case ConvPass.BackwardInput:
                        algorithm.BackwardInput(shape, dy, w, pdx);
                        return dx;
                    default:
                        algorithm.BackwardFilter(shape, x, dy, pdw, pdb);
                        return [.. dw, .. db];
                }
        });
    }

    [Fact]
    public void Matrix_products() => AssertSameBits(() =>
    {
        // Two tiles of rows and two of columns.
        const int m = 500, n = 300, k = 40;
        float[] c = Numbers.Random(m * n, 3);
        Gemm.Multiply(m, n, k, Numbers.Random(m * k, 1), Numbers.Random(k * n, 2), c, 0.7f, 0.3f);
        return c;
    });

    [Fact]
    public void Fully_connected_layers_larger_than_the_caches()
    {
        using ForcedCaches none = new(CacheSizes.Current with { Level3 = 0 });
        Fully_connected_layers(6, 1030, 301);
    }

    [Theory, InlineData(6, 123, 300), InlineData(80, 123, 300)]
    public void Fully_connected_layers(int images, int inputs, int outputs) => AssertSameBits(() =>
    {
        float[] x = Numbers.Random(images * inputs, 1), w = Numbers.Random(inputs * outputs, 2), dy = Numbers.Random(images * outputs, 3);
        float[] y = new float[images * outputs], dx = new float[x.Length], dw = new float[w.Length], db = new float[outputs];
        FullyConnected.Forward(images, inputs, outputs, x, w, [], Activation.Tanh, y);
        FullyConnected.BackwardInput(images, inputs, outputs, dy, w, dx);
        FullyConnected.BackwardWeights(images, inputs, outputs, x, dy, dw, db);
        return [.. y, .. dx, .. dw, .. db];
    });

    [Fact]
    public void Pooling() => AssertSameBits(() =>
    {
        PoolShape shape = new(5, 419, (11, 13), 3, 2, 1);
        float[] x = Numbers.Random(shape.InputLength, 1), dy = Numbers.Random(shape.OutputLength, 2);
        float[] max = new float[dy.Length], mean = new float[dy.Length], dmax = new float[x.Length], dmean = new float[x.Length];
        int[] argMax = new int[dy.Length];
        MaxPooling.Forward(shape, x, max, argMax);
        MaxPooling.Backward(shape, dy, argMax, dmax);
        MeanPooling.Forward(shape, x, mean);
        MeanPooling.Backward(shape, dy, dmean);
        return [.. max, .. mean, .. dmax, .. dmean];
    });

    [Theory, InlineData(700, 3), InlineData(40, 33)]
    public void Batch_normalisation(int channels, int plane) => AssertSameBits(() =>
    {
        NormShape shape = new(3, channels, plane);
        float[] x = Numbers.Random(shape.Length, 1), dy = Numbers.Random(shape.Length, 2), weight = Numbers.Random(channels, 3), bias = Numbers.Random(channels, 4);
        float[] y = new float[x.Length], dx = new float[x.Length], mean = new float[channels], variance = new float[channels];
        BatchNormalization.Forward(shape, x, weight, bias, 1e-5f, Activation.Relu, y, mean, variance);
        BatchNormalization.Backward(shape, x, mean, variance, weight, 1e-5f, dy, dx, weight, bias);
        return [.. y, .. mean, .. variance, .. dx, .. weight, .. bias];
    });

    [Theory, InlineData(4, 33), InlineData(1500, 1)]
    public void Group_normalisation_and_local_response(int channels, int plane) => AssertSameBits(() =>
    {
        GroupShape groups = new(3, 2, channels, plane);
        NormShape shape = new(3, 2 * channels, plane);
        float[] x = Numbers.Random(shape.Length, 1), dy = Numbers.Random(shape.Length, 2), weight = Numbers.Random(2 * channels, 3), bias = Numbers.Random(2 * channels, 4);
        float[] y = new float[x.Length], dx = new float[x.Length], mean = new float[6], variance = new float[6], response = new float[x.Length], dresponse = new float[x.Length];
        GroupNormalization.Forward(groups, x, weight, bias, 1e-5f, y, mean, variance);
        GroupNormalization.Backward(groups, x, mean, variance, weight, 1e-5f, dy, dx, weight, bias);
        LocalResponseNormalization.Forward(shape, new LocalResponse(5, 1, 0.75f, 1), x, response);
        LocalResponseNormalization.Backward(shape, new LocalResponse(5, 1, 0.75f, 1), x, dy, dresponse);
        return [.. y, .. mean, .. variance, .. dx, .. weight, .. bias, .. response, .. dresponse];
    });

    [Fact]
    public void Activations_and_updates() => AssertSameBits(() =>
    {
        const int length = 100_003;
        float[] w = Numbers.Random(length, 1), g = Numbers.Random(length, 2), v = Numbers.Random(length, 3), y = new float[length];
        SgdUpdate.Run(w, g, v, 0.1f, 0.9f, 1e-3f, nesterov: true);
        Activations.Forward(Activation.LeakyRelu(), w, y);
        Activations.Backward(Activation.Sigmoid, y, g, g);
        return [.. w, .. v, .. y, .. g];
    });

    [Fact]
    public void Slopes_and_softmax_over_channels() => AssertSameBits(() =>
    {
        const int images = 3, channels = 7, pixels = 9001;
        float[] x = Numbers.Random(images * channels * pixels, 1), dy = Numbers.Random(x.Length, 2), slopes = Numbers.Random(channels, 3);
        float[] y = new float[x.Length], p = new float[x.Length], dx = new float[x.Length], dp = new float[x.Length], dslopes = new float[channels];
        ParametricRelu.Forward(pixels, slopes, x, y);
        ParametricRelu.Backward(pixels, slopes, x, dy, dx, dslopes);
        ChannelSoftmax.Forward(channels, pixels, logarithm: false, x, p);
        ChannelSoftmax.Backward(channels, pixels, logarithm: false, p, dy, dp);
        return [.. y, .. dx, .. dslopes, .. p, .. dp];
    });

    [Theory, InlineData(10), InlineData(100)]
    public void Losses(int classes) => AssertSameBits(() =>
    {
        const int images = 5000;
        float[] z = Numbers.Random(images * classes, 1, limit: 5), dz = new float[z.Length], p = new float[z.Length];
        int[] labels = [.. Enumerable.Range(0, images).Select(n => n % classes)];
        double loss = SoftmaxCrossEntropy.Run(classes, z, labels, 1f / images, dz, 0.1f);
        SoftmaxCrossEntropy.Softmax(classes, z, p);
        // Both halves of the double.
        long bits = BitConverter.DoubleToInt64Bits(loss);
        return [.. dz, .. p, BitConverter.Int32BitsToSingle((int)bits), BitConverter.Int32BitsToSingle((int)(bits >> 32))];
    });

    private static void AssertSameBits(Func<float[]> compute)
    {
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forcedWidth = new(width);
            float[]? alone = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                using ForcedThreads forced = new(threads);
                float[] result = compute();
                Expect.SameBits(alone ??= result, result);
            }
        }
    }
}
