namespace CnnEngine.Imaging;

/// <summary>How a picture fits a size of other proportions.</summary>
public enum ResizeMode
{
    /// <summary>All of it, rows and columns each to their new number: proportions change.</summary>
    Stretch,

    /// <summary>The largest part about its middle that has the new proportions: the sides, or the top and the bottom, are lost.</summary>
    Crop,

    /// <summary>All of it with its proportions, in the middle, with black at the sides, or at the top and the bottom.</summary>
    Pad,
}
