using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Initialization;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Models;

namespace CnnEngine.Tests.Docs;

/// <summary>The programs of <c>docs/notes.md</c>: the text of each public method is in the page, and what it prints below it.</summary>
/// <param name="writer">Receives what they print.</param>
internal sealed class NotesSnippets(TextWriter writer)
{
    private readonly Paper Console = new(writer);

    // <helpers>
    // The layers with given numbers for parameters, compiled for one image.
    private static Network Given(Sequential layers, Shape image, params float[][] parameters)
    {
        Network network = layers.Compile(image, new NetworkOptions { BatchSize = 1, InputGradient = true });
        for (int i = 0; i < parameters.Length; i++) parameters[i].CopyTo(network.Parameters[i].Value.Span);
        return network;
    }

    // What a network computes of an image.
    private static float[] Run(Network network, float[] image)
    {
        float[] output = new float[network.OutputShape.Length];
        network.Predict(image, output);
        return output;
    }

    // ∂loss/∂image, if ∂loss/∂output is δ. The gradients of the parameters are in the parameters.
    private static float[] Back(Network network, float[] image, float[] delta)
    {
        network.Backpropagate(image, (in LossStep step) =>
        {
            delta.CopyTo(step.OutputGradient());
            return 0;
        });
        return network.InputGradient.Span.ToArray();
    }

    // The output's shape and the multiply-adds, from the shapes alone.
    private static Shape Size(Layer layer, Shape image) => NetworkSummary.Of([layer], image).Layers[0].Output;
    private static long Work(Sequential layers, Shape image) => NetworkSummary.Of(layers, image).Cost.MultiplyAdds;

    // Numbers as rows of an image.
    private static string Rows(ReadOnlySpan<float> numbers, int width)
    {
        string text = "";
        for (int i = 0; i < numbers.Length; i++) text += $"{numbers[i],4:0.##}{(i % width == width - 1 ? "\n" : " ")}";
        return text.TrimEnd();
    }
    // </helpers>

    public void Correlation()
    {
        float[] image =
        [
            1, 1, 1, 0, 0,
            0, 1, 1, 1, 0,
            0, 0, 1, 1, 1,
            0, 0, 1, 1, 0,
            0, 1, 1, 0, 0,
        ];
        Sequential layers = [new Conv2d(1, 3) { HasBias = false }];
        Console.WriteLine(Rows(Run(Given(layers, new Shape(1, 5, 5), [1, 0, 1, 0, 1, 0, 1, 0, 1]), image), 3));

        float[] point = [0, 0, 0, 0, 1, 0, 0, 0, 0];
        layers = [new Conv2d(1, 3, padding: 1) { HasBias = false }];
        Console.WriteLine("the filter 1 … 9 over a point:");
        Console.WriteLine(Rows(Run(Given(layers, new Shape(1, 3, 3), [1, 2, 3, 4, 5, 6, 7, 8, 9]), point), 3));
    }

    public void OutputSizes()
    {
        Shape image = new(3, 224, 224);
        foreach (Layer layer in (Layer[])
            [
                new Conv2d(96, 11, stride: 4, padding: 2), // (224 − 11 + 2·2)/4 + 1 = 55.25
                new Conv2d(8, 3, stride: 2),
                new Conv2d(8, 3, stride: 2, padding: 1),
                new Conv2d(8, 3, padding: Padding.Same),
                new Conv2d(8, (4, 2), padding: Padding.Same),
                new Conv2d(8, 1, padding: 1),
                new Conv2d(8, 3, dilation: 2),
            ])
            Console.WriteLine($"{layer}: {image} → {Size(layer, image)}");
    }

