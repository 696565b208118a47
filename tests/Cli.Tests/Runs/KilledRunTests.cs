using System.Diagnostics;

namespace CnnEngine.Cli.Tests.Runs;

public class KilledRunTests
{
    private static readonly string[] Options =
    [
        "--data", "synthetic", "--images", "1500", "--test-images", "200", "--epochs", "3", "--average", "0.9", "--crop", "2", "--mixup", "0.4", "--optimizer", "adam", "--seed", "5", "--quiet", "--no-report",
        // Something is being written most of the time.
        "--checkpoint-every", "0.001",
    ];

    [Fact]
    [Trait("Category", "Slow")]
    public void A_run_that_is_killed_at_any_instant_twenty_times_ends_with_the_same_bits()
    {
        using TemporaryFolder folder = new();
        Stopwatch watch = Stopwatch.StartNew();
        CliProcess.Run(["train", .. Options, "--run", folder["whole"]]).AssertSuccess();
        TimeSpan whole = watch.Elapsed;

        // A process gets no further than a few steps if it is killed as soon as it has begun, so that kills spread over the training.
        Random random = new(20);
        string run = folder["killed"];
        int kills = 0, resumed = 0;
        for (; kills < 20; kills++)
        {
            string[] command = File.Exists(folder["killed", "config.json"]) ? ["resume", run, "--quiet", "--no-report"] : ["train", .. Options, "--run", run];
            if (command[0] == "resume") resumed++;
            using CliProcess process = new(command);
            if (process.HasEndedWithin(whole * (0.2 + (0.5 * random.NextDouble())))) Assert.Equal(0, process.WaitForEnd().ExitCode);
            else process.Kill();
        }
        Assert.True(resumed > 0);
        CliProcess.Run("resume", run, "--quiet", "--no-report").AssertSuccess();
        TrainingRunTests.AssertSameRun(folder["whole"], run);
    }
}
