"""The same networks in PyTorch: the peer to agree with and to beat. Works with Debian's 1.13 (python3-torch, python3-torchvision; run with
/usr/bin/python3) and with a current release from the Python package index in a virtual environment; the current one is the one to beat.

    init   OUT [--net patch|whole|lite0] [--seed N]        random weights as .pth or .safetensors (torchvision names)
    forward WEIGHTS STREAM [--net ..] [--mean M] [--logits]  probabilities, one line per record: key TAB p0 TAB p1 ...
    train  WEIGHTS STREAM [--net ..] [--mean M] [--batch N] [--steps N] [--lr X] [--wd X] [--trained all|fc|layer4.2,fc|top]
                                                           loss per step, batches in stream order, no augmentation, fp32
    grads  WEIGHTS STREAM OUT.safetensors [--net ..] [--mean M] [--batch N] [--trained ..]
                                                           gradients of the first batch, one tensor per trained parameter; prints the loss
    bench  train|infer [--net ..] [--batch N] [--bf16] [--compile]   images per second; --compile needs PyTorch 2: quote the better of both

Training is chaotic: with ResNet-50 in fp32 PyTorch differs from itself by 1e-2 after a few steps at lr 1e-4 when its input moves by 1e-7 (Adam's first step is
lr * sign(gradient)). So compare the first loss and the gradients closely, and traces only against the distance of PyTorch to its own twin (--noise 1e-7), at a small lr.

STREAM is a tensor stream whose records hold `image` (u16, H x W) and the attribute `label`.
Forward and training use (v * 255 / 65535 - mean) / std, replicated to three channels.

For `bench`, start it with MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456 in the environment:
without these the allocator costs PyTorch 14 to 29 % (measured), and the comparison would flatter us.
"""
import argparse
import json
import os
import statistics
import struct
import sys
import time

import numpy as np
import torch
import torchvision

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mms


class Unit(torch.nn.Module):
    """Bottleneck unit of the whole-image head: 1x1 -> 3x3 -> 1x1, projection shortcut where the shape changes."""

    def __init__(self, cin, cmid, cout, stride):
        super().__init__()
        nn = torch.nn
        self.conv1 = nn.Conv2d(cin, cmid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cmid)
        self.conv2 = nn.Conv2d(cmid, cmid, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cmid)
        self.conv3 = nn.Conv2d(cmid, cout, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Whole(torch.nn.Module):
    """ResNet-50 trunk, two blocks [512-512-1024] x 2, global average pooling, 1024 -> 2."""

    def __init__(self, stride):
        super().__init__()
        self.trunk = torchvision.models.resnet50(num_classes=5)
        del self.trunk.fc
        self.block1 = torch.nn.Sequential(Unit(2048, 512, 1024, stride), Unit(1024, 512, 1024, 1))
        self.block2 = torch.nn.Sequential(Unit(1024, 512, 1024, stride), Unit(1024, 512, 1024, 1))
        self.fc = torch.nn.Linear(1024, 2)

    def forward(self, x):
        t = self.trunk
        x = t.maxpool(t.relu(t.bn1(t.conv1(x))))
        x = t.layer4(t.layer3(t.layer2(t.layer1(x))))
        x = self.block2(self.block1(x))
        return self.fc(x.mean((2, 3)))


def build(net, stride=1):
    if net == "lite0":
        import lite0
        return lite0.Lite0(5)
    return torchvision.models.resnet50(num_classes=5) if net == "patch" else Whole(stride)


def save(state, path):
    if not path.endswith(".safetensors"):
        torch.save(state, path)
        return
    header, blobs, offset = {}, [], 0
    for name, t in state.items():
        raw = t.detach().contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.int64: "I64"}[t.dtype]
        header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [offset, offset + len(raw)]}
        blobs.append(raw)
        offset += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    if not path.endswith(".safetensors"):
        return torch.load(path, map_location="cpu")  # a state_dict: loads with weights_only, the default since 2.6
    with open(path, "rb") as f:
        raw = f.read()
    (n,) = struct.unpack("<Q", raw[:8])
    kinds = {"F32": torch.float32, "I64": torch.int64, "F16": torch.float16, "BF16": torch.bfloat16}
    out = {}
    for name, d in json.loads(raw[8:8 + n]).items():
        if name != "__metadata__":
            a, b = d["data_offsets"]
            out[name] = torch.frombuffer(bytearray(raw[8 + n + a:8 + n + b]), dtype=kinds[d["dtype"]]).reshape(d["shape"])
    return out


