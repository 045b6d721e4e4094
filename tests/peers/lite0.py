"""EfficientNet-Lite0 in PyTorch, with the names of efficientnet-lite0-pytorch: see common/nn/net/efficientnet.c."""
import torch
from torch.nn import functional as F

STAGES = (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)


class Same(torch.nn.Conv2d):
    """A convolution whose padding is as little as it needs, and one more at the bottom and right where it is odd."""

    def forward(self, x):
        k, s = self.kernel_size[0], self.stride[0]
        if s == 1:
            return F.conv2d(x, self.weight, None, 1, k // 2, 1, self.groups)
        need = [max((-(-n // s) - 1) * s + k - n, 0) for n in x.shape[2:]]
        x = F.pad(x, (need[1] // 2, need[1] - need[1] // 2, need[0] // 2, need[0] - need[0] // 2))
        return F.conv2d(x, self.weight, None, s, 0, 1, self.groups)


def norm(channels):
    return torch.nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Block(torch.nn.Module):
    def __init__(self, cin, cout, expansion, kernel, stride):
        super().__init__()
        inner = cin * expansion
        if expansion > 1:
            self._expand_conv, self._bn0 = Same(cin, inner, 1, bias=False), norm(inner)
        self._depthwise_conv, self._bn1 = Same(inner, inner, kernel, stride, groups=inner, bias=False), norm(inner)
        self._project_conv, self._bn2 = Same(inner, cout, 1, bias=False), norm(cout)
        self.expansion, self.added = expansion, stride == 1 and cin == cout

    def forward(self, x):
        y = x
        if self.expansion > 1:
            y = F.relu6(self._bn0(self._expand_conv(y)))
        y = self._bn2(self._project_conv(F.relu6(self._bn1(self._depthwise_conv(y)))))
        return x + y if self.added else y


class Lite0(torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, 2, bias=False), norm(32)
        blocks, cin = [], 32
        for expansion, kernel, stride, cout, repeats in STAGES:
            for i in range(repeats):
                blocks.append(Block(cin, cout, expansion, kernel, 1 if i else stride))
                cin = cout
        self._blocks = torch.nn.ModuleList(blocks)
        self._conv_head, self._bn1 = Same(cin, 1280, 1, bias=False), norm(1280)
        self._dropout, self._fc = torch.nn.Dropout(0.2), torch.nn.Linear(1280, classes)

    def features(self, x):
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))

    def forward(self, x):
        return self._fc(self._dropout(self.features(x)))


def timm_name(name):
    """The name in timm's tf_efficientnet_lite0 of a tensor, for which the stages are gone through."""
    outer = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
    parts = name.split(".")
    if parts[0] != "_blocks":
        return ".".join([outer[parts[0]]] + parts[1:])
    places = [(s, i) for s, stage in enumerate(STAGES) for i in range(stage[4])]
    order = ["_depthwise_conv", "_project_conv"], ["_expand_conv", "_depthwise_conv", "_project_conv"]
    stage, at = places[int(parts[1])]
    first = stage == 0
    theirs = ["conv_dw", "conv_pw"] if first else ["conv_pw", "conv_dw", "conv_pwl"]
    if "conv" in parts[2]:
        inner = theirs[order[not first].index(parts[2])]
    else:
        inner = "bn%d" % (int(parts[2][-1]) + (0 if first else 1))
    return ".".join(["blocks", str(stage), str(at), inner] + parts[3:])
