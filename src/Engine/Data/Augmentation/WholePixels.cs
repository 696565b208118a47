namespace CnnEngine.Data;

/// <summary>Moves by whole pixels and mirroring, in place: what <see cref="Warp"/> gives for them, with less work.</summary>
internal static class WholePixels
{
    public static void Move(Span<float> image, int height, int width, Pose pose)
    {
        for (int first = 0; first < image.Length; first += height * width)
        {
            Span<float> plane = image.Slice(first, height * width);
            if ((pose.Down, pose.Right) != (0, 0)) Move(plane, width, pose.Down, pose.Right);
            if (pose.IsMirrored ^ pose.IsUpsideDown)
                for (int row = 0; row < height; row++) plane.Slice(row * width, width).Reverse();
            // All backwards is upside down and mirrored.
            if (pose.IsUpsideDown) plane.Reverse();
        }
    }

    /// <summary>Moves a plane within itself; zeros come in from the sides.</summary>
    private static void Move(Span<float> pixels, int width, int down, int right)
    {
        int height = pixels.Length / width;
        // A row is read before it is written over: from the side towards which the rows move.
        for (int i = 0; i < height; i++)
        {
            int row = down > 0 ? height - 1 - i : i, source = row - down, kept = Math.Max(0, width - Math.Abs(right));
            Span<float> to = pixels.Slice(row * width, width);
            if (source < 0 || source >= height || kept == 0)
            {
                to.Clear();
                continue;
            }
            Span<float> from = pixels.Slice(source * width, width);
            from.Slice(Math.Max(0, -right), kept).CopyTo(to[Math.Max(0, right)..]);
            if (right > 0) to[..right].Clear();
            else to[kept..].Clear();
        }
    }
}
