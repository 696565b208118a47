namespace CnnEngine.Kernels;

/// <summary>What the sum over a window is divided by.</summary>
public enum PoolDivisor
{
    /// <summary>The window's pixels, zeros of the padding included: a mean as PyTorch takes it by default.</summary>
    Window,

    /// <summary>Its pixels inside the image.</summary>
    Image,

    /// <summary>1: the sum itself.</summary>
    One,
}