    public void Transposed()
    {
        ConvTranspose2d layer = new(1, 3, stride: 2) { HasBias = false };
        Console.WriteLine($"{layer}: {Size(layer, new Shape(1, 2, 2))}, not 2·2 + 2 − 3 = 3");
        Console.WriteLine($"of 5×5 a convolution makes {Size(new Conv2d(1, 3, stride: 2), new Shape(1, 5, 5))}, and of 6×6 {Size(new Conv2d(1, 3, stride: 2), new Shape(1, 6, 6))}");
        Console.WriteLine($"with output padding {Size(new ConvTranspose2d(1, 3, stride: 2, outputPadding: 1), new Shape(1, 2, 2))}");

        float[] small = [1, 10, 100, 1000], filter = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        Network up = Given([layer], new Shape(1, 2, 2), filter);
        Network down = Given([new Conv2d(1, 3, stride: 2) { HasBias = false }], new Shape(1, 5, 5), filter);
        Console.WriteLine(Rows(Run(up, small), 5));
        Console.WriteLine($"the same as the convolution's backward pass: {Run(up, small).SequenceEqual(Back(down, new float[25], small))}");
    }

    public void OneByOne()
    {
        float[] pixels = [1, 2, 3, 4, 10, 20, 30, 40]; // two channels of 2×2
        float[] weights = [1, 1, 2, 0, 1, -1];         // three filters of two weights
        float[] maps = Run(Given([new Conv2d(3, 1) { HasBias = false }], new Shape(2, 2, 2), weights), pixels);
        float[] last = Run(Given([new Linear(3) { HasBias = false }], new Shape(2), weights), [4, 40]);
        Console.WriteLine($"at the last pixel {maps[3]}, {maps[7]}, {maps[11]}; fully connected {string.Join(", ", last)}");
    }

    public void Bottlenecks()
    {
        Print("3×3, 256 → 256", 256, [new Conv2d(256, 3, padding: 1)]);
        Print("3×3, 64 → 256", 64, [new Conv2d(256, 3, padding: 1)]);
        Print("1×1, 256 → 64, and that", 256, [new Conv2d(64, 1), new Conv2d(256, 3, padding: 1)]);
        Print("ResNet's 256 → 64 → 64 → 256", 256, [new Conv2d(64, 1), new Conv2d(64, 3, padding: 1), new Conv2d(256, 1)]);
        Print("the notes' 64 → 256 → 256 → 1024", 64, [new Conv2d(256, 1), new Conv2d(256, 3, padding: 1), new Conv2d(1024, 1)]);

        void Print(string name, int channels, Sequential layers) =>
            Console.WriteLine($"{Work(layers, new Shape(channels, 14, 14)) / (14 * 14),9:N0} multiply-adds a pixel: {name}");
    }

    public void TwoSmallOneLarge()
    {
        float[] a = [1, 2, 0, 0, 1, 3, 1, 0, 1], b = [1, 0, 1, 2, 1, 0, 0, 1, 1];
        Sequential two = [new Conv2d(1, 3) { HasBias = false }, new Conv2d(1, 3) { HasBias = false }];
        float[] both = Back(Given(two, new Shape(1, 5, 5), a, b), new float[25], [1]); // what each pixel counts for one output
        Console.WriteLine(Rows(both, 5));

        float[] image = [.. Enumerable.Range(0, 49).Select(i => (float)(i * i % 11) - 5)];
        Network one = Given([new Conv2d(1, 5) { HasBias = false }], new Shape(1, 7, 7), both);
        Network pair = Given([new Conv2d(1, 3) { HasBias = false }, new Conv2d(1, 3) { HasBias = false }], new Shape(1, 7, 7), a, b);
        Network relu = Given([new Conv2d(1, 3) { HasBias = false }, new ReLU(), new Conv2d(1, 3) { HasBias = false }], new Shape(1, 7, 7), a, b);
        Console.WriteLine($"the same on an image: {Run(one, image).SequenceEqual(Run(pair, image))}; with a ReLU between: {Run(one, image).SequenceEqual(Run(relu, image))}");
        foreach ((string name, Sequential layers) in ((string, Sequential)[])
            [
                ("two 3×3", [new Conv2d(64, 3, padding: 1), new Conv2d(64, 3, padding: 1)]), ("5×5", [new Conv2d(64, 5, padding: 2)]),
                ("three 3×3", [new Conv2d(64, 3, padding: 1), new Conv2d(64, 3, padding: 1), new Conv2d(64, 3, padding: 1)]), ("7×7", [new Conv2d(64, 7, padding: 3)]),
            ])
            Console.WriteLine($"{name}: sees {ReceptiveFields.BottomUp(layers.ToGraph(), new Shape(64, 56, 56))}; {NetworkSummary.Of(layers, new Shape(64, 56, 56)).Layers.Sum(layer => layer.Weights):N0} weights");
    }

