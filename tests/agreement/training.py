"""Training options beside PyTorch's own, in float64: prepare() writes first weights and three epochs, compare() makes the same steps."""
import json
import math
import struct
import sys
import warnings

import numpy as np

import mms
from network import MEAN, STD, cifar, stream

CLASSES, BATCH, RECORDS, EPOCHS, SEED = 5, 8, 44, 3, 3
LIMIT = 2e-3  # they are 4e-6 to 6e-4 apart; with another coefficient 1e-2 and more


def net():
    """Hardly a relu is undecided, so that rounding does not change the sign of an activation."""
    import torch
    torch.manual_seed(5)
    model = cifar(1)
    model.linear = torch.nn.Linear(64, CLASSES)
    for name, p in model.named_parameters():
        if "bn" in name and name.endswith("bias"):
            p.data.copy_(5 * torch.sign(torch.randn(p.shape)))
    return model


def prepare():
    import torch
    stream("images.mms", RECORDS, 32, CLASSES)
    torch.save(net().state_dict(), "init.pth")
    with open("images.mms", "rb") as f:
        records = [(r.key, r.tensors, r.attrs) for segment in mms.read_stream(f) for r in segment.records]
    with open("feed.mms", "wb") as f:
        for epoch in range(EPOCHS):
            order = np.random.RandomState(epoch).permutation(RECORDS)
            mms.write_segment(f, [records[i] for i in order], ("@MM\tVN:1.0", "@EP\tN:%d" % (epoch + 1)))


# ---- the numbers of common/base/random.h ----

def fnv1a(text):
    h = 0xCBF29CE484222325
    for c in text.encode():
        h = (h ^ c) * 0x100000001B3 & (1 << 64) - 1
    return h


class Random:
    def __init__(self, seed, name, epoch):
        self.key = seed & 0xFFFFFFFF, seed >> 32
        self.counter = [0, epoch, name & 0xFFFFFFFF, name >> 32]
        self.words = []

    def word(self):
        if not self.words:
            c, k = list(self.counter), self.key
            for _ in range(10):
                a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
                c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
                k = (k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF
            self.words = c
            self.counter[0] += 1
        return self.words.pop(0)

    def double(self):
        low = self.word()
        return ((low | self.word() << 32) >> 11) * 2.0 ** -53

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.double()))
        return radius * math.cos(2 * math.pi * self.double())

    def gamma(self, a):
        """Marsaglia, Tsang 2000."""
        power = (1 - self.double()) ** (1 / a) if a < 1 else 1
        d = (a + 1 if a < 1 else a) - 1 / 3
        while True:
            x = self.normal()
            v = (1 + x / math.sqrt(9 * d)) ** 3
            u = 1 - self.double()
            if v > 0 and math.log(u) < x * x / 2 + d - d * v + d * math.log(v):
                return power * d * v

    def beta(self, a):
        one = self.gamma(a)
        return one / (one + self.gamma(a))


# ---- the runs of training.sh ----

RUNS = {
    "adam": dict(rule="Adam", lr=1e-3, wd=0.1),
    "adamw": dict(rule="AdamW", lr=1e-3, wd=0.1),
    "sgd": dict(rule="SGD", lr=1e-2, wd=0.1),
    "momentum": dict(rule="SGD", lr=1e-2, wd=1e-3, momentum=0.5),
    "clip": dict(rule="SGD", lr=1e-2, wd=1e-3, clip=0.5),
    "loose": dict(rule="SGD", lr=1e-2, wd=1e-3, clip=1e6),
    "parts": dict(rule="AdamW", lr=1e-3, wd=0.1, parts=(("linear", 1e-2), ("layer3", 3e-3))),
    "steps": dict(rule="SGD", lr=1e-2, cosine=18, warm=4),
    "epochs": dict(rule="SGD", lr=1e-2, cosine="epochs"),
    "warm": dict(rule="SGD", lr=1e-2, warm=30),
    "ema": dict(rule="SGD", lr=1e-2, ema=0.9),
    "mixup": dict(rule="SGD", lr=1e-2, mixup=0.4),
    "even": dict(rule="SGD", lr=1e-2, mixup=1, smoothing=0.1),
    "together": dict(rule="AdamW", lr=1e-3, wd=0.1, parts=(("linear", 1e-2),), cosine=18, warm=2, clip=1, ema=0.8, mixup=0.4),
}


def optimizer(model, run):
    import torch
    parts, rest = [], dict(model.named_parameters())
    for name, lr in run.get("parts", ()):
        parts.append({"params": [rest.pop(k) for k in list(rest) if k.startswith(name)], "lr": lr})
    groups = [{"params": list(rest.values())}] + parts
    kind, wd = getattr(torch.optim, run["rule"]), run.get("wd", 0)
    if run["rule"] == "SGD":
        return kind(groups, lr=run["lr"], weight_decay=wd, momentum=run.get("momentum", 0.9))
    return kind(groups, lr=run["lr"], weight_decay=wd, betas=(0.9, 0.99), eps=1e-3)


