using CnnEngine.Kernels.Tests.Reference;

namespace CnnEngine.Kernels.Tests;

/// <summary>Softmax and cross-entropy against the twin, and its derivative against the twin's differences.</summary>
public class SoftmaxCrossEntropyTests
{
    public static TheoryData<int, float> Cases { get; } = Rows.Of(
        from classes in new[] { 1, 2, 3, 7, 10, 16, 17, 33, 100 } from smoothing in new[] { 0f, 0.1f, 1f } select (classes, smoothing));

    [Theory, MemberData(nameof(Cases))]
    public void Loss_and_derivative_are_the_twins(int classes, float smoothing)
    {
        const int images = 5;
        float[] logits = Numbers.Random(images * classes, 1, limit: 4);
        int[] labels = Labels(images, classes);
        Guarded<float> dlogits = new(logits.Length);
        double loss = SoftmaxCrossEntropy.Run(classes, logits, labels, 1f / images, dlogits.Span, smoothing);
        dlogits.AssertIntact();

        double[] twin = ReferenceArrays.ToDoubles(logits);
        double expected = ReferenceLosses.SoftmaxCrossEntropy(classes, twin, labels, smoothing);
        Assert.InRange(loss, expected - 1e-5, expected + 1e-5);
        double[] byDifferences = ReferenceArrays.CentralDifferences(z => ReferenceLosses.SoftmaxCrossEntropy(classes, z, labels, smoothing) / images, twin);
        Expect.Near(byDifferences, dlogits.Span, 1e-3, 1e-5);

        // In closed form softmax − t, to rounding.
        double[] probabilities = ReferenceLosses.Softmax(classes, twin), targets = ReferenceLosses.Targets(classes, labels, smoothing);
        Expect.Near([.. probabilities.Zip(targets, (p, t) => (p - t) / images)], dlogits.Span, 1e-5, 1e-7);
    }

    public static TheoryData<SimdWidth, float> Widths { get; } = Rows.Of(from width in SimdWidths.Values from smoothing in new[] { 0f, 0.1f } select (width, smoothing));

