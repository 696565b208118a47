"""Times PyTorch on LeNet-5 on request, one line for each:

    data DIR                                           ->  {"images": how many there are to train with}
    train THREADS BATCH LAYOUT                         ->  {"images_per_second": of one epoch, "test_accuracy": after it}
    predict FORM THREADS BATCH BATCH_SECONDS SECONDS   ->  {"seconds": of one batch}

DIR holds MNIST's four IDX files, not compressed. LAYOUT is nchw or nhwc; FORM is eager, traced, frozen or optimized. Each
training begins with a new network. The first line it writes says who it is. It waits for a request without using a
processor, and ends with its input.
"""
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def read_set(folder, name):
    pixels = np.fromfile(f"{folder}/{name}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 1, 28, 28)
    labels = np.fromfile(f"{folder}/{name}-labels-idx1-ubyte", np.uint8)[8:]
    return (torch.from_numpy(pixels.astype(np.float32)) / 255 - 0.1307) / 0.3081, torch.from_numpy(labels.astype(np.int64))


class Session:
    def data(self, folder):
        self.images, self.labels = read_set(folder, "train")
        self.test_images, self.test_labels = read_set(folder, "t10k")
        self.networks = {}
        return {"images": len(self.images)}

    def train(self, threads, batch, layout):
        torch.set_num_threads(int(threads))
        batch = int(batch)
        torch.manual_seed(1)
        net = lenet()
        if layout == "nhwc":
            net = net.to(memory_format=torch.channels_last)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        order = torch.randperm(len(self.images))
        start = time.perf_counter()
        for first in range(0, len(order), batch):
            chosen = order[first:first + batch]
            optimizer.zero_grad()
            F.cross_entropy(net(self.images[chosen]), self.labels[chosen]).backward()
            optimizer.step()
        seconds = time.perf_counter() - start
        with torch.inference_mode():
            accuracy = (net(self.test_images).argmax(1) == self.test_labels).float().mean().item()
        return {"images_per_second": len(order) / seconds, "test_accuracy": accuracy}

    def predict(self, form, threads, batch, batch_seconds, seconds):
        torch.set_num_threads(int(threads))
        images = self.images[:int(batch)].contiguous()
        with torch.inference_mode():
            key = form, len(images)
            if key not in self.networks:
                self.networks[key] = self.prepare(form, images)
            net = self.networks[key]
            return {"seconds": best(lambda: net(images), float(batch_seconds), float(seconds))}

    @staticmethod
    def prepare(form, images):
        torch.manual_seed(1)
        net = lenet().eval()
        if form == "eager":
            return net
        expected, traced = net(images), torch.jit.trace(net, images)
        if form == "frozen":
            traced = torch.jit.freeze(traced)
        elif form == "optimized":
            traced = torch.jit.optimize_for_inference(traced)
        for _ in range(5):  # the first calls compile
            traced(images)
        if not torch.allclose(traced(images), expected, rtol=1e-3, atol=1e-4):
            raise ValueError(f"the {form} network gives other results than the plain one")
        return traced


def best(run, batch_seconds, turn_seconds):
    """The same best-of timing as Timing.cs: seconds of one call."""
    def timed(repeats):
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        return (time.perf_counter() - start) / repeats

    run()
    repeats = 1
    seconds = timed(repeats)
    while seconds * repeats < batch_seconds:
        repeats = math.ceil(min(repeats * 10, 1.1 * batch_seconds / seconds))
        seconds = timed(repeats)
    least, start, batches = seconds, time.perf_counter(), 1
    while batches < 2 or time.perf_counter() - start < turn_seconds:
        least = min(least, timed(repeats))
        batches += 1
    return least


def main():
    print(json.dumps({"version": torch.__version__}), flush=True)
    session = Session()
    verbs = {"data": session.data, "train": session.train, "predict": session.predict}
    for line in sys.stdin:
        # A folder's name may hold spaces, and is the only argument of its request.
        verb, _, rest = line.strip().partition(" ")
        arguments = [rest] if verb == "data" else rest.split()
        print(json.dumps(verbs[verb](*arguments)), flush=True)


if __name__ == "__main__":
    main()