def batches(path, a):
    size = a.batch
    rng = np.random.RandomState(99)
    xs, ys, keys = [], [], []
    with open(path, "rb") as f:
        for segment in mms.read_stream(f):
            for r in segment.records:
                x = (r.tensors["image"].astype("f4") * (255 / 65535) - a.mean) / a.std
                xs.append((x * (1 + a.noise * rng.randn(*x.shape))).astype("f4") if a.noise else x)
                ys.append(int(r.attrs.get("label", -1)))
                keys.append(r.key)
                if len(xs) == size:
                    yield keys, torch.from_numpy(np.stack(xs))[:, None].repeat(1, 3, 1, 1), torch.tensor(ys)
                    xs, ys, keys = [], [], []
    if xs:
        yield keys, torch.from_numpy(np.stack(xs))[:, None].repeat(1, 3, 1, 1), torch.tensor(ys)


def settle(net, kind):
    """Give random weights the running statistics of random input, so that outputs in eval mode are of ordinary size
    (for input divided by std: use --std with weights made here)."""
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for m in norms:
        m.momentum = None
    net.train()
    size = (4, 3, 224, 224) if kind == "patch" else (2, 3, 288, 224)
    with torch.no_grad():
        for _ in range(2):
            net(torch.randn(size))
    for m in norms:
        m.momentum = 0.1


def trained(name, spec):
    if spec == "all":
        return True
    if spec == "top":
        return not name.startswith("trunk.")
    return any(name.startswith(p + ".") for p in spec.split(","))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("verb", choices=["init", "forward", "train", "grads", "bench"])
    p.add_argument("operands", nargs="+")
    p.add_argument("--net", default="patch", choices=["patch", "whole", "lite0"])
    p.add_argument("--top-stride", type=int, default=1)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--mean", type=float, default=0.0)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--steps", type=int, default=5)
    p.add_argument("--lr", type=float, default=1e-4)
    p.add_argument("--wd", type=float, default=1e-4)
    p.add_argument("--trained", default="all")
    p.add_argument("--bf16", action="store_true")
    p.add_argument("--std", type=float, default=1.0)
    p.add_argument("--noise", type=float, default=0.0, help="relative noise on the input: a twin to measure how far equals drift apart")
    p.add_argument("--compile", action="store_true", help="bench with torch.compile")
    p.add_argument("--logits", action="store_true", help="forward prints the outputs before the softmax")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    net = build(a.net, a.top_stride)
    if a.verb == "init":
        settle(net, a.net)
        save(net.state_dict(), a.operands[0])
    elif a.verb == "forward":
        net.load_state_dict(load(a.operands[0]))
        net.eval()
        with torch.no_grad():
            for keys, x, _ in batches(a.operands[1], a):
                y = net(x).double()
                for key, row in zip(keys, (y if a.logits else torch.softmax(y, 1)).tolist()):
                    print(key + "".join("\t%.9g" % v for v in row))
    elif a.verb == "grads":
        net.load_state_dict(load(a.operands[0]))
        net.train()
        _, x, y = next(batches(a.operands[1], a))
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        print("%.9g" % loss.item())
        save({k: w.grad for k, w in net.named_parameters() if trained(k, a.trained)}, a.operands[2])
    elif a.verb == "train":
        net.load_state_dict(load(a.operands[0]))
        net.train()
        for name, w in net.named_parameters():
            w.requires_grad = trained(name, a.trained)
        opt = torch.optim.Adam([w for w in net.parameters() if w.requires_grad], a.lr, weight_decay=a.wd)
        for step, (_, x, y) in enumerate(batches(a.operands[1], a)):
            if step == a.steps:
                break
            opt.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
            print("%d\t%.9g" % (step, loss.item()), flush=True)
        if len(a.operands) > 2:
            save(net.state_dict(), a.operands[2])
    else:
        size = (1152, 896) if a.net == "whole" else (224, 224)
        x = torch.randn(a.batch, 3, *size).to(memory_format=torch.channels_last)
        y = torch.randint(0, 2, (a.batch,))
        net = net.to(memory_format=torch.channels_last)
        times = []
        if a.operands[0] == "train":
            opt = torch.optim.Adam(net.parameters(), 1e-4)
            run = torch.compile(net) if a.compile else net
            for _ in range(a.steps + 1):
                t = time.perf_counter()
                opt.zero_grad(set_to_none=True)
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
                    loss = torch.nn.functional.cross_entropy(run(x).float(), y)
                loss.backward()
                opt.step()
                times.append(time.perf_counter() - t)
        else:
            net.eval()
            if a.net == "patch":
                from torch.fx.experimental.optimization import fuse
                net = fuse(net).to(memory_format=torch.channels_last)
            if a.bf16:
                net, x = net.bfloat16(), x.bfloat16()
            run = torch.compile(net) if a.compile else net
            with torch.no_grad():
                for _ in range(a.steps + 1):
                    t = time.perf_counter()
                    run(x)
                    times.append(time.perf_counter() - t)
        median = statistics.median(times[1:])
        print("torch %s %s %s batch %d: %.2f images/s" % (torch.__version__, a.net, a.operands[0], a.batch, a.batch / median))


if __name__ == "__main__":
    main()
