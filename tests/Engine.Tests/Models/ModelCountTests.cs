using CnnEngine.Analysis;
using CnnEngine.Graphs;
using CnnEngine.Models;

namespace CnnEngine.Tests.Models;

/// <summary>
/// Parameters and multiply-adds of every network at its paper's size, against published figures. No memory is taken for weights.
/// </summary>
public class ModelCountTests
{
    private const long PyramidMultiplyAdds =
        (256L * ((56 * 56 * 256) + (28 * 28 * 512) + (14 * 14 * 1024) + (7 * 7 * 2048))) + (9L * 256 * 256 * ((56 * 56) + (28 * 28) + (14 * 14) + (7 * 7)));

    // The encoder-decoder, by the sizes 128², 64², 32², 16² and 8²: weights of 3×3 filters, down (into the size, then twice at it; at first twice
    // only) and up (twice, at first from what is up-sampled and what is skipped to).
    private const long
        At128 = 9 * ((3 * 64) + (64 * 64) + (128 * 64) + (64 * 64)),
        At64 = 9 * ((64 * 128) + (128 * 128) + (128 * 128) + (256 * 128) + (128 * 128)),
        At32 = 9 * ((128 * 256) + (256 * 256) + (256 * 256) + (512 * 256) + (256 * 256)),
        At16 = 9 * ((256 * 512) + (512 * 512) + (512 * 512) + (1024 * 512) + (512 * 512)),
        At8 = 9 * ((512 * 1024) + (1024 * 1024) + (1024 * 1024)),
        // The channels' way up: 1×1 filters behind bilinear up-sampling, or 2×2 ones of stride 2, of which one weight falls on each pixel.
        Ups = (128 * 64) + (256 * 128) + (512 * 256) + (1024 * 512),
        UpMultiplyAdds = (128 * 128 * 128 * 64) + (64 * 64 * 256 * 128) + (32 * 32 * 512 * 256) + (16 * 16 * 1024 * 512),
        // Two numbers for each output of a 3×3 filter, one for each of an up-sampling; the last layer's 1×1 filters to two classes.
        Rest = (2 * ((4 * 64) + (5 * (128 + 256 + 512)) + (3 * 1024))) + (64 + 128 + 256 + 512) + ((64 * 2) + 2),
        ThreeByThree = At128 + At64 + At32 + At16 + At8,
        DecoderMultiplyAdds = (128 * 128 * At128) + (64 * 64 * At64) + (32 * 32 * At32) + (16 * 16 * At16) + (8 * 8 * At8) + UpMultiplyAdds + (128 * 128 * 64 * 2);

