"""Networks beside PyTorch: prepare() writes weights and streams, compare() runs PyTorch on them and looks at what ours said;
prepare_cifar() and compare_cifar() do so for files of weights that are there.

How near two right answers can be depends on the numbers. A ResNet-50 with fresh weights sits with many activations near
zero; in fp32 some of them change sign by rounding, and PyTorch's own fp32 gradients are 2 % away from its float64 ones.
There ours are held against float64, by PyTorch's distance. The `steady` weights have batch norm biases of +-5, so that
hardly a relu is undecided; there gradients must agree to 1e-3 of their norm (and do to 1e-5).
"""
import contextlib
import io
import sys
import types

import numpy as np

import mms

MEAN, STD, SIZE, BATCH = 127.0, 57.6, 96, 8
CIFAR = ("cifar", 3), ("cifar56", 9)


def stream(name, n, size, classes, width=None):
    """Images that differ much from one another: waves, grain, brightness, contrast, a bright or dark spot."""
    rng = np.random.RandomState(size)
    width = width or size
    yy, xx = np.mgrid[0:size, 0:width] / size
    records = []
    for i in range(n):
        angle, waves, grain = rng.rand() * np.pi, 2 ** rng.uniform(0, 5), int(2 ** rng.uniform(0, 4.5))
        wave = np.sin(2 * np.pi * waves * (np.cos(angle) * xx + np.sin(angle) * yy + rng.rand()))
        noise = np.kron(rng.randn(size // grain + 1, width // grain + 1), np.ones((grain, grain)))[:size, :width]
        spot = np.exp(-((xx - rng.rand()) ** 2 + (yy - rng.rand()) ** 2) / 0.02)
        x = 0.5 + 0.25 * rng.uniform(-1, 1) + 0.2 * rng.rand() * wave + 0.15 * rng.rand() * noise + 0.4 * rng.uniform(-1, 1) * spot
        records.append(("r%d" % i, {"image": (np.clip(x, 0, 1) * 65535).astype("u2")}, {"label": str(i % classes)}))
    with open(name, "wb") as f:
        mms.write_segment(f, records)


def steady(state):
    """Units of one width end with the same signs, so that a shortcut and what is added to it do not cancel."""
    import torch
    ends = {}
    for k, v in state.items():
        if k.endswith(("bn3.weight", "downsample.1.weight")):
            v *= 0.15
        elif k.endswith("bn3.bias"):
            v.copy_(ends.setdefault(len(v) if "block" not in k else "block", torch.sign(torch.randn(v.shape))))
        elif k.endswith(("bn1.bias", "bn2.bias")):
            v.copy_(5 * torch.sign(torch.randn(v.shape)))
    return state


def prepare():
    import torch
    import torch_peer
    import torchvision
    prepare_cifar()
    stream("patch.mms", BATCH, SIZE, 5)
    stream("small.mms", 80, 64, 5)
    stream("two.mms", BATCH, 224, 2, width=160)
    torch.manual_seed(3)
    net = torch_peer.build("patch")
    torch_peer.settle(net, "patch")
    state = net.state_dict()
    torch_peer.save(state, "fresh.pth")
    torch_peer.save(steady(state), "steady.safetensors")
    for name, stride in (("whole", 1), ("half", 2)):
        net = torch_peer.build("whole", stride)
        torch_peer.settle(net, "whole")
        torch_peer.save(steady(net.state_dict()), name + ".pth")
    torch_peer.save(torchvision.models.resnet18(num_classes=5).state_dict(), "small.pth")
    for name, n in CIFAR:
        net = cifar(n)
        for _ in range(20):  # running statistics
            net(images("cifar.mms")[0])
        torch.save({"state_dict": {"module." + k: v for k, v in net.state_dict().items()}}, name + ".pth")


def prepare_cifar():
    stream("cifar.mms", 16, 32, 10)


def cifar(n):
    """He et al. 2016, section 4.2, as published weights want it: shortcuts by subsampling and zeros."""
    import torch
    F = torch.nn.functional

    class Block(torch.nn.Module):
        def __init__(self, cin, cout, stride):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
            self.bn1 = torch.nn.BatchNorm2d(cout)
            self.conv2 = torch.nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
            self.bn2 = torch.nn.BatchNorm2d(cout)
            self.grow, self.stride = (cout - cin) // 2, stride

        def forward(self, x):
            y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(y + F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.grow, self.grow)))

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False)
            self.bn1 = torch.nn.BatchNorm2d(16)
            for i, (cin, cout) in enumerate([(16, 16), (16, 32), (32, 64)]):
                blocks = [Block(cin if k == 0 else cout, cout, 2 if i and k == 0 else 1) for k in range(n)]
                setattr(self, "layer%d" % (i + 1), torch.nn.Sequential(*blocks))
            self.linear = torch.nn.Linear(64, 10)

        def forward(self, x):
            x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
            return self.linear(x.mean((2, 3)))

    return Net()


