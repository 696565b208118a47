namespace CnnEngine.Serialization;

/// <summary>What a safetensors file says about one of its tensors. The numbers are always float32 (<c>F32</c>).</summary>
/// <param name="Name">The tensor's name, unique in the file.</param>
/// <param name="Shape">The tensor's extents, outermost first.</param>
public sealed record SafetensorsEntry(string Name, Shape Shape)
{
    /// <summary>Where the numbers begin, in bytes from the start of the data section.</summary>
    internal long Begin { get; init; }

    /// <summary>How many bytes the numbers take.</summary>
    internal long ByteCount { get; init; } = ByteCountOf(Shape);

    /// <summary>Whether nobody wants the numbers, which may then be of any type and shape; <see cref="Shape"/> is empty.</summary>
    internal bool IsIgnored { get; init; }

    internal static long ByteCountOf(Shape shape) => (long)shape.Length * sizeof(float);
}