    public void Separable()
    {
        Shape image = new(32, 28, 28);
        double plain = Work([new Conv2d(64, 3, padding: 1)], image);
        Console.WriteLine($"depthwise separable: {Work(SeparableConv2d.Depthwise(64, 3, padding: 1), image) / plain:0.0000}; 1/64 + 1/9 = {(1 / 64.0) + (1 / 9.0):0.0000}");
        Console.WriteLine($"spatially separable, one channel: {Work(SeparableConv2d.Spatial(1, 3, padding: 1), new Shape(1, 28, 28)) / (double)Work([new Conv2d(1, 3, padding: 1)], new Shape(1, 28, 28)):0.0000}; 6/9 = {6 / 9.0:0.0000}");
        Console.WriteLine($"4 groups: {Work([new Conv2d(64, 3, padding: 1, groups: 4)], image) / plain:0.0000}");

        float[] pixels = [.. Enumerable.Range(0, 25).Select(i => (float)(i * i % 7))];
        Network sobel = Given([new Conv2d(1, 3) { HasBias = false }], new Shape(1, 5, 5), [1, 0, -1, 2, 0, -2, 1, 0, -1]);
        Network columnThenRow = Given([new Conv2d(1, (3, 1)) { HasBias = false }, new Conv2d(1, (1, 3)) { HasBias = false }], new Shape(1, 5, 5), [1, 2, 1], [1, 0, -1]);
        Console.WriteLine($"Sobel's filter is a column times a row: {Run(sobel, pixels).SequenceEqual(Run(columnThenRow, pixels))}");
    }

    public void Pooling()
    {
        float[] image = [1, 3, 2, 1, 4, 2, 8, 5, 1, 0, 6, 7, 2, 9, 7, 3], delta = [4, 8, 12, 16];
        foreach (Layer layer in (Layer[])[new MaxPool2d(2), new MeanPool2d(2)])
        {
            Network network = Given([layer], new Shape(1, 4, 4));
            float[] gradient = Back(network, image, delta);
            Console.WriteLine($"{layer}: {string.Join(", ", Run(network, image))}; backward, of sum {gradient.Sum()}:");
            Console.WriteLine(Rows(gradient, 4));
        }
    }

    public void Invariance()
    {
        Network network = Given([new MaxPool2d(2)], new Shape(1, 2, 8));
        for (int column = 2; column < 5; column++)
        {
            float[] image = new float[16];
            image[column] = image[column + 8] = 1;
            Console.WriteLine($"a line in column {column}: {string.Join(" ", Run(network, image))}");
        }
    }

    public void Pyramid()
    {
        foreach ((int size, int bins) in ((int, int)[])[(13, 1), (13, 2), (13, 4), (11, 4)])
        {
            int window = (size + bins - 1) / bins, stride = size / bins;
            Console.WriteLine($"{size} into {bins}: window {window}, stride {stride}: {Size(new MaxPool2d(window, stride), new Shape(1, size, size))[1]}");
        }
        Console.WriteLine($"11 into 4: {new AdaptiveMaxPool2d(4)}: {Size(new AdaptiveMaxPool2d(4), new Shape(1, 11, 11))[1]}");
    }

