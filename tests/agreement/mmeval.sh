#!/bin/bash
# mmeval's figures against scikit-learn, scipy and plain loops of the published formulas, on two classes and on five.
. "$ROOT/tests/cli/lib.sh"
need_python sklearn scipy numpy
cat > peer.py <<'PY'
import json, os, subprocess, sys
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax
from scipy.stats import binomtest, norm
from sklearn.calibration import calibration_curve
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

FIVE = ["background", "calc_mal", "calc_ben", "mass_mal", "mass_ben"]


def obuchowski(score, truth, patient):
    """Obuchowski 1997, written out pair by pair."""
    x, y = score[truth == 1], score[truth == 0]
    px, py = patient[truth == 1], patient[truth == 0]
    psi = (x[:, None] > y[None]) + 0.5 * (x[:, None] == y[None])
    area, v10, v01 = psi.mean(), psi.mean(1), psi.mean(0)
    s10 = s01 = s11 = 0
    patients = np.unique(patient)
    for p in patients:
        a, b = (v10[px == p] - area).sum(), (v01[py == p] - area).sum()
        s10, s01, s11 = s10 + a * a, s01 + b * b, s11 + a * b
    i10, i01, i, m, n = len(np.unique(px)), len(np.unique(py)), len(patients), len(x), len(y)
    s10, s01, s11 = i10 / (i10 - 1) * s10 / m, i01 / (i01 - 1) * s01 / n, i / (i - 1) * s11
    return area, np.sqrt(s10 / m + s01 / n + 2 * s11 / m / n)


def drawn(patient, rng, n=400):
    """Records of n draws of patients."""
    groups = [np.flatnonzero(patient == p) for p in np.unique(patient)]
    for _ in range(n):
        yield np.concatenate([groups[g] for g in rng.randint(0, len(groups), len(groups))])


def ece(right, confidence, bins):
    b = np.maximum(np.ceil(confidence * bins).astype(int), 1)
    return sum(abs(right[b == k].mean() - confidence[b == k].mean()) * (b == k).mean() for k in np.unique(b))


def intervals(r, names, prob, label, score, truth, patient, rng):
    """Every interval of the report that is no share's, by scikit-learn on records drawn with another generator."""
    called, K = prob.argmax(1), len(names)

    def figures(i):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(label[i], called[i], labels=range(K), zero_division=0)
        f = {"balanced_accuracy": recall.mean(), "macro_f1": f1.mean(),
             "log_loss": metrics.log_loss(label[i], prob[i], labels=range(K)),
             "calibration_error": ece(label[i] == called[i], prob[i].max(1), 15),
             "positive_calibration_error": ece(truth[i], score[i], 10), "brier": metrics.brier_score_loss(truth[i], score[i]),
             "auc": metrics.roc_auc_score(truth[i], score[i]), "average_precision": metrics.average_precision_score(truth[i], score[i])}
        for k, n in enumerate(names):
            f.update({(n, "precision"): precision[k], (n, "recall"): recall[k], (n, "f1"): f1[k]})
            f[n, "auc"] = metrics.roc_auc_score(label[i] == k, prob[i, k])
            f[n, "average_precision"] = metrics.average_precision_score(label[i] == k, prob[i, k])
        f["macro_auc"] = np.mean([f[n, "auc"] for n in names])
        return f
    draws = [figures(i) for i in drawn(patient, rng)]
    for name, value in figures(np.arange(len(label))).items():
        where, last = (r["per_class"][name[0]], name[1]) if isinstance(name, tuple) else (r, name)
        low, high = np.percentile([d[name] for d in draws], [2.5, 97.5])
        same("value of %s" % (name,), where[last], value, 1e-7)
        same("width of %s" % (name,), np.ptp(where[last + "_bootstrap"]) / (high - low), 1, 0.25)
        same("middle of %s" % (name,), np.mean(where[last + "_bootstrap"]), (low + high) / 2, 0.25 * (high - low))


