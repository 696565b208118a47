using CnnEngine.Kernels;

namespace CnnEngine.Bench;

/// <summary>The one list of sizes that benchmarks, the quick mode and the comparison share; results are filed under these names.</summary>
public static class Shapes
{
    /// <summary>Squares, then what convolutions and fully connected layers of VGG, AlexNet, ResNet and LeNet come down to.</summary>
    public static IReadOnlyList<GemmCase> Gemm { get; } =
    [
        new(256, 256, 256), new(512, 512, 512), new(1024, 1024, 1024), new(2048, 2048, 2048),
        new(64, 3136, 576), new(128, 784, 1152), new(256, 196, 2304), new(512, 49, 4608),
        new(64, 12544, 147), new(96, 3025, 363), new(6, 50176, 25), new(16, 6400, 150),
        new(64, 120, 400), new(256, 256, 800), new(32, 4096, 9216), new(128, 1000, 4096),
    ];

    /// <summary>Layers of LeNet, VGG, ResNet, AlexNet and MobileNet.</summary>
    public static IReadOnlyList<ConvCase> Convolution { get; } =
    [
        new("lenet1", 64, 1, 28, 6, 5, 1, 2),
        new("lenet2", 64, 6, 14, 16, 5, 1, 0),
        new("vgg1_2", 1, 64, 224, 64, 3, 1, 1),
        new("vgg3_2", 4, 256, 56, 256, 3, 1, 1),
        new("res3x3_56", 8, 64, 56, 64, 3, 1, 1),
        new("res3x3_14", 8, 256, 14, 256, 3, 1, 1),
        new("res1x1_56", 8, 64, 56, 256, 1, 1, 0),
        new("res7x7s2", 8, 3, 224, 64, 7, 2, 3),
        new("alex11s4", 8, 3, 227, 96, 11, 4, 0),
        new("cifar5x5", 64, 3, 32, 32, 5, 1, 2),
        new("dw3x3_56", 8, 128, 56, 128, 3, 1, 1, Groups: 128),
        new("res3x3s2", 8, 128, 56, 128, 3, 2, 1),
    ];

    /// <summary>Poolings of LeNet, VGG and ResNet.</summary>
    public static IReadOnlyList<PoolCase> Pooling { get; } =
    [
        new("lenet_pool1", 64, 6, 28, 2, 2, 0),
        new("lenet_pool2", 64, 16, 10, 2, 2, 0),
        new("vgg_pool1", 1, 64, 224, 2, 2, 0),
        new("vgg_pool3", 4, 256, 56, 2, 2, 0),
        new("res_pool", 8, 64, 112, 3, 2, 1),
        new("res_global", 8, 512, 7, 7, 7, 0),
    ];

    /// <summary>Numbers of threads to measure on: 1, and 2 where the machine has them.</summary>
    public static IReadOnlyList<int> ThreadCounts { get; } = Environment.ProcessorCount > 1 ? [1, 2] : [1];
}

/// <summary>A size with a known amount of arithmetic.</summary>
public interface IMeasuredCase
{
    /// <summary>What results are filed under.</summary>
    string Name { get; }

    /// <summary>Floating-point operations of one pass, a multiply-add counting as two.</summary>
    double Flops { get; }
}

/// <summary>C = A·B with A M×K and B K×N.</summary>
public sealed record GemmCase(int M, int N, int K) : IMeasuredCase
{
    /// <inheritdoc/>
    public string Name => $"gemm_{M}x{N}x{K}";

    /// <inheritdoc/>
    public double Flops => 2.0 * M * N * K;

    /// <summary>The name: BenchmarkDotNet shows it.</summary>
    public override string ToString() => Name;
}

/// <summary>A convolution of square images and filters.</summary>
public sealed record ConvCase(
    string Name, int Images, int Channels, int Size, int Filters, int Filter, int Stride, int Padding, int Groups = 1) : IMeasuredCase
{
    /// <summary>The geometry.</summary>
    public ConvShape Shape { get; } =
        new(Images, Channels, Size, Filters, Filter, new ConvOptions { Stride = Stride, Padding = Padding, Groups = Groups });

    /// <summary>Each of the three passes does the same arithmetic; an algorithm that needs less shows as faster.</summary>
    public double Flops => 2.0 * Shape.MultiplyAdds;

    /// <summary>The name: BenchmarkDotNet shows it.</summary>
    public override string ToString() => Name;
}

/// <summary>A pooling of square images over square windows.</summary>
public sealed record PoolCase(string Name, int Images, int Channels, int Size, int Window, int Stride, int Padding) : IMeasuredCase
{
    /// <summary>The geometry.</summary>
    public PoolShape Shape { get; } = new(Images, Channels, Size, Window, Stride, Padding);

    /// <summary>One comparison or addition for each number of each window.</summary>
    public double Flops => (double)Shape.OutputLength * Window * Window;

    /// <summary>The name: BenchmarkDotNet shows it.</summary>
    public override string ToString() => Name;
}
