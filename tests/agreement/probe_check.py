"""mmeval --probe against scikit-learn; run by probe.sh, which has the programs on PATH and SUPPORT in the environment."""
import json
import os
import subprocess

import numpy as np
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import mms

GRID = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100]


def fitted(x, y, C):
    """scikit-learn's model. Its L-BFGS stops where the loss hardly falls; SAG goes on until the weights stay."""
    return LogisticRegression(C=C, solver="sag", tol=1e-10, max_iter=1000000).fit(x, y)


def sample(rng, n, F, K):
    """Features as a network's: correlated, of different scales, some far from 0, one constant."""
    label = rng.randint(0, K, n)
    base = rng.normal(size=(n, 12)) + np.eye(12)[label]
    x = base @ rng.normal(size=(12, F)) + 3 * rng.normal(size=(n, F))
    x = x * np.exp(rng.normal(size=F)) + 10 * rng.normal(size=F)
    x[:, F // 2] = 3
    return x.astype("f4").astype("f8"), label


def weights(rng):
    """Weights of standardised features within 1e-6 of scikit-learn's."""
    worst = 0
    for n, F in ((300, 20), (60, 200)):
        for K in (2, 3):
            x, y = sample(rng, n, F, K)
            with open("data.txt", "w") as f:
                f.write("%d %d %d\n" % (n, F, K))
                np.savetxt(f, np.column_stack([y, x]), fmt=["%d"] + ["%.17g"] * F)
            z = StandardScaler().fit_transform(x)
            for C in (1e-3, 1e-2, 1e-1, 1):
                out = subprocess.run([os.environ["SUPPORT"] + "/mmlogistic", str(C), "data.txt"], check=True, capture_output=True)
                got = np.array(out.stdout.split(), float).reshape(-1, F + 1)
                model = fitted(z, y, C)
                far = max(abs(got[:, :F] - model.coef_).max(), abs(got[:, F] - model.intercept_).max())
                worst = max(worst, far)
                assert far < 1e-6, (n, F, K, C, far)
    print("weights: largest difference %.1e" % worst)


def folds(label, patient, K, count=5):
    """The rule of common/stats/folds.h, written once more."""
    names = np.unique(patient)
    own = np.array([[np.sum((patient == p) & (label == k)) for k in range(K)] for p in names], float)
    total, held, fold = own.sum(0), np.zeros((count, K)), {}
    for p in sorted(range(len(names)), key=lambda p: (-own[p].sum(), p)):
        cost = [((held[f] * own[p] / total ** 2).sum(), held[f].sum(), f) for f in range(count)]
        fold[names[p]] = min(cost)[2]
        held[fold[names[p]]] += own[p]
    return np.array([fold[p] for p in patient])


def stream(name, x, label, patient, classes, images):
    records = []
    for i in range(len(x)):
        attrs = {"label": str(label[i]), "class": classes[label[i]], "patient": patient[i]}
        records.append(("%s%03d" % (name, i), {"image": images[i], "features": x[i].astype("<f4")}, attrs))
    with open(name + ".mms", "wb") as f:
        mms.write_segment(f, records)


def inner(x, y, patient, K):
    """Log loss of the held records for each C, and the C of least."""
    fold, loss = folds(y, patient, K), []
    for C in GRID:
        p = np.zeros((len(y), K))
        for f in range(5):
            learn = fold != f
            scale = StandardScaler().fit(x[learn])
            p[~learn] = fitted(scale.transform(x[learn]), y[learn], C).predict_proba(scale.transform(x[~learn]))
        loss.append(metrics.log_loss(y, p, labels=range(K)))
    return np.array(loss)


def streams(rng, classes):
    """Patients 0 to 19 to learn from, 20 to 39 to test; each has something of its own in all features."""
    who = rng.randint(0, 40, 260)
    x, y = sample(rng, 260, 30, len(classes))
    x = (x + rng.normal(size=(40, 30))[who]).astype("f4").astype("f8")
    x[:, 15] = 3
    images = [np.clip(rng.normal(90 + 15 * (k > 0) + 20 * rng.normal(), 40, (8, 9)), 0, 255).astype("u1") for k in y]
    patient = np.array(["P%02d" % w for w in who])
    made = {}
    for name, of in (("train", np.flatnonzero(who < 20)), ("test", np.flatnonzero(who >= 20))):
        made[name] = x[of], y[of], patient[of], [images[i] for i in of]
        stream(name, x[of], y[of], patient[of], classes, made[name][3])
    return made


def whole(rng, classes):
    K, made = len(classes), streams(rng, classes)
    x, y, patient, images = made["train"]
    x2, y2, patient2, images2 = made["test"]
    run = ["mmeval", "-q", "--json", "--draws", "200", "--probe", "train.mms", "--predictions", "out.tsv", "test.mms"]
    r = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    loss = inner(x, y, patient, K)
    rises = [k for k in range(2, 8) if loss[k - 2] < loss[k - 1] < loss[k]]  # the first of these is the last that is tried
    tried = rises[0] + 1 if rises else 8
    assert list(r["probe"]["log_loss"]) == ["%g" % C for C in GRID[:tried]], (r["probe"], loss)
    loss, got = loss[:tried], np.array(list(r["probe"]["log_loss"].values()))
    assert abs(got - loss).max() < 1e-5, (got, loss)
    C = GRID[loss.argmin()]
    assert r["probe"]["C"] == C and r["probe"]["folds"] == 5 and r["probe"]["constant_features"] == 1, r["probe"]
    scale = StandardScaler().fit(x)
    p = fitted(scale.transform(x), y, C).predict_proba(scale.transform(x2))
    with open("out.tsv") as f:
        head, *lines = [line.rstrip("\n").split("\t") for line in f]
    assert head[3:] == classes and [int(line[2]) for line in lines] == list(y2)
    assert [line[1] for line in lines] == list(patient2)
    far = abs(np.array([line[3:] for line in lines], float) - p).max()
    assert far < 1e-6, far
    if K == 2 or "background" in classes:
        positive, score = (y2 > 0, 1 - p[:, 0]) if "background" in classes else (y2 == 1, p[:, 1])
        assert abs(r["auc"] - metrics.roc_auc_score(positive, score)) < 1e-9
        g, g2 = (np.array([[f(i.astype(float)) for f in (np.mean, np.std, np.min, np.max)] for i in im]) for im in (images, images2))
        scale = StandardScaler().fit(g)
        grey = fitted(scale.transform(g), (y > 0).astype(int), 1).decision_function(scale.transform(g2))
        assert abs(r["grey_statistics"]["second"]["auc"] - metrics.roc_auc_score(positive, grey)) < 1e-3
        assert abs(r["grey_statistics"]["first"]["auc"] - r["auc"]) < 1e-9
    print("%d classes: C %g, largest difference of a log loss %.1e, of a probability %.1e" % (K, C, abs(got - loss).max(), far))


rng = np.random.RandomState(4)
weights(rng)
whole(rng, ["background", "lesion"])
whole(rng, ["benign", "malignant"])
whole(rng, ["background", "mass", "calc"])
