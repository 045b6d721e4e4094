"""mmheatmap --mode=shared beside PyTorch: the first part of a network over bands of a padded image, the second on what windows cover of its
output; or, of windows large enough to have sides of their own, the whole network on each."""
import sys

import numpy as np
import torch
import torchvision

import lite0
import mms
import torch_peer
from network import failed, hold, stream

MEAN, STD, PAD = 127.0, 57.6, 128
SIZE = 56  # of windows


class Resnet(torch.nn.Module):
    """ResNet-18 in two parts, behind layer1 or layer2, or behind the pooling before them."""

    def __init__(self, state, layers):
        super().__init__()
        self.net, self.layers = torchvision.models.resnet18(num_classes=3), layers
        self.net.load_state_dict(state)
        self.step = 4 * 2 ** max(layers - 1, 0)

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
            net((padded()[None, None, PAD:PAD + 112, PAD:PAD + 112]).repeat(2, 3, 1, 1) + 0.1 * torch.randn(2, 3, 112, 112))
        torch.save(net.state_dict(), name + ".pth")


def read(name):
    with open(name, "rb") as f:
        return next(r for s in mms.read_stream(f) for r in s.records)


def padded():
    """The image with zeros around it, as network input; passes that begin later go on for as long as the first."""
    x = np.pad(read("film.mms").tensors["image"].astype("f4") * (255 / 65535), (PAD, 5 * PAD))
    return torch.tensor((x - MEAN) / STD, dtype=torch.float32)


def heat(net, stride, offset, cells, sides):
    """The maps of all classes. Windows in a row at equal places within the first part's step are cut out of one band, as high as a
    window; with sides they are those of windows on their own."""
    x, out = padded(), np.zeros((3,) + cells)
    begin = [PAD + o - SIZE // 2 for o in offset]
    phases = 1 if sides else net.step // np.gcd(stride, net.step)
    side = -(-SIZE // net.step)
    for b in range(min(phases, cells[1])):
        columns = range(b, cells[1], phases)
        width = -(-((columns[-1] - b) * stride) // 128) * 128 + SIZE
        for i in range(cells[0]):
            band = x[begin[0] + i * stride:begin[0] + i * stride + SIZE, begin[1] + b * stride:begin[1] + b * stride + width]
            with torch.no_grad():
                features = None if sides else net.first(band[None, None].repeat(1, 3, 1, 1))
                for j in columns:
                    p = (j - b) * stride
                    part = net.first(band[None, None, :, p:p + SIZE].repeat(1, 3, 1, 1)) if sides else \
                        features[:, :, :, p // net.step:p // net.step + side]
                    out[:, i, j] = torch.softmax(net.second(part).double(), 1)[0].numpy()
    return out


def compare(*files):
    for name in files:
        global SIZE
        kind, layer, stride, SIZE = name[:-len(".mms")].split("-")
        SIZE = int(SIZE)
        state = torch_peer.load(kind + ".pth")
        net = Lite(state) if kind == "lite0" else Resnet(state, int(layer[-1]) if layer[-1].isdigit() else 0)
        net.eval()
        r = read(name)
        ours = r.tensors["heatmap"]
        truth = heat(net, int(stride), [int(v) for v in r.attrs["heatmap.offset"].split(",")], ours.shape[1:], SIZE > 56 and layer != "layer2")
        hold("%s, %d x %d windows, probabilities" % (name, *ours.shape[1:]), np.abs(ours - truth).max(), 1e-4)
        assert truth.std() > 1e-3, "a map without heat"


globals()[sys.argv[1]](*sys.argv[2:])
sys.exit(1 if failed else 0)