    public void OutputDelta()
    {
        float[] x = [0.5f, -1, 2], w = [0.4f, 0.3f, -0.2f], y = [1];
        Linear layer = new(1);
        Network network = Given([layer, new Sigmoid()], new Shape(3), w, [0.1f]);
        float a = Run(network, x)[0];
        Back(network, x, [a - y[0]]); // ∂/∂a of ½(a − y)²
        float delta = (a - y[0]) * a * (1 - a); // (a − y) ⊙ σ'(z)
        Console.WriteLine($"engine:  ∂b = {layer.Bias!.Gradient.Span[0]:0.0000}, ∂W = {Rows4(layer.Weight!.Gradient.Span)}");
        Console.WriteLine($"formula: δ  = {delta:0.0000}, δ·xᵀ = {Rows4([delta * x[0], delta * x[1], delta * x[2]])}");

        static string Rows4(ReadOnlySpan<float> numbers) => string.Join(" ", numbers.ToArray().Select(number => $"{number:0.0000}"));
    }

    public void RotatedFilter()
    {
        float[] image = [.. Enumerable.Range(1, 16).Select(i => (float)i)], filter = [1, 2, 3, 4, 5, 6, 7, 8, 9], delta = [1, -1, 2, 10];
        Conv2d layer = new(1, 3) { HasBias = false };
        float[] gradient = Back(Given([layer], new Shape(1, 4, 4), filter), image, delta);
        Console.WriteLine(Rows(gradient, 4));

        float[] rotated = [.. filter.Reverse()];
        Network full = Given([new Conv2d(1, 3, padding: 2) { HasBias = false }], new Shape(1, 2, 2), rotated);
        Console.WriteLine($"∂x is the padded δ under the rotated filter: {Run(full, delta).SequenceEqual(gradient)}");
        Network byDelta = Given([new Conv2d(1, 2) { HasBias = false }], new Shape(1, 4, 4), delta);
        Console.WriteLine($"∂w is the image under δ, not rotated: {Run(byDelta, image).SequenceEqual(layer.Weight!.Gradient.Span.ToArray())}");
    }

    public void StridedBackward()
    {
        float[] filter = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        float[] gradient = Back(Given([new Conv2d(1, 3, stride: 2) { HasBias = false }], new Shape(1, 5, 5), filter), new float[25], [1, -1, 2, 10]);
        float[] spread = [1, 0, -1, 0, 0, 0, 2, 0, 10];
        Network full = Given([new Conv2d(1, 3, padding: 2) { HasBias = false }], new Shape(1, 3, 3), [.. filter.Reverse()]);
        Console.WriteLine($"∂x is δ, spread and padded, under the rotated filter: {Run(full, spread).SequenceEqual(gradient)}");
    }

    public void Counting()
    {
        foreach (LayerSummary layer in NetworkSummary.Of(Vgg(), new Shape(3, 224, 224)).Layers)
            if (layer.Name is "conv1" or "conv3" or "fc1")
                Console.WriteLine($"{layer.Name}: {layer.Weights:N0} weights, {layer.Parameters:N0} with biases, {layer.Cost.MultiplyAdds:N0} multiply-adds, CPR {layer.Cpr:N0}");
    }

    // <vgg>
    // VGG-16: K. Simonyan, A. Zisserman, 2014.
    private static Sequential Vgg()
    {
        Sequential layers = [];
        foreach ((int filters, int count) in ((int, int)[])[(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)])
        {
            for (int i = 0; i < count; i++) layers.Add(new Sequential { new Conv2d(filters, 3, padding: 1), new ReLU() });
            layers.Add(new MaxPool2d(2));
        }
        layers.Add(new Sequential { new Flatten(), new Linear(4096), new ReLU(), new Linear(4096), new ReLU(), new Linear(1000) });
        return layers;
    }
    // </vgg>

