namespace CnnEngine.Kernels;

/// <summary>The geometry of an up-sampling, checked once. Images are N×C×H×W, outputs N×C×H'×W', no smaller.</summary>
public readonly record struct ResizeShape
{
    /// <summary>Checks the geometry of an up-sampling.</summary>
    /// <param name="images">N.</param>
    /// <param name="channels">C.</param>
    /// <param name="image">H×W.</param>
    /// <param name="output">H'×W'.</param>
    /// <exception cref="ArgumentException">A number is below 1, or the output is smaller than the image.</exception>
    public ResizeShape(int images, int channels, Size2 image, Size2 output)
    {
        if (images < 1) throw new ArgumentException($"the number of images is {images}; it must be at least 1");
        if (channels < 1) throw new ArgumentException($"the number of channels is {channels}; it must be at least 1");
        image.ThrowUnlessPositive("the image size");
        if (output.Height < image.Height || output.Width < image.Width)
            throw new ArgumentException($"the output size is {output}, the image {image}; up-sampling makes no image smaller");
        (N, C, Image, Output) = (images, channels, image, output);
    }

    /// <summary>Images.</summary>
    public int N { get; }

    /// <summary>Channels.</summary>
    public int C { get; }

    /// <summary>H×W.</summary>
    public Size2 Image { get; }

    /// <summary>H'×W'.</summary>
    public Size2 Output { get; }

    /// <summary>Numbers in the input batch, N·C·H·W.</summary>
    public long InputLength => (long)N * C * InputPlane;

    /// <summary>Numbers in the output batch, N·C·H'·W'.</summary>
    public long OutputLength => (long)N * C * OutputPlane;

    internal int Planes => N * C;

    internal int InputPlane => Image.Height * Image.Width;

    internal int OutputPlane => Output.Height * Output.Width;

    /// <summary>
    /// Up-sampling to the nearest pixel is the transpose of sum pooling over windows that share out the output among the image's pixels.
    /// </summary>
    internal PoolShape Windows => PoolShape.Partition(N, C, Output, Image);
}
