"""PyTorch for the experiments of `make validate`, and what their traces are made with.

    peer.py [--depth 18] [--fault NAME] VERB ...    torch_peer.py VERB ..., see there; a batch ends with its segment
    peer.py graft NPZ OUT --seed N                  random weights, with those of NPZ in their places
    peer.py rest BEFORE AFTER STREAM --mean M --std S   what a training left behind, as numbers that can be compared
    peer.py trace OURS [THEIRS]                     predictions by mmpredict and by torch_peer: patient, label, log-odds of a lesion by either
    peer.py grey TRAIN TEST                         log-odds of a lesion by four grey statistics, a line for each record of TEST

Faults, each a mistake that such a program could well have made:
    momentum    batch norm's running averages move by 0.01 a step instead of 0.1 (Keras' usual 0.99)
    epsilon     Adam's epsilon is 1e-7 instead of 1e-8 (Keras' usual one)
    decay       weight decay is decoupled from the gradient (AdamW)
    stride      stride in the first 1x1 convolution of a unit instead of the 3x3 (ResNet as first published)
"""
import argparse
import math
import os
import sys
import types

import numpy as np

import mms


def plant(fault, net):
    import torch
    import torchvision
    for m in net.modules():
        if fault == "momentum" and isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = 0.01
        if fault == "stride" and isinstance(m, torchvision.models.resnet.Bottleneck):
            m.conv1.stride, m.conv2.stride = m.conv2.stride, (1, 1)
    return net


def peer(depth, fault):
    """torch_peer with the network and the optimiser that are wanted, and batches that end with their segment as mmtrain's do."""
    import torch
    import torch_peer
    import torchvision
    build, adam, batches = torch_peer.build, torch.optim.Adam, torch_peer.batches

    def wide(record):
        """torch_peer takes images for 16-bit ones."""
        image = record.tensors["image"]
        return record if image.dtype == np.uint16 else record._replace(tensors={"image": image.astype(np.uint16) * 257})

    def batches_of_segments(path, a):
        with open(path, "rb") as f:
            segments = [s._replace(records=[wide(r) for r in s.records]) for s in mms.read_stream(f)]
        for segment in segments:
            torch_peer.mms = types.SimpleNamespace(read_stream=lambda f, only=segment: [only])
            yield from batches(path, a)

    torch_peer.batches = batches_of_segments
    if depth == 18:
        torch_peer.build = lambda net, stride=1: torchvision.models.resnet18(num_classes=5)
    elif fault in ("momentum", "stride"):
        torch_peer.build = lambda net, stride=1: plant(fault, build(net, stride))
    if fault == "epsilon":
        torch.optim.Adam = lambda params, lr, weight_decay: adam(params, lr, eps=1e-7, weight_decay=weight_decay)
    if fault == "decay":
        torch.optim.Adam = lambda params, lr, weight_decay: torch.optim.AdamW(params, lr, weight_decay=weight_decay)
    return torch_peer


def graft(torch_peer, npz, out, seed):
    import torch
    torch.manual_seed(seed)
    state = torch_peer.build("patch").state_dict()
    given = np.load(npz)
    for name, w in state.items():
        if name in given.files and given[name].shape == tuple(w.shape):
            w.copy_(torch.from_numpy(given[name]))
    torch_peer.save(state, out)


def rest(torch_peer, before, after, stream, mean, std):
    """Lines of kind, name, number: `logit` of held-out images in eval mode; `mean` and `var`, norms of running statistics;
    `norm` and `way`, the growth of each parameter tensor's square and how far it went; `weight`, how far four of its elements went."""
    import torch
    before, after = torch_peer.load(before), torch_peer.load(after)
    net = torch_peer.build("patch")
    net.load_state_dict(after)
    net.eval()
    with torch.no_grad():
        for keys, x, _ in torch_peer.batches(stream, types.SimpleNamespace(batch=16, mean=mean, std=std, noise=0)):
            for key, row in zip(keys, net(x).tolist()):
                for k, v in enumerate(row):
                    print("logit\t%s.%d\t%.7g" % (key, k, v))
    for name, a in after.items():
        if name.endswith("running_mean"):
            print("mean\t%s\t%.7g" % (name, a.double().norm()))
        elif name.endswith("running_var"):
            print("var\t%s\t%.7g" % (name, a.double().norm()))
        elif not name.endswith("num_batches_tracked"):
            a, b = a.double().flatten().numpy(), before[name].double().flatten().numpy()
            print("norm\t%s\t%.5g" % (name, a @ a - b @ b))
            print("way\t%s\t%.7g" % (name, np.linalg.norm(a - b)))
            for i in np.linspace(0, len(a) - 1, 4).astype(int):
                print("weight\t%s[%d]\t%.4g" % (name, i, a[i] - b[i]))


def odds(p):
    """Log-odds of a lesion from probabilities as text, background first."""
    p = [float(v) for v in p]
    return "%.4f" % math.log((sum(p[1:]) + 1e-30) / (p[0] + 1e-30))


def trace(ours, theirs=None):
    with open(ours) as f:
        lines = [line.rstrip("\n").split("\t") for line in f]
    classes = len(lines[0]) - (lines[0][-1] == "remarks")
    other = {}
    if theirs:
        with open(theirs) as f:
            other = {key: [odds(p)] for key, *p in (line.split("\t") for line in f)}
    for key, patient, label, *p in (line[:classes] for line in lines[1:]):
        print("\t".join([patient, label, odds(p)] + (other[key] if theirs else [])))


def grey(train, test):
    """The yardstick of mmeval --baseline: mean, standard deviation, minimum and maximum in a logistic model."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def statistics(path):
        with open(path, "rb") as f:
            records = [r for segment in mms.read_stream(f) for r in segment.records]
        x = [r.tensors["image"].astype("f8") for r in records]
        return np.array([[v.mean(), v.std(), v.min(), v.max()] for v in x]), np.array([int(r.attrs["label"]) > 0 for r in records])

    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(*statistics(train))
    for v in model.decision_function(statistics(test)[0]):
        print("%.4f" % v)


def main():
    p = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    p.add_argument("--depth", type=int, default=50)
    p.add_argument("--fault", choices=["momentum", "epsilon", "decay", "stride"])
    p.add_argument("--mean", type=float, default=0)
    p.add_argument("--std", type=float, default=1)
    p.add_argument("--seed", type=int, default=0)
    a, others = p.parse_known_args()
    verb, operands = others[0], others[1:]
    if verb in ("trace", "grey"):
        return globals()[verb](*operands)
    torch_peer = peer(a.depth, a.fault)
    if verb == "graft":
        return graft(torch_peer, *operands, a.seed)
    if verb == "rest":
        return rest(torch_peer, *operands, a.mean, a.std)
    sys.argv = ["torch_peer.py", *others, "--mean", str(a.mean), "--std", str(a.std), "--seed", str(a.seed)]
    return torch_peer.main()


main()
