using System.Buffers;
using CnnEngine.Imaging;

namespace CnnEngine.Data;

/// <summary>
/// What happens to a picture before a network sees it: grey or colours as the network has it, its size, and its normalisation, in this order.
/// It belongs to the network as its weights do, and is kept with them: see <see cref="ToJson"/>.
/// </summary>
public sealed partial record Preprocessing
{
    /// <summary>Says how pictures become a network's inputs.</summary>
    /// <param name="input">The shape of the network's input, 1×H×W for grey, 3×H×W for red, green and blue.</param>
    /// <param name="normalization">What pixels become, channel by channel.</param>
    /// <param name="resize">What becomes of the proportions of a picture of another size.</param>
    /// <param name="interpolation">How it is brought to that size.</param>
    /// <exception cref="ArgumentException">The shape is no picture's, or the normalisation is of another number of channels.</exception>
    public Preprocessing(
        Shape input, Normalization normalization, ResizeMode resize = ResizeMode.Stretch, Interpolation interpolation = Interpolation.Bilinear)
    {
        ArgumentNullException.ThrowIfNull(normalization);
        if (input.Rank != 3 || input[0] is not (1 or 3) || !Picture.IsSize(input[2], input[1]))
            throw new ArgumentException($"the input is {input}; pictures are 1×H×W or 3×H×W of at most {Picture.MaxPixels} pixels", nameof(input));
        if (normalization.Channels != input[0])
            throw new ArgumentException($"the input is {input}; the normalisation has {normalization.Channels} channels, not {input[0]}", nameof(normalization));
        (Input, Normalization, Resize, Interpolation) = (input, normalization, resize, interpolation);
    }

    /// <summary>The shape of the network's input, C×H×W.</summary>
    public Shape Input { get; }

    /// <summary>What pixels become, channel by channel.</summary>
    public Normalization Normalization { get; }

    /// <summary>What becomes of the proportions of a picture of another size.</summary>
    public ResizeMode Resize { get; }

    /// <summary>How a picture is brought to the network's size.</summary>
    public Interpolation Interpolation { get; }

    /// <summary>For each channel, the mean of its pixels divided by 255.</summary>
    public IReadOnlyList<float> Mean => Normalization.Mean;

    /// <summary>For each channel, the standard deviation of its pixels divided by 255, above 0.</summary>
    public IReadOnlyList<float> Deviation => Normalization.Deviation;

    /// <summary>The same with another normalisation.</summary>
    /// <exception cref="ArgumentException">It is of another number of channels.</exception>
    public Preprocessing With(Normalization normalization) => new(Input, normalization, Resize, Interpolation);

    /// <summary>The picture as the network gets it to see, of its size and channels, but not normalised.</summary>
    public Picture Fit(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        // Grey first: then one channel is resized in place of three.
        if (Input[0] == 1) picture = picture.ToGrey();
        picture = picture.Resize(Input[2], Input[1], Resize, Interpolation);
        return Input[0] == 3 ? picture.ToColours() : picture;
    }

    /// <summary>Makes a network's input of a picture.</summary>
    /// <param name="picture">The picture, of any size and channels.</param>
    /// <param name="image">Receives C×H×W numbers.</param>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public void Apply(Picture picture, Span<float> image)
    {
        if (image.Length < Input.Length) throw new ArgumentException($"an image of {Input} needs {Input.Length} floats, not {image.Length}", nameof(image));
        byte[] planes = ArrayPool<byte>.Shared.Rent(Input.Length);
        FitPlanes(picture, planes);
        Normalization.Apply(planes.AsSpan(0, Input.Length), image);
        ArrayPool<byte>.Shared.Return(planes);
    }

    /// <summary>The same without normalisation: C×H×W bytes, the planes of the channels one after another.</summary>
    internal void FitPlanes(Picture picture, Span<byte> planes)
    {
        ReadOnlySpan<byte> bytes = Fit(picture).Bytes;
        if (Input[0] == 1)
        {
            bytes.CopyTo(planes);
            return;
        }
        int plane = Input[1] * Input[2];
        Span<byte> red = planes[..plane], green = planes.Slice(plane, plane), blue = planes.Slice(2 * plane, plane);
        for (int i = 0; i < red.Length; i++) (red[i], green[i], blue[i]) = (bytes[3 * i], bytes[(3 * i) + 1], bytes[(3 * i) + 2]);
    }
}
