"""The cases of losses, optimisers and schedules."""
import torch
from torch import optim
from torch.nn import functional as f
from torch.optim import lr_scheduler

from golden import File, Random, exact

STEPS = 10


def make():
    with File("losses") as file:
        losses(file)
    with File("optimizers") as file:
        optimizers(file)
    with File("schedules") as file:
        schedules(file)
    with File("weights") as file:
        clipping(file)
        averages(file)


def losses(file):
    """Mean loss of a batch and its gradient by the network's output."""

    def case(name, function, shape, reach=1, labels=None):
        random = Random(name)
        output = random.between(-reach, reach, shape).requires_grad_()
        if labels is None:
            labels = random.integers(0, shape[1] - 1, (shape[0], *shape[2:]))
        loss = function(output, labels.long())
        loss.backward()
        file.put(name, output=output, labels=labels, loss=loss, output__gradient=output.grad)

    case("CrossEntropy/plain", f.cross_entropy, (7, 5))
    case("CrossEntropy/large outputs", f.cross_entropy, (5, 11), reach=60)
    case("CrossEntropy/smoothing", lambda z, y: f.cross_entropy(z, y, label_smoothing=0.1), (7, 5), reach=3)
    case("CrossEntropy/much smoothing", lambda z, y: f.cross_entropy(z, y, label_smoothing=0.5), (3, 19), reach=3)

    # Two labels of each image, and the first one's share in 1/65536.
    def mixed(smoothing):
        def loss(z, y):
            first, second = (f.cross_entropy(z, y[:, i], label_smoothing=smoothing, reduction="none") for i in (0, 1))
            share = y[:, 2].double() / 65536
            return (share * first + (1 - share) * second).mean()
        return loss

    def triples(name, images, classes):
        random = Random(f"{name}, labels")
        return torch.cat([random.integers(0, classes - 1, (images, 2)), random.integers(0, 65536, (images, 1))], 1)

    case("MixedCrossEntropy/one label", f.cross_entropy, (7, 5))
    case("MixedCrossEntropy/two labels", mixed(0), (7, 5), labels=triples("plain", 7, 5))
    case("MixedCrossEntropy/smoothing", mixed(0.1), (5, 11), reach=3, labels=triples("smoothing", 5, 11))
    case("MixedCrossEntropy/large outputs", mixed(0), (5, 11), reach=60, labels=triples("large outputs", 5, 11))

    def half_squared(a, y):
        return 0.5 * f.mse_loss(a, f.one_hot(y, a.shape[1]).double(), reduction="sum") / len(a)

    case("HalfSquaredError/plain", half_squared, (7, 5))
    case("HalfSquaredError/large outputs", half_squared, (3, 19), reach=20)

    def binary(z, y):
        return f.binary_cross_entropy_with_logits(z, y.double())

    case("BinaryCrossEntropy/plain", binary, (7, 5), labels=Random("BinaryCrossEntropy").integers(0, 1, (7, 5)))
    case("BinaryCrossEntropy/a mask", binary, (3, 1, 4, 5), reach=30, labels=Random("a mask").integers(0, 1, (3, 1, 4, 5)))

    # PyTorch's mean is over all labelled pixels of the batch, the engine's over those of each image first.
    def pixels(z, y):
        return torch.stack([f.cross_entropy(z[n:n + 1], y[n:n + 1], ignore_index=2) for n in range(len(z))]).mean()

    def smooth_l1(name, beta, reach):
        random = Random(name)
        output = random.between(-reach, reach, (5, 4)).requires_grad_()
        target = random.between(-reach, reach, (5, 4))
        loss = f.smooth_l1_loss(output, target, beta=beta, reduction="sum")
        loss.backward()
        file.put(name, output=output, target=target, loss=loss, output__gradient=output.grad)

    smooth_l1("SmoothL1/plain", 1, 2)
    smooth_l1("SmoothL1/narrow", 1 / 8, 1)
    smooth_l1("SmoothL1/absolute error", 0, 1)

    case("PixelCrossEntropy/plain", f.cross_entropy, (3, 4, 5, 7), reach=3)
    case("PixelCrossEntropy/ignored label", pixels, (3, 4, 5, 7), reach=20)


