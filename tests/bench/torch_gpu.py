"""PyTorch on a card, at its best: the peer of `make bench-gpu`. channels_last, bf16 autocast, cudnn.benchmark, fused Adam, data that
lie on the card already, warm-up left out; eager or with torch.compile, of which the better counts.

    torch_gpu.py train|infer [--net patch|whole] [--size HxW] [--batch N] [--steps N] [--compile MODE]
    torch_gpu.py window|dense [--size HxW] [--stride N] [--batch N]     heatmaps: windows one by one, or shifted passes of the trunk

Prints two numbers: images (windows: maps) a second, the median of five runs of --steps, and the most memory in GiB that was
reserved. --device cpu, with tiny sizes, tries the script itself.
"""
import argparse
import statistics
import time
import warnings

import torch
import torchvision


class Unit(torch.nn.Module):
    """1x1, 3x3, 1x1 with a shortcut, projected where the number of channels changes."""

    def __init__(self, inputs, inner, outputs):
        super().__init__()
        sizes = [(inputs, inner, 1), (inner, inner, 3), (inner, outputs, 1)]
        layers = []
        for a, b, kernel in sizes:
            layers += [torch.nn.Conv2d(a, b, kernel, padding=kernel // 2, bias=False), torch.nn.BatchNorm2d(b), torch.nn.ReLU(inplace=True)]
        self.main = torch.nn.Sequential(*layers[:-1])
        same = inputs == outputs
        self.side = torch.nn.Identity() if same else torch.nn.Sequential(
            torch.nn.Conv2d(inputs, outputs, 1, bias=False), torch.nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.main(x) + self.side(x))


def trunk():
    return torch.nn.Sequential(*list(torchvision.models.resnet50(num_classes=5).children())[:-2])


def build(net):
    if net == "patch":
        return torchvision.models.resnet50(num_classes=5), 5
    head = [Unit(2048, 512, 1024), Unit(1024, 512, 1024), Unit(1024, 512, 1024), Unit(1024, 512, 1024)]
    return torch.nn.Sequential(trunk(), *head, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(1024, 2)), 2


def prepared(model, a):
    model = model.to(a.device, memory_format=torch.channels_last)
    if a.compile == "no":
        return model
    return torch.compile(model, mode=None if a.compile == "default" else a.compile)


def wait(a):
    if a.device == "cuda":
        torch.cuda.synchronize()


def autocast(a):
    return torch.autocast(a.device, dtype=torch.bfloat16, enabled=a.precision == "bf16")


def rate(a, images, step):
    """Images a second of step(), the median of five runs."""
    for _ in range(a.warmup):
        step()
    rates = []
    for _ in range(5):
        wait(a)
        begin = time.perf_counter()
        for _ in range(a.steps):
            step()
        wait(a)
        rates.append(images * a.steps / (time.perf_counter() - begin))
    return statistics.median(rates)


def some_images(a, n, height, width):
    grey = torch.randint(0, 65536, (n, 1, height, width), device=a.device, dtype=torch.int32)
    return ((grey.float() * (255 / 65535) - 40) / 57.6).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def train(a):
    model, classes = build(a.net)
    model = prepared(model.train(), a)
    x = some_images(a, a.batch, *a.size)
    y = torch.randint(0, classes, (a.batch,), device=a.device)
    fused = {"fused": True} if a.device == "cuda" else {}
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-5, weight_decay=1e-4, **fused)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        optimiser.zero_grad(set_to_none=True)
        with autocast(a):
            loss = loss_of(model(x), y)
        loss.backward()
        optimiser.step()

    return rate(a, a.batch, step)


def infer(a):
    model = prepared(build(a.net)[0].eval(), a)
    x = some_images(a, a.batch, *a.size)

    def step():
        with torch.inference_mode(), autocast(a):
            torch.softmax(model(x).float(), 1)

    return rate(a, a.batch, step)


def window(a):
    """Maps a second: every window of a padded image through the network, in batches; timed on --steps batches."""
    height, width = a.size
    maps = -(-height // a.stride) * -(-width // a.stride)
    a.size = (224, 224)
    return infer(a) / maps


def dense(a):
    """Maps a second: the trunk once for each phase of the stride, its features averaged over 7 x 7, the last layer on each."""
    model, head = prepared(trunk().eval(), a), torch.nn.Linear(2048, 5).to(a.device)
    height, width = a.size
    x = some_images(a, 1, height + 224, width + 224)
    phases = [(i, k) for i in range(0, 32, a.stride) for k in range(0, 32, a.stride)]

    def step():
        with torch.inference_mode(), autocast(a):
            for i, k in phases:
                features = model(x[:, :, i:i + height + 192, k:k + width + 192])
                means = torch.nn.functional.avg_pool2d(features.float(), 7, 1)
                torch.softmax(head(means.permute(0, 2, 3, 1)).float(), -1)

    return rate(a, 1, step)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("verb", choices=["train", "infer", "window", "dense"])
    p.add_argument("--net", choices=["patch", "whole"], default="patch")
    p.add_argument("--size", default="224x224", type=lambda s: tuple(int(n) for n in s.split("x")))
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--stride", type=int, default=8)
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--warmup", type=int, default=8)
    p.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    p.add_argument("--compile", choices=["no", "default", "max-autotune"], default="no")
    p.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    a = p.parse_args()
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    images = {"train": train, "infer": infer, "window": window, "dense": dense}[a.verb](a)
    memory = torch.cuda.max_memory_reserved() / 2**30 if a.device == "cuda" else float("nan")
    print(f"{images:.6g} {memory:.3f}")


main()
