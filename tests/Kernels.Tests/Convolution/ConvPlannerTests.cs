namespace CnnEngine.Kernels.Tests;

/// <summary>Which algorithm is picked, how it can be forced, and what the planner tells about it.</summary>
public unsafe class ConvPlannerTests
{
    public static TheoryData<string> ShapeNames { get; } = new(ConvCases.Names);

    [Theory, MemberData(nameof(ShapeNames))]
    public void The_cheapest_algorithm_that_supports_the_pass_is_chosen(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        foreach (ConvPass pass in Enum.GetValues<ConvPass>())
        {
            ConvAlgorithm chosen = ConvPlanner.Choose(pass, shape);
            Assert.True(chosen.Supports(pass, shape));
            foreach (ConvAlgorithm other in ConvAlgorithm.All)
                if (other.Supports(pass, shape)) Assert.True(chosen.Cost(pass, shape) <= other.Cost(pass, shape));
        }
    }

    [Fact]
    public void Few_channels_do_not_lead_to_columns_and_channels_alone_have_their_own_algorithm()
    {
        ConvShape cifar = new(64, 3, 32, 32, 5, new() { Padding = 2 }), depthwise = new(8, 128, 56, 128, 3, new() { Padding = 1, Groups = 128 });
        Assert.All(ConvPlanner.Explain(cifar).Passes, pass => Assert.NotEqual("im2col", pass.Choice));
        Assert.All(ConvPlanner.Explain(depthwise).Passes, pass => Assert.Equal("depthwise3x3", pass.Choice));
    }

    [Theory]
    [InlineData(64, 112, 2)]
    [InlineData(128, 56, 2)]
    [InlineData(256, 28, 2)]
    [InlineData(512, 14, 2)]
    [InlineData(512, 14, 1)]
    [InlineData(1024, 7, 1)]
    public void MobileNets_channels_alone_have_their_own_algorithm(int channels, int size, int stride)
    {
        foreach (int images in new[] { 1, 8, 32 })
        {
            ConvShape shape = new(images, channels, size, channels, 3, new() { Stride = stride, Padding = 1, Groups = channels });
            Assert.All(ConvPlanner.Explain(shape).Passes, pass => Assert.Equal("depthwise3x3", pass.Choice));
        }
    }

    [Fact]
    public void Few_outputs_of_an_image_are_not_computed_along_the_vector() =>
        Assert.True(ConvPlanner.Explain(new ConvShape(16, 3, 28, 256, 3, new() { Stride = 4 })).Forward.Choice is "direct" or "chwn");

    [Fact]
    public void Filters_as_large_as_the_image_are_a_fully_connected_layer()
    {
        foreach (ConvShape shape in new ConvShape[] { new(8, 512, 1, 32, 1), new(1, 512, 1, 32, 1), new(8, 256, 6, 512, 6), new(1, 1024, 6, 3072, 6), new(64, 512, 7, 4096, 7) })
            Assert.All(ConvPlanner.Explain(shape).Passes, pass => Assert.Equal("connected", pass.Choice));
    }

