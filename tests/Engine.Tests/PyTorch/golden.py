"""
Golden cases: what PyTorch computes, kept in safetensors files beside this script for the tests to compare with.

A case is named `Operation/what is special`; its tensors are `case/tensor`. PyTorch computes in double precision on numbers that
are exact in float32, and the results are rounded to float32 once: whatever differs is the engine's rounding. Random numbers
depend on the case's name alone, so that a new case leaves the others as they are.
"""
import hashlib
import json
import pathlib
import struct
import zlib

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent


def exact(tensor):
    """The nearest numbers that float32 has, in double precision."""
    return tensor.float().double()


class Random:
    """Random numbers that follow from a name."""

    def __init__(self, name):
        self._generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))

    def between(self, low, high, shape):
        return exact(low + (high - low) * torch.rand(shape, generator=self._generator, dtype=torch.double))

    def integers(self, low, high, shape):
        """Whole numbers from low to high."""
        return torch.randint(low, high + 1, shape, generator=self._generator).double()


class File:
    """The cases of one file, written when they are complete."""

    def __init__(self, name):
        self._name = name
        self._tensors = {}

    def __enter__(self):
        return self

    def put(self, case, **tensors):
        """Adds tensors to a case; `__` in a name stands for a dot."""
        for name, tensor in tensors.items():
            key = f"{case}/{name.replace('__', '.')}"
            assert key not in self._tensors, key
            self._tensors[key] = torch.as_tensor(tensor).detach().float().clone().contiguous()

    def __exit__(self, error, *_):
        if error:
            return
        entries, data = {}, b""
        for key, tensor in self._tensors.items():
            numbers = tensor.flatten().tolist()
            begin = len(data)
            data += struct.pack(f"<{len(numbers)}f", *numbers)
            entries[key] = {"dtype": "F32", "shape": list(tensor.shape) or [1], "data_offsets": [begin, len(data)]}
        metadata = {"made by": f"PyTorch {torch.__version__}", "sha256": hashlib.sha256(data).hexdigest()}
        header = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)
        (FOLDER / f"{self._name}.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)
        print(f"{self._name}: {len({key.rsplit('/', 1)[0] for key in entries})} cases, {8 + len(header) + len(data)} bytes")

    def layer(self, case, module, *inputs, reach=1, train=True):
        """
        A layer's forward pass, and the gradients of its inputs and parameters for a random gradient of its output.

        inputs: shapes, to be filled with random numbers between -reach and reach, or the numbers themselves.
        train: whether there is a backward pass. What the layer computes at inference is kept, too, where it differs.
        """
        random = Random(case)
        module.double().train(train)
        parameters = dict(module.named_parameters())
        states = {name: state for name, state in module.named_buffers() if state.dim() > 0}
        short = short_names([*parameters, *states])
        for name, parameter in parameters.items():
            parameter.data = random.between(-1, 1, parameter.shape)
            self.put(case, **{short[name]: parameter})
        for name, state in states.items():
            state.copy_(random.between(0.5, 2, state.shape) if "var" in name else random.between(-1, 1, state.shape))
            self.put(case, **{short[name]: state})
        inputs = [exact(x) if torch.is_tensor(x) else random.between(-reach, reach, x) for x in inputs]
        inputs = [x.double().requires_grad_() for x in inputs]
        names = ["input", *(f"input{i}" for i in range(1, len(inputs)))]
        output = module(*inputs)
        self.put(case, **dict(zip(names, inputs)), output=output)
        if not train:
            return
        upstream = random.between(-1, 1, output.shape)
        output.backward(upstream)
        self.put(case, output__gradient=upstream)
        for name, x in [*zip(names, inputs), *((short[name], parameter) for name, parameter in parameters.items())]:
            self.put(case, **{name + ".gradient": x.grad})
        for name, state in states.items():
            self.put(case, **{short[name] + ".after": state})
        inference = module.eval()(*inputs)
        if not torch.equal(inference.nan_to_num(7), output.nan_to_num(7)):
            self.put(case, inference=inference)


def short_names(names):
    """Names without the number of their module in a row of modules, `1.weight` as `weight`, where they differ without it."""
    ends = [name.split(".")[-1] for name in names]
    return {name: end if ends.count(end) == 1 else name for name, end in zip(names, ends)}


class Function(nn.Module):
    """A function of inputs and parameters, where PyTorch has no module for it."""

    def __init__(self, function, **shapes):
        super().__init__()
        self._function = function
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def forward(self, *inputs):
        return self._function(*inputs, *self.parameters())
