"""EfficientNet-Lite0 beside PyTorch's (tests/peers/lite0.py): prepare() writes weights and streams, compare() looks at what ours said of
them; expected() at what it said of the public weights, whose outputs are published beside them."""
import sys

import numpy as np
import torch

import lite0
import mms
import torch_peer
from network import distances, failed, hold, masked_by, stream, table

MEAN, STD = 127.0, 128.0


def images(name):
    with open(name, "rb") as f:
        records = [r for s in mms.read_stream(f) for r in s.records]
    x = np.stack([r.tensors["image"] for r in records])
    x = (x.astype("f4") * (255 / np.iinfo(x.dtype).max) - MEAN) / STD
    return torch.tensor(x.astype("f4"))[:, None].repeat(1, 3, 1, 1), torch.tensor([int(r.attrs["label"]) for r in records])


def settled():
    """Weights with which channels lie around 3, with a deviation of 1: some values are cut at either end, few lie near one."""
    torch.manual_seed(7)
    net = lite0.Lite0(5)
    for name, m in net.named_modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            inner = not name.endswith("_bn2")
            m.weight.data.fill_(1)
            m.bias.data.copy_(torch.full(m.bias.shape, 3.0) if inner else torch.randn(m.bias.shape))
            m.momentum = None
    net.train()
    with torch.no_grad():
        for _ in range(2):
            net(images("even.mms")[0])
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = 0.01
    return net


def prepare():
    stream("even.mms", 4, 64, 5)
    stream("odd.mms", 4, 75, 5, width=50)
    stream("steps.mms", 40, 64, 5)
    state = settled().state_dict()
    torch.save(state, "lite0.pth")
    torch.save({lite0.timm_name(k): v for k, v in state.items()}, "timm.pth")


def gradients(name, size, what, layer=None):
    """Beside float64: in fp32 PyTorch now and then has a relu6 on its other side, which moves a gradient by a hundredth."""
    x, y = images(size + ".mms")
    net = lite0.Lite0(5).double()
    net.load_state_dict(torch.load("lite0.pth"))
    net.train()
    net._dropout = masked_by(int(layer), 0.2) if layer else torch.nn.Identity()
    loss = torch.nn.functional.cross_entropy(net(x.double()), y)
    loss.backward()
    hold(what + ", loss of the first step", abs(table(name + ".grads") - loss.item()).max() / loss.item(), 1e-5)
    d = distances({k: w.grad for k, w in net.named_parameters()}, torch_peer.load(name + ".safetensors"))
    hold("%s, gradients by their norm (%d)" % (what, len(d)), d.max(), 1e-3)


def train(steps, lr):
    net = lite0.Lite0(5)
    net.load_state_dict(torch.load("lite0.pth"))
    net.train()
    net._dropout = torch.nn.Identity()
    x, y = images("steps.mms")
    optimiser = torch.optim.Adam(net.parameters(), lr, weight_decay=1e-4)
    losses = []
    for i in range(steps):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x[8 * i:8 * i + 8]), y[8 * i:8 * i + 8])
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return np.array(losses), net.state_dict()


def compare(dropout):
    """dropout: the number of that layer."""
    net = lite0.Lite0(5)
    net.load_state_dict(torch.load("lite0.pth"))
    net.eval()
    for size in "even", "odd":
        with torch.no_grad():
            truth = net(images(size + ".mms")[0]).numpy()
        for how, limit in (("fp32", 1e-4), ("bf16", 0.05), ("timm", 1e-4)):
            hold(f"{size} sizes, {how}, logits by their range", np.abs(table(f"{size}-{how}.predict") - truth).max() / np.ptp(truth), limit)
    gradients("even", "even", "even sizes")
    gradients("odd", "odd", "odd sizes")
    gradients("plain", "odd", "odd sizes on plain")
    gradients("drawn", "even", "dropout as it is drawn", dropout)
    losses, state = train(5, 1e-4)
    hold("five steps at 1e-4, losses", np.abs(table("five.train") - losses).max(), 1e-3)
    ours = torch_peer.load("five.safetensors")
    for end in ("running_mean", "running_var"):
        names = [k for k in ours if k.endswith(end)]
        d = distances({k: state[k] for k in names}, {k: ours[k] for k in names})
        hold("five steps, %s (%d)" % (end, len(names)), d.max(), 1e-3)


def write_expected(folder):
    z = np.load(folder + "/expected.npz")
    with open("expected.mms", "wb") as f:
        mms.write_segment(f, [("r%d" % i, {"image": x}, {"label": "0"}) for i, x in enumerate(z["images"])])
    with open("odd.mms", "wb") as f:
        mms.write_segment(f, [("r%d" % i, {"image": x[0]}, {"label": "0"}) for i, x in enumerate(z["odd_images"])])


def features(name):
    with open(name, "rb") as f:
        return np.stack([r.tensors["features"] for s in mms.read_stream(f) for r in s.records])


def expected(folder, weights):
    z = np.load(folder + "/expected.npz")
    for how, most, mean, logits in (("fp32", 1e-4, 1e-4, 1e-4), ("bf16", 0.06, 0.02, 0.03)):
        off = np.abs(features(f"expected-{how}.mms") - z["pooled"])
        hold(f"public weights, {how}, features by their range", off.max() / np.ptp(z["pooled"]), most)
        hold(f"public weights, {how}, features, mean by their deviation", off.mean() / z["pooled"].std(), mean)
        off = np.abs(table(f"expected-{how}.predict") - z["logits"])
        hold(f"public weights, {how}, logits by their range", off.max() / np.ptp(z["logits"]), logits)
    # The outputs beside them have the padding of another size here.
    net = lite0.Lite0(1000)
    net.load_state_dict(torch.load(weights, map_location="cpu"))
    net.eval()
    with torch.no_grad():
        truth = net.features(images("odd.mms")[0]).numpy()
    hold("public weights, odd sizes, features by their range", np.abs(features("odd-fp32.mms") - truth).max() / np.ptp(truth), 1e-4)


globals()[sys.argv[1]](*sys.argv[2:])
sys.exit(1 if failed else 0)
