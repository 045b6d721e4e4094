"""Areas under the ROC curve of the five classes of phantoms: phantom_classes.py FOLDER... of pipelines/demo.mk, one for each seed.
phantom_classes.py --shuffle STREAM... deals the labels of streams of patches out anew instead.

Each folder holds train.mms, test.mms and, where a network was trained, predictions.tsv. A row is one question, its columns the seeds,
their mean and their standard deviation.
"""
import os
import sys

import mms
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NAMES = ("background", "calc_mal", "calc_ben", "mass_mal", "mass_ben")
BACKGROUND, CALC_MAL, CALC_BEN, MASS_MAL, MASS_BEN = range(5)
KINDS = ((CALC_MAL, CALC_BEN), (MASS_MAL, MASS_BEN))


def grey(patch):
    """Mean, standard deviation, maximum, 99th percentile, share of black (0, as mmsegment(1) leaves it)."""
    v = patch.astype(float)
    return v.mean(), v.std(), v.max(), np.percentile(v, 99), (v == 0).mean()


def patches(path, wanted=("s", "s10", "s,s10")):
    """Grey statistics and labels of the patches of a stream that are of the wanted sets."""
    with open(path, "rb") as f:
        records = [r for s in mms.read_stream(f) for r in s.records if r.attrs["set"] in wanted]
    return np.array([grey(r.tensors["image"]) for r in records]), np.array([int(r.attrs["label"]) for r in records])


def grey_area(train, test, positive, negative):
    """Area of a logistic regression that was fitted to the training patches of two sets of classes."""
    (x, y), (u, v) = ((f[np.isin(l, positive + negative)], np.isin(l[np.isin(l, positive + negative)], positive)) for f, l in (train, test))
    return roc_auc_score(v, make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x, y).decision_function(u))


def grey_areas(train, test):
    row = {NAMES[c]: grey_area(train, test, [c], [BACKGROUND]) for c in range(1, 5)}
    row["lesion"] = grey_area(train, test, [1, 2, 3, 4], [BACKGROUND])
    row.update((NAMES[m][:4] + " mal, ben", grey_area(train, test, [m], [b])) for m, b in KINDS)
    return row


def network_areas(path):
    """The same by predicted probabilities: 1 - P(background); P(mal) / (P(mal) + P(ben)) of one kind."""
    with open(path) as f:
        head, *lines = (line.rstrip("\n").split("\t") for line in f if not line.startswith("#"))
    at = head.index("background")
    label = np.array([line[head.index("label")] for line in lines])
    label = np.array([NAMES.index(v) if v in NAMES else int(v) for v in label])
    p = np.array([line[at:at + 5] for line in lines], float)

    def area(positive, negative, score):
        use = np.isin(label, positive + negative)
        return roc_auc_score(np.isin(label[use], positive), score[use])

    heat = p[:, 1:].sum(axis=1)
    row = {NAMES[c]: area([c], [BACKGROUND], heat) for c in range(1, 5)}
    row["lesion"] = area([1, 2, 3, 4], [BACKGROUND], heat)
    row.update((NAMES[m][:4] + " mal, ben", area([m], [b], p[:, m] / (p[:, m] + p[:, b] + 1e-300))) for m, b in KINDS)
    return row


def table(title, rows, seeds):
    print(title)
    print("  %-16s%s%8s%8s" % ("", "".join("%8s" % s for s in seeds), "mean", "sd"))
    for name in rows[0]:
        v = [r[name] for r in rows]
        print("  %-16s%s%8.3f%8s" % (name, "".join("%8.3f" % x for x in v), np.mean(v), "%.3f" % np.std(v, ddof=1) if len(v) > 1 else "-"))


def shuffle(path):
    """Deals the labels of a stream of patches out anew, in place."""
    with open(path, "rb") as f:
        segments = list(mms.read_stream(f))
    records = [r for s in segments for r in s.records]
    labels = np.random.RandomState(1).permutation([r.attrs["label"] for r in records])
    with open(path, "wb") as f:
        mms.write_segment(f, ((r.key, r.tensors, dict(r.attrs, label=str(v))) for r, v in zip(records, labels)), segments[0].head)


def main(folders):
    seeds = [os.path.basename(f.rstrip("/")).split("-")[-1] for f in folders]
    sets = [(patches(f + "/train.mms"), patches(f + "/test.mms")) for f in folders]
    print("test patches: %s" % ", ".join("%s %d" % (n, sum((t[1] == c).sum() for _, t in sets)) for c, n in enumerate(NAMES)))
    if all(os.path.exists(f + "/predictions.tsv") for f in folders):
        table("network", [network_areas(f + "/predictions.tsv") for f in folders], seeds)
    table("five grey statistics", [grey_areas(*s) for s in sets], seeds)


if __name__ == "__main__":
    if sys.argv[1] == "--shuffle":
        for stream in sys.argv[2:]:
            shuffle(stream)
    else:
        main(sys.argv[1:])