def schedulers(opt, run):
    """What is stepped after each step, and after each epoch."""
    from torch.optim import lr_scheduler
    cosine, warm = run.get("cosine"), run.get("warm", 0)
    linear = lr_scheduler.LinearLR(opt, 0.01, 1, warm) if warm else None
    if cosine == "epochs":
        return linear, lr_scheduler.CosineAnnealingLR(opt, EPOCHS)
    if not cosine:
        return linear, None
    return lr_scheduler.SequentialLR(opt, [linear, lr_scheduler.CosineAnnealingLR(opt, cosine - warm)], [warm]), None


def mixed(x, target, keys, step, alpha):
    """timm's Mixup(mode="elem"): each image with the one opposite in the batch."""
    import torch
    share = [Random(SEED, fnv1a(k + "dropout" + "mixup"), step).beta(alpha) for k in keys]
    share = torch.tensor(share, dtype=torch.float64)
    image, label = share[:, None, None, None], share[:, None]
    return image * x + (1 - image) * x.flip(0), label * target + (1 - label) * target.flip(0)


def feed():
    import torch
    with open("feed.mms", "rb") as f:
        for segment in mms.read_stream(f):
            batches = []
            for at in range(0, RECORDS, BATCH):
                some = segment.records[at:at + BATCH]
                grey = np.stack([r.tensors["image"] for r in some]).astype("f8") * 255 / 65535
                x = torch.from_numpy((grey - MEAN) / STD)[:, None].repeat(1, 3, 1, 1)
                labels = torch.tensor([int(r.attrs["label"]) for r in some])
                batches.append((x, labels, [r.key for r in some]))
            yield batches


def train(run):
    """Weights, and the learning rate of each step."""
    import torch
    from torch.optim.swa_utils import AveragedModel
    model = net().double().train()
    opt = optimizer(model, run)
    each_step, each_epoch = schedulers(opt, run)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=run.get("smoothing", 0))
    decay, rates, average = run.get("ema", 0), [], None
    if decay:  # as timm's ModelEmaV2: it begins as the model, and buffers are averaged too
        average = AveragedModel(model, avg_fn=lambda a, w, n: a + (w - a) * (1 - decay) if a.is_floating_point() else w, use_buffers=True)
        average.update_parameters(model)
    for batches in feed():
        for x, labels, keys in batches:
            target = torch.nn.functional.one_hot(labels, CLASSES).double()
            if run.get("mixup"):
                x, target = mixed(x, target, keys, len(rates), run["mixup"])
            opt.zero_grad()
            loss_of(model(x), target).backward()
            if run.get("clip"):
                torch.nn.utils.clip_grad_norm_(model.parameters(), run["clip"])
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            if each_step:
                each_step.step()
            if average:
                average.update_parameters(model)
        if each_epoch:
            each_epoch.step()
    return (average.module if average else model).state_dict(), rates


def load(name):
    """The fp32 tensors of a safetensors file, under PyTorch's names."""
    with open(name, "rb") as f:
        raw = f.read()
    n = 8 + struct.unpack("<Q", raw[:8])[0]
    head = {k: v for k, v in json.loads(raw[8:n]).items() if k != "__metadata__" and v["dtype"] == "F32"}
    numbers = np.frombuffer(raw[n:], "u1")
    return {k.replace("fc.", "linear."): numbers[slice(*v["data_offsets"])].copy().view("<f4").reshape(v["shape"]) for k, v in head.items()}


def compare(*names):
    warnings.simplefilter("ignore")
    start = net().state_dict()
    for name in names:
        ours = load(name + ".safetensors")
        truth, rates = train(RUNS[name])
        far, moved = {True: 0, False: 0}, {True: 0, False: 0}  # running statistics, weights
        for k, v in ours.items():
            far["running" in k] += ((v - truth[k].numpy()) ** 2).sum()
            moved["running" in k] += ((truth[k].numpy() - start[k].double().numpy()) ** 2).sum()
        lines = [line.split("\t") for line in open(name + ".tsv")]
        said = [float(line[lines[0].index("lr")]) for line in lines if line[0] == "step"]
        parts = [(far[k] / moved[k]) ** 0.5 for k in (False, True)]
        print("%s: %d steps, weights moved by %.3g, differ by %.2g of it, running statistics by %.2g" % (name, len(said), moved[False] ** 0.5, *parts))
        assert len(ours) == len([k for k in truth if "batches" not in k])
        assert len(said) == len(rates) and np.allclose(said, rates, rtol=1e-7, atol=1e-12), (name, said, rates)
        assert max(parts) < LIMIT, name


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
