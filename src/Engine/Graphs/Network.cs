using System.Numerics.Tensors;
using CnnEngine.Data;
using CnnEngine.Kernels;
using CnnEngine.Layers;
using CnnEngine.Losses;

namespace CnnEngine.Graphs;

/// <summary>
/// A graph compiled for images of one shape and batches up to one size: every buffer is planned, a step allocates nothing.
/// One caller at a time.
/// </summary>
/// <remarks>
/// A batch is cut into parts by its size alone. If the layers treat each image alone and the parameters are few, parts of at most
/// 16 images run side by side through the whole network, each adding up gradients of its own: one parallel region for a whole
/// step. Otherwise the batch runs as one part and the kernels share out their work. Either way the gradients are added in a fixed
/// order, so that the same batch gives the same bits on any number of threads. Within a part, images lie along the vector
/// (<see cref="BatchLayout.Chwn"/>) if all layers can compute so and there are enough images to fill a good part of its lanes.
/// </remarks>
public sealed partial class Network
{
    // Gradients are added up in pieces of this many floats.
    private const int PieceLength = 4096;

    private readonly List<Node> _nodes;
    private readonly NetworkPlan _plan;
    private readonly BatchPlan _batchPlan;
    private readonly BatchPart[] _batchParts;
    private readonly (Parameter Parameter, int First, int Length)[] _pieces;
    private readonly Action<int> _runPart;
    private readonly Action<int> _addPiece;
    private readonly int[] _indices;
    private readonly Tensor _inputGradient;
    private readonly Tensor _staging;
    private readonly Tensor[] _outputs;

    // One for each thread, or for each part if these are fewer.
    private Workspace[] _workspaces = [];

    // The batch at hand.
    private IDataset? _data;
    private Loss? _loss;
    private BatchLoss? _batchLoss;
    private int[] _labels = [];
    private int _labelsPerImage;
    private int _images;
    private int _parts;
    private bool _backward;

    internal Network(Graph graph, Shape input, NetworkOptions options)
    {
        Options = options with { StartsRandom = true }; // of this network alone
        Graph = graph;
        _plan = NetworkCompiler.Compile(graph, input, options, options.Training ? LayerPlan.MemoryUse.Training : LayerPlan.MemoryUse.Inference);
        _nodes = _plan.Nodes;
        Layers = [.. _nodes.Skip(1).Select(node =>
            new NetworkLayer(node.Name, node.Layer!, node.Inputs[0].Shape, node.Shape, Array.ConvertAll(node.Inputs, input => input.Seat - 1)))];
        Parameters = [.. Layers.SelectMany(layer => layer.Layer.Parameters).Distinct()];

        _batchPlan = new BatchPlan(_plan, options);
        _batchParts = [.. Enumerable.Range(0, _batchPlan.Parts).Select(_ => new BatchPart(_batchPlan.OwnGradients))];
        MakeWorkspaces();
        PlannedBytes = _batchPlan.Bytes;

        _pieces = [.. Parameters.SelectMany(p => Enumerable.Range(0, (p.Value.Length + PieceLength - 1) / PieceLength)
            .Select(i => (p, i * PieceLength, Math.Min(PieceLength, p.Value.Length - (i * PieceLength)))))];
        _runPart = RunPart;
        _addPiece = AddPiece;
        _indices = new int[options.BatchSize];
        _staging = Tensor.Zeros(input.Prepend(options.BatchSize));
        _outputs = [.. _plan.Outputs.Select(output => Tensor.Zeros(output.Node.Shape.Prepend(options.BatchSize)))];
        _inputGradient = options is { Training: true, InputGradient: true } ? Tensor.Zeros(_staging.Shape) : default;
    }

    /// <summary>What the network was compiled for.</summary>
    public NetworkOptions Options { get; }

    /// <summary>What it was compiled from.</summary>
    internal Graph Graph { get; }

    /// <summary>The shape of one image.</summary>
    public Shape InputShape => _nodes[0].Shape;

    /// <summary>The shape of one image's output.</summary>
    public Shape OutputShape => _nodes[^1].Shape;

    /// <summary>The layers in the order of computation.</summary>
    public IReadOnlyList<NetworkLayer> Layers { get; }

    /// <summary>All parameters, layer by layer.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>
    /// Training steps done. Random numbers of layers such as dropout follow from it and the seed; to be set when training is resumed.
    /// </summary>
    public long Steps { get; set; }

