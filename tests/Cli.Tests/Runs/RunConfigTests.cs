using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Optimizers;
using CnnEngine.Runs;
using CnnEngine.Training;

namespace CnnEngine.Cli.Tests.Runs;

public class RunConfigTests
{
    [Fact]
    public void A_configuration_is_the_same_after_writing_and_reading()
    {
        using TemporaryFolder folder = new();
        RunConfig config = new()
        {
            Data = new DataConfig { Kind = DataKind.FashionMnist, Validation = 0.25, Size = [16, 20], Channels = 3, BadImages = BadImages.Skip },
            Optimizer = new RmsPropConfig { Alpha = 0.9f, Momentum = 0.5f, Centered = true },
            Schedule = new MultiStepConfig { Rate = 0.1f, Epochs = [3, 5], WarmUp = new WarmUpConfig { Epochs = 0.5 } },
            EarlyStopping = new EarlyStopping { Metric = EpochMetric.Accuracy, Patience = 3 },
            Average = 0.99f,
            Clip = new ClipConfig { Norm = 1 },
            Threads = 2,
        };
        config.Write(folder["config.json"]);
        string text = File.ReadAllText(folder["config.json"]);
        RunConfig read = RunConfig.Read(folder["config.json"]);
        Assert.Equal(config.ToJson().ToJsonString(), read.ToJson().ToJsonString());
        Assert.Contains("\"kind\": \"fashion-mnist\"", text, StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"multi-step\"", text, StringComparison.Ordinal);
        Assert.IsType<RmsProp>(read.Optimizer.Create());
        Assert.Equal("0.1, ×0.1 after 3, 5 epochs, warmed up in 0.5 epochs", read.Schedule.Create().ToString());
    }