def optimizers(file):
    """Two parameters over ten steps, with a learning rate that changes; the gradients' scale differs from weight to weight."""

    def case(name, make):
        random = Random(name)
        start = {"weight": random.between(-1, 1, (5, 7)), "bias": random.between(-1, 1, (5,))}
        rates = random.between(0.01, 0.1, (STEPS,))
        parameters = {key: torch.nn.Parameter(value.clone()) for key, value in start.items()}
        optimizer = make(parameters)
        gradients = {key: [] for key in start}
        after = {key: [] for key in start}
        for rate in rates.tolist():
            for group in optimizer.param_groups:
                group["lr"] = rate
            for key, parameter in parameters.items():
                size = 10 ** random.between(-3, 1, parameter.shape)
                parameter.grad = exact(size * random.between(-1, 1, parameter.shape))
                gradients[key].append(parameter.grad.clone())
            optimizer.step()
            for key, parameter in parameters.items():
                after[key].append(parameter.detach().clone())
        file.put(name, rates=rates)
        for key, value in start.items():
            file.put(name, **{key: value, key + ".gradient": torch.stack(gradients[key]), key + ".after": torch.stack(after[key])})

    def all_of(kind, **options):
        return lambda parameters: kind(parameters.values(), lr=1, **options)

    case("Sgd/plain", all_of(optim.SGD))
    case("Sgd/weight decay", all_of(optim.SGD, weight_decay=0.05))
    case("Sgd/momentum", all_of(optim.SGD, momentum=0.9))
    case("Sgd/momentum, weight decay", all_of(optim.SGD, momentum=0.8, weight_decay=0.05))
    case("Sgd/Nesterov", all_of(optim.SGD, momentum=0.9, nesterov=True))
    case("Sgd/Nesterov, weight decay", all_of(optim.SGD, momentum=0.5, weight_decay=0.05, nesterov=True))
    case("Adam/plain", all_of(optim.Adam))
    case("Adam/short memory", all_of(optim.Adam, betas=(0.7, 0.9)))
    case("Adam/large epsilon", all_of(optim.Adam, betas=(0.9, 0.99), eps=0.1))
    case("Adam/weight decay", all_of(optim.Adam, betas=(0.7, 0.9), weight_decay=0.05))
    case("AdamW/plain", all_of(optim.AdamW))
    case("AdamW/short memory", all_of(optim.AdamW, betas=(0.7, 0.9), weight_decay=0.05))
    case("RmsProp/plain", all_of(optim.RMSprop))
    case("RmsProp/weight decay", all_of(optim.RMSprop, alpha=0.7, weight_decay=0.05))
    case("RmsProp/momentum", all_of(optim.RMSprop, alpha=0.9, eps=1e-3, momentum=0.9))
    case("RmsProp/centred", all_of(optim.RMSprop, alpha=0.9, eps=1e-3, centered=True))
    case("RmsProp/centred, momentum, weight decay",
         all_of(optim.RMSprop, alpha=0.8, eps=1e-2, momentum=0.5, centered=True, weight_decay=0.05))
    case("Adagrad/plain", all_of(optim.Adagrad))
    case("Adagrad/rate decay, weight decay", all_of(optim.Adagrad, lr_decay=0.3, weight_decay=0.05))
    case("Adagrad/initial sum", all_of(optim.Adagrad, initial_accumulator_value=0.5, eps=1e-2))

    # Weights alone decay.
    def only_weights(kind, **options):
        def make(parameters):
            groups = [{"params": [parameters["weight"]]}, {"params": [parameters["bias"]], "weight_decay": 0}]
            return kind(groups, lr=1, **options)
        return make

    case("Sgd/only weights decay", only_weights(optim.SGD, momentum=0.9, weight_decay=0.05))
    case("AdamW/only weights decay", only_weights(optim.AdamW, betas=(0.7, 0.9), weight_decay=0.05))