    /// <summary>
    /// Bytes planned for activations and gradients between layers, for as many threads as there were when the network was compiled, and
    /// for partial sums of gradients.
    /// </summary>
    public long PlannedBytes { get; }

    /// <summary>∂loss/∂image of the last <see cref="Backpropagate(IDataset, ReadOnlySpan{int}, Loss)"/>, N×C×H×W, if the network was compiled for it.</summary>
    public Tensor InputGradient => _inputGradient;

    /// <summary>
    /// Runs a minibatch forward and backward: afterwards each parameter's gradient is that of the batch's mean loss.
    /// </summary>
    /// <param name="data">Where the images come from.</param>
    /// <param name="indices">Which images, at most a batch.</param>
    /// <param name="loss">What is to be made small.</param>
    /// <returns>The losses and right guesses before any update.</returns>
    /// <exception cref="InvalidOperationException">The network was compiled without training.</exception>
    /// <exception cref="ArgumentException">The data's images have another shape, or there are no or too many indices.</exception>
    public BatchResult Backpropagate(IDataset data, ReadOnlySpan<int> indices, Loss loss)
    {
        CheckTraining();
        Begin(data, indices, loss);
        return RunBackward();
    }

    /// <summary>
    /// The same for images at hand and a loss of the caller's own: for several outputs, or targets that are no labels.
    /// </summary>
    /// <param name="images">Normalised images, N×C×H×W numbers, N at most a batch.</param>
    /// <param name="loss">Reads the outputs and writes the derivatives; called for one part of the batch after another, or for several at once.</param>
    /// <returns>The sum of what <paramref name="loss"/> returned; no guesses.</returns>
    /// <exception cref="InvalidOperationException">The network was compiled without training.</exception>
    /// <exception cref="ArgumentException">The numbers are not whole images, or more than a batch.</exception>
    public BatchResult Backpropagate(ReadOnlySpan<float> images, BatchLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        CheckTraining();
        int image = InputShape.Length;
        if (images.Length == 0 || images.Length % image != 0 || images.Length / image > Options.BatchSize)
            throw new ArgumentException($"{images.Length} numbers are not 1 to {Options.BatchSize} images of {InputShape}", nameof(images));
        (_data, _loss, _batchLoss, _images) = (null, null, loss, images.Length / image);
        images.CopyTo(_staging.Span);
        return RunBackward();
    }

    private void CheckTraining()
    {
        if (!Options.Training) throw new InvalidOperationException("the network was compiled without training; it keeps no gradients");
    }

    private BatchResult RunBackward()
    {
        _backward = true;
        BatchResult result = RunParts();
        // One part has added into the parameters' gradients itself.
        if (_batchParts.Length > 1) Threads.For(_pieces.Length, _addPiece);
        Steps++;
        return result;
    }

    /// <summary>Runs images forward and says how well they are recognised.</summary>
    /// <param name="data">Where the images come from.</param>
    /// <param name="indices">Which images, at most a batch.</param>
    /// <param name="loss">What to measure by.</param>
    /// <exception cref="ArgumentException">The data's images have another shape, or there are no or too many indices.</exception>
    public BatchResult Evaluate(IDataset data, ReadOnlySpan<int> indices, Loss loss)
    {
        Begin(data, indices, loss);
        _backward = false;
        return RunParts();
    }

    /// <summary>The outputs of the images of the last <see cref="Evaluate"/>, <see cref="Backpropagate(IDataset, ReadOnlySpan{int}, Loss)"/> or prediction, in their order.</summary>
    public ReadOnlySpan<float> Outputs => OutputsOf(0);

    /// <summary>How many outputs there are: the last value's, and those that were added.</summary>
    public int OutputCount => _outputs.Length;

    /// <summary>The same of output <paramref name="number"/>: 0 is the last value's, further ones follow in the order in which they were added.</summary>
    public ReadOnlySpan<float> OutputsOf(int number) => _outputs[number].Span[..(_images * OutputShapeOf(number).Length)];

    /// <summary>The shape of one image's output <paramref name="number"/>.</summary>
    public Shape OutputShapeOf(int number) => _plan.Outputs[number].Node.Shape;

    /// <summary>Which layer computes output <paramref name="number"/>, by its place in <see cref="Layers"/>.</summary>
    public int OutputLayerOf(int number) => _plan.Outputs[number].Node.Seat - 1;

