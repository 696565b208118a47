using System.Text.Json.Nodes;

namespace CnnEngine.Models;

/// <summary>
/// How a network of the zoo and its options are written in JSON and read again. A record with options of its own needs one entry in
/// <see cref="All"/>.
/// </summary>
/// <param name="Type">The record.</param>
/// <param name="Read">The network with the options asked for; what is left out stays as it is.</param>
/// <param name="Write">The options that differ from the usual ones, under the same keys.</param>
internal sealed record ModelOptions(Type Type, Func<Model, ObjectReader, Model> Read, Action<Model, Model, ObjectWriter> Write)
{
    public static IReadOnlyList<ModelOptions> All { get; } =
    [
        Of<AlexNet>((m, r) => m with { Head = Head(r, m.Head) }, (m, usual, w) => w.Write("head", Word(m.Head, usual.Head))),
        Of<AlexNetOneColumn>((m, r) => m with { Head = Head(r, m.Head) }, (m, usual, w) => w.Write("head", Word(m.Head, usual.Head))),
        Of<ZfNet>((m, r) => m with { Head = Head(r, m.Head) }, (m, usual, w) => w.Write("head", Word(m.Head, usual.Head))),
        Of<Vgg>(
            (m, r) => m with { Head = Head(r, m.Head), HasBatchNorm = r.Flag("batchNorm", m.HasBatchNorm) },
            (m, usual, w) => w.Write("head", Word(m.Head, usual.Head)).Write("batchNorm", m.HasBatchNorm, usual.HasBatchNorm)),
        Of<GoogLeNet>((m, r) => m with { HasBatchNorm = r.Flag("batchNorm", m.HasBatchNorm) }, (m, usual, w) => w.Write("batchNorm", m.HasBatchNorm, usual.HasBatchNorm)),
        Of<ResNet>(
            (m, r) => m with { IsSqueezed = r.Flag("squeezed", m.IsSqueezed), HasSmallImages = r.Flag("smallImages", m.HasSmallImages) },
            (m, usual, w) => w.Write("squeezed", m.IsSqueezed, usual.IsSqueezed).Write("smallImages", m.HasSmallImages, usual.HasSmallImages)),
        Of<SppNet>(
            (m, r) => m with { Levels = r.Integers("levels", 1, usual: m.Levels) },
            (m, usual, w) => { if (!m.Levels.SequenceEqual(usual.Levels)) w.Write("levels", m.Levels); }),
        Of<FeaturePyramid>(
            (m, r) => m with { Channels = r.Integer("channels", m.Channels), Anchors = r.Integer("anchors", m.Anchors) },
            (m, usual, w) => w.Write("channels", m.Channels, usual.Channels).Write("anchors", m.Anchors, usual.Anchors)),
        Of<EncoderDecoder>(
            (m, r) => m with { Depth = r.Integer("depth", m.Depth), Channels = r.Integer("channels", m.Channels), IsBilinear = r.Flag("bilinear", m.IsBilinear) },
            (m, usual, w) => w.Write("depth", m.Depth, usual.Depth).Write("channels", m.Channels, usual.Channels).Write("bilinear", m.IsBilinear, usual.IsBilinear)),
    ];

    /// <summary>Reads a network of the zoo.</summary>
    /// <exception cref="InvalidDataException">Something in it is not as it must be.</exception>
    public static Model ReadModel(ObjectReader reader)
    {
        string name = reader.Text("model")!;
        Model model = ModelZoo.Names.Contains(name) ? ModelZoo.Named(name) : throw reader.Wrong("model", $"one of {string.Join(", ", ModelZoo.Names)}");
        reader.Where += $": {name}";
        model = model with
        {
            Input = reader.Shape("input", model.Input),
            Classes = reader.Integer("classes", model.Classes),
            Width = reader.Double("width", model.Width),
            HasDropout = reader.Flag("dropout", model.HasDropout),
        };
        return Find(model) is { } own ? own.Read(model, reader) : model;
    }

    /// <summary>A network as one of the zoo; null if there is none that it differs from by options alone.</summary>
    public static JsonObject? Describe(Model model)
    {
        // The one of the same name first: it has the fewest options to tell.
        foreach (Model usual in ModelZoo.Names.OrderBy(name => name != model.Name).Select(ModelZoo.Named).Where(usual => usual.GetType() == model.GetType()))
        {
            ObjectWriter writer = new();
            writer.Write("model", usual.Name).Write("input", model.Input).Write("classes", model.Classes)
                .Write("width", model.Width, usual.Width).Write("dropout", model.HasDropout, usual.HasDropout);
            Find(model)?.Write(model, usual, writer);
            if (ReadModel(ObjectReader.Of(ObjectWriter.ToText(writer.Json, indented: false), usual.Name)) == model) return writer.Json;
        }
        return null;
    }

    private static ModelOptions? Find(Model model) => All.FirstOrDefault(options => options.Type == model.GetType());

    private static ModelOptions Of<T>(Func<T, ObjectReader, T> read, Action<T, T, ObjectWriter> write) where T : Model =>
        new(typeof(T), (model, reader) => read((T)model, reader), (model, usual, writer) => write((T)model, (T)usual, writer));

    private static Head Head(ObjectReader r, Head usual) => r.Choice("head", usual, ("fullyConnected", Models.Head.FullyConnected), ("globalMean", Models.Head.GlobalMean));

    private static string? Word(Head head, Head usual) => head == usual ? null : head == Models.Head.GlobalMean ? "globalMean" : "fullyConnected";
}
