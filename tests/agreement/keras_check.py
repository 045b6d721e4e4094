"""Keras' ResNet-50 in HDF5 files, and what it computes, in NumPy from the definition.

    write original|later FILE.h5    weights as save_weights names them, random
    write nested FILE.h5            the original's, in a file as save makes it: group model_weights, an optimiser's state
    images FOLDER                   a few small 16-bit images as .npy
    hold original|later FILE.h5 FOLDER PREDICTIONS    logits of ours (mmpredict --logits) are those of NumPy
    torch MODEL.pth GRADIENTS STREAM-IMAGES LOSS      first loss and gradients are PyTorch's in float64
"""
import sys

import h5py
import numpy as np

CLASSES, MEAN, STD = 3, 110.0, 1.0
UNITS = (3, 4, 6, 3)
BRANCH = {0: "1", 1: "2a", 2: "2b", 3: "2c"}


def names(scheme):
    """(conv, norm, shape of the kernel) of every convolution, by Keras' names."""
    original = scheme != "later"
    yield ("conv1", "bn_conv1", (7, 7, 3, 64)) if original else ("conv1_conv", "conv1_bn", (7, 7, 3, 64))
    cin = 64
    for stage, units in enumerate(UNITS, 2):
        width = 64 << (stage - 2)
        for u in range(units):
            parts = {1: (1, 1, cin, width), 2: (3, 3, width, width), 3: (1, 1, width, 4 * width)}
            if u == 0:
                parts[0] = (1, 1, cin, 4 * width)
            for part, shape in parts.items():
                if original:
                    name = "%d%s_branch%s" % (stage, "abcdef"[u], BRANCH[part])
                    yield "res" + name, "bn" + name, shape
                else:
                    name = "conv%d_block%d_%d_" % (stage, u + 1, part)
                    yield name + "conv", name + "bn", shape
            cin = 4 * width


def layer(root, name, variables, style):
    g = root.create_group(name)
    full = ["%s/%s:0" % (name, v) if style == 2 else "%s_%s:0" % (name, v) for v in variables]
    g.attrs["weight_names"] = [f.encode() for f in full]
    for f, v in zip(full, variables.values()):
        g[f] = v


def write(scheme, path):
    rng = np.random.RandomState(7)
    style = 1 if scheme == "original" else 2  # names of variables as in Keras 1 (and the file of 2015) or 2
    words = ("W", "b", "running_mean", "running_std") if style == 1 else ("kernel", "bias", "moving_mean", "moving_variance")
    with h5py.File(path, "w") as f:
        root = f
        if scheme == "nested":
            root = f.create_group("model_weights")
            f["optimizer_weights/Adam/iterations:0"] = 5
            f["optimizer_weights/Adam/conv1/kernel/m:0"] = np.zeros((7, 7, 3, 64), "f4")
        listed = ["input_1"]
        root.create_group("input_1").attrs["weight_names"] = []
        for conv, norm, shape in names(scheme):
            out, fan = shape[3], shape[0] * shape[1] * shape[2]
            # Variances near the epsilon of 1e-3, so that a wrong one shows; gains that keep activations where they are.
            var = rng.uniform(0.002, 0.01, out)
            scale = 0.3 if conv.endswith(("2c", "3_conv")) else 1
            layer(root, conv, {words[0]: (rng.randn(*shape) * np.sqrt(2 / fan) * (0.01 if "conv1" in conv and fan == 147 else 0.1)).astype("f4"),
                               words[1]: (rng.randn(out) * 0.1).astype("f4")}, style)
            layer(root, norm, {"gamma": (scale * rng.uniform(0.5, 1.5, out)).astype("f4"), "beta": (rng.randn(out) * 0.2).astype("f4"),
                               words[2]: (rng.randn(out) * 0.1).astype("f4"), words[3]: var.astype("f4")}, style)
            listed += [conv, norm]
        last = "predictions" if scheme == "later" else "fc1000"
        layer(root, last, {words[0]: (rng.randn(2048, CLASSES) * 0.05).astype("f4"), words[1]: rng.randn(CLASSES).astype("f4")}, style)
        layer(root, "attention", {words[0]: np.ones((2, 2), "f4")}, style)  # nobody knows it
        root.attrs["layer_names"] = [n.encode() for n in listed + [last, "attention"]]


def images(folder):
    rng = np.random.RandomState(3)
    for i in range(4):
        yy, xx = np.mgrid[0:45, 0:52] / 45
        wave = np.sin(2 * np.pi * (1 + 3 * i) * (xx + (i - 1) * yy)) * 0.3 + 0.5 + 0.1 * rng.randn(45, 52)
        np.save("%s/i%d.npy" % (folder, i), (np.clip(wave, 0, 1) * 65535).astype("u2"))


def read(path):
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            parts = name.replace(":0", "").replace("model_weights/", "").split("/")
            for word in ("kernel", "W", "bias", "b", "gamma", "beta", "moving_mean", "running_mean", "moving_variance", "running_std"):
                if parts[-1] == word or parts[-1] == parts[0] + "_" + word:
                    short = {"W": "kernel", "b": "bias", "running_mean": "moving_mean", "running_std": "moving_variance"}.get(word, word)
                    found[parts[0], short] = item[()].astype("f8")
    with h5py.File(path) as f:
        f.visititems(take)
    return found