    [Theory, MemberData(nameof(Widths))]
    public void Batches_of_all_sizes_are_the_twins_also_in_place(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        foreach (int classes in new[] { 1, 2, 3, 4, 5, 7, 10, 16, 31, 32, 33, 1000 })
        {
            // Less than a block, blocks, steps of blocks, several pieces.
            int[] few = [.. Enumerable.Range(1, (2 * Simd.Lanes) + 1), (8 * Simd.Lanes) - 1, 8 * Simd.Lanes, (8 * Simd.Lanes) + 1, (16 * Simd.Lanes) + 3];
            foreach (int images in classes == 10 ? [.. few, 4000] : few)
            {
                float[] logits = Numbers.Random(images * classes, images, limit: 6);
                int[] labels = Labels(images, classes);
                Guarded<float> dlogits = new(logits.Length), inPlace = new(logits);
                double loss = SoftmaxCrossEntropy.Run(classes, logits, labels, 0.5f, dlogits.Span, smoothing);
                Assert.Equal(loss, SoftmaxCrossEntropy.Run(classes, inPlace.Span, labels, 0.5f, inPlace.Span, smoothing));
                dlogits.AssertIntact();
                inPlace.AssertIntact();
                Expect.SameBits(dlogits.Span, inPlace.Span);

                double[] twin = ReferenceArrays.ToDoubles(logits);
                double expected = ReferenceLosses.SoftmaxCrossEntropy(classes, twin, labels, smoothing);
                Assert.InRange(loss, expected - (1e-6 * images), expected + (1e-6 * images));
                double[] probabilities = ReferenceLosses.Softmax(classes, twin), targets = ReferenceLosses.Targets(classes, labels, smoothing);
                Expect.Near([.. probabilities.Zip(targets, (p, t) => (p - t) / 2)], dlogits.Span, 1e-6, 2e-7);
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Results_larger_than_the_caches_are_the_same_from_every_address_on(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        using ForcedCaches none = new(CacheSizes.Current with { Level3 = 0 });
        int group = 8 * Simd.Lanes;
        foreach (int classes in new[] { 3, 10, 31 })
            foreach (int images in new[] { 4, Simd.Lanes, group, group + 1, (2 * group) + Simd.Lanes - 1, (3 * group) + 5, 4000 })
                // One of so many addresses is a multiple of the vector's size, past which the caches are written.
                for (int start = 0; start < (images < 4000 ? Simd.Lanes : 1); start++)
                {
                    float[] logits = Numbers.Random(images * classes, images, limit: 6), inPlace = [.. logits];
                    int[] labels = Labels(images, classes);
                    Guarded<float> dlogits = new(start + logits.Length);
                    double loss = SoftmaxCrossEntropy.Run(classes, logits, labels, 0.5f, dlogits.Span[start..], smoothing);
                    dlogits.AssertIntact();
                    // In place nothing is streamed.
                    Assert.Equal(SoftmaxCrossEntropy.Run(classes, inPlace, labels, 0.5f, inPlace, smoothing), loss);
                    Expect.SameBits(inPlace, dlogits.Span[start..]);
                }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Few_classes_of_all_numbers_have_their_labels_at_all_places(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        for (int classes = 1; classes <= 33; classes++)
            for (int odd = 0; odd < 3; odd++)
            {
                int images = (classes * Simd.Lanes) + odd;
                // Every class in every place of a block.
                int[] labels = [.. Enumerable.Range(0, images).Select(n => (n + (n / Simd.Lanes)) % classes)];
                AssertTwin(classes, Numbers.Random(images * classes, classes, limit: 10), labels, smoothing);
            }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Large_logits_among_small_ones_are_shifted(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        Random random = new(1);
        // About where logits are no longer small, where a row's exponentials leave the range of floats, and far beyond.
        foreach (float large in new[] { 39.99f, 41, 42, 43.5f, 44, 57, 79, 80, 81, 89, 105, 1e4f, 1.5e38f })
            foreach (int classes in new[] { 1, 2, 3, 10, 31, 32 })
                foreach (int images in new[] { 1, Simd.Lanes + 3, (17 * Simd.Lanes) + 1 })
                {
                    float[] logits = Numbers.Random(images * classes, classes, limit: 5);
                    // Single numbers, rows at one level, and rows from one end to the other.
                    for (int n = random.Next(3); n < images; n += 1 + random.Next(4 * Simd.Lanes))
                    {
                        Span<float> row = logits.AsSpan(n * classes, classes);
                        int kind = random.Next(5);
                        for (int c = 0; c < classes; c++)
                            row[c] = kind switch { 0 => large, 1 => -large, 2 => large + row[c], 3 => c % 2 == 0 ? large : -large, _ => row[c] };
                        if (kind == 4) row[random.Next(classes)] = random.Next(2) == 0 ? large : -large;
                    }
                    int[] labels = [.. Enumerable.Range(0, images).Select(_ => random.Next(classes))];
                    AssertTwin(classes, logits, labels, smoothing);
                }
    }

    private static void AssertTwin(int classes, float[] logits, int[] labels, float smoothing)
    {
        Guarded<float> dlogits = new(logits.Length), inPlace = new(logits);
        double loss = SoftmaxCrossEntropy.Run(classes, logits, labels, 0.5f, dlogits.Span, smoothing);
        dlogits.AssertIntact();
        Assert.Equal(loss, SoftmaxCrossEntropy.Run(classes, inPlace.Span, labels, 0.5f, inPlace.Span, smoothing));
        Expect.SameBits(dlogits.Span, inPlace.Span);
        double[] twin = ReferenceArrays.ToDoubles(logits);
        double expected = ReferenceLosses.SoftmaxCrossEntropy(classes, twin, labels, smoothing), error = 1e-6 * Math.Max(labels.Length, expected);
        Assert.InRange(loss, expected - error, expected + error);
        if (smoothing == 0) Assert.InRange(loss, 0, double.MaxValue); // what is certain costs nothing, not less
        double[] probabilities = ReferenceLosses.Softmax(classes, twin), targets = ReferenceLosses.Targets(classes, labels, smoothing);
        Expect.Near([.. probabilities.Zip(targets, (p, t) => (p - t) / 2)], dlogits.Span, 1e-6, 2e-7);
    }

    [Theory, MemberData(nameof(Widths))]
    public void NaN_and_infinity_hide_no_large_logits(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        int images = 18 * Simd.Lanes;
        foreach (int classes in new[] { 1, 3, 10, 32 })
            foreach (float odd in new[] { float.NaN, float.PositiveInfinity })
                for (int lane = 0; lane < Simd.Lanes; lane++)
                {
                    // Before and behind a large number of the same block, if it has more than one vector one vector's distance apart.
                    float[] logits = Numbers.Random(images * classes, lane, limit: 5), without = [.. logits], dlogits = new float[logits.Length], expected = new float[logits.Length];
                    int block = 9 * Simd.Lanes * classes, place = block + lane, large = classes == 1 ? block + ((lane + 1) % Simd.Lanes) : place + Simd.Lanes;
                    if (lane % 2 != 0) (place, large) = (large, place);
                    logits[place] = odd;
                    logits[large] = without[large] = 100;
                    int[] labels = Labels(images, classes);
                    Assert.Equal(double.NaN, SoftmaxCrossEntropy.Run(classes, logits, labels, 1, dlogits, smoothing));
                    SoftmaxCrossEntropy.Run(classes, without, labels, 1, expected, smoothing);
                    int row = place / classes;
                    for (int i = 0; i < logits.Length; i++)
                        if (i / classes == row) Assert.Equal(float.NaN, dlogits[i]);
                        else Assert.Equal(expected[i], dlogits[i]);
                }
    }

    [Theory, MemberData(nameof(Widths))]
    public void NaN_and_infinity_stay_in_their_rows(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        foreach (int classes in new[] { 5, 10, 100 })
            foreach (int images in new[] { 3, 40 })
                foreach (float odd in new[] { float.NaN, float.PositiveInfinity })
                    for (int c = 0; c < 5; c++)
                    {
                        float[] logits = Numbers.Random(images * classes, 1), dlogits = new float[logits.Length];
                        logits[classes + c] = odd;
                        Assert.Equal(double.NaN, SoftmaxCrossEntropy.Run(classes, logits, Labels(images, classes), 1, dlogits, smoothing));
                        for (int i = 0; i < dlogits.Length; i++) Assert.Equal(i / classes == 1, float.IsNaN(dlogits[i]));
                    }
    }

    [Theory, MemberData(nameof(Widths))]
    public void A_label_of_probability_zero_costs_infinitely_much(SimdWidth width, float smoothing)
    {
        using ForcedWidth forced = new(width);
        foreach (int images in new[] { 2, 20 })
        {
            float[] logits = new float[images * 3], dlogits = new float[logits.Length];
            logits[4] = float.NegativeInfinity;
            Assert.Equal(double.PositiveInfinity, SoftmaxCrossEntropy.Run(3, logits, [.. Enumerable.Repeat(1, images)], 1, dlogits, smoothing));
            Assert.All(dlogits, derivative => Assert.True(float.IsFinite(derivative)));
        }
    }

    [Theory, InlineData(0f), InlineData(0.1f)]
    public void Logits_of_ten_thousand_overflow_nowhere(float smoothing)
    {
        float[] logits =
        [
            1e4f, -1e4f, 0, // the label is certain
            1e4f, -1e4f, 0, // the label is out of the question
            1e4f, 1e4f, 1e4f,
            -1e4f, -1e4f, -1e4f,
            float.MinValue / 4, float.MaxValue / 4, 0,
        ];
        int[] labels = [0, 1, 2, 0, 1];
        float[] dlogits = new float[logits.Length];
        double loss = SoftmaxCrossEntropy.Run(3, logits, labels, 1, dlogits, smoothing);
        double[] twin = ReferenceArrays.ToDoubles(logits);
        double expected = ReferenceLosses.SoftmaxCrossEntropy(3, twin, labels, smoothing);
        Assert.InRange(loss, expected - (1e-6 * Math.Abs(expected)), expected + (1e-6 * Math.Abs(expected)));
        double[] probabilities = ReferenceLosses.Softmax(3, twin), targets = ReferenceLosses.Targets(3, labels, smoothing);
        Expect.Near([.. probabilities.Zip(targets, (p, t) => p - t)], dlogits, 0, 1e-6);
    }

    [Fact]
    public void Equal_logits_cost_the_logarithm_of_the_number_of_classes()
    {
        foreach (float level in new[] { 0f, 1e4f, -1e4f, 1e30f })
        {
            float[] dlogits = new float[4];
            double loss = SoftmaxCrossEntropy.Run(4, [level, level, level, level], [2], 1, dlogits);
            Assert.Equal(Math.Log(4), loss, 1e-6);
            Assert.Equal([0.25f, 0.25f, -0.75f, 0.25f], dlogits);
        }
    }

    [Fact]
    public void The_derivative_of_each_image_sums_to_zero_and_is_scaled()
    {
        float[] logits = Numbers.Random(30, 3, limit: 5), dlogits = new float[30], tenfold = new float[30];
        SoftmaxCrossEntropy.Run(10, logits, Labels(3, 10), 1, dlogits, 0.1f);
        SoftmaxCrossEntropy.Run(10, logits, Labels(3, 10), 10, tenfold, 0.1f);
        for (int n = 0; n < 3; n++) Assert.Equal(0, dlogits.AsSpan(n * 10, 10).ToArray().Sum(), 1e-6f);
        Expect.Near([.. dlogits.Select(d => 10.0 * d)], tenfold, 1e-5, 1e-6);
    }

    [Theory, InlineData(3), InlineData(-1), InlineData(int.MaxValue)]
    public void A_label_that_is_no_class_is_named(int label)
    {
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(
            "labels", () => SoftmaxCrossEntropy.Run(3, new float[6], [0, label], 1, new float[6]));
        Assert.Contains($"label 1 is {label}; the classes are 0 to 2", exception.Message, StringComparison.Ordinal);
    }

    public static TheoryData<SimdWidth, int> SoftmaxCases { get; } = Rows.Of(
        from width in SimdWidths.Values from classes in new[] { 1, 2, 3, 10, 15, 32, 33 } select (width, classes));

    [Theory, MemberData(nameof(SoftmaxCases))]
    public void Softmax_is_the_twins_also_in_place(SimdWidth width, int classes)
    {
        using ForcedWidth forced = new(width);
        for (int rows = 0; rows <= Simd.Lanes; rows++) CheckSoftmax(classes, rows);
        CheckSoftmax(classes, 2000);
    }

    private static void CheckSoftmax(int classes, int rows)
    {
        float[] logits = [.. Numbers.Random(rows * classes, 1, limit: 8), .. Enumerable.Repeat(1e4f, classes), .. Enumerable.Repeat(-1e30f, classes)];
        Guarded<float> probabilities = new(logits.Length), inPlace = new(logits);
        SoftmaxCrossEntropy.Softmax(classes, logits, probabilities.Span);
        SoftmaxCrossEntropy.Softmax(classes, inPlace.Span, inPlace.Span);
        probabilities.AssertIntact();
        Expect.Near(ReferenceLosses.Softmax(classes, ReferenceArrays.ToDoubles(logits)), probabilities.Span, 1e-5, 1e-9);
        Expect.SameBits(probabilities.Span, inPlace.Span);
    }

    [Fact]
    public void No_images_lose_nothing() => Assert.Equal(0, SoftmaxCrossEntropy.Run(3, [], [], 1, []));

    [Fact]
    public void Spans_and_classes_are_checked()
    {
        float[] six = new float[6], five = new float[5];
        int[] labels = [0, 1];
        Assert.Throws<ArgumentOutOfRangeException>("classes", () => SoftmaxCrossEntropy.Run(0, six, labels, 1, six));
        Assert.Throws<ArgumentException>("dlogits", () => SoftmaxCrossEntropy.Run(3, six, labels, 1, five));
        ArgumentException logits = Assert.Throws<ArgumentException>("logits", () => SoftmaxCrossEntropy.Run(3, five, labels, 1, six));
        Assert.Contains("logits holds 5 numbers; this shape needs 6", logits.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("classes", () => SoftmaxCrossEntropy.Softmax(0, six, six));
        Assert.Throws<ArgumentException>("probabilities", () => SoftmaxCrossEntropy.Softmax(3, six, five));
        ArgumentException rows = Assert.Throws<ArgumentException>("logits", () => SoftmaxCrossEntropy.Softmax(3, five, six));
        Assert.Contains("5 logits are not whole rows of 3", rows.Message, StringComparison.Ordinal);
    }

    private static int[] Labels(int images, int classes) => [.. Enumerable.Range(0, images).Select(n => ((7 * n) + 3) % classes)];
}