def proportion(name, got, part, whole, patient, rng):
    """A share: value, Wilson, and a bootstrap over patients of one's own."""
    same(name, got["value"], part.sum() / whole.sum())
    ci = binomtest(int(part.sum()), int(whole.sum())).proportion_ci(method="wilson")
    same(name + " Wilson", got["wilson"][0], ci.low)
    same(name + " Wilson", got["wilson"][1], ci.high)
    P = patient.max() + 1
    p, w = np.bincount(patient, part, P), np.bincount(patient, whole, P)
    present = np.unique(patient)
    draws = present[rng.randint(0, len(present), (2000, len(present)))]
    low, high = np.percentile(p[draws].sum(1) / w[draws].sum(1), [2.5, 97.5])
    same(name + " bootstrap", (got["bootstrap"][1] - got["bootstrap"][0]) / (high - low), 1, 0.1)
    same(name + " bootstrap", np.mean(got["bootstrap"]), (low + high) / 2, 0.1 * (high - low))


def predictive(name, r, prevalence):
    """Mercaldo, Lau and Zhou 2007, from counts."""
    n1, n0 = r["true_positives"] + r["false_negatives"], r["true_negatives"] + r["false_positives"]
    se, sp = r["true_positives"] / n1, r["true_negatives"] / n0
    for which, odds, var in (("positive", se * prevalence / ((1 - sp) * (1 - prevalence)), (1 - se) / se / n1 + sp / (1 - sp) / n0),
                             ("negative", sp * (1 - prevalence) / ((1 - se) * prevalence), (1 - sp) / sp / n0 + se / (1 - se) / n1)):
        got = r[which + "_predictive_value"]
        same(name + which, got["value"], odds / (1 + odds))
        for end, z in enumerate((-1.959963984540054, 1.959963984540054)):
            same(name + which + " logit", got["logit"][end], expit(np.log(odds) + z * np.sqrt(var)))


def same(name, got, wanted, tolerance=1e-9):
    if not abs(got - wanted) <= tolerance:
        sys.exit("%s: mmeval %r, peer %r" % (name, got, wanted))


