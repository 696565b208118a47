using System.Runtime.CompilerServices;
using CnnEngine.Tests.Layers;

namespace CnnEngine.Tests.Tensors;

/// <summary>Views of numbers, and the aligned memory that they lie on.</summary>
public class TensorTests
{
    [Fact]
    public void Zeros_are_zeros()
    {
        Tensor tensor = Tensor.Zeros(new Shape(3, 5));
        Assert.Equal(15, tensor.Length);
        Assert.Equal(new float[15], tensor.Span.ToArray());
    }

    [Fact]
    public void Values_are_copied_in()
    {
        float[] values = [1, 2, 3, 4, 5, 6];
        Tensor tensor = Tensor.From(new Shape(2, 3), values);
        values[0] = 7;
        Assert.Equal([1, 2, 3, 4, 5, 6], tensor.Span.ToArray());
        Expect.Throws<ArgumentException>("5 values do not fill the shape 2×3, which has 6 elements",
            () => Tensor.From(new Shape(2, 3), values.AsSpan(1)));
    }

    [Fact]
    public void Another_shape_sees_the_same_numbers()
    {
        Tensor tensor = Tensor.From(new Shape(2, 3), [1, 2, 3, 4, 5, 6]), row = tensor.Reshape(new Shape(6));
        row.Span[4] = 50;
        Assert.Equal(50, tensor.Span[4]);
        Assert.Equal(new Shape(6), row.Shape);
        Expect.Throws<ArgumentException>("the shape 2×3 cannot be seen as 7: 6 elements are not 7", () => tensor.Reshape(new Shape(7)));
    }

    [Fact]
    public void Images_are_a_part_of_a_batch()
    {
        Tensor batch = Tensor.From(new Shape(4, 1, 1, 2), [0, 1, 10, 11, 20, 21, 30, 31]), two = batch.Images(1, 2);
        Assert.Equal(new Shape(2, 1, 1, 2), two.Shape);
        Assert.Equal([10, 11, 20, 21], two.Span.ToArray());
        Assert.Equal([20, 21], two.Images(1, 1).Reshape(new Shape(2)).Span.ToArray());
        two.Span[0] = -1;
        Assert.Equal(-1, batch.Span[2]);
    }

    [Theory]
    [InlineData(-1, 2, "images -1 to 0")]
    [InlineData(3, 2, "images 3 to 4")]
    [InlineData(0, 0, "images 0 to -1")]
    [InlineData(1, int.MaxValue, "images 1 to 2147483647")]
    public void Images_outside_the_batch_are_refused(int first, int count, string message) => Expect.Throws<ArgumentOutOfRangeException>(
        $"{message} lie outside a batch of 4",
        () => Tensor.Zeros(new Shape(4, 2)).Images(first, count));

    [Fact]
    public void A_tensor_of_nothing_is_empty() => Assert.Equal((0, true), (default(Tensor).Length, default(Tensor).Span.IsEmpty));

    [Fact]
    public void Memory_is_zeroed_and_aligned_to_64_bytes()
    {
        for (int length = 1; length < 300; length += 7)
        {
            AlignedMemory memory = new(length);
            Assert.Equal(0, Address(memory.Span(0, length)) % 64);
            Assert.Equal(length, memory.Length);
            Assert.Equal(new float[length], memory.Span(0, length).ToArray());
            Assert.Equal(0, Address(Tensor.Zeros(new Shape(length)).Span) % 64);
        }
        Assert.Equal(0, new AlignedMemory(0).Span(0, 0).Length);
    }

    [Fact]
    public void Memory_does_not_move()
    {
        Tensor tensor = Tensor.Zeros(new Shape(100));
        long before = Address(tensor.Span);
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        Assert.Equal(before, Address(tensor.Span));
    }

    [Fact]
    public void Spans_beyond_the_memory_are_refused()
    {
        AlignedMemory memory = new(10);
        Assert.Equal(4, memory.Span(6, 4).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Span(6, 5).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Span(11, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Span(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Span(0, -1).Length);
    }

    [Theory]
    [InlineData(-1L)]
    [InlineData(1L << 40)]
    public void Sizes_that_cannot_be_are_refused(long length) => Expect.Throws<ArgumentOutOfRangeException>(
        $"{length} floats do not fit one block of memory; the most are {Array.MaxLength - 16}",
        () => _ = new AlignedMemory(length));

    private static unsafe long Address(Span<float> span) => (long)Unsafe.AsPointer(ref span[0]);
}