    /// <summary>Whether output <paramref name="number"/> is an auxiliary classifier's, which is there for training alone.</summary>
    public bool IsAuxiliary(int number) => number > 0 && _plan.Outputs[number].Weight > 0;

    /// <summary>Their labels, where they came from a data set.</summary>
    internal ReadOnlySpan<int> Labels => _labels.AsSpan(0, _images * _labelsPerImage);

    /// <summary>How many of them an image has.</summary>
    internal int LabelsPerImage => _labelsPerImage;

    /// <summary>The network's output for any number of images.</summary>
    /// <param name="images">Normalised images, N×C×H×W numbers.</param>
    /// <param name="outputs">Receives N × <see cref="OutputShape"/> numbers: logits, for a classifier.</param>
    /// <exception cref="ArgumentException">The numbers are not whole images, or the destination is too short.</exception>
    public void Predict(ReadOnlySpan<float> images, Span<float> outputs)
    {
        int image = InputShape.Length, output = OutputShape.Length;
        if (images.Length % image != 0) throw new ArgumentException($"{images.Length} numbers are not whole images of {InputShape}", nameof(images));
        int count = images.Length / image;
        if (outputs.Length < (long)count * output)
            throw new ArgumentException($"outputs holds {outputs.Length} numbers; {count} images need {(long)count * output}", nameof(outputs));
        (_data, _loss, _batchLoss, _backward) = (null, null, null, false);
        for (int first = 0; first < count; first += _images)
        {
            _images = Math.Min(Options.BatchSize, count - first);
            images.Slice(first * image, _images * image).CopyTo(_staging.Span);
            RunParts();
            Outputs.CopyTo(outputs[(first * output)..]);
        }
    }

    /// <summary>The network's output for a batch of any size, N×C×H×W, in a new tensor.</summary>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor Predict(Tensor images)
    {
        if (images.Shape.Rank != InputShape.Rank + 1 || images.Shape.DropFirst() != InputShape)
            throw new ArgumentException($"images are {images.Shape}; the network takes N×{InputShape}", nameof(images));
        Tensor outputs = Tensor.Zeros(OutputShape.Prepend(images.Shape[0]));
        Predict(images.Span, outputs.Span);
        return outputs;
    }

