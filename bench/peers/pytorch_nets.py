"""Times PyTorch on larger networks on request, one line for each:

    train NET BATCH LAYOUT     ->  {"seconds": of one training step}
    predict NET BATCH LAYOUT   ->  {"seconds": of one forward pass without gradients}
    memory NET BATCH           ->  {"megabytes": the most that a process of its own takes for two training steps}

NET is resnet18-cifar, alexnet, vgg16 or mobilenet; LAYOUT is nchw or nhwc. Images and labels are random. The first line it writes says
who it is. It waits for a request without using a processor, and ends with its input.
"""
import json
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

STEPS = 3


def conv(inputs, outputs, size, stride=1, padding=0):
    return [nn.Conv2d(inputs, outputs, size, stride, padding), nn.ReLU(inplace=True)]


def conv_norm(inputs, outputs, size, stride=1, padding=0, groups=1):
    return [nn.Conv2d(inputs, outputs, size, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.residual = nn.Sequential(*conv_norm(inputs, outputs, 3, stride, 1), *conv_norm(outputs, outputs, 3, 1, 1)[:-1])
        self.shortcut = nn.Sequential(*conv_norm(inputs, outputs, 1, stride)[:-1]) if stride > 1 or inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.residual(x) + self.shortcut(x), inplace=True)


def resnet18_cifar():
    blocks = [Block(i, o, s) for i, o, s in
              [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]]
    return nn.Sequential(*conv_norm(3, 64, 3, 1, 1), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def alexnet():
    return nn.Sequential(
        *conv(3, 64, 11, 4, 2), nn.MaxPool2d(3, 2), *conv(64, 192, 5, 1, 2), nn.MaxPool2d(3, 2), *conv(192, 384, 3, 1, 1),
        *conv(384, 256, 3, 1, 1), *conv(256, 256, 3, 1, 1), nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(inplace=True),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 1000))


def vgg16():
    layers, inputs = [], 3
    for outputs in [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]:
        layers += conv(inputs, outputs, 3, 1, 1) if outputs else [nn.MaxPool2d(2)]
        inputs = outputs or inputs
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 1000))


def mobilenet():
    layers = conv_norm(3, 32, 3, 2, 1)
    for i, o, s in [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), *[(512, 512, 1)] * 5,
                    (512, 1024, 2), (1024, 1024, 1)]:
        layers += conv_norm(i, i, 3, s, 1, groups=i) + conv_norm(i, o, 1)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


NETS = {"resnet18-cifar": (resnet18_cifar, 32, 10), "alexnet": (alexnet, 224, 1000), "vgg16": (vgg16, 224, 1000), "mobilenet": (mobilenet, 224, 1000)}


class Session:
    def __init__(self):
        self.key = None

    def prepare(self, name, batch, layout):
        if self.key == (name, batch, layout):
            return
        self.net = self.optimizer = None  # the one before is freed first
        make, size, classes = NETS[name]
        torch.manual_seed(1)
        self.net, self.images, self.labels = make(), torch.randn(batch, 3, size, size), torch.randint(0, classes, (batch,))
        if layout == "nhwc":
            self.net, self.images = self.net.to(memory_format=torch.channels_last), self.images.contiguous(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9)
        self.key = name, batch, layout
        self.step()

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(self.net(self.images), self.labels).backward()
        self.optimizer.step()

    def forward(self):
        with torch.inference_mode():
            self.net(self.images)

    def train(self, name, batch, layout):
        self.prepare(name, int(batch), layout)
        return {"seconds": best(self.step)}

    def predict(self, name, batch, layout):
        self.prepare(name, int(batch), layout)
        self.net.eval()
        seconds = best(self.forward)
        self.net.train()
        return {"seconds": seconds}

    def memory(self, name, batch):
        return json.loads(subprocess.run([sys.executable, __file__, name, batch], check=True, capture_output=True, text=True).stdout)


def best(run):
    """Seconds of the fastest of some calls."""
    least = float("inf")
    for _ in range(STEPS):
        start = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - start)
    return least


def peak_megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main():
    session = Session()
    if len(sys.argv) > 1:
        session.prepare(sys.argv[1], int(sys.argv[2]), "nchw")
        session.step()
        print(json.dumps({"megabytes": peak_megabytes()}))
        return
    print(json.dumps({"version": torch.__version__}), flush=True)
    verbs = {"train": session.train, "predict": session.predict, "memory": session.memory}
    for line in sys.stdin:
        verb, *arguments = line.split()
        print(json.dumps(verbs[verb](*arguments)), flush=True)


if __name__ == "__main__":
    main()
