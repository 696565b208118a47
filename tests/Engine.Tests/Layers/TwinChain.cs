using CnnEngine.Analysis;
using CnnEngine.Kernels;
using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Tests.Layers;

/// <summary>The double twin of some layers one behind the other, put together from the kernels' naive twins.</summary>
internal sealed class TwinChain(Shape input)
{
    // Each takes the number of images, the values so far, and the parameters that are left.
    private readonly List<Func<int, double[], Queue<double[]>, double[]>> _stages = [];

    /// <summary>The shape of one image after the last stage.</summary>
    public Shape Shape { get; private set; } = input;

    /// <summary>The chain as one function.</summary>
    public Twin Twin => (images, inputs, parameters) => Run(images, inputs[0], new Queue<double[]>(parameters));

    /// <summary>The chain on values of its own, for twins with several branches.</summary>
    public double[] Run(int images, double[] x, Queue<double[]> parameters)
    {
        foreach (Func<int, double[], Queue<double[]>, double[]> stage in _stages) x = stage(images, x, parameters);
        return x;
    }

    public TwinChain Conv(int filters, Size2 filter, ConvOptions? options = null, bool bias = true)
    {
        ConvShape one = new(1, Shape[0], (Shape[1], Shape[2]), filters, filter, options);
        _stages.Add((images, x, parameters) =>
        {
            double[] w = parameters.Dequeue();
            return ReferenceConvolution.Forward(one.WithImages(images), x, w, bias ? parameters.Dequeue() : null);
        });
        Shape = new Shape(filters, ReferenceConvolution.OutputHeight(one), ReferenceConvolution.OutputWidth(one));
        return this;
    }

    public TwinChain Linear(int outputs, bool bias = true)
    {
        int inputs = Shape.Length;
        _stages.Add((images, x, parameters) =>
        {
            double[] w = parameters.Dequeue();
            return ReferenceGemm.FullyConnectedForward(images, inputs, outputs, x, w, bias ? parameters.Dequeue() : null);
        });
        Shape = new Shape(outputs);
        return this;
    }

    public TwinChain Activate(Activation activation)
    {
        _stages.Add((_, x, _) => ReferenceActivations.Forward(activation, x));
        return this;
    }

    public TwinChain BatchNorm(float epsilon = 1e-5f)
    {
        NormShape one = new(1, Shape[0], Shape.Length / Shape[0]);
        _stages.Add((images, x, parameters) =>
            ReferenceBatchNormalization.Forward(one with { Images = images }, x, parameters.Dequeue(), parameters.Dequeue(), epsilon));
        return this;
    }

    public TwinChain GroupNorm(int groups, int channels, int plane, int rows = 1, float epsilon = 1e-5f)
    {
        _stages.Add((images, x, parameters) => ReferenceGroupNormalization.Forward(
            new GroupShape(images * rows, groups, channels, plane), x, parameters.Dequeue(), parameters.Dequeue(), epsilon));
        return this;
    }

    public TwinChain LocalResponseNorm(LocalResponse options)
    {
        NormShape one = new(1, Shape[0], Shape[1] * Shape[2]);
        _stages.Add((images, x, _) => ReferenceLocalResponse.Forward(one with { Images = images }, options, x));
        return this;
    }

    public TwinChain MaxPool(Size2 window, Size2? stride = null, Padding padding = default, bool ceilMode = false) =>
        Pool((images, x) => new PoolShape(images, x[0], (x[1], x[2]), window, stride ?? window, padding, ceilMode));

    public TwinChain MeanPool(
        Size2 window, Size2? stride = null, Padding padding = default, bool ceilMode = false, PoolDivisor divisor = PoolDivisor.Window) =>
        Pool((images, x) => new PoolShape(images, x[0], (x[1], x[2]), window, stride ?? window, padding, ceilMode), divisor);

    /// <summary>Pooling over any windows: sums over <paramref name="divisor"/>, or maxima if there is none.</summary>
    public TwinChain Pool(Func<int, Shape, PoolShape> windows, PoolDivisor? divisor = null)
    {
        Shape from = Shape;
        _stages.Add((images, x, _) => divisor is { } over
            ? ReferencePooling.MeanForward(windows(images, from), x, over)
            : ReferencePooling.MaxForward(windows(images, from), x).Y);
        PoolShape one = windows(1, from);
        Shape = new Shape(from[0], one.OutputHeight, one.OutputWidth);
        return this;
    }
}
