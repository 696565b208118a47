using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>The delta's way back to the input, by every algorithm, on every shape it supports and on every width, against the twin.</summary>
public unsafe class ConvBackwardInputTests
{
    public static TheoryData<string, string, SimdWidth> ByWidth { get; } = Rows.Of(
        from row in ConvCases.Exact(ConvPass.BackwardInput) from width in SimdWidths.Values select (row.Shape, row.Algorithm, width));

    public static TheoryData<string, string> OnceAShape { get; } = Rows.Of(ConvCases.Supported(ConvPass.BackwardInput));

    public static TheoryData<string, string> PlainOnes { get; } = Rows.Of(ConvCases.Plain(ConvPass.BackwardInput));

    public static TheoryData<string, string, double> BoundedOnes { get; } = Rows.Of(ConvCases.Bounded(ConvPass.BackwardInput));

    [Theory, MemberData(nameof(ByWidth))]
    public void Whole_numbers_come_out_exactly(string shape, string algorithm, SimdWidth width)
    {
        ConvData data = ConvCases.Integers(shape);
        using ForcedWidth forced = new(width);
        Expect.Exactly(data.Dx, Run(data, algorithm));
    }

    [Theory, MemberData(nameof(PlainOnes))]
    public void Random_numbers_are_within_rounding_on_every_width(string shape, string algorithm)
    {
        ConvData data = ConvCases.Random(shape);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Expect.WithinRounding(data.Dx, data.DxMagnitude, Run(data, algorithm));
        }
    }

    [Theory, MemberData(nameof(BoundedOnes))]
    public void Algorithms_that_transform_keep_their_bound_on_every_width(string shape, string algorithm, double bound)
    {
        foreach (ConvData data in new[] { ConvCases.Integers(shape), ConvCases.Random(shape) })
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                Expect.NearInL2(data.Dx, Run(data, algorithm), bound);
            }
    }

    [Theory]
    [InlineData("stride larger than filter")]
    [InlineData("stride far larger than filter")]
    [InlineData("stride larger than image")]
    [InlineData("1×1, stride 2")]
    public void Pixels_that_no_filter_sees_get_no_delta(string shape)
    {
        ConvData data = ConvCases.Integers(shape);
        double[] seen = ReferenceConvolution.BackwardInput(data.Shape, Ones(data.Shape.OutputLength), Ones(data.Shape.FilterLength));
        Assert.Contains(0, seen);
        foreach ((string name, string algorithm) in ConvCases.Supported(ConvPass.BackwardInput).Where(row => row.Shape == shape))
        {
            float[] dx = Run(data, algorithm);
            for (int i = 0; i < dx.Length; i++)
                if (seen[i] == 0) Assert.True(dx[i] == 0, $"{algorithm}, {name}: unseen pixel {i} has {dx[i]}");
        }
    }

    [Theory, MemberData(nameof(OnceAShape))]
    public void NaN_in_one_images_delta_spoils_no_other_image(string shape, string algorithm)
    {
        ConvShape geometry = ConvCases.Shape(shape);
        if (geometry.N == 1) return;
        ConvData clean = ConvCases.Integers(shape), data = new(geometry, isInteger: true);
        int image = geometry.C * geometry.InputPlane, output = geometry.K * geometry.OutputPlane;
        data.Delta.AsSpan(output, output).Fill(float.NaN);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            float[] without = Run(clean, algorithm), dx = Run(data, algorithm);
            for (int i = 0; i < dx.Length; i++)
                if (i / image != 1 && dx[i] != without[i]) Assert.Fail($"number {i}, of image {i / image}, is {dx[i]}");
        }
    }

    private static double[] Ones(long length) => [.. Enumerable.Repeat(1.0, (int)length)];

    /// <summary>The destination holds NaN before, so a kernel that adds to it is seen.</summary>
    private static float[] Run(ConvData data, string algorithm)
    {
        Guarded<float> dy = new(data.Delta), w = new(data.W), dx = new((int)data.Shape.InputLength);
        ConvCases.Algorithm(algorithm).BackwardInput(data.Shape, dy.Data, w.Data, dx.Data);
        dy.AssertIntact();
        w.AssertIntact();
        dx.AssertIntact();
        return dx.Span.ToArray();
    }
}
