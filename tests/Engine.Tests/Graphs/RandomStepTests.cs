using CnnEngine.Graphs;
using CnnEngine.Layers;
using CnnEngine.Losses;
using CnnEngine.Tests.Training;

namespace CnnEngine.Tests.Graphs;

/// <summary>Random numbers that layers draw while they train.</summary>
public class RandomStepTests
{
    private const int Images = 40;

    private static readonly Shape Image = new(3);

    [Fact]
    public void Every_image_layer_step_and_seed_has_numbers_of_its_own()
    {
        Network network = Make(seed: 1, out Drawer first, out Drawer second);
        Train(network);
        float[] drawn = [.. first.Drawn], others = [.. second.Drawn];
        Train(network);
        Assert.Equal(4 * Images, drawn.Concat(others).Concat(first.Drawn).Concat(second.Drawn).Distinct().Count());
        Train(Make(seed: 2, out Drawer otherSeed, out _));
        Assert.Empty(drawn.Intersect(otherSeed.Drawn));
    }

    [Fact]
    public void They_depend_neither_on_threads_nor_on_parts_and_can_be_drawn_again()
    {
        Network network = Make(seed: 1, out Drawer drawer, out _);
        Train(network);
        float[] drawn = [.. drawer.Drawn];
        using (new ForcedThreads(1))
        {
            network.Steps = 0;
            Train(network);
        }
        Assert.Equal(drawn, drawer.Drawn);
        Network inPasses = Make(seed: 1, out Drawer other, out _, passImages: 3);
        Train(inPasses);
        Assert.Equal(drawn, other.Drawn);
        Assert.Equal(1, inPasses.Steps);
    }

    private static Network Make(long seed, out Drawer first, out Drawer second, int passImages = 16)
    {
        (first, second) = (new Drawer(), new Drawer());
        return new Sequential { first, second }.Compile(Image, new() { BatchSize = Images, Seed = seed, PassImages = passImages });
    }

    private static void Train(Network network) => network.Backpropagate(Some.Images(Images, Image, 3), Some.Indices(Images), new CrossEntropy());

    /// <summary>Keeps the number it drew for each image, and sees that the backward pass draws the same.</summary>
    private sealed class Drawer : Layer
    {
        private readonly float[] _drawn = new float[Images];
        private int _next;

        /// <summary>The numbers of the last step, in rising order.</summary>
        public float[] Drawn => [.. _drawn.Order()];

        public override string Kind => "drawer";

        public override Shape Plan(LayerPlan plan)
        {
            plan.Reserve<float>(1);
            plan.Reserve<int>(1);
            return plan.Input();
        }

        public override void Forward(in Step step)
        {
            step.Input().CopyTo(step.Output);
            for (int n = 0; n < step.Images; n++)
            {
                int place = (Interlocked.Increment(ref _next) - 1) % Images;
                step.Saved<float>(0)[n] = _drawn[place] = (float)step.Random(n).Even();
            }
        }

        public override void Backward(in Step step)
        {
            for (int n = 0; n < step.Images; n++) Assert.Equal(step.Saved<float>(0)[n], (float)step.Random(n).Even());
            if (step.WantsInputGradient()) step.OutputGradient.CopyTo(step.InputGradient());
        }

        public override string ToString() => "Drawer";
    }
}
