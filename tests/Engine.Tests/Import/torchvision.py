#!/usr/bin/env python3
"""
Networks as torchvision defines and names them (Debian has no torchvision), with random weights, for the tests of the import.

`python3 torchvision.py` writes the committed files anew: narrow networks with their logits, and the names and shapes of the full ones.
`python3 torchvision.py NAME WIDTH FILE` writes one network. Weights are a safetensors file; the logits of one image, whose pixels follow
from a formula, are in its metadata.
"""
import hashlib
import json
import pathlib
import struct
import sys

import torch
from torch import nn
from torch.nn import functional

FOLDER = pathlib.Path(__file__).parent
CLASSES = 7


class Sizes:
    """Numbers of channels times a width, rounded as the engine rounds them."""

    def __init__(self, width):
        self._width = width

    def __call__(self, channels):
        return channels if self._width == 1 else max(2, 2 * round(channels * self._width / 2))


class AlexNet(nn.Module):
    def __init__(self, s, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, s(64), 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(s(64), s(192), 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(s(192), s(384), 3, padding=1), nn.ReLU(),
            nn.Conv2d(s(384), s(256), 3, padding=1), nn.ReLU(),
            nn.Conv2d(s(256), s(256), 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(s(256) * 36, s(4096)), nn.ReLU(),
            nn.Dropout(), nn.Linear(s(4096), s(4096)), nn.ReLU(), nn.Linear(s(4096), classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Vgg(nn.Module):
    STAGES = {11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4]}

    def __init__(self, s, classes, depth, batch_norm=False):
        super().__init__()
        layers, channels = [], 3
        for stage, count in enumerate(self.STAGES[depth]):
            for _ in range(count):
                filters = s(min(64 << stage, 512))
                layers += [nn.Conv2d(channels, filters, 3, padding=1), *([nn.BatchNorm2d(filters)] if batch_norm else []), nn.ReLU()]
                channels = filters
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(channels * 49, s(4096)), nn.ReLU(), nn.Dropout(),
            nn.Linear(s(4096), s(4096)), nn.ReLU(), nn.Dropout(), nn.Linear(s(4096), classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class BasicBlock(nn.Module):
    EXPANSION = 1

    def __init__(self, inputs, width, stride, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    EXPANSION = 4

    def __init__(self, inputs, width, stride, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU()
        self.downsample = downsample

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    BLOCKS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}

    def __init__(self, s, classes, depth):
        super().__init__()
        block = Bottleneck if depth >= 50 else BasicBlock
        self.conv1 = nn.Conv2d(3, s(64), 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(s(64))
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = s(64)
        for stage, count in enumerate(self.BLOCKS[depth]):
            width, blocks = s(64 << stage), []
            for i in range(count):
                stride, outputs, downsample = 2 if stage > 0 and i == 0 else 1, width * block.EXPANSION, None
                if stride != 1 or channels != outputs:
                    downsample = nn.Sequential(nn.Conv2d(channels, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
                blocks.append(block(channels, width, stride, downsample))
                channels = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class BasicConv2d(nn.Module):
    def __init__(self, inputs, outputs, size, **options):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, bias=False, **options)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return functional.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, inputs, ones, reduce3, threes, reduce5, fives, pooled):
        super().__init__()
        self.branch1 = BasicConv2d(inputs, ones, 1)
        self.branch2 = nn.Sequential(BasicConv2d(inputs, reduce3, 1), BasicConv2d(reduce3, threes, 3, padding=1))
        # Where the paper has 5×5: torchvision's authors found out too late, and kept it for the weights' sake.
        self.branch3 = nn.Sequential(BasicConv2d(inputs, reduce5, 1), BasicConv2d(reduce5, fives, 3, padding=1))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(inputs, pooled, 1))
        self.channels = ones + threes + fives + pooled

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class InceptionAux(nn.Module):
    def __init__(self, s, inputs, classes):
        super().__init__()
        self.conv = BasicConv2d(inputs, s(128), 1)
        self.fc1 = nn.Linear(16 * s(128), s(1024))
        self.fc2 = nn.Linear(s(1024), classes)

    def forward(self, x):
        x = torch.flatten(self.conv(functional.adaptive_avg_pool2d(x, (4, 4))), 1)
        return self.fc2(functional.relu(self.fc1(x)))


class GoogLeNet(nn.Module):
    def __init__(self, s, classes):
        super().__init__()
        self.conv1 = BasicConv2d(3, s(64), 7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = BasicConv2d(s(64), s(64), 1)
        self.conv3 = BasicConv2d(s(64), s(192), 3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        channels = s(192)

        def inception(*sizes):
            nonlocal channels
            block = Inception(channels, *map(s, sizes))
            channels = block.channels
            return block

        self.inception3a = inception(64, 96, 128, 16, 32, 32)
        self.inception3b = inception(128, 128, 192, 32, 96, 64)
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = inception(192, 96, 208, 16, 48, 64)
        self.aux1 = InceptionAux(s, channels, classes)
        self.inception4b = inception(160, 112, 224, 24, 64, 64)
        self.inception4c = inception(128, 128, 256, 24, 64, 64)
        self.inception4d = inception(112, 144, 288, 32, 64, 64)
        self.aux2 = InceptionAux(s, channels, classes)
        self.inception4e = inception(256, 160, 320, 32, 128, 128)
        self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.inception5a = inception(256, 160, 320, 32, 128, 128)
        self.inception5b = inception(384, 192, 384, 48, 128, 128)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(x)))))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4e(self.inception4d(self.inception4c(self.inception4b(self.inception4a(x)))))
        x = self.inception5b(self.inception5a(self.maxpool4(x)))
        return self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))


NETWORKS = {
    "alexnet-one-column": AlexNet,
    **{f"vgg{depth}": lambda s, classes, depth=depth: Vgg(s, classes, depth) for depth in Vgg.STAGES},
    **{f"vgg{depth}-bn": lambda s, classes, depth=depth: Vgg(s, classes, depth, batch_norm=True) for depth in Vgg.STAGES},
    **{f"resnet{depth}": lambda s, classes, depth=depth: ResNet(s, classes, depth) for depth in ResNet.BLOCKS},
    "googlenet-bn": GoogLeNet,
}


def network(name, width, classes):
    """A network with random weights, scaled so that logits are neither 0 nor huge, and running means that are not the first ones."""
    torch.manual_seed(1)
    made = NETWORKS[name](Sizes(width), classes)
    for module in made.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            module.num_batches_tracked.fill_(123)
    return made.eval()


def image(size=224):
    """Pixels that follow from their places."""
    numbers = torch.arange(3 * size * size, dtype=torch.int64)
    return ((numbers * 7919 % 1009).float() / 504 - 1).reshape(1, 3, size, size)


def save(path, tensors, metadata):
    """A safetensors file: the header's length, the header, the numbers."""
    header, begin = {"__metadata__": metadata}, 0
    types = {torch.float32: ("F32", 4), torch.int64: ("I64", 8)}
    for name, tensor in tensors.items():
        code, size = types[tensor.dtype]
        end = begin + tensor.numel() * size
        header[name] = {"dtype": code, "shape": list(tensor.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


def write(name, width, path):
    """One network and its logits."""
    made = network(name, width, CLASSES)
    with torch.no_grad():
        logits = made(image())[0]
    save(path, made.state_dict(), {"logits": json.dumps([float(logit) for logit in logits])})


def digest(name):
    """How many parameters the full network has, and a hash of their names and shapes."""
    state = NETWORKS[name](Sizes(1), 1000).state_dict()
    lines = sorted(f"{key} {'×'.join(map(str, value.shape))}\n" for key, value in state.items() if value.dim() > 0)
    return f"{name} {len(lines)} {hashlib.sha256(''.join(lines).encode()).hexdigest()}\n"


if __name__ == "__main__":
    if len(sys.argv) == 4:
        write(sys.argv[1], float(sys.argv[2]), sys.argv[3])
    else:
        for name, width in [("alexnet-one-column", 1 / 64), ("vgg11", 1 / 64), ("vgg11-bn", 1 / 64), ("resnet18", 1 / 32), ("resnet50", 1 / 64), ("googlenet-bn", 1 / 64)]:
            write(name, width, FOLDER / f"{name}.safetensors")
        (FOLDER / "names.txt").write_text("".join(map(digest, NETWORKS)))
