namespace CnnEngine.Kernels.Tests.Reference;

/// <summary>The double-precision twin of up-sampling: for each number of the output, the pixels that it is made of and their weights.</summary>
internal static class ReferenceUpsampling
{
    public static double[] Forward(in ResizeShape shape, bool bilinear, double[] x)
    {
        double[] y = new double[shape.OutputLength];
        for (int o = 0; o < y.Length; o++)
            foreach ((int pixel, double weight) in Pixels(shape, bilinear, o)) y[o] += weight * x[pixel];
        return y;
    }

    public static double[] Backward(in ResizeShape shape, bool bilinear, double[] dy)
    {
        double[] dx = new double[shape.InputLength];
        for (int o = 0; o < dy.Length; o++)
            foreach ((int pixel, double weight) in Pixels(shape, bilinear, o)) dx[pixel] += weight * dy[o];
        return dx;
    }

    private static (int Pixel, double Weight)[] Pixels(in ResizeShape shape, bool bilinear, int output)
    {
        ((int height, int width), (int outputHeight, int outputWidth)) = (shape.Image, shape.Output);
        int plane = output / (outputHeight * outputWidth) * height * width, i = output / outputWidth % outputHeight, j = output % outputWidth;
        if (!bilinear) return [(plane + ((int)Math.Floor((double)i * height / outputHeight) * width) + (int)Math.Floor((double)j * width / outputWidth), 1)];
        (int top, int bottom, double below) = Along(i, height, outputHeight);
        (int left, int right, double beyond) = Along(j, width, outputWidth);
        return
        [
            (plane + (top * width) + left, (1 - below) * (1 - beyond)), (plane + (top * width) + right, (1 - below) * beyond),
            (plane + (bottom * width) + left, below * (1 - beyond)), (plane + (bottom * width) + right, below * beyond),
        ];
    }

    // PyTorch's area_pixel_compute_source_index and guard_index_and_lambda.
    private static (int Low, int High, double Weight) Along(int i, int size, int outputs)
    {
        double place = Math.Max(((double)size / outputs * (i + 0.5)) - 0.5, 0);
        int low = Math.Min((int)(place + 1e-9), size - 1);
        return (low, Math.Min(low + 1, size - 1), Math.Max(place - low, 0));
    }
}