    private void Begin(IDataset data, ReadOnlySpan<int> indices, Loss loss)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(loss);
        if (data.ImageShape != InputShape) throw new ArgumentException($"{data.Name} has images of {data.ImageShape}, the network takes {InputShape}", nameof(data));
        if (indices.Length < 1 || indices.Length > Options.BatchSize)
            throw new ArgumentException($"{indices.Length} images were given; the network was compiled for 1 to {Options.BatchSize}", nameof(indices));
        int labels = data.LabelsPerImage;
        if (!loss.Takes(OutputShape, labels))
            throw new ArgumentException($"{data.Name} has {labels} labels an image; {loss.GetType().Name} of outputs {OutputShape} takes {loss.LabelsPerImage(OutputShape)}", nameof(data));
        indices.CopyTo(_indices);
        (_data, _loss, _batchLoss, _images, _labelsPerImage) = (data, loss, null, indices.Length, labels);
        if (_labels.Length < Options.BatchSize * labels) _labels = new int[Options.BatchSize * labels];
    }

    private BatchResult RunParts()
    {
        _parts = Math.Min(_batchParts.Length, BatchPlan.PartsOf(_images));
        MakeWorkspaces();
        Threads.For(_parts, _runPart);
        BatchResult result = default;
        for (int part = 0; part < _parts; part++)
            result += new BatchResult(_batchParts[part].Loss, _batchParts[part].Correct, _batchParts[part].Guesses, 0);
        return result with { Images = _images };
    }

    private void MakeWorkspaces()
    {
        int needed = _batchPlan.Workspaces, there = _workspaces.Length;
        if (needed <= there) return;
        Array.Resize(ref _workspaces, needed);
        for (int i = there; i < needed; i++) _workspaces[i] = new Workspace(_nodes, _batchPlan.Floats, _batchPlan.StagingFloats, _batchPlan.Offsets);
    }

    private void RunPart(int part)
    {
        // With fewer parts than threads a thread's number may be beyond them.
        Workspace workspace = _workspaces[Threads.Count <= _batchParts.Length ? Threads.Number : part];
        BatchPart batchPart = _batchParts[part];
        (batchPart.Loss, batchPart.Correct, batchPart.Guesses) = (0, 0, 0);
        if (_backward) ClearGradients(batchPart);
        // Parts begin at multiples of a pass, so that only the batch's last pass is not full.
        int pass = _batchPlan.CanBeChwn ? Simd.Lanes : _batchPlan.PassImages, passes = (_images + pass - 1) / pass;
        int end = Math.Min((int)((long)passes * (part + 1) / _parts) * pass, _images);
        for (int first = (int)((long)passes * part / _parts) * pass; first < end; first += pass)
            RunPass(workspace, batchPart, first, Math.Min(first + pass, end));
    }

    /// <summary>Runs images <paramref name="first"/> to <paramref name="end"/> − 1 of the batch through all layers and back.</summary>
    private void RunPass(Workspace workspace, BatchPart part, int first, int end)
    {
        int images = end - first, image = InputShape.Length;
        workspace.Begin(part, images, _batchPlan.CanBeChwn && _batchPlan.IsChwnWorth(images) ? BatchLayout.Chwn : BatchLayout.Nchw, new StepOrigin(Options.Seed, Steps, first));
        Span<int> labels = _labels.AsSpan(first * _labelsPerImage, _data is null ? 0 : images * _labelsPerImage);
        Span<float> input = workspace.BeginInput();
        if (_data is null) _staging.Span.Slice(first * image, images * image).CopyTo(input);
        else _data.Read(_indices.AsSpan(first, images), input, labels);
        workspace.EndInput();

        workspace.Forward(training: _backward, timed: IsTimed);
        for (int i = 0; i < _outputs.Length; i++) workspace.ReadOutput(_plan.Outputs[i].Node, OutputRows(i, first, images));
        if (_batchLoss is not null) part.Loss += _batchLoss(new LossStep(this, workspace, first));
        else if (_loss is not null) TakeLoss(workspace, part, _loss, first, labels);
        if (!_backward) return;

        workspace.EndOutputGradient();
        workspace.Backward(timed: IsTimed);
        if (_inputGradient.Length > 0) workspace.ReadInputGradient(_inputGradient.Span.Slice(first * image, images * image));
    }

    private void TakeLoss(Workspace workspace, BatchPart part, Loss loss, int first, ReadOnlySpan<int> labels)
    {
        Span<float> outputs = OutputRows(0, first, workspace.Images);
        part.Loss += loss.Run(OutputShape, outputs, labels, 1f / _images, workspace.BeginOutputGradient());
        (int correct, int guesses) = loss.Judge(OutputShape, outputs, labels);
        part.Correct += correct;
        part.Guesses += guesses;
        if (!_backward) return;
        for (int i = 1; i < _outputs.Length; i++)
        {
            (Node node, float weight) = _plan.Outputs[i];
            Span<float> gradient = workspace.Span(node.Gradient!);
            if (weight > 0) part.Loss += weight * loss.Run(OutputShape, OutputRows(i, first, workspace.Images), labels, weight / _images, gradient);
            else gradient.Clear();
        }
    }

    /// <summary>The output <paramref name="number"/> of some images of the batch, Images × its shape.</summary>
    internal Span<float> OutputRows(int number, int first, int images)
    {
        int length = OutputShapeOf(number).Length;
        return _outputs[number].Span.Slice(first * length, images * length);
    }

    /// <summary>∂loss/∂output of output <paramref name="number"/> in a pass of one part.</summary>
    internal Span<float> OutputGradientOf(int number, Workspace workspace) =>
        number == 0 ? workspace.BeginOutputGradient() : workspace.Span(_plan.Outputs[number].Node.Gradient!);

    /// <summary>1/N for the N images of the batch at hand.</summary>
    internal float BatchScale => 1f / _images;

    private void ClearGradients(BatchPart part)
    {
        if (part.Gradients is { } own) own.Span(0, own.Length).Clear();
        else
            for (int i = 0; i < Parameters.Count; i++) Parameters[i].Gradient.Span.Clear();
    }

    /// <summary>Adds up one piece of a parameter's gradient over the parts, in their order.</summary>
    private void AddPiece(int piece)
    {
        (Parameter parameter, int first, int length) = _pieces[piece];
        Span<float> gradient = parameter.Gradient.Span.Slice(first, length);
        OwnGradient(0).CopyTo(gradient);
        for (int part = 1; part < _parts; part++)
            TensorPrimitives.Add(gradient, OwnGradient(part), gradient);

        Span<float> OwnGradient(int part) => _batchParts[part].Gradients!.Span(_batchPlan.Offsets[parameter] + first, length);
    }
}
