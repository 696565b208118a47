using CnnEngine.Initialization;

namespace CnnEngine.Layers;

/// <summary>
/// A node of a network with hand-written derivatives. A layer holds its options and its parameters, never activations: those
/// belong to the network that it is compiled into and reach it through a <see cref="Step"/>.
/// </summary>
/// <remarks>
/// To write one of your own: check the input and state the output's shape in <see cref="Plan"/>, compute in <see cref="Forward"/>
/// and <see cref="Backward"/>, and run a <see cref="Analysis.GradientCheck"/> on it. Both passes are called from several threads at
/// once, each with images of its own, so they keep nothing in fields.
/// </remarks>
public abstract class Layer
{
    private readonly List<Parameter> _parameters = [];
    private readonly List<Parameter> _state = [];
    private string? _name;
    private Layer? _sharesWith;

    /// <summary>
    /// Its name in the network, which error messages, tables and weights files use. Left out, it is the kind and a number: <c>conv1</c>.
    /// </summary>
    public string? Name
    {
        get => _name;
        init => _name = value;
    }

    /// <summary>
    /// A layer of the same class whose <see cref="Parameters"/> and <see cref="State"/> are this one's, too, as if one layer stood in both
    /// places: gradients add up, and running means take in one place after the other. Left out, the layer has its own. It must stand before
    /// this one in the graph.
    /// </summary>
    public Layer? SharesWith
    {
        get => _sharesWith;
        init => _sharesWith = value;
    }

    /// <summary>Gives a new layer, made by a reader of its options alone, its name and whom it shares with.</summary>
    internal Layer Placed(string? name, Layer? sharesWith)
    {
        (_name, _sharesWith) = (name, sharesWith);
        return this;
    }

    /// <summary>What it learns; empty until the layer is planned for the first time.</summary>
    public IReadOnlyList<Parameter> Parameters => Owner._parameters;

    /// <summary>What it keeps from step to step and saves without learning it, such as running means; empty until the layer is planned.</summary>
    public IReadOnlyList<Parameter> State => Owner._state;

    /// <summary>What names of this sort of layer begin with: <c>conv</c>, <c>pool</c>, <c>fc</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>How many values the layer reads.</summary>
    public virtual int InputCount => 1;

    /// <summary>Whether the layer may write its output over its input (and its input's gradient over its output's).</summary>
    public virtual bool CanRunInPlace => false;

    /// <summary>
    /// Whether <see cref="Backward"/> looks at the layer's inputs; if not, their memory may serve others from the end of the forward
    /// pass on.
    /// </summary>
    public virtual bool BackwardReadsInput => true;

    /// <summary>Whether <see cref="Backward"/> looks at the layer's own output, so that the next layer must not write over it.</summary>
    public virtual bool BackwardReadsOutput => false;

    /// <summary>
    /// Whether each image is computed without looking at the others, so that a batch may be cut into parts that run side by side.
    /// </summary>
    public virtual bool TreatsImagesAlone => true;

    /// <summary>The layer that has the parameters: this one, if it does not share another's.</summary>
    internal Layer Owner => SharesWith?.Owner ?? this;

    /// <summary>Whether the output is the input under another shape, so that in place nothing is written.</summary>
    internal virtual bool OnlyReshapes => false;

    /// <summary>Whether every number of the output is one of the input's, and ∂loss/∂output goes to where it was.</summary>
    internal virtual bool PicksFromInput => false;

    /// <summary>
    /// Whether the passes compute in the layout C×H×W×N, too; <see cref="Step.Layout"/> then says which it is. Lanes without an image
    /// hold any numbers on the way forward and zeros in ∂loss/∂output.
    /// </summary>
    public virtual bool SupportsChwn => false;

    /// <summary>
    /// Called once when a network is compiled: checks the inputs, makes the parameters (unless they are there from an earlier
    /// network), reserves what the backward pass needs, and returns the shape of one image's output.
    /// </summary>
    /// <exception cref="ArgumentException">The layer cannot take these inputs; the message says why, the network adds the layer's name.</exception>
    public abstract Shape Plan(LayerPlan plan);

    /// <summary>Reads the inputs of some images, writes their outputs.</summary>
    public abstract void Forward(in Step step);

    /// <summary>
    /// Reads ∂loss/∂output, overwrites ∂loss/∂input where it is wanted, and adds ∂loss/∂parameter to the step's gradients.
    /// </summary>
    public abstract void Backward(in Step step);

    /// <summary>Multiply-adds of one image's forward pass.</summary>
    public virtual long MultiplyAdds(Shape input, Shape output) => 0;

