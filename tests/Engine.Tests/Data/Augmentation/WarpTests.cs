using System.Numerics;
using CnnEngine.Data;

namespace CnnEngine.Tests.Data;

/// <summary>Geometry against a twin that adds up every pixel of the old image, weighted by its distance.</summary>
public class WarpTests
{
    [Theory]
    [InlineData(1, 5, 9)]
    [InlineData(3, 8, 5)]
    [InlineData(2, 1, 6)]
    [InlineData(1, 7, 1)]
    public void Each_pixel_is_the_twins(int channels, int height, int width)
    {
        Augmentation augmentation = new() { Crop = 2, Flip = true, VerticalFlip = true, Rotation = 180, Shift = 0.4f, Scale = 0.5f };
        SplitMix64 draws = new(1);
        for (int trial = 0; trial < 40; trial++)
        {
            Pose pose = Pose.Draw(augmentation, height, width, ref draws);
            int stride = width + 2;
            float[] dx = Numbers(trial, height * stride, 2), dy = Numbers(-trial, height * stride, 2), image = Numbers(100 + trial, channels * height * width, 1), old = [.. image];
            bool isDisplaced = trial % 2 == 1;
            Warp.Run(image, height, width, pose.Source(height, width), isDisplaced ? new Displacement { X = dx, Y = dy, Stride = stride } : default);
            for (int c = 0; c < channels; c++)
                for (int y = 0; y < height; y++)
                    for (int x = 0; x < width; x++)
                    {
                        (double sourceX, double sourceY) = Source(pose, x, y, height, width);
                        if (isDisplaced) (sourceX, sourceY) = (sourceX + dx[(y * stride) + x], sourceY + dy[(y * stride) + x]);
                        double expected = 0;
                        for (int h = 0; h < height; h++)
                            for (int w = 0; w < width; w++)
                                expected += old[(((c * height) + h) * width) + w] * Math.Max(0, 1 - Math.Abs(sourceX - w)) * Math.Max(0, 1 - Math.Abs(sourceY - h));
                        Assert.Equal(expected, image[(((c * height) + y) * width) + x], 1e-4);
                    }
        }
    }

    [Fact]
    public void A_square_rotated_by_90_degrees_is_transposed_and_flipped()
    {
        const int side = 5;
        float[] image = Numbers(1, side * side, 1), old = [.. image];
        Warp.Run(image, side, side, new Pose { Angle = 90, Scale = 1 }.Source(side, side), default);
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++) Assert.Equal(old[(x * side) + side - 1 - y], image[(y * side) + x]);
    }

    [Fact]
    public void Twice_as_large_shows_the_middle_half()
    {
        float[] image = [1, 2, 3, 4, 5];
        Warp.Run(image, 1, 5, new Pose { Scale = 2 }.Source(1, 5), default);
        Assert.Equal([2, 2.5f, 3, 3.5f, 4], image);
    }

    [Fact]
    public void Moves_by_whole_pixels_and_mirroring_are_exact()
    {
        Augmentation augmentation = new() { Crop = 6, Flip = true, VerticalFlip = true };
        SplitMix64 draws = new(3);
        HashSet<Pose> seen = [];
        for (int trial = 0; trial < 300; trial++)
        {
            Pose pose = Pose.Draw(augmentation, 4, 7, ref draws);
            float[] moved = Numbers(trial, 2 * 4 * 7, 1), warped = [.. moved];
            WholePixels.Move(moved, 4, 7, pose);
            Warp.Run(warped, 4, 7, pose.Source(4, 7), default);
            Assert.Equal(warped, moved);
            seen.Add(pose with { Shift = default });
        }
        Assert.InRange(seen.Count, 200, 300);
    }

    [Fact]
    public void Poses_are_spread_evenly_over_their_ranges()
    {
        Augmentation augmentation = new() { Crop = 3, Flip = true, VerticalFlip = true, Rotation = 20, Shift = 0.1f, Scale = 0.3f };
        SplitMix64 draws = new(5);
        Pose[] poses = new Pose[4000];
        foreach (ref Pose pose in poses.AsSpan()) pose = Pose.Draw(augmentation, 10, 30, ref draws);
        Even(-3, 3, pose => pose.Down);
        Even(-3, 3, pose => pose.Right);
        Even(0, 1, pose => pose.IsMirrored ? 1 : 0);
        Even(0, 1, pose => pose.IsUpsideDown ? 1 : 0);
        Even(-20, 20, pose => pose.Angle);
        Even(0.7, 1.3, pose => pose.Scale);
        Even(-3, 3, pose => pose.Shift.X);
        Even(-1, 1, pose => pose.Shift.Y);

        void Even(double low, double high, Func<Pose, double> number)
        {
            double[] numbers = [.. poses.Select(number)];
            Assert.InRange(numbers.Min(), low - 1e-6, low + (0.01 * (high - low)));
            Assert.InRange(numbers.Max(), high - (0.01 * (high - low)), high + 1e-6);
            Assert.Equal((low + high) / 2, numbers.Average(), 0.03 * (high - low));
        }
    }

    [Fact]
    public void One_setting_changes_nothing_in_what_another_draws()
    {
        SplitMix64 one = new(7), both = new(7);
        Pose turned = Pose.Draw(new Augmentation { Rotation = 20 }, 9, 9, ref one), all = Pose.Draw(new Augmentation { Rotation = 20, Crop = 4, Flip = true, Scale = 0.1f }, 9, 9, ref both);
        Assert.Equal(turned.Angle, all.Angle);
        Assert.Equal(one.Next(), both.Next());
        Assert.Equal((0, 0, false, false, 1f, Vector2.Zero), (turned.Down, turned.Right, turned.IsMirrored, turned.IsUpsideDown, turned.Scale, turned.Shift));
    }

    /// <summary>Where a pixel comes from: what is done to it, undone from the last to the first.</summary>
    private static (double X, double Y) Source(Pose pose, double x, double y, int height, int width)
    {
        if (pose.IsMirrored) x = width - 1 - x;
        if (pose.IsUpsideDown) y = height - 1 - y;
        (double middleX, double middleY) = ((width - 1) / 2.0, (height - 1) / 2.0);
        (double u, double v) = (x - pose.Right - pose.Shift.X - middleX, y - pose.Down - pose.Shift.Y - middleY);
        (double sin, double cos) = Math.SinCos(pose.Angle * Math.PI / 180);
        return (middleX + (((cos * u) - (sin * v)) / pose.Scale), middleY + (((sin * u) + (cos * v)) / pose.Scale));
    }

    private static float[] Numbers(int seed, int count, float reach)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) * reach)];
    }
}
