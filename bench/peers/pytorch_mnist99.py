"""Times PyTorch on the recipe of train_mnist_fast on request, one line for each:

    data DIR                     ->  {"images": how many there are to train with}
    layout THREADS               ->  {"layout": the faster memory format, nchw or nhwc, by some steps in each}
    train THREADS LAYOUT SEED    ->  {"seconds": of the training steps, "test_accuracy": after them}

The recipe (github.com/tuomaso/train_mnist_fast, 99.04 % on average): convolutions of 24 5x5 and 32 3x3 filters, each with max
pooling and ReLU, 256 hidden neurons, Adam with beta 0.7 and 0.9, one cycle to a learning rate of 0.01, one epoch of batches of 256
in the files' order, so that a batch is a view and not a copy. DIR holds MNIST's four IDX files, not compressed. Each training
begins with a new network. The first line it writes says who it is. It waits for a request without using a processor, and ends with
its input.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BATCH = 256
PEAK = 0.01


def network(layout):
    net = nn.Sequential(
        nn.Conv2d(1, 24, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(24, 32, 3), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(800, 256), nn.ReLU(), nn.Linear(256, 10))
    return net.to(memory_format=torch.channels_last) if layout == "nhwc" else net


def read_set(folder, name):
    pixels = np.fromfile(f"{folder}/{name}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 1, 28, 28)
    labels = np.fromfile(f"{folder}/{name}-labels-idx1-ubyte", np.uint8)[8:]
    return (torch.from_numpy(pixels.astype(np.float32)) / 255 - 0.1307) / 0.3081, torch.from_numpy(labels.astype(np.int64))


class Session:
    def data(self, folder):
        self.images, self.labels = read_set(folder, "train")
        self.test_images, self.test_labels = read_set(folder, "t10k")
        return {"images": len(self.images)}

    def layout(self, threads):
        torch.set_num_threads(int(threads))
        seconds = {}
        for _ in range(2):  # the first round warms up
            for layout in ("nchw", "nhwc"):
                seconds[layout] = self.fit(network(layout), most_steps=20)
        return {"layout": min(seconds, key=seconds.get)}

    def train(self, threads, layout, seed):
        torch.set_num_threads(int(threads))
        torch.manual_seed(int(seed))
        net = network(layout)
        seconds = self.fit(net)
        with torch.inference_mode():
            accuracy = (net(self.test_images).argmax(1) == self.test_labels).float().mean().item()
        return {"seconds": seconds, "test_accuracy": accuracy}

    def fit(self, net, most_steps=None):
        """One epoch, or its first steps; the seconds of the steps alone, as in the project."""
        batches = list(zip(self.images.split(BATCH), self.labels.split(BATCH)))
        optimizer = torch.optim.Adam(net.parameters(), lr=PEAK, betas=(0.7, 0.9))
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=len(batches), cycle_momentum=False)
        start = time.perf_counter()
        for images, labels in batches[:most_steps]:
            optimizer.zero_grad()
            F.cross_entropy(net(images), labels).backward()
            optimizer.step()
            cycle.step()
        return time.perf_counter() - start


def main():
    print(json.dumps({"version": torch.__version__}), flush=True)
    session = Session()
    verbs = {"data": session.data, "layout": session.layout, "train": session.train}
    for line in sys.stdin:
        # A folder's name may hold spaces, and is the only argument of its request.
        verb, _, rest = line.strip().partition(" ")
        arguments = [rest] if verb == "data" else rest.split()
        print(json.dumps(verbs[verb](*arguments)), flush=True)


if __name__ == "__main__":
    main()