    // Parameters are exact; multiply-adds of one forward pass are those of convolutions and fully connected layers.
    public static TheoryData<string, long, long> Published { get; } = new()
    {
        // LeCun et al. 1998, section II.B: 156 + 12 + 1,516 + 32 + 48,120 + 10,164 = 60,000 up to F6, and 850 of ours in the last layer.
        // C1 117,600, C3 100 · 1,500, C5 48,000, F6 10,080, output 840.
        { "lenet5-1998", 60_850, 326_520 },
        // C1 117,600, C2 240,000, and the weights of three fully connected layers.
        { "lenet5", 61_706, 416_520 },
        // Caffe's bvlc_alexnet has 60,965,224 parameters; 724 M multiply-adds (V. Sze et al., "Efficient Processing of Deep Neural Networks", 2017, table II).
        { "alexnet", 60_965_224, 724_406_816 },
        // torchvision's alexnet: 61,100,840; 0.71 GFLOPS.
        { "alexnet-one-column", 61_100_840, 714_188_480 },
        // From the paper's figure 3, 7·7·3·96 + 96 and so on; 62.4 M in K. He's tables. Multiply-adds from the sizes 110, 26, 13.
        { "zfnet", 62_357_608, 1_168_032_896 },
        // The authors' Caffe model is a file of 29 MB, 7.6 M parameters. Multiply-adds from its sizes 54, 27, 13 and 6; poolings round up.
        { "nin", 7_595_176, 1_100_188_800 },
        // The paper's table 4: 145 million parameters, 2,810 million connections (pooling and biases counted, too).
        { "overfeat", 145_920_872, 2_801_403_904 },
        // The paper's table 2: 133, 133, 138 and 144 million; exactly, and 7.61, 11.31, 15.47 and 19.63 GFLOPS, in torchvision.
        { "vgg11", 132_863_336, 7_609_090_048 },
        { "vgg13", 133_047_848, 11_308_466_176 },
        { "vgg16", 138_357_544, 15_470_264_320 },
        { "vgg19", 143_667_240, 19_632_062_464 },
        // Caffe's bvlc_googlenet: 6,998,552 without and 13,378,280 with the auxiliary classifiers, which multiply 8,372,224 times. The paper
        // says 1.5 G multiply-adds; from its table 1, 1,582,671,872 without them.
        { "googlenet", 13_378_280, 1_582_671_872 + 8_372_224 },
        // timm's inception_v4: 42.68 M parameters, 12.28 GMACs. From the paper's figures, convolution by convolution, 12.25 G.
        { "inception-v4", 42_679_816, 12_253_974_624 },
        // torchvision: 11,689,512 … 60,192,808; 1.81, 3.66, 4.09, 7.80 and 11.51 GFLOPS.
        { "resnet18", 11_689_512, 1_814_073_344 },
        { "resnet34", 21_797_672, 3_663_761_408 },
        { "resnet50", 25_557_032, 4_089_184_256 },
        { "resnet101", 44_549_160, 7_801_405_440 },
        { "resnet152", 60_192_808, 11_513_626_624 },
        // timm's seresnet50: 28.09 M, 4.11 GMACs. 2·C²/16 multiply-adds more than ResNet-50 for each block of C channels, 2,514,944.
        { "se-resnet50", 28_088_024, 4_089_184_256 + 2_514_944 },
        // The paper's table 6: 0.27, 0.46, 0.66, 0.85 and 1.7 M parameters. Multiply-adds are 40.6, 68.9, 125 and 253 M for 20, 32, 56 and 110
        // layers in Y. He et al., "Soft Filter Pruning", 2018; 125.49 and 252.89 M in M. Lin et al., "HRank", 2020.
        { "cifar-resnet20", 269_722, 40_551_040 },
        { "cifar-resnet32", 464_154, 68_862_592 },
        { "cifar-resnet44", 658_586, 97_174_144 },
        { "cifar-resnet56", 853_018, 125_485_696 },
        { "cifar-resnet110", 1_727_962, 252_887_680 },
        // The paper's table 4: 4.2 M parameters, 569 M multiply-adds; Keras's MobileNet: 4,231,976 trainable.
        { "mobilenet", 4_231_976, 568_740_352 },
        // ZFNet's convolutions, 3,726,464, and 50 bins of 256 channels into its fully connected layers.
        { "sppnet", 3_726_464 + ((50L * 256 * 4096) + 4096) + 16_781_312 + 4_097_000, 1_109_410_944 + (50L * 256 * 4096) + 16_777_216 + 4_096_000 },
        // torchvision's fpn with ResNet-50: 23,508,032 of the trunk, 3,344,384 of the pyramid, 593,935 of the proposal head. Multiply-adds at
        // 224×224: ResNet-50's but for the last layer; the head's on 56² + 28² + 14² + 7² + 4² = 4,181 places.
        { "fpn-resnet50", 23_508_032 + 3_344_384 + 593_935, 4_087_136_256 + PyramidMultiplyAdds + (4_181L * ((9 * 256 * 256) + (15 * 256))) },
        // U-Net with batch normalisation, three channels in and two classes out: 31,037,698, as its many ports have it. Ours has a third
        // convolution and normalisation at each of the smaller sizes, where U-Net pools.
        { "encoder-decoder", 31_037_698 + (9 * ((128 * 128) + (256 * 256) + (512 * 512) + (1024 * 1024))) + (2 * (128 + 256 + 512 + 1024)), DecoderMultiplyAdds },
        { "encoder-decoder-bilinear", ThreeByThree + Ups + Rest, DecoderMultiplyAdds },
    };

    [Theory, MemberData(nameof(Published))]
    public void Parameters_and_multiply_adds_are_the_published_ones(string name, long parameters, long multiplyAdds)
    {
        Model model = ModelZoo.Named(name);
        NetworkSummary summary = NetworkSummary.Of(model.Build(), model.Input, new NetworkOptions { BatchSize = 1 });
        Assert.Equal((parameters, multiplyAdds), (summary.Parameters, summary.Layers.Where(layer => IsCounted(layer)).Sum(layer => layer.Cost.MultiplyAdds)));
    }

    private static bool IsCounted(LayerSummary layer) => layer.Options.Contains("Conv", StringComparison.Ordinal) || layer.Options.StartsWith("Linear", StringComparison.Ordinal);
}