def schedules(file):
    """The learning rate of every step, epochs × steps of an epoch."""

    def case(name, peak, epochs, steps, make, by_epoch=False):
        optimizer = optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak, momentum=0.9)
        schedule = make(optimizer)
        rates = torch.zeros(epochs, steps, dtype=torch.double)
        for epoch in range(epochs):
            for step in range(steps):
                rates[epoch, step] = optimizer.param_groups[0]["lr"]
                optimizer.step()
                last = epoch == epochs - 1 and step == steps - 1
                if not last and (not by_epoch or step == steps - 1):
                    schedule.step()
        file.put(name, rates=rates)

    def plateau(name, peak, losses, **options):
        optimizer = optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
        schedule = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        rates = []
        for loss in losses:
            rates.append([optimizer.param_groups[0]["lr"]])
            schedule.step(loss)
        file.put(name, rates=torch.tensor(rates, dtype=torch.double), losses=torch.tensor(losses))

    plateau("PlateauDecay/plain", 0.4, [2, 1] + [1.5] * 24 + [0.5, 0.6])
    plateau("PlateauDecay/small falls", 0.4, [4, 3.8, 3.7, 3.3, 3.2, 3.1, 3, 2.9, 2.7, 2.8, 2.75, 2, 2, 2, 2, 2, 2, 2],
            factor=0.5, patience=1, threshold=0.1, min_lr=0.04)

    case("ConstantRate/plain", 0.03, 2, 3, lambda o: lr_scheduler.ConstantLR(o, factor=1))
    case("StepDecay/every epoch", 0.1, 4, 2, lambda o: lr_scheduler.StepLR(o, 1), by_epoch=True)
    case("StepDecay/every two epochs", 0.8, 7, 3, lambda o: lr_scheduler.StepLR(o, 2, gamma=0.25), by_epoch=True)
    case("MultiStepDecay/two steps", 0.8, 7, 3, lambda o: lr_scheduler.MultiStepLR(o, [2, 5], gamma=0.25), by_epoch=True)
    case("ExponentialDecay/plain", 0.8, 5, 3, lambda o: lr_scheduler.ExponentialLR(o, 0.9), by_epoch=True)
    case("WarmUp/constant", 0.3, 3, 4, lambda o: lr_scheduler.LinearLR(o, total_iters=6))
    case("WarmUp/steps down", 0.3, 5, 4, lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=10), lr_scheduler.StepLR(o, 8, gamma=0.5)]))
    case("Cosine/plain", 0.4, 4, 10, lambda o: lr_scheduler.CosineAnnealingLR(o, 40))
    case("OneCycle/hundred steps", 0.05, 4, 25, lambda o: lr_scheduler.OneCycleLR(o, 0.05, total_steps=100))
    case("OneCycle/peak between two steps", 0.1, 1, 37, lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=37))


def clipping(file):
    """Gradients of two parameters before and after."""

    def case(name, clip):
        random = Random(name)
        shapes = {"weight": (5, 7), "bias": (5,)}
        parameters = {key: torch.nn.Parameter(torch.zeros(shape, dtype=torch.double)) for key, shape in shapes.items()}
        for key, parameter in parameters.items():
            parameter.grad = random.between(-1, 1, parameter.shape)
            file.put(name, **{key + ".gradient": parameter.grad})
        clip(parameters.values())
        for key, parameter in parameters.items():
            file.put(name, **{key + ".after": parameter.grad})

    case("ClipGradients/by norm", lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5))
    case("ClipGradients/by norm, short enough", lambda p: torch.nn.utils.clip_grad_norm_(p, 100))
    case("ClipGradients/by value", lambda p: torch.nn.utils.clip_grad_value_(p, 0.3))


def averages(file):
    """A layer's parameters after each step, and their exponential moving averages."""
    name, keep = "WeightAverage/ten steps", 0.8
    random = Random(name)
    model = torch.nn.Linear(7, 5).double()
    average = optim.swa_utils.AveragedModel(model, avg_fn=lambda mean, new, _: keep * mean + (1 - keep) * new)
    seen, after = {"weight": [], "bias": []}, {"weight": [], "bias": []}
    for _ in range(STEPS):
        for key, parameter in model.named_parameters():
            parameter.data = random.between(-1, 1, parameter.shape)
            seen[key].append(parameter.data)
        average.update_parameters(model)
        for key, parameter in average.module.named_parameters():
            after[key].append(parameter.detach().clone())
    for key in seen:
        file.put(name, **{key: torch.stack(seen[key]), key + ".after": torch.stack(after[key])})
