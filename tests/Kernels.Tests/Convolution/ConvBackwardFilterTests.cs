namespace CnnEngine.Kernels.Tests;

/// <summary>The filters' gradient and the biases' by every algorithm, on every shape it supports and on every width, against the twin.</summary>
public unsafe class ConvBackwardFilterTests
{
    public static TheoryData<string, string, SimdWidth> ByWidth { get; } = Rows.Of(
        from row in ConvCases.Exact(ConvPass.BackwardFilter) from width in SimdWidths.Values select (row.Shape, row.Algorithm, width));

    public static TheoryData<string, string> OnceAShape { get; } = Rows.Of(ConvCases.Supported(ConvPass.BackwardFilter));

    public static TheoryData<string, string> PlainOnes { get; } = Rows.Of(ConvCases.Plain(ConvPass.BackwardFilter));

    public static TheoryData<string, string, double> BoundedOnes { get; } = Rows.Of(ConvCases.Bounded(ConvPass.BackwardFilter));

    [Theory, MemberData(nameof(ByWidth))]
    public void Whole_numbers_come_out_exactly(string shape, string algorithm, SimdWidth width)
    {
        ConvData data = ConvCases.Integers(shape);
        using ForcedWidth forced = new(width);
        (float[] dw, float[] db) = Run(data, algorithm);
        Expect.Exactly(data.Dw, dw);
        Expect.Exactly(data.Db, db);
    }

    [Theory, MemberData(nameof(PlainOnes))]
    public void Random_numbers_are_within_rounding_on_every_width(string shape, string algorithm)
    {
        ConvData data = ConvCases.Random(shape);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            (float[] dw, float[] db) = Run(data, algorithm);
            Expect.WithinRounding(data.Dw, data.DwMagnitude, dw);
            Expect.WithinRounding(data.Db, data.DbMagnitude, db);
        }
    }

    [Theory, MemberData(nameof(BoundedOnes))]
    public void Algorithms_that_transform_keep_their_bound_on_every_width(string shape, string algorithm, double bound)
    {
        ConvData integers = ConvCases.Integers(shape);
        foreach (ConvData data in new[] { integers, ConvCases.Random(shape) })
            foreach (SimdWidth width in SimdWidths.Values)
            {
                using ForcedWidth forced = new(width);
                (float[] dw, float[] db) = Run(data, algorithm);
                Expect.NearInL2(data.Dw, dw, bound * ConvCases.MoreForFilters(data.Shape));
                // Sums of δ need no transform's fractions.
                Expect.WithinRounding(data.Db, data.DbMagnitude, db);
                if (data == integers) Expect.Exactly(data.Db, db);
            }
    }

    [Theory, MemberData(nameof(OnceAShape))]
    public void Without_biases_the_filters_gradient_has_the_same_bits(string shape, string algorithm)
    {
        ConvData data = ConvCases.Random(shape);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            Expect.SameBits(Run(data, algorithm).Dw, Run(data, algorithm, hasBias: false).Dw);
        }
    }

    /// <summary>A filter's gradient is made of its own delta: one that overflowed leaves the other filters alone.</summary>
    [Theory, MemberData(nameof(OnceAShape))]
    public void NaN_in_one_filters_delta_spoils_no_other_filter(string shape, string algorithm)
    {
        ConvShape geometry = ConvCases.Shape(shape);
        if (geometry.K == 1) return;
        ConvData clean = ConvCases.Integers(shape), data = new(geometry, isInteger: true);
        int plane = geometry.OutputPlane;
        for (int n = 0; n < geometry.N; n++) data.Delta.AsSpan(n * geometry.K * plane, plane).Fill(float.NaN);
        foreach (SimdWidth width in SimdWidths.Values)
        {
            using ForcedWidth forced = new(width);
            (float[] without, float[] withoutB) = Run(clean, algorithm);
            (float[] dw, float[] db) = Run(data, algorithm);
            for (int i = geometry.Taps; i < dw.Length; i++)
                if (dw[i] != without[i]) Assert.Fail($"number {i}, of filter {i / geometry.Taps}, is {dw[i]}");
            Assert.Equal(float.NaN, db[0]);
            Assert.Equal(withoutB[1..], db[1..]);
        }
    }

    /// <summary>The destinations hold other numbers before, which the gradients are added to.</summary>
    private static (float[] Dw, float[] Db) Run(ConvData data, string algorithm, bool hasBias = true)
    {
        Guarded<float> x = new(data.X), dy = new(data.Delta), dw = new(data.Before), db = new(data.Bias);
        ConvCases.Algorithm(algorithm).BackwardFilter(data.Shape, x.Data, dy.Data, dw.Data, hasBias ? db.Data : null);
        x.AssertIntact();
        dy.AssertIntact();
        dw.AssertIntact();
        db.AssertIntact();
        return (dw.Span.ToArray(), db.Span.ToArray());
    }
}