class Mean(object):
    """VGG's trunk, the mean over all positions, one fully connected layer; made where torch is imported."""

    def __new__(cls, name):
        import torch
        import torchvision

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.features = getattr(torchvision.models, name)(num_classes=5).features
                self.fc = torch.nn.Linear(512, 5)

            def forward(self, x):
                return self.fc(self.features(x).mean((2, 3)))

        return Net()


VGG = "vgg16", "vgg16_bn-mean", "vgg16-mean"


def vgg(name):
    import torchvision
    return Mean(name[:-len("-mean")]) if name.endswith("-mean") else getattr(torchvision.models, name)(num_classes=5)


def decide(net, x):
    """Gives each channel in front of a relu a mean of +-5 and a deviation near 1, so that hardly a relu is undecided."""
    import torch
    with torch.no_grad():
        for m in net.features.children():
            y = m(x)
            if isinstance(m, torch.nn.BatchNorm2d):
                m.weight.fill_(0.9)
                m.bias.copy_(5 * torch.sign(torch.randn(m.bias.shape)))
            elif isinstance(m, torch.nn.Conv2d):
                scale = 1 / y.std((0, 2, 3)).clamp(min=1e-3)
                m.weight *= scale[:, None, None, None]
                m.bias.copy_((m.bias - y.mean((0, 2, 3))) * scale + 5 * torch.sign(torch.randn(m.bias.shape)))
            x = m(x)


def prepare_vgg():
    """Weights whose relus are decided, and batch norms that have seen images."""
    import torch
    stream("large.mms", 2, 224, 5)
    stream("middle.mms", 2, 64, 5)
    stream("tiny.mms", 2, 32, 5)
    torch.manual_seed(4)
    for name in VGG:
        net = vgg(name)
        decide(net, images("tiny.mms" if name == "vgg16-mean" else "large.mms")[0])
        with torch.no_grad():
            for _ in range(20 if "_bn" in name else 0):
                net(images("large.mms")[0])
        torch.save(net.state_dict(), name + ".pth")