def check(names, prob, label, patient, rng):
    with open("table.tsv", "w") as f:
        f.write("\t".join(["key", "patient", "label"] + names) + "\n")
        for i, p in enumerate(prob):
            f.write("\t".join(["k%d_%s" % (i, "LEFT" if i % 2 else "RIGHT"), "P%d" % patient[i], str(label[i])] + [repr(float(v)) for v in p]) + "\n")
    r = json.loads(subprocess.run(["mmeval", "--json", "--threshold", "0.4", "--prevalence", "0.02", "table.tsv"], check=True, capture_output=True).stdout)
    K, called = len(names), prob.argmax(1)
    same("accuracy", r["accuracy"], metrics.accuracy_score(label, called))
    proportion("accuracy", {"value": r["accuracy"], "wilson": r["accuracy_wilson"], "bootstrap": r["accuracy_bootstrap"]},
               (called == label) * 1, np.ones(len(label), int), patient, rng)
    same("log loss", r["log_loss"], metrics.log_loss(label, prob, labels=range(K)), 1e-7)
    same("balanced accuracy", r["balanced_accuracy"], metrics.balanced_accuracy_score(label, called))
    same("F1", r["macro_f1"], metrics.f1_score(label, called, average="macro"))
    if (np.array(r["confusion"]) != metrics.confusion_matrix(label, called, labels=range(K))).any():
        sys.exit("confusion differs")
    precision, recall, f1, support = metrics.precision_recall_fscore_support(label, called, labels=range(K), zero_division=0)
    areas = []
    for k, n in enumerate(names):
        c = r["per_class"][n]
        for name, value in ("recall", recall), ("f1", f1), ("samples", support):
            same(n + " " + name, c[name], value[k])
        same(n + " precision", c["precision"] or 0, precision[k])
        areas.append(metrics.roc_auc_score(label == k, prob[:, k]))
        same(n + " AUC", c["auc"], areas[-1])
        for name, whole in ("recall", label == k), ("precision", called == k):
            got = {"value": c[name], "wilson": c[name + "_wilson"], "bootstrap": c[name + "_bootstrap"]}
            proportion(n + " " + name, got, ((called == k) & (label == k)) * 1, whole * 1, patient, rng)
    same("macro AUC", r["macro_auc"], np.mean(areas))
    same("ECE", r["calibration_error"], ece(called == label, prob.max(1), 15))

    score, truth = (prob[:, 1], (label == 1) * 1) if K == 2 else (1 - prob[:, 0], (label > 0) * 1)
    same("AUC", r["auc"], metrics.roc_auc_score(truth, score))
    same("AP", r["average_precision"], metrics.average_precision_score(truth, score))
    area, se = obuchowski(score, truth, patient)
    same("Obuchowski area", r["auc"], area)
    same("Obuchowski SE", r["auc_delong_se"], se)
    intervals(r, names, prob, label, score, truth, patient, rng)
    fpr, tpr, _ = metrics.roc_curve(truth, score, drop_intermediate=False)
    for at in 0.8, 0.9, 0.95:
        same("sensitivity", r["sensitivity_at_specificity"]["%.2f" % at], tpr[1 - fpr >= at - 1e-12].max())
        same("specificity", r["specificity_at_sensitivity"]["%.2f" % at], (1 - fpr)[tpr >= at - 1e-12].max())
    same("Youden", sum(r["best_threshold"][k]["value"] for k in ("sensitivity", "specificity")), (tpr - fpr).max() + 1)
    given = r["thresholds"][0]
    proportion("sensitivity", given["sensitivity"], ((score >= 0.4) & (truth == 1)) * 1, truth, patient, rng)
    proportion("specificity", given["specificity"], ((score < 0.4) & (truth == 0)) * 1, 1 - truth, patient, rng)
    predictive("predictive ", given, 0.02)
    same("Brier", r["brier"], metrics.brier_score_loss(truth, score))
    share, mean = calibration_curve(truth, np.clip(score - 1e-12, 0, 1), n_bins=10)  # its bins are closed below, ours above
    bins = [b for b in r["reliability"] if b["records"]]
    for b, s, m in zip(bins, share, mean):
        same("reliability", b["positive"], s)
        same("reliability", b["mean"], m)
    same("reliability bins", len(bins), len(share))
    weight = np.array([b["records"] for b in bins]) / len(label)
    same("positive ECE", r["positive_calibration_error"], (weight * abs(share - mean)).sum())
    for how, f in ("maximum", np.max), ("mean", np.mean):
        s = [f(score[patient == p]) for p in np.unique(patient)]
        t = [truth[patient == p].max() for p in np.unique(patient)]
        if 0 < sum(t) < len(t):
            same("patient " + how, r["per_patient"][how]["auc"], metrics.roc_auc_score(t, s))
        groups = [np.flatnonzero((patient == p) & (np.arange(len(label)) % 2 == side)) for p in np.unique(patient) for side in (0, 1)]
        groups = [g for g in groups if len(g)]
        same("breast " + how, r["per_breast"][how]["auc"], metrics.roc_auc_score([truth[g].max() for g in groups], [f(score[g]) for g in groups]))
    calibrated = json.loads(subprocess.run(["mmeval", "--json", "--calibrate", "table.tsv"], check=True, capture_output=True).stdout)
    z = np.log(np.maximum(prob, np.finfo("f4").tiny))
    best = minimize_scalar(lambda t: metrics.log_loss(label, softmax(z / t, 1), labels=range(K)), (0.5, 2), tol=1e-10)
    same("temperature", calibrated["fitted_here"]["temperature"], best.x, 1e-4)
    same("log loss, calibrated", calibrated["log_loss"], best.fun, 1e-7)
    same("log loss before", calibrated["fitted_here"]["log_loss_before"], r["log_loss"])
    parts(score, truth, label == called, patient, [str(i % 3) for i in range(len(label))])
    return r