    [Theory]
    [InlineData("{ \"epoks\": 3 }", "there is no key epoks; there are data, model, augmentation, optimizer,")]
    [InlineData("{ \"data\": { \"kind\": \"folder\" } }", "data.kind is \"folder\"; it must be one of mnist, fashion-mnist, cifar10,")]
    [InlineData("{ \"optimizer\": { \"kind\": \"adam\", \"momentum\": 0.9 } }", "there is no key optimizer.momentum; in optimizer there are beta1, beta2, epsilon, weightDecay")]
    [InlineData("{ \"optimizer\": { \"kind\": \"newton\" } }", "optimizer.kind is \"newton\"; it must be one of sgd, adam, adamw, rmsprop, adagrad")]
    [InlineData("{ \"optimizer\": { \"kind\": \"sgd\", \"momentum\": 1 } }", "optimizer: momentum is 1; momentum is 0 to below 1")]
    [InlineData("{ \"optimizer\": { } }", "optimizer has no kind; it must be one of sgd,")]
    [InlineData("{ \"schedule\": { \"kind\": \"step\", \"rate\": 0 } }", "schedule: rate is 0; a learning rate is a number above 0")]
    [InlineData("{ \"schedule\": { \"kind\": \"multi-step\", \"epochs\": [5, 3] } }", "schedule: steps down after 5, 3 epochs; the numbers must be 1 or more and rise")]
    [InlineData("{ \"schedule\": 0.1 }", "schedule is 0.1; it must be an object")]
    [InlineData("{ \"epochs\": 2.5 }", "epochs is 2.5; it must be a whole number")]
    [InlineData("{ \"epochs\": 0 }", "epochs is 0; it must be a whole number from 1 to 1000000")]
    [InlineData("{ \"epochs\": null }", "epochs is null; it must be a whole number")]
    [InlineData("{ \"augmentation\": { \"flip\": \"yes\" } }", "augmentation.flip is \"yes\"; it must be true or false")]
    [InlineData("{ \"augmentation\": { \"rotation\": 200 } }", "augmentation.rotation is 200; it must be 0 to 180")]
    [InlineData("{ \"augmentation\": { \"elastic\": { \"sigma\": 0 } } }", "augmentation.elastic.sigma is 0; it must be 0.1 to 1000")]
    [InlineData("{ \"augmentation\": { \"elastic\": { \"beta\": 1 } } }", "there is no key augmentation.elastic.beta; in augmentation.elastic there are alpha, sigma")]
    [InlineData("{ \"augmentation\": { \"spin\": 3 } }", "in augmentation there are crop, flip, verticalFlip, rotation, shift, scale, elastic, cutout, brightness, contrast, saturation, mixup, cutmix")]
    [InlineData("{ \"earlyStopping\": { \"patience\": 0 } }", "patience is 1 epoch or more")]
    [InlineData("{ \"best\": \"speed\" }", "best is \"speed\"; it must be one of loss, accuracy")]
    [InlineData("{ \"loss\": { \"smoothing\": 1 } }", "loss.smoothing is 1; it must be 0 to below 1")]
    [InlineData("{ \"threads\": 0 }", "threads is 0; it must be a whole number from 1 to 1024, or null for all")]
    [InlineData("{ \"checkpointSeconds\": 0 }", "checkpointSeconds is 0; it must be a number of seconds above 0")]
    [InlineData("{ \"logDigits\": 1 }", "logDigits is 1; it must be a whole number from 2 to 15")]
    [InlineData("{ \"data\": { \"size\": [28] } }", "data.size is [28]; it must be two whole numbers, height and width, from 1 to 4096")]
    [InlineData("{ \"data\": { \"channels\": 2 } }", "data.channels is 2; it must be 1 or 3, or null for the pictures' own")]
    [InlineData("{ \"epochs\": 1, \"epochs\": 2 }", "it is no JSON")]
    [InlineData("{ \"epochs\": 1", "it is no JSON")]
    [InlineData("[1]", "it must be a JSON object")]
    public void What_cannot_be_is_one_line_that_names_the_file_and_the_key(string json, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder["my.json"];
        File.WriteAllText(path, json);
        string said = Assert.Throws<ConfigurationException>(() => RunConfig.Read(path)).Message;
        Assert.StartsWith($"{path}: ", said, StringComparison.Ordinal);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said);
    }

    [Fact]
    public void Comments_and_trailing_commas_do_no_harm()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["my.json"], "{ // so\n \"epochs\": 7, /* and */ \"optimizer\": { \"weightDecay\": 0.25, \"kind\": \"sgd\", }, }");
        RunConfig config = RunConfig.Read(folder["my.json"]);
        Assert.Equal(7, config.Epochs);
        Assert.Equal(0.25f, Assert.IsType<SgdConfig>(config.Optimizer).WeightDecay);
    }

    [Fact]
    public void A_part_of_another_kind_takes_the_place_of_the_one_below_and_one_without_a_kind_changes_it()
    {
        JsonObject below = Settings("""{ "optimizer": { "kind": "sgd", "momentum": 0.5 }, "model": { "model": "lenet5", "width": 2 }, "epochs": 3 }""");
        Assert.Equal(
            """{"optimizer":{"kind":"sgd","momentum":0.5,"weightDecay":1},"model":{"model":"lenet5","width":2,"classes":3},"epochs":3}""",
            RunConfig.Merge(below, Settings("""{ "optimizer": { "weightDecay": 1 }, "model": { "classes": 3 } }""")).ToJsonString());
        Assert.Equal(
            """{"optimizer":{"kind":"adam"},"model":{"layers":[]},"epochs":3}""",
            RunConfig.Merge(below, Settings("""{ "optimizer": { "kind": "adam" }, "model": { "layers": [] } }""")).ToJsonString());
    }

    [Fact]
    public void What_is_left_out_is_chosen_by_the_data_and_the_rest_of_the_settings()
    {
        RunPlan digits = Plan("""{ "data": { "kind": "synthetic", "images": 20, "testImages": 10 } }""");
        Assert.Equal("lenet5", digits.ModelName);
        Assert.False(digits.Config.Augmentation.Flip);
        Assert.Equal(0.05f, Assert.IsType<OneCycleConfig>(digits.Config.Schedule).Rate);

        RunPlan shapes = Plan("""{ "data": { "kind": "shapes", "images": 20, "testImages": 10 }, "optimizer": { "kind": "adam" }, "schedule": { "kind": "multi-step" }, "epochs": 8 }""");
        Assert.Equal("cifar-resnet20", shapes.ModelName);
        Assert.Equal(new Augmentation { Crop = 4, Flip = true }, shapes.Config.Augmentation);
        // Adam's steps are of another size than gradient descent's.
        Assert.Equal(0.001f, shapes.Config.Schedule.Rate);
        Assert.Equal([4, 6], Assert.IsType<MultiStepConfig>(shapes.Config.Schedule).Epochs);
        Assert.Equal(128, shapes.Config.Batch);
    }

    [Fact]
    public void A_plan_of_a_resolved_configuration_is_the_same_plan()
    {
        RunPlan plan = Plan("""{ "data": { "kind": "shapes", "images": 20, "testImages": 10, "validation": 0.2, "size": [16, 16] }, "model": "cifar-resnet20", "average": 0.9 }""");
        Assert.Equal(plan.Config.ToJson().ToJsonString(), RunPlan.Make(plan.Config).Config.ToJson().ToJsonString());
        Assert.Equal((20, 10), (plan.Data.Train.Count + plan.Data.Validation!.Count, plan.Data.Test!.Count));
        Assert.Equal(new Shape(3, 16, 16), plan.Compile().InputShape);
    }

    [Theory]
    [InlineData("""{ "model": "resnet9" }""", "\"model\" is \"resnet9\"; it must be one of lenet5-1998,")]
    [InlineData("""{ "model": { "model": "lenet5", "classes": 7 } }""", "the network's output is 7; synthetic has 10 classes")]
    [InlineData("""{ "model": { "layers": [{ "kind": "flatten" }, { "kind": "linear", "features": 3 }] } }""", "the network's output is 3; synthetic has 10 classes")]
    [InlineData("""{ "model": { "layers": [{ "kind": "conv" }] } }""", "settings: model: layer 1 (conv)")]
    [InlineData("""{ "model": 5 }""", "model is 5; it must be a name or an object")]
    public void A_network_that_does_not_fit_is_one_line(string settings, string message)
    {
        JsonObject all = Settings(settings);
        all["data"] = Settings("""{ "kind": "synthetic", "images": 20, "testImages": 10 }""");
        string said = Assert.Throws<ConfigurationException>(() => RunPlan.Make(all, "settings")).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', said);
    }

    [Fact]
    public void What_is_left_out_of_any_part_has_its_default()
    {
        foreach (string kind in (string[])["constant", "cosine", "one-cycle", "step", "multi-step", "exponential", "plateau"])
        {
            JsonObject settings = Settings($$"""{ "schedule": { "kind": "{{kind}}", "warmUp": {} }, "data": {}, "augmentation": {}, "clip": {}, "loss": {}, "earlyStopping": {} }""");
            RunConfig config = RunConfig.Parse(settings, "settings");
            Assert.Equal((0.01f, 1, 5), (config.Schedule.Rate, config.Schedule.WarmUp!.Epochs, config.EarlyStopping!.Patience));
        }
        Assert.Equal(new Augmentation { Elastic = new ElasticDistortion { Alpha = 5, Sigma = 4 } },
            RunConfig.Parse(Settings("""{ "augmentation": { "elastic": { "alpha": 5 } } }"""), "settings").Augmentation);
        foreach (string kind in (string[])["sgd", "adam", "adamw", "rmsprop", "adagrad"])
            RunConfig.Parse(Settings($$"""{ "optimizer": { "kind": "{{kind}}" } }"""), "settings");
        Assert.Equal(new AdamWConfig(), RunConfig.Parse(Settings("""{ "optimizer": { "kind": "adamw" } }"""), "settings").Optimizer);
        Assert.Equal(new RunConfig().ToJson().ToJsonString(), RunConfig.Parse([], "settings").ToJson().ToJsonString());
    }

    private static RunPlan Plan(string settings) => RunPlan.Make(Settings(settings), "settings");

    private static JsonObject Settings(string json) => JsonNode.Parse(json)!.AsObject();
}
