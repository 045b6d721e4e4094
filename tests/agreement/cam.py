"""Grad-CAM beside PyTorch's autograd: prepare() writes weights and films, compare() looks at the maps and at where their cells lie."""
import sys

import numpy as np
import torch
import torchvision

import lite0
import mms
import torch_peer
from network import failed, hold, stream

MEAN, STD = 127.0, 57.6
SIZES = (128, 160), (131, 107)


class Trunk(torch.nn.Module):
    """What lies in front of the mean, of EfficientNet-Lite0 or VGG16."""

    def __init__(self, net):
        super().__init__()
        for name, child in net.named_children():
            if name not in ("_fc", "_dropout", "fc", "avgpool", "classifier"):
                setattr(self, name, child)

    def forward(self, x):
        if hasattr(self, "features"):
            return self.features(x)
        if hasattr(self, "_conv_stem"):
            x = torch.nn.functional.relu6(self._bn0(self._conv_stem(x)))
            for block in self._blocks:
                x = block(x)
            return torch.nn.functional.relu6(self._bn1(self._conv_head(x)))
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


class Whole(torch.nn.Module):
    def __init__(self, trunk, channels, classes):
        super().__init__()
        self.trunk = trunk
        self.block1 = torch.nn.Sequential(torch_peer.Unit(channels, 32, 64, 1))
        self.block2 = torch.nn.Sequential(torch_peer.Unit(64, 32, 64, 1))
        self.fc = torch.nn.Linear(64, classes)

    def forward(self, x):
        return self.fc(self.block2(self.block1(self.trunk(x))).mean((2, 3)))


NETS = {
    "resnet": (lambda: Whole(Trunk(torchvision.models.resnet18()), 512, 2),
               ["trunk.conv1", "trunk.layer2", "trunk.layer3.0.downsample.0", "trunk.layer4.1.bn2", "trunk.layer4", "block2"]),
    "lite0": (lambda: Whole(Trunk(lite0.Lite0(2)), 1280, 3),
              ["trunk._conv_stem", "trunk._blocks.4", "trunk._blocks.5._depthwise_conv", "trunk._blocks.15", "trunk._conv_head", "block1"]),
    "vgg": (lambda: Whole(Trunk(torchvision.models.vgg16()), 512, 2),
            ["trunk.features.9", "trunk.features.16", "trunk.features.30"]),
    "patch": (lambda: torchvision.models.resnet18(num_classes=4), ["layer3.1.conv2", "layer4"]),
}
EARLY = {"resnet": ["trunk.conv1", "trunk.layer2"], "lite0": ["trunk._conv_stem", "trunk._blocks.4"],
         "vgg": ["trunk.features.9", "trunk.features.16"], "patch": []}


