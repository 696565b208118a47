using System.Text.Json.Nodes;
using CnnEngine.Data;
using CnnEngine.Imaging;
using CnnEngine.Tests.Imaging;

namespace CnnEngine.Tests.Data;

/// <summary>What becomes of a picture before a network sees it, and its JSON.</summary>
public class PreprocessingTests
{
    private static readonly Preprocessing Colours = new(
        new Shape(3, 2, 4), new Normalization([0.5f, 0.25f, 1 / 3f], [0.1f, 2, 0.3081f]), ResizeMode.Crop, Interpolation.Nearest);

    [Fact]
    public void Colours_become_planes_normalised_each_by_its_own()
    {
        Picture picture = Some.Picture(4, 2, 3);
        float[] image = new float[25];
        Colours.Apply(picture, image);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 8; i++) Assert.Equal(Colours.Normalization.Apply(picture.Bytes[(3 * i) + c], c), image[(8 * c) + i]);
        Assert.Equal(0, image[24]);
        Assert.Throws<ArgumentException>(() => Colours.Apply(picture, image.AsSpan(0, 23)));
    }

    [Fact]
    public void Grey_and_colours_become_each_other()
    {
        Picture grey = Some.Picture(4, 2, 1), colours = Some.Picture(4, 2, 3);
        Some.AssertSame(grey.ToColours(), Colours.Fit(grey));
        Preprocessing one = new(new Shape(1, 2, 4), new Normalization(0, 1));
        Some.AssertSame(colours.ToGrey(), one.Fit(colours));
        Assert.Same(grey, one.Fit(grey));
    }

    [Fact]
    public void A_picture_of_another_size_is_resized_as_it_says()
    {
        Picture picture = Some.Picture(9, 9, 3);
        Some.AssertSame(picture.Resize(4, 2, ResizeMode.Crop, Interpolation.Nearest), Colours.Fit(picture));
        Preprocessing stretched = new(new Shape(1, 3, 5), new Normalization(0, 1));
        Some.AssertSame(picture.ToGrey().Resize(5, 3), stretched.Fit(picture));
    }

    [Fact]
    public void Its_json_is_read_as_the_same()
    {
        Assert.Equal(
            """{"input":[3,2,4],"resize":"crop","interpolation":"nearest","mean":[0.5,0.25,0.33333334],"deviation":[0.1,2,0.3081]}""",
            Colours.ToJson().ToJsonString());
        Assert.Equal(Colours, Preprocessing.FromJson(JsonNode.Parse(Colours.ToJson().ToJsonString()), "file"));
        Assert.Equal(Colours, Preprocessing.FromJson(Colours.ToJson(), "file"));
        Assert.Equal(
            new Preprocessing(new Shape(1, 28, 28), new Normalization(0.1307f, 0.3081f)),
            Preprocessing.FromJson(JsonNode.Parse("""{"input":[1,28,28],"mean":[0.1307],"deviation":[0.3081]}"""), "file"));
    }

    [Theory]
    [InlineData("""[1]""", "is no object in braces")]
    [InlineData("""{"size":1}""", "has no key \"size\"; it has input, resize, interpolation, mean, deviation")]
    [InlineData("""{}""", "has \"input\": nothing; it must be three whole numbers, as in [3, 32, 32]")]
    [InlineData("""{"input":[1,2.5,3]}""", "has \"input\": [1,2.5,3]; it must be three whole numbers, as in [3, 32, 32]")]
    [InlineData("""{"input":[1,null,3]}""", "has \"input\": [1,null,3]; it must be three whole numbers, as in [3, 32, 32]")]
    [InlineData("""{"input":[2,4,4]}""", "has \"input\": [2, 4, 4]; it must be [1, height, width] or [3, height, width]")]
    [InlineData("""{"input":[1,0,4]}""", "has \"input\": [1, 0, 4]; it must be [1, height, width] or [3, height, width]")]
    [InlineData("""{"input":[1,99999,99999]}""", "has \"input\": [1, 99999, 99999]; it must be [1, height, width] or [3, height, width]")]
    [InlineData("""{"input":[1,4,4],"mean":"x"}""", "has \"mean\": \"x\"; it must be a number for each channel")]
    [InlineData("""{"input":[1,4,4],"mean":["1"]}""", "has \"mean\": [\"1\"]; it must be a number for each channel")]
    [InlineData("""{"input":[1,4,4],"mean":[0,1],"deviation":[1]}""", "has 2 numbers as \"mean\", 1 as \"deviation\"; each of the 1 channels must have one")]
    [InlineData("""{"input":[1,4,4],"mean":[0],"deviation":[0]}""", "has a \"deviation\" that is not above 0, or a number that is not finite")]
    [InlineData("""{"input":[1,4,4],"mean":[1e99],"deviation":[1]}""", "has a \"deviation\" that is not above 0, or a number that is not finite")]
    [InlineData("""{"input":[1,4,4],"mean":[0],"deviation":[1],"resize":"Crop"}""", "has \"resize\": \"Crop\"; there are \"stretch\", \"crop\", \"pad\"")]
    [InlineData("""{"input":[1,4,4],"mean":[0],"deviation":[1],"interpolation":1}""", "has \"interpolation\": 1; there are \"bilinear\", \"nearest\"")]
    public void Other_json_is_refused(string json, string message) => Assert.Equal(
        $"file: the preprocessing {message}", Assert.Throws<InvalidDataException>(() => Preprocessing.FromJson(JsonNode.Parse(json), "file")).Message);

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        Normalization one = new(0, 1);
        Layers.Expect.Throws<ArgumentException>("the input is 2×4×4; pictures are 1×H×W or 3×H×W of at most 67108864 pixels", () => _ = new Preprocessing(new Shape(2, 4, 4), one));
        Layers.Expect.Throws<ArgumentException>("the input is 3×4×4; the normalisation has 1 channels, not 3", () => _ = new Preprocessing(new Shape(3, 4, 4), one));
    }
}