    /// <summary>
    /// All arithmetic of one image's forward pass; if not overridden, that of the <see cref="MultiplyAdds"/>, which give one sum for each
    /// number of the output.
    /// </summary>
    /// <param name="input">The shape of the (first) input.</param>
    /// <param name="output">The shape of the output.</param>
    public virtual LayerCost Cost(Shape input, Shape output) =>
        MultiplyAdds(input, output) is > 0 and long products ? new LayerCost(products, output.Length, 0) : default;

    /// <summary>
    /// What one place of the output sees of an input. To be overridden by layers with windows; if not, a place sees the same place where
    /// height and width stay, and everything where they do not. Normalisation is seen as at inference.
    /// </summary>
    /// <param name="input">The shape of the input in question.</param>
    /// <param name="output">The shape of the output.</param>
    public virtual Footprint Reach(Shape input, Shape output) =>
        (input.Rank == 1 && output.Rank == 1) || (input.Rank == 3 && output.Rank == 3 && (input[1], input[2]) == (output[1], output[2]))
            ? Footprint.Point : Footprint.Global;

    /// <summary>The layer and its options, as in <c>Conv2d(6, 5×5, padding 2)</c>. Weights files hold it to recognise their network.</summary>
    public abstract override string ToString();

    /// <summary>
    /// The parameter <paramref name="name"/>: a new one, filled by the initializer, when the layer is planned for the first time;
    /// later the same one again.
    /// </summary>
    /// <param name="plan">The plan at hand.</param>
    /// <param name="name">What it is called in the layer.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">How it begins.</param>
    /// <param name="fanIn">How many inputs one output of the layer adds up.</param>
    /// <param name="fanOut">How many outputs one input of the layer reaches.</param>
    /// <exception cref="ArgumentException">The parameter exists and has another shape, or the layer to share with has none of the name.</exception>
    protected Parameter GetParameter(LayerPlan plan, string name, Shape shape, Initializer initializer, int fanIn, int fanOut)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(initializer);
        return Get(Owner._parameters, plan, new Parameter(name, shape, isTrained: true), initializer, fanIn, fanOut);
    }

    /// <summary>
    /// Numbers that the layer keeps, and that are saved with the weights, but that are not learnt: new ones when the layer is planned for the
    /// first time, later the same ones again.
    /// </summary>
    /// <param name="plan">The plan at hand.</param>
    /// <param name="name">What they are called in the layer.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="initializer">How they begin; one that draws no random numbers.</param>
    /// <exception cref="ArgumentException">They exist and have another shape, or the layer to share with has none of the name.</exception>
    protected Parameter GetState(LayerPlan plan, string name, Shape shape, Initializer initializer)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(initializer);
        return Get(Owner._state, plan, new Parameter(name, shape, isTrained: false), initializer, 1, 1);
    }

    /// <summary>Gives a layer that is not yet planned a parameter with numbers, which <see cref="GetParameter"/> will then find.</summary>
    private protected void SetParameter(string name, Tensor value) => _parameters.Add(Parameter.Of(name, value));

    private Parameter Get(List<Parameter> kept, LayerPlan plan, Parameter wanted, Initializer initializer, int fanIn, int fanOut)
    {
        int index = kept.FindIndex(p => p.Name == wanted.Name);
        if (SharesWith is not null)
        {
            if (index < 0) throw new ArgumentException($"the layer that it shares with, {SharesWith}, has no {wanted.Name}");
            if (kept[index].Shape != wanted.Shape)
                throw new ArgumentException($"its {wanted.Name} is {kept[index].Shape} in the layer that it shares with; this input needs {wanted.Shape}");
            return kept[index];
        }
        if (index < 0)
        {
            index = kept.Count;
            kept.Add(wanted);
        }
        Parameter parameter = kept[index];
        if (parameter.Shape != wanted.Shape)
        {
            if (parameter.HasValue)
                throw new ArgumentException($"its {wanted.Name} is {parameter.Shape} from an earlier network; this input needs {wanted.Shape}");
            kept[index] = parameter = wanted;
        }
        if (plan.Memory == LayerPlan.MemoryUse.None) return parameter;
        if (!parameter.HasValue) parameter.Allocate(plan.StartsRandom ? initializer : Initializer.Zeros, fanIn, fanOut, parameter.IsTrained ? plan.NextRandom() : default);
        if (plan.Memory == LayerPlan.MemoryUse.Training && parameter.IsTrained) parameter.AllocateGradient();
        return parameter;
    }
}