    public void Operations()
    {
        Print("3×3 on 5×5", [new Conv2d(1, 3)], new Shape(1, 5, 5));
        Print("the notes' program", [new Conv2d(64, 3, padding: 1), new ReLU()], new Shape(3, 300, 300));
        Print("depthwise separable", SeparableConv2d.Depthwise(64, 3, padding: 1), new Shape(32, 28, 28));
        Print("fully connected", [new Linear(10)], new Shape(100));
        Print("pooling", [new MaxPool2d(3, 2)], new Shape(16, 13, 13));
        Print("global pooling", [new GlobalMeanPool2d()], new Shape(16, 13, 13));
        Print("sigmoid", [new Sigmoid()], new Shape(16, 13, 13));

        void Print(string name, Sequential layers, Shape image)
        {
            LayerCost cost = NetworkSummary.Of(layers, image).Cost;
            Console.WriteLine($"{name}: {cost.FlopsWithoutBias:N0} FLOPs without bias, {cost.Flops:N0} with");
        }
    }

    public void Shares()
    {
        NetworkSummary vgg = NetworkSummary.Of(Vgg(), new Shape(3, 224, 224));
        foreach (string kind in (string[])["conv", "fc"])
        {
            LayerSummary[] layers = [.. vgg.Layers.Where(layer => layer.Name.StartsWith(kind, StringComparison.Ordinal))];
            Console.WriteLine($"{kind}: {layers.Sum(layer => layer.ShareOfCompute):0.0 %} of {vgg.Cost.MultiplyAdds:N0} multiply-adds, {layers.Sum(layer => layer.ShareOfParameters):0.0 %} of {vgg.Parameters:N0} parameters");
        }
    }

    public void Fields()
    {
        Shape image = new(1, 28, 28);
        Sequential lenet = [new Conv2d(6, 5, padding: 2), new ReLU(), new MaxPool2d(2), new Conv2d(16, 5), new ReLU(), new MaxPool2d(2)];
        foreach (LayerSummary layer in NetworkSummary.Of(lenet, image).Layers) Console.WriteLine($"{layer.Name}: {layer.Field}");
        Console.WriteLine($"from the output down: {ReceptiveFields.TopDown(lenet.ToGraph(), image, row: 2, column: 3)}");
        Console.WriteLine($"gradient that is not 0: {ReceptiveFields.Measure(lenet.ToGraph(), image, row: 2, column: 3)}");
    }

    public void PoolingCounts()
    {
        Sequential layers = [.. Vgg().TakeWhile(layer => layer is not Flatten)], withoutPooling = [.. layers.Where(layer => layer is not MaxPool2d)];
        Console.WriteLine($"VGG-16 without pooling: {ReceptiveFields.BottomUp(withoutPooling.ToGraph(), new Shape(3, 224, 224))}");
        Console.WriteLine($"VGG-16 as it is: {ReceptiveFields.BottomUp(layers.ToGraph(), new Shape(3, 224, 224))}");
    }

    public void Growth()
    {
        Print("three 3×3", [Conv(), Conv(), Conv()]);
        Print("stride 2 in the last", [Conv(), Conv(), Conv(stride: 2)]);
        Print("stride 2 in the first", [Conv(stride: 2), Conv(), Conv()]);
        Print("dilation 1, 2", [Conv(), Conv(dilation: 2)]);
        Print("dilation 1, 2, 4", [Conv(), Conv(dilation: 2), Conv(dilation: 4)]);

        void Print(string name, Sequential layers) => Console.WriteLine($"{name}: {ReceptiveFields.BottomUp(layers.ToGraph(), new Shape(1, 64, 64))}");
        static Conv2d Conv(int stride = 1, int dilation = 1) => new(1, 3, stride, dilation: dilation);
    }

