"""Random weights under the names and shapes of published files, as NPZ:

    weights.py cifar DEPTH OUT.npz      a ResNet for CIFAR-10, whole, as PyTorch's DataParallel names it
    weights.py partial OUT.npz          ResNet-50's stem, layer1, layer2 and all batch norms, and the bias of its last layer
"""
import sys

import numpy as np

rng = np.random.RandomState(1)
table = {}


def convolution(name, out, inner, size):
    table[name + ".weight"] = (rng.randn(out, inner, size, size) * np.sqrt(2 / (inner * size * size))).astype("f4")


def norm(name, n):
    for end, low, high in ("weight", 0.5, 1.5), ("bias", -0.5, 0.5), ("running_mean", -0.5, 0.5), ("running_var", 0.5, 1.5):
        table["%s.%s" % (name, end)] = rng.uniform(low, high, n).astype("f4")


def cifar(depth):
    convolution("module.conv1", 16, 3, 3)
    norm("module.bn1", 16)
    inner = 16
    for layer, width in enumerate((16, 32, 64), 1):
        for block in range((int(depth) - 2) // 6):
            for n in (1, 2):
                convolution("module.layer%d.%d.conv%d" % (layer, block, n), width, inner, 3)
                norm("module.layer%d.%d.bn%d" % (layer, block, n), width)
                inner = width
    table["module.linear.weight"] = (rng.randn(10, 64) / 8).astype("f4")
    table["module.linear.bias"] = rng.randn(10).astype("f4")


def partial():
    convolution("conv1", 64, 3, 7)
    norm("bn1", 64)
    inner = 64
    for layer, blocks in enumerate((3, 4, 6, 3), 1):
        width = 32 << layer
        for block in range(blocks):
            name = "layer%d.%d" % (layer, block)
            shapes = [(".conv1", ".bn1", width, inner, 1), (".conv2", ".bn2", width, width, 3), (".conv3", ".bn3", 4 * width, width, 1)]
            if block == 0:
                shapes.append((".downsample.0", ".downsample.1", 4 * width, inner, 1))
            for conv, bn, out, into, size in shapes:
                if layer < 3:
                    convolution(name + conv, out, into, size)
                norm(name + bn, out)
            inner = 4 * width
    table["fc.bias"] = rng.randn(1000).astype("f4")


{"cifar": cifar, "partial": partial}[sys.argv[1]](*sys.argv[2:-1])
np.savez(sys.argv[-1], **table)
