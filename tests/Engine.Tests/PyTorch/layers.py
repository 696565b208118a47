"""The cases of layers: forward pass, gradients, and what they keep."""
from torch import nn
from torch.nn import functional as f

import torch
from golden import File, Function, Random


def padded(top, bottom, left, right, module, value=0.0):
    """A module on an image with padding of its own on each side."""
    return nn.Sequential(nn.ConstantPad2d((left, right, top, bottom), value), module)


def fixed(filter, stride=1, padding="same"):
    """One filter on each channel."""
    weights = torch.tensor(filter, dtype=torch.double)
    return Function(lambda x: f.conv2d(x, weights.expand(x.shape[1], 1, *weights.shape), stride=stride, padding=padding, groups=x.shape[1]))


def connected(table, filter, **options):
    """A convolution with the weights of the pairs of channels that a table connects."""
    places = [(k, c) for k, seen in enumerate(table) for c in seen]

    def run(x, weight, bias):
        full = torch.zeros(len(table), x.shape[1], *weight.shape[1:], dtype=torch.double)
        full = full.index_put(tuple(torch.tensor(places).T), weight)
        return f.conv2d(x, full, bias, **options)

    return Function(run, weight=(len(places), *filter), bias=(len(table),))


def pyramid(*levels):
    """Grids of maxima, one behind the other: windows ⌈a/n⌉ every ⌊a/n⌋ on an axis where these give n, else adaptive ones."""

    def maxima(x, n):
        """Of windows along the last axis."""
        a = x.shape[-1]
        window, stride = -(-a // n), a // n
        if stride > 0 and (a - window) // stride + 1 == n:
            return f.max_pool1d(x.flatten(1, -2), window, stride).unflatten(1, x.shape[1:-1])
        return f.adaptive_max_pool1d(x.flatten(1, -2), n).unflatten(1, x.shape[1:-1])

    return Function(lambda x: torch.cat([maxima(maxima(x, n).transpose(2, 3), n).transpose(2, 3).flatten(1) for n in levels], 1))


def subsampled(window, stride, channels):
    """Sums over windows, times a factor and plus a bias of each channel."""
    sums = nn.AvgPool2d(window, stride, divisor_override=1)
    column = (channels, 1, 1)
    return Function(lambda x, weight, bias: sums(x) * weight.view(column) + bias.view(column), weight=(channels,), bias=(channels,))


class Dropped(nn.Module):
    """
    Dropout, and torchvision's stochastic_depth in its mode "row", which Debian's PyTorch lacks: `input * noise / survival` in training. The
    noise, rows of 1 and 0, is not drawn but given: what the engine draws in its first step, since no two generators agree.
    """

    def __init__(self, probability, *noise):
        super().__init__()
        self._survival = 1 - float(torch.tensor(probability))
        self._noise = torch.tensor([[int(kept) for kept in row] for row in noise])

    def forward(self, x):
        return x * self._noise.view(*self._noise.shape, *[1] * (x.dim() - 2)) / self._survival if self.training else x


def make():
    with File("convolutions") as file:
        convolutions(file.layer)
    with File("poolings") as file:
        poolings(file.layer)
    with File("activations") as file:
        activations(file.layer)
    with File("normalizations") as file:
        normalizations(file.layer)
    with File("joins") as file:
        joins(file.layer)


def convolutions(case):
    conv = nn.Conv2d
    case("Conv2d/plain", conv(3, 4, (3, 2)), (3, 3, 6, 5))
    case("Conv2d/even filter, no bias", conv(2, 3, (2, 4), bias=False), (2, 2, 5, 7))
    case("Conv2d/stride", conv(2, 3, (3, 2), stride=(2, 3)), (3, 2, 8, 9))
    case("Conv2d/stride beyond the filter", conv(2, 3, (2, 1), stride=(3, 2)), (2, 2, 8, 5))
    case("Conv2d/padding", conv(2, 3, (5, 3), padding=(2, 1)), (2, 2, 5, 6))
    case("Conv2d/padding of each side", padded(1, 0, 2, 3, conv(2, 3, (3, 4))), (2, 2, 5, 4))
    case("Conv2d/same", conv(2, 3, (3, 4), padding="same"), (2, 2, 5, 6))
    case("Conv2d/same, dilation", conv(2, 3, (2, 3), padding="same", dilation=(3, 2)), (2, 2, 6, 7))
    case("Conv2d/dilation, stride", conv(2, 3, (3, 2), stride=(1, 2), padding=(1, 2), dilation=(2, 3)), (2, 2, 7, 8))
    case("Conv2d/groups", conv(4, 6, 3, padding=1, groups=2), (2, 4, 5, 4))
    case("Conv2d/groups, stride, dilation", conv(6, 3, (2, 3), stride=2, padding=1, dilation=(2, 1), groups=3, bias=False), (2, 6, 6, 7))
    case("Conv2d/depthwise", conv(5, 5, 3, padding=1, groups=5), (2, 5, 6, 7))
    case("Conv2d/depthwise, stride", conv(3, 3, (5, 2), stride=2, padding=(2, 1), groups=3), (2, 3, 7, 8))
    case("Conv2d/depthwise, two filters a channel", conv(3, 6, (2, 3), groups=3), (2, 3, 5, 4))
    case("Conv2d/1×1", conv(5, 4, 1), (3, 5, 3, 4))
    case("Conv2d/1×1, stride", conv(3, 4, 1, stride=2, bias=False), (2, 3, 5, 6))
    case("Conv2d/as large as the image", conv(2, 5, (4, 3)), (2, 2, 4, 3))
    case("Conv2d/3×3 of more channels", conv(9, 17, 3, padding=1, bias=False), (1, 9, 9, 6))
    twice = conv(2, 2, (3, 2), padding=1)
    case("Conv2d/in two places", nn.Sequential(twice, nn.ReLU(), twice), (2, 2, 4, 5))
    case("Conv2d/one image, one channel", conv(1, 2, (1, 5)), (1, 1, 2, 9))

    transposed = nn.ConvTranspose2d
    case("ConvTranspose2d/plain", transposed(3, 4, (3, 2)), (3, 3, 4, 5))
    case("ConvTranspose2d/stride", transposed(2, 3, (3, 4), stride=(2, 3), bias=False), (2, 2, 4, 3))
    case("ConvTranspose2d/stride beyond the filter", transposed(2, 3, (2, 1), stride=(3, 2)), (2, 2, 3, 4))
    case("ConvTranspose2d/padding, output padding", transposed(2, 3, (3, 4), stride=(3, 2), padding=(1, 2), output_padding=(2, 1)), (2, 2, 4, 3))
    case("ConvTranspose2d/padding of each side", nn.Sequential(transposed(2, 3, (4, 3), stride=2), nn.ZeroPad2d((0, -1, -1, -2))), (2, 2, 3, 4))
    case("ConvTranspose2d/dilation", transposed(2, 3, (3, 2), stride=(1, 2), padding=1, dilation=(2, 3)), (2, 2, 4, 5))
    case("ConvTranspose2d/groups", transposed(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), (2, 4, 3, 4))
    case("ConvTranspose2d/depthwise", transposed(3, 3, (2, 3), stride=2, groups=3), (2, 3, 4, 3))
    case("ConvTranspose2d/1×1", transposed(3, 5, 1), (2, 3, 3, 4))

    case("DepthwiseConv2d/plain", nn.Conv2d(3, 3, (3, 2), groups=3), (2, 3, 6, 5))
    case("DepthwiseConv2d/stride, padding", nn.Conv2d(3, 3, 3, stride=2, padding=1, groups=3, bias=False), (2, 3, 7, 6))
    case("DepthwiseConv2d/dilation, two filters a channel", nn.Conv2d(3, 6, (2, 3), dilation=(2, 1), groups=3), (2, 3, 6, 5))

    case("SeparableConv2d/depthwise", nn.Sequential(nn.Conv2d(3, 3, (3, 2), groups=3, bias=False), nn.Conv2d(3, 5, 1)), (2, 3, 6, 5))
    case("SeparableConv2d/depthwise, stride, padding", nn.Sequential(nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=4, bias=False), nn.Conv2d(4, 3, 1)), (2, 4, 7, 6))
    case("SeparableConv2d/spatial", nn.Sequential(nn.Conv2d(3, 4, (3, 1), bias=False), nn.Conv2d(4, 4, (1, 2))), (2, 3, 6, 5))
    case("SeparableConv2d/spatial, stride, padding",
         nn.Sequential(nn.Conv2d(2, 3, (3, 1), stride=(2, 1), padding=(1, 0), bias=False), nn.Conv2d(3, 3, (1, 5), stride=(1, 3), padding=(0, 2))), (2, 2, 6, 7))

    case("FixedFilter2d/edge detection", fixed([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]), (2, 3, 5, 6))
    case("FixedFilter2d/sharpen, stride", fixed([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], stride=2, padding=1), (2, 2, 5, 7))
    case("FixedFilter2d/Gaussian blur, no padding", fixed([[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]], padding=0), (2, 1, 5, 4))
    case("FixedFilter2d/own filter", fixed([[1, -2], [3, 0.5], [0, 2]], padding=0), (2, 2, 5, 4))

    table = [[0, 2], [1], [0, 1, 2], [1, 2]]
    lenet5 = [
        [0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [0, 4, 5], [0, 1, 5],
        [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [0, 3, 4, 5], [0, 1, 4, 5], [0, 1, 2, 5], [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5],
        [0, 1, 2, 3, 4, 5],
    ]
    case("TableConv2d/small table", connected(table, (3, 2)), (2, 3, 6, 5))
    case("TableConv2d/stride, padding", connected(table, (2, 3), stride=2, padding=1), (2, 3, 5, 6))
    case("TableConv2d/LeNet-5", connected(lenet5, (5, 5)), (2, 6, 6, 7))

    case("Linear/plain", nn.Linear(7, 5), (3, 7))
    case("Linear/no bias", nn.Linear(5, 9, bias=False), (4, 5))
    case("Linear/one image", nn.Linear(6, 1), (1, 6))
    case("Linear/more images", nn.Linear(19, 11), (18, 19))


def poolings(case):
    big = float("inf")
    whole = Random("ties").integers(-2, 2, (2, 3, 6, 7))
    some_nan = Random("nan").between(-1, 1, (2, 2, 5, 6))
    some_nan[0, 1, 2, 3] = some_nan[1, 0, 0, 0] = some_nan[1, 0, 4, 5] = float("nan")
    case("MaxPool2d/halves", nn.MaxPool2d(2), (3, 2, 6, 7))
    case("MaxPool2d/overlapping", nn.MaxPool2d(3, 2), (2, 3, 7, 8))
    case("MaxPool2d/rectangle", nn.MaxPool2d((3, 2), (1, 3)), (2, 2, 5, 8))
    case("MaxPool2d/gaps", nn.MaxPool2d((1, 2), (2, 3)), (2, 2, 5, 8))
    case("MaxPool2d/padding", nn.MaxPool2d(3, 2, 1), (2, 2, 6, 5))
    case("MaxPool2d/padding of each side", padded(1, 0, 2, 1, nn.MaxPool2d((2, 3), 2), -big), (2, 2, 5, 6))
    case("MaxPool2d/ties", nn.MaxPool2d(3, 2), whole)
    case("MaxPool2d/NaN", nn.MaxPool2d((3, 2)), some_nan)
    case("MaxPool2d/ceil mode", nn.MaxPool2d(3, 2, ceil_mode=True), (2, 2, 6, 8))
    case("MaxPool2d/ceil mode, padding", nn.MaxPool2d((2, 3), (3, 2), (1, 1), ceil_mode=True), (2, 2, 6, 7))

    case("MeanPool2d/halves", nn.AvgPool2d(2), (3, 2, 6, 7))
    case("MeanPool2d/overlapping", nn.AvgPool2d(3, 2), (2, 3, 7, 8))
    case("MeanPool2d/rectangle", nn.AvgPool2d((3, 2), (1, 3)), (2, 2, 5, 8))
    case("MeanPool2d/padding", nn.AvgPool2d((3, 4), 2, (1, 2)), (2, 2, 6, 5))
    case("MeanPool2d/padding not counted", nn.AvgPool2d((3, 4), 2, (1, 2), count_include_pad=False), (2, 2, 6, 5))
    case("MeanPool2d/padding of each side", padded(1, 0, 2, 1, nn.AvgPool2d((2, 3), 2)), (2, 2, 5, 6))
    case("MeanPool2d/ceil mode", nn.AvgPool2d(3, 2, ceil_mode=True), (2, 2, 6, 8))
    case("MeanPool2d/ceil mode, padding", nn.AvgPool2d((2, 3), (3, 2), (1, 1), ceil_mode=True), (2, 2, 6, 7))
    case("MeanPool2d/ceil mode, padding not counted", nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), (2, 2, 6, 8))

    case("SumPool2d/halves", nn.AvgPool2d(2, divisor_override=1), (3, 2, 6, 7))
    case("SumPool2d/overlapping, padding", nn.AvgPool2d((3, 4), 2, (1, 2), divisor_override=1), (2, 2, 6, 5))
    case("SumPool2d/ceil mode", nn.AvgPool2d(3, 2, ceil_mode=True, divisor_override=1), (2, 2, 6, 8))

    case("GlobalMaxPool2d/image", nn.AdaptiveMaxPool2d(1), (2, 3, 5, 4))
    case("GlobalMaxPool2d/one pixel", nn.AdaptiveMaxPool2d(1), (2, 3, 1, 1))
    case("GlobalMeanPool2d/image", nn.AdaptiveAvgPool2d(1), (2, 3, 5, 4))
    case("GlobalMeanPool2d/row", nn.AdaptiveAvgPool2d(1), (3, 2, 1, 19))
    case("GlobalSumPool2d/image", Function(lambda x: x.sum((2, 3), keepdim=True)), (2, 3, 5, 4))

    case("AdaptiveMaxPool2d/overlapping", nn.AdaptiveMaxPool2d((3, 2)), (2, 3, 7, 5))
    case("AdaptiveMaxPool2d/larger than the image", nn.AdaptiveMaxPool2d((5, 3)), (2, 2, 3, 3))
    case("AdaptiveMeanPool2d/overlapping", nn.AdaptiveAvgPool2d((3, 2)), (2, 3, 7, 5))
    case("AdaptiveMeanPool2d/larger than the image", nn.AdaptiveAvgPool2d((5, 3)), (2, 2, 3, 3))
    case("AdaptiveMeanPool2d/as large as the image", nn.AdaptiveAvgPool2d((3, 4)), (2, 2, 3, 4))

    case("SpatialPyramidPool/windows of the paper", pyramid(1, 2, 4), (2, 3, 13, 9))
    case("SpatialPyramidPool/adaptive windows", pyramid(4, 1), (2, 2, 11, 7))
    case("SpatialPyramidPool/one axis adaptive", pyramid(4, 2), (2, 2, 13, 11))
    case("SpatialPyramidPool/more windows than pixels", pyramid(3, 1), (2, 2, 2, 5))

    case("Subsampling/halves", subsampled(2, 2, 3), (2, 3, 6, 8))
    case("Subsampling/rectangle, overlapping", subsampled((3, 2), (2, 1), 2), (2, 2, 7, 5))


def activations(case):
    case("ReLU/image", nn.ReLU(), (2, 3, 5, 3))
    case("ReLU/features", nn.ReLU(), (3, 19))
    case("LeakyReLU/usual slope", nn.LeakyReLU(), (2, 3, 5, 3))
    case("LeakyReLU/steep", nn.LeakyReLU(0.3), (3, 19))
    case("LeakyReLU/slope 0", nn.LeakyReLU(0), (3, 7))
    case("Sigmoid/image", nn.Sigmoid(), (2, 3, 5, 3), reach=4)
    case("Sigmoid/far out", nn.Sigmoid(), (3, 19), reach=40)
    case("Tanh/image", nn.Tanh(), (2, 3, 5, 3), reach=2)
    case("Tanh/far out", nn.Tanh(), (3, 19), reach=20)
    case("ScaledTanh/image", Function(lambda x: 1.7159 * torch.tanh(2 * x / 3)), (2, 3, 5, 3), reach=3)
    case("ScaledTanh/far out", Function(lambda x: 1.7159 * torch.tanh(2 * x / 3)), (3, 19), reach=20)
    case("PReLU/one slope", nn.PReLU(), (2, 3, 5, 3))
    case("PReLU/slope of each channel", nn.PReLU(3), (2, 3, 5, 3))
    case("PReLU/slope of each feature", nn.PReLU(19), (3, 19))
    case("ELU/image", nn.ELU(), (2, 3, 5, 3), reach=3)
    case("ELU/large alpha", nn.ELU(1.7), (3, 19), reach=20)
    case("Swish/image", nn.SiLU(), (2, 3, 5, 3), reach=4)
    case("Swish/far out", nn.SiLU(), (3, 19), reach=40)
    case("HardSwish/image", nn.Hardswish(), (2, 3, 5, 3), reach=4)
    case("HardSwish/far out", nn.Hardswish(), (3, 19), reach=40)
    case("Softmax/pixels", nn.Softmax(1), (2, 5, 3, 4), reach=3)
    case("Softmax/features, far out", nn.Softmax(1), (3, 19), reach=40)
    case("LogSoftmax/pixels", nn.LogSoftmax(1), (2, 5, 3, 4), reach=3)
    case("LogSoftmax/features, far out", nn.LogSoftmax(1), (3, 19), reach=40)


def normalizations(case):
    case("BatchNorm2d/plain", nn.BatchNorm2d(3), (4, 3, 5, 2))
    case("BatchNorm2d/options", nn.BatchNorm2d(2, eps=0.01, momentum=0.3), (3, 2, 3, 4), reach=3)
    case("BatchNorm2d/far from 0", nn.BatchNorm2d(2), 100 + Random("far").between(-1, 1, (3, 2, 5, 7)))
    case("BatchNorm2d/one image", nn.BatchNorm2d(3), (1, 3, 4, 5))
    case("BatchNorm2d/features", nn.BatchNorm1d(5), (7, 5))
    case("BatchNorm2d/inference", nn.BatchNorm2d(3), (2, 3, 4, 5), train=False)
    twice = nn.BatchNorm2d(3)
    case("BatchNorm2d/in two places", nn.Sequential(twice, nn.ReLU(), twice), (3, 3, 4, 5))

    case("GroupNorm/plain", nn.GroupNorm(2, 6), (3, 6, 4, 5))
    case("GroupNorm/each channel alone, epsilon", nn.GroupNorm(3, 3, eps=0.01), (2, 3, 5, 4))
    case("GroupNorm/all channels", nn.GroupNorm(1, 4), (2, 4, 3, 7))
    case("GroupNorm/features", nn.GroupNorm(3, 12), (3, 12))
    case("LayerNorm/image", nn.LayerNorm((3, 4, 5)), (3, 3, 4, 5))
    case("LayerNorm/last axes", nn.LayerNorm((4, 5)), (2, 3, 4, 5))
    case("LayerNorm/features, epsilon", nn.LayerNorm(19, eps=0.01), (4, 19))
    case("LocalResponseNorm/plain", nn.LocalResponseNorm(5), (2, 7, 3, 4), reach=30)
    case("LocalResponseNorm/AlexNet's", nn.LocalResponseNorm(5, 5e-4, 0.75, 2), (2, 8, 3, 4), reach=30)
    case("LocalResponseNorm/even window", nn.LocalResponseNorm(4, 2), (2, 6, 4, 3))
    case("LocalResponseNorm/another power", nn.LocalResponseNorm(3, 0.5, 0.6, 1.5), (2, 5, 4, 3), reach=3)
    case("Dropout/inference", nn.Dropout(), (2, 3, 4, 5), train=False)
    case("Dropout/nothing dropped", nn.Dropout(0), (2, 3, 4, 5))
    case("Dropout/given noise", Dropped(0.3, "111011111111", "111011100110", "110010010111"), (3, 12))
    case("StochasticDepth/given noise", Dropped(0.75, *"010100"), (6, 3, 4, 5))
    case("StochasticDepth/nothing dropped", Dropped(0, *"111"), (3, 19))
    case("StochasticDepth/inference", Dropped(0.75, *"00"), (2, 3, 4, 5), train=False)


def joins(case):
    case("Add/images", Function(lambda a, b: a + b), (2, 3, 5, 2), (2, 3, 5, 2))
    case("Add/features", Function(lambda a, b: a + b), (3, 7), (3, 7))
    case("Concat/two images", Function(lambda a, b: torch.cat((a, b), 1)), (2, 3, 4, 5), (2, 2, 4, 5))
    case("Concat/three images", Function(lambda a, b, c: torch.cat((a, b, c), 1)), (2, 1, 4, 3), (2, 2, 4, 3), (2, 3, 4, 3))
    case("Concat/features", Function(lambda a, b: torch.cat((a, b), 1)), (3, 4), (3, 7))
    case("ChannelScale/scales C", Function(lambda x, s: x * s[:, :, None, None]), (2, 3, 4, 5), (2, 3))
    case("ChannelScale/scales C×1×1", Function(lambda x, s: x * s), (2, 3, 4, 5), (2, 3, 1, 1))
    case("Upsample/twice", nn.Upsample(scale_factor=2), (2, 3, 3, 4))
    case("Upsample/two factors", nn.Upsample(scale_factor=(3, 1)), (2, 2, 2, 3))
    case("Upsample/to a size", nn.Upsample((5, 7)), (2, 2, 3, 4))
    case("Upsample/bilinear, twice", nn.Upsample(scale_factor=2, mode="bilinear"), (2, 3, 3, 4))
    case("Upsample/bilinear, two factors", nn.Upsample(scale_factor=(3, 2), mode="bilinear"), (2, 2, 2, 3))
    case("Upsample/bilinear, to a size", nn.Upsample((5, 7), mode="bilinear"), (2, 2, 3, 4))
    case("Upsample/bilinear, one pixel", nn.Upsample((2, 3), mode="bilinear"), (2, 3, 1, 1))
    case("Pad2d/each side", nn.ZeroPad2d((2, 1, 3, 0)), (2, 2, 3, 4))
    case("Pad2d/all sides", nn.ZeroPad2d(2), (2, 2, 1, 3))
    case("Crop2d/each side", nn.ZeroPad2d((-2, -1, -1, 0)), (2, 2, 4, 5))
    case("Crop2d/one pixel left", nn.ZeroPad2d((-1, -1, -1, -1)), (2, 2, 3, 3))
    case("PadChannels/both sides", Function(lambda x: f.pad(x, (0, 0, 0, 0, 1, 2))), (2, 3, 2, 5))
    case("PadChannels/behind", Function(lambda x: f.pad(x, (0, 0, 0, 0, 0, 3))), (3, 1, 3, 2))
    case("Flatten/image", nn.Flatten(), (3, 2, 3, 5))
    case("Flatten/features", nn.Flatten(), (2, 7))