    public void Effective()
    {
        Sequential layers = [];
        for (int i = 0; i < 10; i++) layers.Add(new Conv2d(1, 3, padding: 1) { Initializer = Initializer.Constant(1f / 9) });
        Network network = layers.Compile(new Shape(1, 25, 25), new NetworkOptions { InputGradient = true });
        EffectiveField field = EffectiveField.Of(network);
        for (int row = 2; row < 25; row += 2)
        {
            string line = "";
            for (int column = 0; column < 25; column++) line += " .:-=+*#%@"[(int)(9.99f * field.Map.Span[(row * 25) + column])];
            Console.WriteLine(line.TrimEnd());
        }
        Console.WriteLine($"{ReceptiveFields.BottomUp(layers.ToGraph(), new Shape(1, 25, 25))}, of which a square of {field.Size:0.0} counts");
    }

    // <zoo>
    // A network at its paper's size, or another, without what serves its training alone.
    private static NetworkSummary Of(string name) => Of(ModelZoo.Named(name));
    private static NetworkSummary Of(Model model) => NetworkSummary.Of(model.Build(), model.Input, new NetworkOptions { Training = false });
    private static string Counts(NetworkSummary network) => $"{network.Parameters:N0} parameters, {network.Cost.MultiplyAdds:N0} multiply-adds";
    // </zoo>

    public void LeNet5()
    {
        LayerSummary[] lenet = [.. Of("lenet5-1998").Layers.Where(layer => layer.Parameters > 0)];
        foreach (LayerSummary layer in lenet) Console.WriteLine($"{layer.Name}: {layer.Options}: {layer.Output}, {layer.Parameters:N0} parameters");
        Console.WriteLine($"up to F6: {lenet.SkipLast(1).Sum(layer => layer.Parameters):N0}");
        Console.WriteLine($"C3 with all maps connected: {NetworkSummary.Of([new Conv2d(16, 5)], new Shape(6, 14, 14)).Parameters:N0}");
    }

    public void AlexNetToVgg()
    {
        foreach (string name in (string[])["alexnet", "alexnet-one-column", "zfnet", "vgg16", "googlenet"])
            Console.WriteLine($"{name}: {Of(name).Layers[0].Options} → {Of(name).Layers[0].Output}; {Counts(Of(name))}");
    }

    public void InceptionModule()
    {
        Shape image = new(192, 28, 28);
        long plain = Work([new Conv2d(64, 1)], image) + Work([new Conv2d(128, 3, padding: 1)], image) + Work([new Conv2d(32, 5, padding: 2)], image);
        LayerSummary[] first = [.. Of("googlenet").Layers.Where(layer => layer.Name.StartsWith("3a.", StringComparison.Ordinal))];
        foreach (LayerSummary layer in first) Console.WriteLine($"{layer.Name}: {layer.Options} → {layer.Output}");
        Console.WriteLine($"{first.Sum(layer => layer.Cost.MultiplyAdds):N0} multiply-adds; 1×1, 3×3 and 5×5 straight from 192 maps: {plain:N0}");
        Console.WriteLine("Inception-v4's first:");
        foreach (LayerSummary layer in Of("inception-v4").Layers.SkipWhile(layer => layer.Name != "concat3").Skip(1).TakeWhile(layer => layer.Name != "concat4"))
            if (layer.Options.Contains("2d(", StringComparison.Ordinal)) Console.WriteLine($"{layer.Name}: {layer.Options} → {layer.Output}");
    }

    public void Residual()
    {
        Graph graph = new();
        Value branch = graph.Input.Then(new Conv2d(1, 3, padding: 1) { Initializer = Initializer.Zeros });
        graph.Add(new Add(), branch, graph.Input);
        Network network = graph.Compile(new Shape(1, 2, 2), new NetworkOptions { BatchSize = 1, InputGradient = true });
        Console.WriteLine($"F = 0: of 1 2 3 4 comes {string.Join(' ', Run(network, [1, 2, 3, 4]))}, and δ = 5 6 7 8 arrives as {string.Join(' ', Back(network, [1, 2, 3, 4], [5, 6, 7, 8]))}");
        foreach (string name in (string[])["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg19"]) Console.WriteLine($"{name}: {Counts(Of(name))}");
    }

