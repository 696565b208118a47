using CnnEngine.Kernels;

namespace CnnEngine.Layers;

/// <summary>How the images of a pass lie in memory.</summary>
public enum BatchLayout
{
    /// <summary>N×C×H×W: one image after another.</summary>
    Nchw,

    /// <summary>C×H×W×N: the images' numbers for one place side by side, as many as a vector has lanes (<see cref="ChwnLayout"/>).</summary>
    Chwn,
}
