"""mmheatmap --mode=shared beside PyTorch: the first part of a network over shifted, padded images, the second on crops of its output."""
import sys

import numpy as np
import torch
import torchvision

import lite0
import mms
import torch_peer
from network import failed, hold, stream

MEAN, STD, SIZE = 127.0, 57.6, 56


class Resnet(torch.nn.Module):
    """ResNet-18 in two parts, behind layer1 or layer2."""

    def __init__(self, state, layers):
        super().__init__()
        self.net, self.layers = torchvision.models.resnet18(num_classes=3), layers
        self.net.load_state_dict(state)
        self.step = 4 * 2 ** (layers - 1)

    def first(self, x):
        n = self.net
        x = n.maxpool(n.relu(n.bn1(n.conv1(x))))
        for layer in [n.layer1, n.layer2, n.layer3, n.layer4][:self.layers]:
            x = layer(x)
        return x

    def second(self, x):
        n = self.net
        for layer in [n.layer1, n.layer2, n.layer3, n.layer4][self.layers:]:
            x = layer(x)
        return n.fc(x.mean((2, 3)))


class Lite(torch.nn.Module):
    """EfficientNet-Lite0 in two parts, behind block 2."""
    step = 4

    def __init__(self, state):
        super().__init__()
        self.net = lite0.Lite0(3)
        self.net.load_state_dict(state)

    def first(self, x):
        n = self.net
        x = torch.nn.functional.relu6(n._bn0(n._conv_stem(x)))
        for block in n._blocks[:3]:
            x = block(x)
        return x

    def second(self, x):
        n = self.net
        for block in n._blocks[3:]:
            x = block(x)
        return n._fc(torch.nn.functional.relu6(n._bn1(n._conv_head(x))).mean((2, 3)))


def networks():
    return torchvision.models.resnet18(num_classes=3), lite0.Lite0(3)


def prepare():
    stream("film.mms", 1, 150, 3, width=131)
    torch.manual_seed(11)
    for name, net in zip(("resnet18", "lite0"), networks()):
        for m in net.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.momentum = None
        net.train()
        with torch.no_grad():
            net((padded()[None, None, 30:142, 30:142]).repeat(2, 3, 1, 1) + 0.1 * torch.randn(2, 3, 112, 112))
        torch.save(net.state_dict(), name + ".pth")


def read(name):
    with open(name, "rb") as f:
        return next(r for s in mms.read_stream(f) for r in s.records)


def padded():
    """The image with zeros around it, as network input; passes that begin later go on for as long as the first."""
    x = np.pad(read("film.mms").tensors["image"].astype("f4") * (255 / 65535), (SIZE, 3 * SIZE))
    return torch.tensor((x - MEAN) / STD, dtype=torch.float32)


def heat(net, stride, offset, cells):
    """The maps of all classes. Windows at equal places within the first part's step are cut out of one pass."""
    x, out = padded(), np.zeros((3,) + cells)
    begin = [SIZE + o - SIZE // 2 for o in offset]
    phases = net.step // np.gcd(stride, net.step)
    side = -(-SIZE // net.step)
    height, width = (-(-n // phases) * phases * stride - phases * stride + SIZE for n in cells)
    for a in range(min(phases, cells[0])):
        for b in range(min(phases, cells[1])):
            rows, columns = range(a, cells[0], phases), range(b, cells[1], phases)
            y, v = begin[0] + a * stride, begin[1] + b * stride
            part = x[y:y + height, v:v + width]
            with torch.no_grad():
                features = net.first(part[None, None].repeat(1, 3, 1, 1))
                for i in rows:
                    for j in columns:
                        p, q = (i - a) * stride // net.step, (j - b) * stride // net.step
                        out[:, i, j] = torch.softmax(net.second(features[:, :, p:p + side, q:q + side]).double(), 1)[0].numpy()
    return out


def compare(*files):
    for name in files:
        kind, layer, stride = name[:-len(".mms")].split("-")
        state = torch_peer.load(kind + ".pth")
        net = Lite(state) if kind == "lite0" else Resnet(state, int(layer[-1]))
        net.eval()
        r = read(name)
        ours = r.tensors["heatmap"]
        truth = heat(net, int(stride), [int(v) for v in r.attrs["heatmap.offset"].split(",")], ours.shape[1:])
        hold("%s, %d x %d windows, probabilities" % (name, *ours.shape[1:]), np.abs(ours - truth).max(), 1e-4)
        assert truth.std() > 1e-3, "a map without heat"


globals()[sys.argv[1]](*sys.argv[2:])
sys.exit(1 if failed else 0)