    public void WithoutFullyConnected()
    {
        Console.WriteLine($"AlexNet: {Counts(Of(new AlexNet()))}");
        Console.WriteLine($"with a 1×1 filter for each class and the mean: {Counts(Of(new AlexNet { Head = Head.GlobalMean }))}");
        Console.WriteLine($"Network in Network: {Counts(Of("nin"))}");
        foreach (int size in (int[])[231, 263, 327])
            Console.WriteLine($"OverFeat: {size}×{size} → {Of(new OverFeat { Input = new Shape(3, size, size) }).Layers[^1].Output}");
        Console.WriteLine($"of which each sees {Of("overfeat").Layers[^1].Field}");
        foreach (Shape image in (Shape[])[new(3, 224, 224), new(3, 180, 320)])
            Console.WriteLine($"SPP-net: {image} → {Of(new SppNet { Input = image }).Layers.Single(layer => layer.Options.StartsWith("SpatialPyramidPool", StringComparison.Ordinal)).Output}");
    }

    public void MobileNet()
    {
        NetworkSummary mobile = Of("mobilenet");
        Console.WriteLine(Counts(mobile));
        foreach (string kind in (string[])["depthwise", "pointwise", "fc"])
        {
            LayerSummary[] layers = [.. mobile.Layers.Where(layer => layer.Name.EndsWith(kind, StringComparison.Ordinal))];
            Console.WriteLine($"{kind}: {layers.Sum(layer => layer.ShareOfCompute):0.0 %} of the multiply-adds, {layers.Sum(layer => layer.ShareOfParameters):0.0 %} of the parameters");
        }
    }

    public void Attention()
    {
        NetworkSummary plain = Of("resnet50"), squeezed = Of("se-resnet50");
        Console.WriteLine($"{squeezed.Parameters / (double)plain.Parameters - 1:+0.0 %} parameters, {squeezed.Cost.MultiplyAdds / (double)plain.Cost.MultiplyAdds - 1:+0.0 %} multiply-adds");
        foreach (LayerSummary layer in squeezed.Layers.SkipWhile(layer => layer.Name != "layer1.0.bn3").Take(7)) Console.WriteLine($"{layer.Name}: {layer.Options} → {layer.Output}");
    }

    public void Detection()
    {
        LayerSummary[] head = [.. Of("fpn-resnet50").Layers.Where(layer => layer.Name.StartsWith("rpn", StringComparison.Ordinal))];
        foreach (LayerSummary layer in head.Where(layer => layer.Name.EndsWith("boxes", StringComparison.Ordinal)))
            Console.WriteLine($"{layer.Name}: {layer.Output}; {layer.Field}");
        Console.WriteLine($"{head.Sum(layer => layer.Parameters):N0} parameters, the same on all levels");
    }

    public void Segmentation()
    {
        NetworkSummary network = Of("encoder-decoder");
        Console.WriteLine(string.Join(" → ", network.Layers.Where(layer => layer.Name.EndsWith("conv2", StringComparison.Ordinal) || layer.Name == "classifier").Select(layer => layer.Output)));
        Console.WriteLine($"{Counts(network)}; bilinear: {Counts(Of("encoder-decoder-bilinear"))}");
    }

    public void Memory()
    {
        NetworkSummary vgg = NetworkSummary.Of(Vgg(), new Shape(3, 224, 224), new NetworkOptions { BatchSize = 32 });
        Console.WriteLine($"training: {vgg.Training!.BetweenLayers / 1e6:N0} MB between the layers, and {vgg.Training.Parameters / 1e6:N0} MB of parameters and as much of gradients");
        Console.WriteLine($"inference: {vgg.Inference.BetweenLayers / 1e6:N0} MB; all activations side by side would be {32 * vgg.ActivationBytes / 1e6:N0} MB");
    }

    /// <summary>Stands for <see cref="System.Console"/>, which all tests share.</summary>
    private sealed class Paper(TextWriter writer)
    {
        public void WriteLine(object line) => writer.Write($"{line}\n");
    }
}
