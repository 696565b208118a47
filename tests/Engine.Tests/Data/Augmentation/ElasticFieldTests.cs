using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>Elastic displacements against a twin that smooths the same noise by the Gaussian of two dimensions.</summary>
public class ElasticFieldTests
{
    [Theory]
    [InlineData(5, 9, 1)]
    [InlineData(9, 4, 0.5f)]
    [InlineData(1, 7, 2.3f)]
    [InlineData(6, 1, 1)]
    [InlineData(8, 11, 4)] // reaches beyond the image
    public void It_is_the_twins(int height, int width, float sigma)
    {
        const float alpha = 20;
        ElasticField field = new(new ElasticDistortion { Alpha = alpha, Sigma = sigma }, height, width);
        float[] memory = new float[field.Length];
        memory.AsSpan().Fill(float.NaN);
        SplitMix64 random = new(4), same = new(4);
        Displacement actual = field.Draw(ref random, memory);

        double[,] noiseX = new double[height, width], noiseY = new double[height, width];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                ulong bits = same.Next();
                (noiseX[y, x], noiseY[y, x]) = ((int)(bits >> 32) / 2147483648.0, (int)bits / 2147483648.0);
            }
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                Assert.Equal(alpha * Smoothed(noiseX, y, x), actual.X[(y * actual.Stride) + x], alpha * 1e-6);
                Assert.Equal(alpha * Smoothed(noiseY, y, x), actual.Y[(y * actual.Stride) + x], alpha * 1e-6);
            }

        double Smoothed(double[,] noise, int y, int x)
        {
            int reach = (int)Math.Ceiling(3.0 * sigma);
            double sum = 0, weights = 0;
            for (int v = -reach; v <= reach; v++)
                for (int u = -reach; u <= reach; u++)
                {
                    double weight = Math.Exp(-((u * u) + (v * v)) / (2.0 * sigma * sigma));
                    weights += weight;
                    if (y + v >= 0 && y + v < height && x + u >= 0 && x + u < width) sum += weight * noise[y + v, x + u];
                }
            return sum / weights;
        }
    }

    [Fact]
    public void Displacements_are_those_of_smoothed_even_noise()
    {
        // In the middle of a large image the deviation is α/√3 · √Σg², about α/√3 / (2σ√π).
        ElasticField field = new(new ElasticDistortion { Alpha = 34, Sigma = 4 }, 60, 80);
        float[] memory = new float[field.Length];
        double sum = 0, squares = 0;
        int count = 0;
        for (int trial = 0; trial < 60; trial++)
        {
            SplitMix64 random = new((ulong)trial);
            Displacement displacement = field.Draw(ref random, memory);
            for (int y = 12; y < 48; y++)
                for (int x = 12; x < 68; x++)
                {
                    double number = displacement.X[(y * displacement.Stride) + x];
                    (sum, squares, count) = (sum + number, squares + (number * number), count + 1);
                }
        }
        Assert.Equal(0, sum / count, 0.1);
        Assert.Equal(34 / Math.Sqrt(3) / (2 * 4 * Math.Sqrt(Math.PI)), Math.Sqrt(squares / count), 0.07);
    }
}