def settled(net):
    """Gives channels in front of a relu a mean of 3 and a deviation of 1, so that some are cut and few lie near an end: one that fp32
    has on its other side moves a map by some thousandths."""
    norms = [(name, m) for name, m in net.named_modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for name, m in norms:
        m.weight.data.fill_(1)
        m.bias.data.copy_(torch.randn(m.bias.shape) if name.endswith("_bn2") else torch.full(m.bias.shape, 3.0))
        m.momentum = None
    net.train()
    with torch.no_grad():
        for i in range(len(SIZES)):
            net(input_of(records("%d.mms" % i)[0]).float())
    return net


def prepare():
    torch.manual_seed(5)
    for i, (height, width) in enumerate(SIZES):
        stream("%d.mms" % i, 1, height, 2, width=width)
    for name, (build, layers) in NETS.items():
        net = settled(build())
        torch.save(net.state_dict(), name + ".pth")
        with open(name + ".layers", "w") as f:
            f.write("".join(layer + "\n" for layer in layers))


def records(name):
    with open(name, "rb") as f:
        return [r for s in mms.read_stream(f) for r in s.records]


def network(name):
    net = NETS[name][0]().double()
    net.load_state_dict(torch.load(name + ".pth"))
    return net.eval()


def input_of(record):
    x = (record.tensors["image"].astype("f8") * (255 / 65535) - MEAN) / STD
    return torch.tensor(x)[None, None].repeat(1, 3, 1, 1)


def keep(net, layers):
    """The outputs of layers once the net has run, which are read on as copies: torchvision overwrites what it adds to."""
    kept, handles = {}, []

    def hook(layer):
        def call(module, inputs, output):
            kept[layer] = output.clone()
            return kept[layer].clone()
        return call

    for layer in layers:
        handles.append(net.get_submodule(layer).register_forward_hook(hook(layer)))
    return kept, handles


def cams(net, layers, x, scores):
    """Of each layer the weighted sums [score][y][x], which are maps where they are above 0."""
    kept, handles = keep(net, layers)
    logits = net(x)[0]
    for handle in handles:
        handle.remove()
    maps = {layer: [] for layer in layers}
    for score in scores:
        for layer, g in zip(layers, torch.autograd.grad(score(logits), [kept[layer] for layer in layers], retain_graph=True)):
            maps[layer].append((g.mean((2, 3), keepdim=True) * kept[layer]).sum(1)[0].detach().numpy())
    return {layer: np.stack(planes) for layer, planes in maps.items()}


def compare():
    seen = 0
    for name, (_, layers) in NETS.items():
        net = network(name)
        classes = list(net.parameters())[-1].shape[0]
        scores = {"one": [lambda z: torch.logsumexp(z[1:], 0)], "each": [lambda z, k=k: z[k] for k in range(classes)]}
        if classes == 2:
            scores["one"] = [lambda z: z[1]]
        for size in range(len(SIZES)):
            for how, each in scores.items():
                sums = cams(net, layers, input_of(records("%d.mms" % size)[0]), each)
                for layer in layers:
                    truth = np.maximum(sums[layer], 0)
                    seen += np.ptp(truth) > 0
                    span = np.ptp(truth) or np.ptp(sums[layer])  # nothing may speak for a class
                    for precision, limit in (("fp32", 1e-3), ("bf16", 0.05))[:2 if how == "one" else 1]:
                        got = records("%s-%s-%s-%s.mms" % (name, layer, how, precision))[size].tensors["heatmap"]
                        assert got.shape == truth.shape and got.min() >= 0, (name, layer, got.shape)
                        off = np.abs(got - truth)
                        what = "%s, film %d, %s, %s, %s: " % (name, size, layer, how, precision)
                        hold(what + "distance by the range", (off.max() if precision == "fp32" else off.mean()) / span, limit)
            for layer in EARLY[name]:
                places(net, name, size, layer)
    assert seen > 50, "%d maps show something" % seen
    sys.exit("not as PyTorch: " + ", ".join(failed) if failed else 0)


def places(net, name, size, layer):
    """The middle of the pixels that a feature amid the image depends on is where its cell says."""
    record = records("%s-%s-one-fp32.mms" % (name, layer))[size]
    stride, offset = ([float(v) for v in record.attrs["heatmap." + k].split(",")] for k in ("stride", "offset"))
    kept, handles = keep(net, [layer])
    x = input_of(record).requires_grad_()
    net(x)
    handles[0].remove()
    at = [n // 2 for n in kept[layer].shape[2:]]
    kept[layer][0, :, at[0], at[1]].abs().sum().backward()
    seen = x.grad[0].abs().sum(0).numpy() > 0
    for axis in range(2):
        rows = np.flatnonzero(seen.any(1 - axis))
        assert 0 < rows[0] and rows[-1] < seen.shape[axis] - 1, (name, layer, "the field is cut")
        hold("%s, film %d, %s: centre of a feature along axis %d" % (name, size, layer, axis),
             abs((rows[0] + rows[-1]) / 2 - (offset[axis] + stride[axis] * at[axis])), 0)


if __name__ == "__main__":
    {"prepare": prepare, "compare": compare}[sys.argv[1]]()