    [Theory]
    [InlineData(512, 128)]
    [InlineData(256, 64)]
    [InlineData(192, 96)]
    public void Filters_of_a_single_tap_are_a_matrix_product_and_their_gradient_sums_over_broadcast_deltas(int channels, int filters)
    {
        using ForcedWidth forced = new(SimdWidth.Vector512); // the estimates are of this width
        ConvPlan plan = ConvPlanner.Explain(new ConvShape(1, channels, 28, filters, 1));
        Assert.Equal("pointwise", plan.BackwardInput.Choice);
        Assert.Equal("direct", plan.BackwardFilter.Choice);
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void The_choice_does_not_depend_on_the_number_of_threads(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        string[] alone = Choices();
        using ForcedThreads forced = new(7);
        Assert.Equal(alone, Choices());

        string[] Choices() => [.. ConvPlanner.Explain(shape).Passes.Select(pass => pass.Choice)];
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void A_plan_names_the_choice_and_all_candidates(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        ConvPlan plan = ConvPlanner.Explain(shape, threads: 3);
        Assert.Equal((shape, 3), (plan.Shape, plan.Threads));
        Assert.Equal(Enum.GetValues<ConvPass>(), plan.Passes.Select(pass => pass.Pass));
        foreach (ConvPassPlan pass in plan.Passes)
        {
            Assert.Equal(ConvPlanner.Choose(pass.Pass, shape).Name, pass.Choice);
            Assert.Equal(pass.Choice, pass.Candidates[0].Algorithm);
            Assert.Equal(
                ConvAlgorithm.All.Where(algorithm => algorithm.Supports(pass.Pass, shape)).Select(algorithm => algorithm.Name).Order(),
                pass.Candidates.Select(candidate => candidate.Algorithm).Order());
            Assert.Equal(pass.Candidates.OrderBy(candidate => candidate.Cost), pass.Candidates);
            foreach (ConvCandidate candidate in pass.Candidates)
            {
                ConvAlgorithm algorithm = ConvCases.Algorithm(candidate.Algorithm);
                Assert.Equal(algorithm.Cost(pass.Pass, shape), candidate.Cost);
                Assert.Equal(algorithm.ScratchBytes(pass.Pass, shape, 3), candidate.ScratchBytes);
            }
        }
    }

    [Theory, MemberData(nameof(ShapeNames))]
    public void A_forced_algorithm_is_taken_where_it_can_and_the_cheapest_elsewhere(string name)
    {
        ConvShape shape = ConvCases.Shape(name);
        foreach (ConvPass pass in Enum.GetValues<ConvPass>())
        {
            string cheapest = ConvPlanner.Choose(pass, shape).Name;
            foreach (ConvAlgorithm algorithm in ConvAlgorithm.All)
            {
                using ForcedConvolution forced = new(algorithm.Name);
                bool supports = algorithm.Supports(pass, shape);
                Assert.Equal(supports ? algorithm.Name : cheapest, ConvPlanner.Choose(pass, shape).Name);
                string reason = ConvPlanner.Explain(shape).Passes[(int)pass].Reason;
                Assert.StartsWith(supports ? $"{algorithm.Name} is forced; " : $"{algorithm.Name} is forced but does not support this; ", reason, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void An_algorithm_that_does_not_exist_is_refused_with_those_that_do()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => ConvPlanner.Forced = "fft");
        Assert.Equal($"CNNENGINE_CONV=fft: the convolution algorithms are {string.Join(", ", ConvPlanner.Algorithms)}", exception.Message);
        Assert.Null(ConvPlanner.Forced);
        using (ForcedConvolution forced = new("im2col")) Assert.Equal("im2col", ConvPlanner.Forced);
        using (ForcedConvolution none = new("")) Assert.Null(ConvPlanner.Forced);
    }

    [Fact]
    public void The_table_has_a_line_for_each_candidate_and_marks_the_chosen_one()
    {
        ConvShape shape = new(2, 6, (14, 20), 16, (5, 3), new() { Stride = (2, 1), Padding = 2, Groups = 2, Dilation = (1, 2) });
        ConvPlan plan = ConvPlanner.Explain(shape, 2);
        string[] lines = plan.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("2×6×14×20 → 2×16×7×20, filter 5×3, stride 2×1, padding 2, dilation 1×2, 2 groups", lines[0]);
        Assert.StartsWith("0.20 million multiply-adds a pass", lines[1], StringComparison.Ordinal);
        Assert.Equal(3 + plan.Passes.Sum(pass => pass.Candidates.Count + 1), lines.Length);
        foreach (ConvPassPlan pass in plan.Passes)
        {
            Assert.Single(lines, line => line.Contains($"> {pass.Choice} ", StringComparison.Ordinal) && line.StartsWith(Words(pass.Pass), StringComparison.Ordinal));
            Assert.Contains(lines, line => line.Trim() == pass.Reason);
        }

        static string Words(ConvPass pass) => pass switch { ConvPass.Forward => "forward", ConvPass.BackwardInput => "backward input", _ => "backward filter" };
    }

    [Fact]
    public void A_plan_is_for_at_least_one_thread() =>
        Assert.Throws<ArgumentOutOfRangeException>("threads", () => ConvPlanner.Explain(new ConvShape(1, 1, 3, 1, 2), 0));

    [Fact]
    public void Choosing_allocates_nothing()
    {
        ConvShape shape = ConvCases.Shape("LeNet conv2");
        Choose(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Choose(100);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Choose(int times)
        {
            for (int i = 0; i < times; i++)
                for (ConvPass pass = ConvPass.Forward; pass <= ConvPass.BackwardFilter; pass++) ConvPlanner.Choose(pass, shape);
        }
    }

    public static TheoryData<string, string, ConvPass> Supported { get; } = Rows.Of(
        from pass in Enum.GetValues<ConvPass>() from row in ConvCases.Supported(pass) select (row.Shape, row.Algorithm, pass));

    [Theory, MemberData(nameof(Supported))]
    public void Scratch_memory_is_as_much_as_the_estimate_says(string name, string algorithmName, ConvPass pass)
    {
        ConvData data = ConvCases.Integers(name);
        ConvAlgorithm algorithm = ConvCases.Algorithm(algorithmName);
        using ForcedThreads one = new(1);
        long estimate = algorithm.ScratchBytes(pass, data.Shape, 1), taken = 0;
        // A new thread has a block of its own: it is filled with a number that no kernel writes, and looked through afterwards.
        ScratchTests.OnThreadOfItsOwn(() => taken = Touched(algorithm, pass, data, (4 * estimate / sizeof(float)) + 1_000_000));
        Assert.InRange(taken, (estimate / 2) - 4096, estimate + 1024); // nested leases begin at cache lines
    }

    private static long Touched(ConvAlgorithm algorithm, ConvPass pass, ConvData data, long floats)
    {
        const float untouched = 1e-33f;
        float* block;
        using (Scratch.Lease all = Scratch.Take(floats))
        {
            block = all.Data;
            new Span<float>(block, (int)floats).Fill(untouched);
        }
        ConvShape shape = data.Shape;
        float[] result = new float[Math.Max(Math.Max(shape.InputLength, shape.OutputLength), shape.FilterLength)];
        fixed (float* x = data.X, w = data.W, bias = data.Bias, dy = data.Delta, to = result, db = new float[shape.K])
        {
            if (pass == ConvPass.Forward) algorithm.Forward(shape, x, w, bias, Activation.Identity, to);
            else if (pass == ConvPass.BackwardInput) algorithm.BackwardInput(shape, dy, w, to);
            else algorithm.BackwardFilter(shape, x, dy, to, db);
        }
        Assert.True(Scratch.Take(0).Data == block, "the estimate was far too low: the block has grown");
        return sizeof(float) * (new Span<float>(block, (int)floats).LastIndexOfAnyExcept(untouched) + 1);
    }
}