def parts(score, truth, right, patient, value):
    """--by, with the attribute in a manifest; then all records of a part of one kind."""
    for one_kind in False, True:
        value = np.array(["positive" if t else "negative" for t in truth] if one_kind else value)
        with open("known.tsv", "w") as f:
            f.write("key\timage\tgroup\n")
            for i, v in enumerate(value):
                f.write("k%d_%s\tx.png\t%s\n" % (i, "LEFT" if i % 2 else "RIGHT", v))
        run = ["mmeval", "--json", "--attributes", "known.tsv", "--by", "group", "table.tsv"]
        by = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)["by"]["group"]
        for v in set(value):
            i = value == v
            same("records of " + v, by[v]["records"], i.sum())
            same("accuracy of " + v, by[v]["accuracy"]["value"], right[i].mean())
            i = np.ones(len(value), bool) if one_kind else i
            area, se = obuchowski(score[i], truth[i], patient[i])
            same("AUC of " + v, by[v]["auc"], metrics.roc_auc_score(truth[i], score[i]))
            same("SE of " + v, by[v]["auc_delong_se"], se)


def compare(first, second, truth, patient):
    """Paired areas: the clustered covariance written out, from the placements of both."""
    def sums(score):
        psi = (score[truth == 1][:, None] > score[truth == 0][None]) + 0.5 * (score[truth == 1][:, None] == score[truth == 0][None])
        a, P = psi.mean(), patient.max() + 1
        return a, np.bincount(patient[truth == 1], psi.mean(1) - a, P), np.bincount(patient[truth == 0], psi.mean(0) - a, P)
    (a, x, y), (b, u, v) = sums(first), sums(second)
    i10, i01, i = len(np.unique(patient[truth == 1])), len(np.unique(patient[truth == 0])), len(np.unique(patient))
    m, n = (truth == 1).sum(), (truth == 0).sum()
    x, y = x - u, y - v
    return a - b, np.sqrt(i10 / (i10 - 1) * (x @ x) / m ** 2 + i01 / (i01 - 1) * (y @ y) / n ** 2 + 2 * i / (i - 1) * (x @ y) / m / n)


