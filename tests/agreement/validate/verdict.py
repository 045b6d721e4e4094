"""The verdict of `make validate`, from traces alone: verdict.py [--draws N] [FOLDER] prints what was measured and ends with 1 when a criterion is
not met. FOLDER holds what tests/validate/pack.py made of the traces, the folder of this file by default; experiments that are not
there are left out. Each is a table with a header, NAME.tsv or NAME.tsv.gz:

twins-STEPS    quantity, name, and a number for each training, ORDER.KIND. In each of the quantities below the median distance over
               the orders between ours and PyTorch is at most 1.5 times that between PyTorch and its twin (1e-7 of noise on the
               input); a planted fault exceeds this in at least one, after one number of steps or another.
equivalence    patient, label, and scores for each pair, PAIR.ours and PAIR.torch. The 90 % interval of the mean difference in AUC
               lies inside of +-0.02: two one-sided tests at 5 %.
null           split (patients, patches), patient, label, score. 0.5 is within the interval for other patients; for other patches
               of the same patients the interval lies above that of other patients.
mias           fold, background, patient, label, scores by ours, by PyTorch, by grey statistics, and by a probe of the first weights
               where one was made, pooled over the folds. The interval
               of the mean difference of the folds between ours and PyTorch (by t: it holds what differs from training to training,
               which drawing patients would not) holds 0.

Intervals are 95 % where nothing else is said, by bootstrap over patients (2000 draws, or N).
"""
import argparse
import glob
import gzip
import os
import statistics
import sys

import numpy as np
from scipy import stats

TWIN, MARGIN = 1.5, 0.02
missed = []


def hold(what, met):
    print("  %-4s %s" % ("ok" if met else "NOT", what))
    if not met:
        missed.append(what)


