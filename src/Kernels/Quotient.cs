namespace CnnEngine.Kernels;

/// <summary>Quotients of whole numbers, which count the pieces that something is cut into.</summary>
internal static class Quotient
{
    /// <summary>The quotient, rounded up: so many pieces, of which the last may be smaller.</summary>
    public static int Up(int number, int divisor) => (number + divisor - 1) / divisor;
}