def yardstick(rng):
    """--baseline: four grey statistics, standardised on the training set, logistic regression with an L2 penalty of 1."""
    def patches(name, n):
        os.makedirs(name)
        kind = rng.randint(0, 2, n)
        images = [np.clip(rng.normal(20000 + 4000 * k, 9000, (12, 10)) + rng.normal(0, 5000), 0, 65535).astype("<u2") for k in kind]
        for i in range(n):
            np.save("%s/p%03d.image.npy" % (name, i), images[i])
            json.dump({"label": str(3 * kind[i]), "patient": "P%d" % (i // 3)}, open("%s/p%03d.json" % (name, i), "w"))
        subprocess.run(["mmread", "-q", "-o", name + ".mms", name], check=True)
        return np.array([[f(x.astype(float)) for f in (np.mean, np.std, np.min, np.max)] for x in images]), kind, np.arange(n) // 3
    x, y, _ = patches("learn", 150)
    x2, y2, patient = patches("held", 120)
    mean, sd = x.mean(0), x.std(0)
    score = LogisticRegression(C=1, tol=1e-10, max_iter=10000).fit((x - mean) / sd, y).decision_function((x2 - mean) / sd)
    got = json.loads(subprocess.run(["mmeval", "-q", "--json", "--baseline", "learn.mms", "held.mms"], check=True, capture_output=True).stdout)
    same("yardstick", got["auc"], metrics.roc_auc_score(y2, score), 1e-3)  # one pair of 3600 may change places by rounding
    same("yardstick's average precision", got["average_precision"], metrics.average_precision_score(y2, score), 2e-3)
    same("yardstick's SE", got["auc_delong_se"], obuchowski(score, y2, patient)[1], 1e-3)


def table(name, p, label, patient, order=None):
    with open(name, "w") as f:
        f.write("key\tpatient\tlabel\tbenign\tmalignant\n")
        for i in range(len(p)) if order is None else order:
            f.write("k%d\tP%d\t%d\t%r\t%r\n" % (i, patient[i], label[i], float(1 - p[i]), float(p[i])))


rng = np.random.RandomState(1)
n = 400
patient = rng.randint(0, 90, n)
own = rng.normal(size=90)
label = (rng.rand(n) < 0.2 + 0.2 * (own[patient] > 0)).astype(int)
logit = np.round(1.2 * label + own[patient] + rng.normal(size=n), 1)  # rounded: ties
p = 1 / (1 + np.exp(-logit))
good = check(["benign", "malignant"], np.stack([1 - p, p], 1), label, patient, rng)
other = expit(logit + rng.normal(size=n))
table("first.tsv", p, label, patient)
table("second.tsv", other, label, patient)
c = json.loads(subprocess.run(["mmeval", "--json", "--compare", "second.tsv", "first.tsv"], check=True, capture_output=True).stdout)["comparison"]
difference, se = compare(p, other, label, patient)
same("difference", c["difference"], difference)
same("SE of the difference", c["difference_delong_se"], se)
same("p", c["p_delong"], 2 * norm.sf(abs(difference) / se))
both = [metrics.roc_auc_score(label[i], p[i]) - metrics.roc_auc_score(label[i], other[i]) for i in drawn(patient, rng)]
low, high = np.percentile(both, [2.5, 97.5])
same("width of the difference", np.ptp(c["difference_bootstrap"]) / (high - low), 1, 0.25)
same("middle of the difference", np.mean(c["difference_bootstrap"]), (low + high) / 2, 0.25 * (high - low))
# Three trainings together, beside that other, in another order of the records.
more = np.random.RandomState(2)
seeds = [p] + [expit(logit + 0.7 * more.normal(size=n)) for _ in range(2)]
table("again.tsv", seeds[1], label, patient, more.permutation(n))
table("third.tsv", seeds[2], label, patient)
t = json.loads(subprocess.run(["mmeval", "--json", "--again", "again.tsv", "--again", "third.tsv", "--compare", "second.tsv", "first.tsv"], check=True,
                              capture_output=True).stdout)["trainings"]
areas = [metrics.roc_auc_score(label, s) for s in seeds]
for k, a in enumerate(areas):
    same("area of training %d" % k, t["auc"][k], a)
same("mean of trainings", t["mean"], np.mean(areas))
same("sd of trainings", t["sd"], np.std(areas, ddof=1))
same("their difference", t["difference"], np.mean(areas) - metrics.roc_auc_score(label, other))
rows = list(drawn(patient, more))
means = np.array([np.mean([metrics.roc_auc_score(label[i], s[i]) for s in seeds]) for i in rows])
for name, key, values in ("mean", "mean_bootstrap", means), ("difference", "difference_bootstrap", means - [metrics.roc_auc_score(label[i], other[i]) for i in rows]):
    low, high = np.percentile(values, [2.5, 97.5])
    same("width of the " + name + " of trainings", np.ptp(t[key]) / (high - low), 1, 0.25)
    same("middle of the " + name + " of trainings", np.mean(t[key]), (low + high) / 2, 0.25 * (high - low))
yardstick(rng)
label5 = rng.randint(0, 5, n)
raw = rng.normal(size=(n, 5)) + 1.5 * np.eye(5)[label5] + 0.5 * own[patient][:, None] * [1, 0, 0, 0, 0]
prob = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
check(FIVE, np.round(prob, 3) / np.round(prob, 3).sum(1, keepdims=True), label5, patient, rng)

# A table whose labels were swapped in a tenth of the records must not pass for the same.
lines = open("table.tsv").read().splitlines()
label_swapped = ["\t".join(c[:2] + [str((int(c[2]) + 1) % 5)] + c[3:]) if i % 10 == 1 else "\t".join(c)
                 for i, c in enumerate(line.split("\t") for line in lines)]
open("swapped.tsv", "w").write("\n".join(label_swapped[:1] + label_swapped[1:]) + "\n")
PY
check "figures agree with the peer" "$PYTHON" peer.py
mmeval --json table.tsv > right.json
mmeval --json swapped.tsv > swapped.json
check "swapped labels show" "$PYTHON" -c 'import json
a, b = json.load(open("right.json")), json.load(open("swapped.json"))
assert b["accuracy"] < a["accuracy"] - 0.03 and b["confusion"] != a["confusion"], (a["accuracy"], b["accuracy"])'
finish