def philox(seed, layer, count):
    """Words 0 .. count - 1 as common/nn/dropout.h has them (Philox4x32-10, Salmon et al. 2011)."""
    block = np.arange((count + 3) // 4, dtype=np.uint64)
    low = np.uint64(0xFFFFFFFF)
    c = [block & low, np.zeros_like(block), np.full_like(block, layer), np.zeros_like(block)]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & low, (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, 1).reshape(-1)[:count]


def masked_by(layer, rate):
    """A dropout layer of that number with the masks that dropout.h draws, of images with the seeds 0, 1, ..."""
    import torch

    class Mask(torch.nn.Module):
        def forward(self, x):
            words = np.stack([philox(seed, layer, x[0].numel()) for seed in range(len(x))])
            return x * torch.tensor((words >= rate * 2 ** 32) / (1 - rate), dtype=x.dtype).reshape(x.shape)

    return Mask()


def masked(net, layers, drop):
    """Puts such masks, or nothing, in the place of the net's dropout layers."""
    import torch
    for name, layer in zip(("2", "5"), layers):
        setattr(net.classifier, name, masked_by(layer, 0.5) if drop else torch.nn.Identity())
    return net


def compare_vgg(*layers):
    """layers: the numbers of the two dropout layers. Of the three million maxima that pooling takes of two images of 224 pixels a
    few are undecided, and one more or less moves gradients by some thousandths (PyTorch's own from its float64 by up to 2.6e-3
    here); in small images there is hardly one."""
    import torch
    import torch_peer
    net = None
    for name, size, how, limit in (("vgg16", "large", "none", 1e-2), ("vgg16", "middle", "none", 1e-3), ("vgg16", "middle", "drawn", 1e-3),
                                   ("vgg16_bn-mean", "large", "none", 1e-2), ("vgg16_bn-mean", "tiny", "none", 1e-3),
                                   ("vgg16-mean", "tiny", "none", 1e-3)):
        x, y = images(size + ".mms")
        net = vgg(name)
        net.load_state_dict(torch_peer.load(name + ".pth"))
        net.eval()
        if size == "large" or name == "vgg16-mean":
            with torch.no_grad():
                truth = net(x).numpy()
            hold(name + ", logits by their range", np.abs(table(name + ".predict") - truth).max() / np.ptp(truth), 1e-3)
        if size == "large":
            hold(name + " in bf16, logits by fp32's range", np.abs(table(name + "-bf16.predict") - truth).max() / np.ptp(truth), 0.05)
        net.train()
        if name == "vgg16":
            net = masked(net, [int(n) for n in layers], how == "drawn")
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        what, file = f"{name}, {size} images, dropout {how}", f"{name}-{size}-{how}"
        hold(what + ", loss of the first step", abs(table(file + ".grads") - loss.item()).max() / loss.item(), 1e-5)
        truth, ours = {k: w.grad for k, w in net.named_parameters()}, torch_peer.load(file + ".safetensors")
        assert set(truth) == set(ours), set(truth) ^ set(ours)
        # A batch norm takes the bias in front of it away again: its gradient is rounding.
        nothing = [k for k in truth if "_bn" in name and k.startswith("features") and k.endswith("bias") and k[:-4] + "weight" in truth
                   and truth[k[:-4] + "weight"].ndim == 4]
        if nothing:
            largest = max(float(g.norm()) for g in truth.values())
            hold(what + ", gradients that are nothing (%d)" % len(nothing), max(float(ours[k].norm()) for k in nothing) / largest, 1e-5)
        d = distances({k: g for k, g in truth.items() if k not in nothing}, {k: g for k, g in ours.items() if k not in nothing})
        hold("%s, gradients by their norm (%d)" % (what, len(d)), d.max(), limit)


failed = []


def hold(what, value, limit):
    print("%-70s %.3g (at most %.3g)" % (what, value, limit))
    if not value <= limit:
        failed.append(what)


def table(name):
    """What mmpredict (columns after the first three of all lines but the first) or mmnet (last column) printed."""
    lines = [line.rstrip("\n").split("\t") for line in open(name)]
    if "predict" in name:
        return np.array([[float(v) for v in line[3:]] for line in lines[1:]])
    return np.array([float(line[-1]) for line in lines])


def peer(*arguments):
    """A verb of torch_peer in this process; its lines of output as numbers."""
    import torch_peer
    sys.argv = ["torch_peer.py", *map(str, arguments), "--mean", str(MEAN), "--std", str(STD), "--batch", str(BATCH), "--threads", "2"]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        torch_peer.main()
    return text.getvalue().splitlines()


def logits(what, weights, *net):
    return np.array([[float(v) for v in line.split("\t")[1:]] for line in peer("forward", weights, what, "--logits", *net)])


def images(name):
    import torch_peer
    return next(torch_peer.batches(name, types.SimpleNamespace(batch=BATCH, mean=MEAN, std=STD, noise=0.0)))[1:]


def double(weights, what):
    """Loss, gradients and running statistics of a first step in float64."""
    import torch
    import torch_peer
    net = torch_peer.build("patch").double()
    net.load_state_dict(torch_peer.load(weights))
    net.train()
    x, y = images(what)
    loss = torch.nn.functional.cross_entropy(net(x.double()), y)
    loss.backward()
    return loss.item(), {k: w.grad for k, w in net.named_parameters()}, net.state_dict()


def distances(truth, other):
    """|difference| / |truth| of every tensor; of those that are nothing beside the largest, by the size of nothing."""
    assert set(truth) == set(other), set(truth) ^ set(other)
    norms = {k: float(truth[k].double().norm()) for k in truth}
    floor = 1e-5 * max(norms.values())
    return np.array([float((truth[k].double() - other[k].double()).norm()) / max(norms[k], floor) for k in truth])


def rms(a):
    return float(np.sqrt(np.mean(np.square(a))))


def compare_whole(name, net):
    """A whole-image network: logits, loss, and the gradients of what its two stages train."""
    import torch_peer
    what = "whole-image network%s, " % (" with stride 2" if name == "half" else "")
    truth = logits("two.mms", name + ".pth", *net)
    hold(what + "logits by their range", np.abs(table(name + ".predict") - truth).max() / np.ptp(truth), 1e-3)
    loss = float(peer("grads", name + ".pth", "two.mms", "peer.safetensors", *net)[0])
    truth = torch_peer.load("peer.safetensors")
    for stage, names in (("top", [k for k in truth if not k.startswith("trunk.")]), ("all", list(truth))):
        hold("%sloss of the first step, %s" % (what, stage), abs(table("%s-%s.grads" % (name, stage)) - loss).max(), 1e-5)
        d = distances({k: truth[k] for k in names}, torch_peer.load("%s-%s.safetensors" % (name, stage)))
        hold("%sgradients by their norm, %s (%d)" % (what, stage, len(d)), d.max(), 1e-3)


def compare_cifar(*files):
    import torch
    import torch_peer
    for (name, n), file in zip(CIFAR, files):
        net = cifar(n)
        net.load_state_dict({k[len("module."):]: v for k, v in torch_peer.load(file)["state_dict"].items()})
        net.eval()
        with torch.no_grad():
            some = types.SimpleNamespace(batch=BATCH, mean=MEAN, std=STD, noise=0.0)
            truth = net(torch.cat([b[1] for b in torch_peer.batches("cifar.mms", some)])).numpy()
        hold(file + ", logits", np.abs(table(name + ".predict") - truth).max(), 1e-4)


def compare_features(net, x):
    """Every layer whose stream is there beside what the module of its name puts out."""
    import glob
    import torch
    modules, seen = dict(net.named_modules()), {}
    for file in sorted(glob.glob("features-*.mms")):
        name = file[len("features-"):-len(".mms")].replace("--pool", "")
        hook = modules[name].register_forward_hook(lambda m, i, o: seen.update(out=o.detach().clone()))
        with torch.no_grad():
            net(x)
        hook.remove()
        truth = seen["out"].flatten(2)
        truth = truth.mean(2) if "--pool" in file or name == "avgpool" else truth.reshape(seen["out"].shape)
        with open(file, "rb") as f:
            ours = np.stack([r.tensors["features"] for s in mms.read_stream(f) for r in s.records])
        assert ours.shape == tuple(truth.shape), (file, ours.shape, truth.shape)
        hold(file + ", by its range", np.abs(ours - truth.numpy()).max() / np.ptp(truth.numpy()), 1e-4)


def compare():
    import torch
    import torch_peer
    import torchvision
    torch.set_num_threads(2)
    load = torch_peer.load
    compare_cifar(*(name + ".pth" for name, _ in CIFAR))

    net = torchvision.models.resnet18(num_classes=5)
    net.load_state_dict(load("small.pth"))
    net.eval()
    with torch.no_grad():
        truth = net(images("patch.mms")[0]).numpy()
    compare_features(net, images("patch.mms")[0])
    hold("ResNet-18, logits by their range", np.abs(table("small.predict") - truth).max() / np.ptp(truth), 1e-3)

    truth = logits("patch.mms", "fresh.pth")
    hold("ResNet-50, logits by their range", np.abs(table("patch.predict") - truth).max() / np.ptp(truth), 1e-3)
    hold("ResNet-50 in bf16, logits by fp32's range", np.abs(table("bf16.predict") - truth).max() / np.ptp(truth), 0.05)
    for name, net in (("whole", ["--net", "whole"]), ("half", ["--net", "whole", "--top-stride", 2])):
        compare_whole(name, net)

    loss = float(peer("grads", "steady.safetensors", "patch.mms", "peer.safetensors")[0])
    d = distances(load("peer.safetensors"), load("steady.grads.safetensors"))
    hold("steady weights, loss of the first step", abs(table("steady.grads") - loss).max(), 1e-5)
    hold("steady weights, gradients by their norm (%d)" % len(d), d.max(), 1e-3)
    part, full = load("part.grads.safetensors"), load("steady.grads.safetensors")
    names = [k for k in full if k.startswith(("layer4.2.", "fc."))]
    hold("the trained part's gradients", distances({k: full[k] for k in names}, part).max(), 1e-5)

    net = torch_peer.build("patch")
    net.load_state_dict(load("steady.safetensors"))
    optimiser = torch.optim.Adam(net.parameters(), 1e-3, weight_decay=1e-3)
    for k, w in net.named_parameters():
        w.grad = full[k]
    for _ in range(3):
        optimiser.step()
    ours = load("adam.safetensors")
    # A few of 25 million gradients are cancelled by the weight's decay down to rounding, which Adam then divides by.
    off = torch.cat([(w.detach() - ours[k]).abs().flatten() for k, w in net.named_parameters()])
    hold("Adam alone, three steps from the same gradients, all but 1e-6 of them", float(off.topk(off.numel() // 10 ** 6).values[-1]), 1e-6)

    loss64, grads64, state64 = double("fresh.pth", "small.mms")
    peer("grads", "fresh.pth", "small.mms", "peer.safetensors")
    theirs, ours = distances(grads64, load("peer.safetensors")), distances(grads64, load("fresh.grads.safetensors"))
    hold("fresh weights, loss of the first step", abs(table("fresh.grads") - loss64).max(), 1e-5)
    hold("fresh weights, gradients, median, by PyTorch's own %.2g" % np.median(theirs), np.median(ours) / np.median(theirs), 2.5)
    hold("fresh weights, gradients, largest, by PyTorch's own %.2g" % theirs.max(), ours.max() / theirs.max(), 2.5)
    after = load("step.safetensors")
    for end in ("running_mean", "running_var"):
        names = [k for k in after if k.endswith(end)]
        d = distances({k: state64[k] for k in names}, {k: after[k] for k in names})
        hold("%s after a step (%d)" % (end, len(d)), d.max(), 1e-4)
    assert all(int(after[k]) == int(state64[k]) for k in after if k.endswith("num_batches_tracked")), "num_batches_tracked"

    def trace(lr, steps, noise=0):
        lines = peer("train", "fresh.pth", "small.mms", "--steps", steps, "--lr", lr, "--noise", noise)
        return np.array([float(line.split()[1]) for line in lines])

    hold("five steps at 1e-6", np.abs(table("five.train") - trace(1e-6, 5)).max(), 1e-3)
    truth = trace(1e-5, 8)
    twins = [rms(trace(1e-5, 8, noise) - truth) for noise in (1e-7, 1.3e-7)]
    hold("eight steps at 1e-5, by the distance of PyTorch's twins %.2g %.2g" % tuple(twins), rms(table("eight.train") - truth) / np.mean(twins), 2)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    sys.exit(1 if failed else 0)