def read(path):
    """The columns of a table by name, those of numbers as numbers."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
        names, *lines = (line.rstrip("\n").split("\t") for line in f)
    table = {name: np.array(column) for name, column in zip(names, zip(*lines))}
    return {name: column if name in ("quantity", "name", "patient", "split", "background") else column.astype(float)
            for name, column in table.items()}


# ---- twins ----

# What is compared of two trainings a and b (b is PyTorch's, way its parameters' ways): losses and outputs as they are, sizes by
# their ratio, the growth of a parameter's square by how far it went, single weights all together.
def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


DISTANCE = {
    "loss": lambda a, b, way: rms(a - b),               # of each step
    "logit": lambda a, b, way: rms(a - b),              # of held-out images, in eval mode, at the end
    "mean": lambda a, b, way: rms(np.log(a / b)),       # norm of each layer's running mean
    "var": lambda a, b, way: rms(np.log(a / b)),        # and running variance
    # How far each parameter tensor went: the median tensor, for one weight whose gradient is nearly nothing, and of either sign, moves
    # a small tensor by as much as all others, and would decide a mean of squares.
    "way": lambda a, b, way: float(np.median(np.abs(np.log(a / b)))),
    "norm": lambda a, b, way: rms((a - b) / way),       # growth of its square
    "weight": lambda a, b, way: rms(a - b) / rms(b),    # how far single elements went
}


def distances(quantity, a, b):
    of = {k: (a[quantity == k], b[quantity == k]) for k in DISTANCE if k in quantity}
    return {k: DISTANCE[k](*of[k], of["way"][1]) for k in of}


def ratios(table):
    """Of trainings of one length: prints the median distances to PyTorch, and returns them by that of the twin: {kind: {quantity: ratio}}."""
    found, ratio = {}, {}
    for column in list(table)[2:]:
        order, kind = column.split(".")
        found.setdefault(kind, {})[order] = table[column]
    truth = found.pop("torch")
    for kind in ["twin", "ours"] + sorted(set(found) - {"twin", "ours"}):
        orders = sorted(set(found[kind]) & set(truth) & set(found["twin"]))
        there, yardstick = ([distances(table["quantity"], found[k][o], truth[o]) for o in orders] for k in (kind, "twin"))
        there, yardstick = ({k: statistics.median(d[k] for d in all) for k in all[0]} for all in (there, yardstick))
        ratio[kind] = {k: there[k] / yardstick[k] for k in there}
        print("  %-9s%3d" % (kind, len(orders)) + "".join("%10.2g %5.2f" % (there[k], ratio[kind][k]) if k in there else 16 * " " for k in DISTANCE))
    return ratio


def twins(paths, _):
    print("twins: orders, median distance to PyTorch, and by that of PyTorch's twin in as many\n" + 14 * " " + "".join("%16s" % k for k in DISTANCE))
    faults = {}
    for path in paths:
        steps = os.path.basename(path).split(".")[0].split("-")[1]
        print("  steps: " + steps)
        ratio = ratios(read(path))
        hold("ours after %s: at most %.1f times as far from PyTorch as its twin" % (steps, TWIN), max(ratio["ours"].values()) <= TWIN)
        for kind in set(ratio) - {"twin", "ours"}:
            faults.setdefault(kind, []).extend(ratio[kind].values())
    for kind, seen in sorted(faults.items()):
        hold("%s is seen to be a fault: %.2f times" % (kind, max(seen)), max(seen) > TWIN)


# ---- areas ----

def auc(label, score):
    rank, positive = stats.rankdata(score), label > 0
    n = positive.sum()
    return (rank[positive].sum() - n * (n + 1) / 2) / (n * (len(label) - n))


def bootstrap(patient, figure, draws):
    """figure(records) over draws of patients: 95 % interval."""
    rng = np.random.RandomState(1)
    _, patient = np.unique(patient, return_inverse=True)
    of = [np.flatnonzero(patient == p) for p in range(patient.max() + 1)]
    return np.percentile([figure(np.concatenate([of[p] for p in rng.randint(0, len(of), len(of))])) for _ in range(draws)], [2.5, 97.5])


def area(patient, label, score, draws):
    low, high = bootstrap(patient, lambda i: auc(label[i], score[i]), draws)
    return auc(label, score), low, high


def equivalence(table, _):
    label = table["label"]
    pairs = [name.split(".")[0] for name in table if name.endswith(".ours")]
    both = np.array([[auc(label, table[pair + of]) for of in (".ours", ".torch")] for pair in pairs])
    n, difference = len(both), both[:, 0] - both[:, 1]
    half = stats.t.ppf(0.95, n - 1) * difference.std(ddof=1) / np.sqrt(n)
    print("equivalence: %d pairs, %d test patches" % (n, len(label)))
    print("  AUC by ours    " + " ".join("%.3f" % v for v in both[:, 0]) + "  mean %.3f" % both[:, 0].mean())
    print("  AUC by PyTorch " + " ".join("%.3f" % v for v in both[:, 1]) + "  mean %.3f" % both[:, 1].mean())
    print("  difference %+.4f, 90 %% interval %+.4f to %+.4f (standard deviation of a pair %.4f)"
          % (difference.mean(), difference.mean() - half, difference.mean() + half, difference.std(ddof=1)))
    hold("the interval lies inside of +-%.2f" % MARGIN, abs(difference.mean()) + half < MARGIN)
    hold("the task is neither too easy nor too hard: AUC from 0.80 to 0.90", 0.8 <= both.mean() <= 0.9)


def null(table, draws):
    print("null: phantoms without lesions, AUC of the lesions that are not there")
    seen = {}
    for name in ("patients", "patches"):
        here = table["split"] == name
        seen[name] = area(*(table[k][here] for k in ("patient", "label", "ours")), draws)
        print("  split by %-9s %.3f (%.3f to %.3f), %d patches" % ((name,) + seen[name] + (here.sum(),)))
    hold("by patients: 0.5 is within the interval", seen["patients"][1] <= 0.5 <= seen["patients"][2])
    hold("by patches: the interval lies above", seen["patches"][1] > seen["patients"][2])


def mias(table, draws):
    print("mias: mini-MIAS, lesion against background, pooled over folds")
    names = {"ours": "ours", "torch": "PyTorch", "grey": "grey statistics", "probe": "linear probe"}
    names = {column: name for column, name in names.items() if column in table}
    for kind in ("uniform", "matched"):
        x = {name: column[table["background"] == kind] for name, column in table.items()}
        folds = [x["fold"] == f for f in np.unique(x["fold"])]
        each = np.array([[auc(x["label"][f], x[k][f]) for k in names] for f in folds])
        print("  %s background, %d folds, %d patches" % (kind, len(folds), len(x["label"])))
        for n, k in enumerate(names):
            print("    %-16s%.3f (%.3f to %.3f); the folds " % ((names[k],) + area(x["patient"], x["label"], x[k], draws)) +
                  " ".join("%.3f" % v for v in each[:, n]))
        difference = each[:, 0] - each[:, 1]
        half = stats.t.ppf(0.975, len(folds) - 1) * difference.std(ddof=1) / np.sqrt(len(folds))
        print("    ours - PyTorch, mean of the folds %+.3f (%+.3f to %+.3f)" % (difference.mean(), difference.mean() - half, difference.mean() + half))
        hold("%s: the interval of the difference holds 0" % kind, abs(difference.mean()) <= half)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    p.add_argument("--draws", type=int, default=2000)
    a = p.parse_args()
    found = {"twins": twins, "equivalence": equivalence, "null": null, "mias": mias}
    for name, judge in list(found.items()):
        paths = sorted(glob.glob(os.path.join(a.folder, name + "*.tsv*")), key=len)
        if paths:
            judge(paths if judge is twins else read(paths[0]), a.draws)
        else:
            del found[name]
    if not found:
        sys.exit("no traces in '%s'" % a.folder)
    print("%d criteria not met" % len(missed) if missed else "all criteria are met")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
