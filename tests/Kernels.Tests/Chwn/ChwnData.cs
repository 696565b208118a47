namespace CnnEngine.Kernels.Tests;

/// <summary>The layout C×H×W×N, written down plainly.</summary>
internal static class ChwnData
{
    /// <summary>Images one after another, brought into the layout; lanes without an image hold <paramref name="empty"/>.</summary>
    public static float[] From(ReadOnlySpan<float> images, int length, float empty = 0)
    {
        int count = images.Length / length;
        float[] chwn = new float[length * Simd.Lanes];
        for (int i = 0; i < length; i++)
            for (int n = 0; n < Simd.Lanes; n++) chwn[(i * Simd.Lanes) + n] = n < count ? images[(n * length) + i] : empty;
        return chwn;
    }

    /// <summary>The first images, one after another.</summary>
    public static T[] To<T>(ReadOnlySpan<T> chwn, int length, int count)
    {
        T[] images = new T[length * count];
        for (int i = 0; i < length; i++)
            for (int n = 0; n < count; n++) images[(n * length) + i] = chwn[(i * Simd.Lanes) + n];
        return images;
    }
}
