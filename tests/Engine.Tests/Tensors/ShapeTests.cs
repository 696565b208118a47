using CnnEngine.Tests.Layers;
using FsCheck;
using FsCheck.Fluent;

namespace CnnEngine.Tests.Tensors;

/// <summary>Extents: kept, compared, written, and refused where they cannot be.</summary>
public class ShapeTests
{
    [Fact]
    public void A_shape_keeps_its_extents()
    {
        Shape shape = new(64, 6, 28, 27);
        Assert.Equal((4, 64 * 6 * 28 * 27), (shape.Rank, shape.Length));
        Assert.Equal([64, 6, 28, 27], shape.ToArray());
        Assert.Equal((64, 6, 28, 27), (shape[0], shape[1], shape[2], shape[3]));
    }

    [Fact]
    public void It_is_written_with_crosses()
    {
        Assert.Equal("64×6×28×27", new Shape(64, 6, 28, 27).ToString());
        Assert.Equal("10", new Shape(10).ToString());
    }

    [Fact]
    public void Equal_extents_are_equal_shapes()
    {
        Assert.True(new Shape(2, 3) == new Shape(2, 3));
        Assert.True(new Shape(2, 3) != new Shape(3, 2));
        Assert.True(new Shape(6) != new Shape(6, 1));
        Assert.False(new Shape(2, 3).Equals((object)"2×3"));
        Assert.Equal(new Shape(2, 3).GetHashCode(), new Shape(2, 3).GetHashCode());
    }

    [Fact]
    public void A_dimension_comes_and_goes_in_front()
    {
        Gen<int[]> extents = Gen.Choose(1, 9).ArrayOf(3);
        Prop.ForAll(extents.ToArbitrary(), e =>
        {
            Shape shape = new(e);
            Shape batch = shape.Prepend(7);
            return batch[0] == 7 && batch.Length == 7 * shape.Length && batch.DropFirst() == shape && batch.ToString() == $"7×{shape}";
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        static void Refused(string message, Action action) => Expect.Throws<ArgumentException>(message, action);
        Refused("a shape has 1 to 4 dimensions, not 0", () => _ = new Shape([]));
        Refused("a shape has 1 to 4 dimensions, not 5", () => _ = new Shape(1, 1, 1, 1, 1));
        Refused("dimension 1 of the shape 3×0×2 is 0; it must be at least 1", () => _ = new Shape(3, 0, 2));
        Refused("the shape 65536×65536 has more than 2³¹−1 elements", () => _ = new Shape(65536, 65536));
        Refused("the shape 1×2×3×4 has 4 dimensions already", () => new Shape(1, 2, 3, 4).Prepend(2));
        Refused("dimension 0 of the shape 0×3 is 0; it must be at least 1", () => new Shape(3).Prepend(0));
        Expect.Throws<InvalidOperationException>("the shape 3 has only one dimension", () => new Shape(3).DropFirst());
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(3, 4)[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Shape(3, 4)[-1]);
        Assert.Equal(int.MaxValue, new Shape(int.MaxValue).Length);
    }
}