def conv(x, kernel, bias, stride, pad):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    k = kernel.shape[0]
    h, w = (x.shape[1] - k) // stride + 1, (x.shape[2] - k) // stride + 1
    y = np.zeros((x.shape[0], h, w, kernel.shape[3])) + bias
    for i in range(k):
        for j in range(k):
            y += x[:, i:i + stride * (h - 1) + 1:stride, j:j + stride * (w - 1) + 1:stride] @ kernel[i, j]
    return y


def forward(w, scheme, x, epsilon=None, pool_pad=None, stride_in=1, bias=True):
    """x [N, H, W, 3]; what the keyword arguments change are mistakes that hold() must notice."""
    epsilon = epsilon or (1.001e-5 if scheme == "later" else 1e-3)
    pool_pad = (scheme == "later") if pool_pad is None else pool_pad
    layers = {c: (c, n, s) for c, n, s in names(scheme)}
    order = list(layers)

    def block(name, x, stride, relu=True, add=None):
        c, n, shape = layers[name]
        y = conv(x, w[c, "kernel"], w[c, "bias"] if bias else 0, stride, shape[0] // 2)
        y = (y - w[n, "moving_mean"]) / np.sqrt(w[n, "moving_variance"] + epsilon) * w[n, "gamma"] + w[n, "beta"]
        y = y if add is None else y + add
        return np.maximum(y, 0) if relu else y

    x = block(order[0], x, 2)
    if pool_pad:
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    h, v = (x.shape[1] - 3) // 2 + 1, (x.shape[2] - 3) // 2 + 1
    x = np.max([x[:, i:i + 2 * h - 1:2, j:j + 2 * v - 1:2] for i in range(3) for j in range(3)], axis=0)
    at = 1
    for stage, units in enumerate(UNITS, 2):
        for u in range(units):
            part = order[at:at + (4 if u == 0 else 3)]
            at += len(part)
            strides = [1, 1]
            if u == 0 and stage > 2:
                strides[stride_in - 1] = 2
            shortcut = block(part[3], x, max(strides), relu=False) if u == 0 else x
            y = block(part[1], block(part[0], x, strides[0]), strides[1])
            x = block(part[2], y, 1, add=shortcut)
    last = "predictions" if scheme == "later" else "fc1000"
    return x.mean((1, 2)) @ w[last, "kernel"] + w[last, "bias"]


def hold(scheme, path, folder, predictions):
    w = read(path)
    x = np.stack([np.load("%s/i%d.npy" % (folder, i)) for i in range(4)]) * (255 / 65535) - MEAN
    x = np.repeat(x[..., None] / STD, 3, 3)
    truth = forward(w, scheme, x)
    lines = [line.rstrip("\n").split("\t") for line in open(predictions)]
    ours = np.array([[float(v) for v in line[3:]] for line in lines[1:]])
    size = np.ptp(truth)
    off = np.abs(ours - truth).max() / size
    print("%s: logits differ by %.2g of their range" % (scheme, off))
    assert ours.shape == truth.shape and off < 2e-5, off
    wrong = {"epsilon": dict(epsilon=1.001e-5 if scheme != "later" else 1e-3), "pooling": dict(pool_pad=scheme != "later"),
             "stride in the 3x3": dict(stride_in=2), "no biases": dict(bias=False)}
    for what, change in wrong.items():
        distance = np.abs(forward(w, scheme, x, **change) - truth).max() / size
        assert distance > 1e-3, (what, distance)


def torch_net(epsilon, pool_pad):
    """The same network as a module, under torchvision's names."""
    import torch
    import torchvision
    net = torchvision.models.resnet50(num_classes=CLASSES)
    net.maxpool = torch.nn.MaxPool2d(3, 2, pool_pad)
    for name, m in list(net.named_modules()):
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eps = epsilon
        if isinstance(m, torch.nn.Conv2d):
            m.bias = torch.nn.Parameter(torch.zeros(m.out_channels))
        if isinstance(m, torchvision.models.resnet.Bottleneck):
            m.conv1.stride, m.conv2.stride = m.conv2.stride, (1, 1)
    return net.double()


def torch(model, gradients, folder, printed):
    import torch
    import weights_reader
    net = torch_net(1e-3, 0)
    net.load_state_dict(torch.load(model))
    x = np.stack([np.load("%s/i%d.npy" % (folder, i)) for i in range(4)]) * (255 / 65535) - MEAN
    net.train()
    loss = torch.nn.functional.cross_entropy(net(torch.tensor(x / STD)[:, None].repeat(1, 3, 1, 1)), torch.tensor([0, 1, 2, 0]))
    loss.backward()
    ours = weights_reader.safetensors(gradients)
    assert abs(float(open(printed).read().split()[-1]) - loss.item()) < 1e-4, (open(printed).read(), loss.item())
    truth = {k: p.grad.numpy() for k, p in net.named_parameters()}
    assert set(ours) == set(truth)
    norms = {k: np.linalg.norm(v) for k, v in truth.items()}
    largest = max(norms.values())
    distances = []
    for k, t in truth.items():
        if k.endswith("bias") and norms[k] < 1e-9 * largest:  # of a convolution before a batch norm: rounding
            assert np.linalg.norm(ours[k]) < 1e-3 * largest, k
        else:
            distances.append(np.linalg.norm(ours[k] - t) / norms[k])
    print("%d gradients, median distance %.2g, largest %.2g" % (len(distances), np.median(distances), max(distances)))
    assert len(distances) == 161 and np.median(distances) < 1e-2


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
