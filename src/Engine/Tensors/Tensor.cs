namespace CnnEngine;

/// <summary>
/// A view of float32 numbers in row-major order (the last dimension is contiguous), on memory that is aligned to 64 bytes that
/// lives as long as something refers to it. Copying a <see cref="Tensor"/> copies the view, not the numbers.
/// </summary>
public readonly struct Tensor
{
    private readonly AlignedMemory? _memory;
    private readonly int _offset; // in floats

    internal Tensor(AlignedMemory memory, int offset, Shape shape)
    {
        _memory = memory;
        _offset = offset;
        Shape = shape;
    }

    /// <summary>A tensor of zeros on memory of its own.</summary>
    public static Tensor Zeros(Shape shape) => new(new AlignedMemory(shape.Length), 0, shape);

    /// <summary>A tensor on memory of its own with a copy of <paramref name="values"/>.</summary>
    /// <exception cref="ArgumentException">There are more or fewer values than the shape has elements.</exception>
    public static Tensor From(Shape shape, ReadOnlySpan<float> values)
    {
        if (values.Length != shape.Length)
            throw new ArgumentException($"{values.Length} values do not fill the shape {shape}, which has {shape.Length} elements", nameof(values));
        Tensor tensor = Zeros(shape);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>The extents, outermost first.</summary>
    public Shape Shape { get; }

    /// <summary>How many elements there are.</summary>
    public int Length => Shape.Length;

    /// <summary>The elements in row-major order.</summary>
    public Span<float> Span => _memory is null ? default : _memory.Span(_offset, Shape.Length);

    /// <summary>The same numbers seen under another shape.</summary>
    /// <exception cref="ArgumentException">The other shape has another number of elements.</exception>
    public Tensor Reshape(Shape shape)
    {
        if (shape.Length != Shape.Length)
            throw new ArgumentException($"the shape {Shape} cannot be seen as {shape}: {Shape.Length} elements are not {shape.Length}", nameof(shape));
        return _memory is null ? this : new Tensor(_memory, _offset, shape);
    }

    /// <summary>The part of a batch that holds the images <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/> − 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The batch does not have these images.</exception>
    public Tensor Images(int first, int count)
    {
        if (first < 0 || count < 1 || first + (long)count > Shape[0])
            throw new ArgumentOutOfRangeException(nameof(first), $"images {first} to {first + (long)count - 1} lie outside a batch of {Shape[0]}");
        Shape image = Shape.DropFirst();
        return new Tensor(_memory!, _offset + (first * image.Length), image.Prepend(count));
    }
}
