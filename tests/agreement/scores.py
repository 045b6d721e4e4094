"""For scores.sh.

    scores.py tables                  tables of saturated probabilities, by mmeval and by scikit-learn on their logits
    scores.py model OUT GAIN STREAM   a ResNet-18 whose last layer is GAIN times too sure, images, and logits.npy of PyTorch
    scores.py areas TABLE REPORT LOG LOGITS
"""
import json
import subprocess
import sys

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve


def write(path, names, prob, label, patient, digits="%.9g"):
    with open(path, "w") as f:
        f.write("\t".join(["key", "patient", "label"] + names) + "\n")
        for i, p in enumerate(prob):
            f.write("\t".join(["k%d" % i, "P%d" % patient[i], str(label[i])] + [digits % v for v in p]) + "\n")


def report(*options):
    r = subprocess.run(["mmeval", "--json", "--draws", "100"] + list(options), capture_output=True, text=True)
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout), r.stderr


def same(name, got, wanted, tolerance=1e-9):
    assert abs(got - wanted) <= tolerance, "%s: mmeval %r, scikit-learn %r" % (name, got, wanted)


def softmax32(z):
    p = np.exp((z - z.max(1, keepdims=True)).astype("f4"))
    return p / p.sum(1, keepdims=True)


def two_classes(rng, n, centre):
    label, patient = rng.randint(0, 2, n), rng.randint(0, n // 3, n)
    d = (centre + 6 * rng.randn(n) + 6 * label).astype("f4").astype("f8")
    write("two.tsv", ["benign", "malignant"], softmax32(np.stack([0 * d, d], 1)), label, patient)
    r, says = report("two.tsv")
    assert not says, says
    same("area at %g" % centre, r["auc"], roc_auc_score(label, d))
    same("average precision", r["average_precision"], average_precision_score(label, d))
    same("the classes' areas", r["per_class"]["benign"]["auc"], r["per_class"]["malignant"]["auc"])
    groups = [np.flatnonzero(patient == p) for p in np.unique(patient)]
    truth, most = [label[g].max() for g in groups], [d[g].max() for g in groups]
    same("maximum of patients", r["per_patient"]["maximum"]["auc"], roc_auc_score(truth, most))
    mean = [np.logaddexp.reduce(-np.logaddexp(0, -d[g])) - np.logaddexp.reduce(-np.logaddexp(0, d[g])) for g in groups]
    same("mean of patients", r["per_patient"]["mean"]["auc"], roc_auc_score(truth, mean), 1e-6)
    false, true, _ = roc_curve(label, d, drop_intermediate=False)
    best = r["best_threshold"]
    same("best threshold", best["sensitivity"]["value"] + best["specificity"]["value"], (true - false).max() + 1)
    same("its log-odds", ((d >= best["log_odds"] - 1e-5) & (label == 1)).sum(), best["true_positives"])


def five_classes(rng, n):
    names = ["background", "a", "b", "c", "d"]
    label, patient = rng.randint(0, 5, n), np.arange(n)
    z = (8 * rng.randn(n, 5) + 10 * np.eye(5)[label] + [[0, 30, 30, 30, 30]]).astype("f4")
    write("five.tsv", names, softmax32(z), label, patient)
    r, _ = report("five.tsv")
    z = z.astype("f8")
    same("lesion", r["auc"], roc_auc_score(label > 0, np.logaddexp.reduce(z[:, 1:], 1) - z[:, 0]), 1e-4)  # single precision swaps near-ties
    for k, name in enumerate(names):
        odds = z[:, k] - np.logaddexp.reduce(np.delete(z, k, 1), 1)
        same(name, r["per_class"][name]["auc"], roc_auc_score(label == k, odds), 1e-4)


def temperatures(rng, n=400):
    """Scores that are right by chance far too sure of themselves, and far too unsure."""
    from scipy.optimize import minimize_scalar
    label = rng.randint(0, 2, n)
    for scale in 25, 3000, 1e-4:
        d = scale * (2 * label - 1 + 1.5 * rng.randn(n))
        write("t.tsv", ["benign", "malignant"], np.stack([0 * d, d], 1), label, np.arange(n), "%.17g")
        best = minimize_scalar(lambda t: np.mean(np.logaddexp(0, (1 - 2 * label) * d / scale / np.exp(t))), (-2, 2))
        same("temperature / %g" % scale, report("--logits", "--calibrate", "t.tsv")[0]["temperature"] / scale, np.exp(best.x), 1e-4)


def tables():
    rng = np.random.RandomState(0)
    for centre in 30, 0, -30, 60:
        two_classes(rng, 300, centre)
    five_classes(rng, 400)
    temperatures(rng)
    # Beyond single precision nothing is left: reported, and silent where it changes no area.
    label = np.arange(60) % 2
    one = np.stack([np.zeros(60), np.ones(60)], 1)
    write("lost.tsv", ["benign", "malignant"], one, label, np.arange(60))
    r, says = report("lost.tsv")
    assert r["auc"] == 0.5 and r["saturated"] == 60 and "60 records have a probability of exactly 0 or 1" in says, (r["saturated"], says)
    write("right.tsv", ["benign", "malignant"], np.eye(2)[label], label, np.arange(60))
    r, says = report("right.tsv")
    assert r["auc"] == 1 and r["saturated"] == 0 and not says, says
    # Probabilities too small for double precision, which text can hold: 3.7e-421. Others that are read as 0 keep their own order.
    d = -(800 + 500 * rng.rand(60) * (2 - label))
    with open("small.tsv", "w") as f:
        f.write("key\tpatient\tlabel\tbenign\tmalignant\n")
        for i, log10 in enumerate(d / np.log(10)):
            f.write("k%d\tP%d\t%d\t1\t%.15ge%d\n" % (i, i, label[i], 10 ** (log10 % 1), log10 // 1))
    r, says = report("small.tsv")
    same("areas of small numbers", r["auc"], roc_auc_score(label, d))
    best = r["best_threshold"]
    same("log-odds between them", ((d >= best["log_odds"]) & (label == 1)).sum(), best["true_positives"])
    assert r["saturated"] == 0 and not says, says
    # A probability of 0 stays below all others at any temperature.
    p = np.array([0, 1e-100, 1e-90, 1e-3, .7, .6, 0, 1e-120])
    label = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    write("tempered.tsv", ["benign", "malignant"], np.stack([1 - p, p], 1), label, np.arange(8), "%.17g")
    same("area after tempering", report("--calibrate", "tempered.tsv")[0]["auc"], roc_auc_score(label, p))
    label = np.arange(60) % 2
    # What lies beyond double precision has no temperature.
    d = 3000 * (2 * rng.randn(60) + label)
    write("zero.tsv", ["benign", "malignant"], np.stack([d < 0, d > 0], 1), label, np.arange(60), "%d")
    r = subprocess.run(["mmeval", "--calibrate", "zero.tsv"], capture_output=True, text=True)
    assert r.returncode == 1 and "records' own class is exactly 0" in r.stderr, r
    # Logits know no limit.
    d = 3000 * (rng.randn(60) + label)
    write("far.tsv", ["benign", "malignant"], np.stack([0 * d, d], 1), label, np.arange(60), "%.17g")
    same("logits in thousands", report("--logits", "far.tsv")[0]["auc"], roc_auc_score(label, d))


def model(out, gain, stream):
    import torch
    import torchvision
    torch.manual_seed(3)
    net = torchvision.models.resnet18(num_classes=2).train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.randn(8, 3, 64, 64))
        net.fc.weight *= gain
    rng = np.random.RandomState(1)
    n = 120
    label = rng.randint(0, 2, n)
    images = [rng.randint(0, 256, (64, 64)) // (1 + rng.randint(0, 4)) for _ in range(n)]
    with open("images.tsv", "w") as f:
        f.write("key\timage\tpatient\tlabel\n")
        for i, a in enumerate(images):
            with open("image%03d.pgm" % i, "wb") as image:
                image.write(b"P5\n64 64\n255\n" + a.astype("u1").tobytes())
            f.write("k%03d\timage%03d.pgm\tP%d\t%d\n" % (i, i, i // 2, label[i]))
    subprocess.run(["mmread", "-q", "--manifest", "images.tsv", "-o", stream], check=True)
    x = torch.tensor((np.stack(images) - 100) / 50).float()[:, None].expand(-1, 3, -1, -1)
    with torch.no_grad():
        z = net.eval()(x)
        net.fc.bias += torch.stack([0 * z[:, 0].mean(), 25 - (z[:, 1] - z[:, 0]).mean()])  # P(malignant) is 1 by rounding for most
        np.save("logits.npy", net(x).numpy())
    torch.save(net.state_dict(), "net.pth")
    subprocess.run(["mmmodel", "convert", "--net", "resnet18", "--classes", "benign,malignant", "--mean", "100", "--std", "50",
                    "net.pth", out], check=True)


def areas(table, said, log, logits):
    z = np.load(logits).astype("f8")
    d = z[:, 1] - z[:, 0]
    rows = [line.split("\t") for line in open(table).read().splitlines()[1:]]
    label, prob = np.array([int(r[2]) for r in rows]), np.array([[float(v) for v in r[3:5]] for r in rows])
    assert (prob[:, 1].astype("f4") == 1).mean() > 0.5, "the probabilities are not saturated"
    ours, theirs = json.load(open(said))["auc"], roc_auc_score(label, d)
    same("mmeval of mmpredict", ours, roc_auc_score(label, np.log(prob[:, 1]) - np.log(prob[:, 0])))
    lines = [line.split("\t") for line in open(log).read().splitlines()]
    validated = [float(r[lines[0].index("val_auc")]) for r in lines[1:] if r[0] == "epoch"]
    same("mmtrain's validation", validated[-1], ours, 1e-6)
    own = np.log(prob[:, 1]) - np.log(prob[:, 0])
    swapped = ((own[:, None] > own) & (d[:, None] < d) & (label[:, None] > label)).sum() + \
              ((own[:, None] < own) & (d[:, None] > d) & (label[:, None] > label)).sum()
    pairs = label.sum() * (len(label) - label.sum())
    assert abs(ours - theirs) <= swapped / pairs + 1e-9 and swapped / pairs <= 1e-3, (ours, theirs, swapped, pairs)


if __name__ == "__main__":
    verb, *operands = sys.argv[1:]
    {"tables": tables, "model": lambda out, gain, stream: model(out, float(gain), stream), "areas": areas}[verb](*operands)
