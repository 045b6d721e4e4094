#!/bin/bash
# Marks of heatmaps and the free-response curve against plain loops in Python, and sizes of lesions from their masks.
. "$ROOT/tests/cli/lib.sh"
need_python numpy sklearn
cat > peer.py <<'PY'
import json, os, subprocess, sys
import numpy as np
from sklearn.metrics import roc_auc_score

RATES = [0.25, 0.5, 1, 2, 4, 8]
STRIDE, OFFSET, H, W = 4, 2, 80, 64
rng = np.random.RandomState(5)


def make(n):
    """Images with none to three lesions and maps that are warmer there, some of their values equal."""
    os.makedirs("films")
    films = []
    for i in range(n):
        lesions = rng.randint(0, 4) if i % 3 else 0
        mask = np.zeros((max(lesions, 1), H, W), "u1")
        for l in range(lesions):
            y, x, r = rng.randint(8, H - 8), rng.randint(8, W - 8), rng.randint(2, 8)
            yy, xx = np.mgrid[:H, :W]
            mask[l][(yy - y) ** 2 + (xx - x) ** 2 <= r * r] = 1
        at = mask.max(0)[OFFSET::STRIDE, OFFSET::STRIDE]
        heat = np.round(np.clip(rng.beta(1, 6, at.shape) + at * rng.uniform(0, 0.6), 0, 1), 2).astype("f4")
        films.append((heat, mask[:lesions], i // 2))
        np.save("films/i%02d.image.npy" % i, np.full((H, W), 9, "u1"))
        np.save("films/i%02d.mask.npy" % i, mask)
        np.save("films/i%02d.heatmap.npy" % i, heat[None])
        json.dump({"patient": "P%d" % (i // 2), "heatmap.stride": "4", "heatmap.offset": "2,2", "label": str(int(lesions > 0))},
                  open("films/i%02d.json" % i, "w"))
    return films


def marks(heat, apart):
    left = [(-v, k) for k, v in enumerate(heat.astype(float).ravel())]
    while left:
        v, k = min(left)
        y, x = divmod(k, heat.shape[1])
        yield -v, OFFSET + STRIDE * y, OFFSET + STRIDE * x
        left = [(w, q) for w, q in left
                if ((q // heat.shape[1] - y) ** 2 + (q % heat.shape[1] - x) ** 2) * STRIDE ** 2 >= apart ** 2]


def judge(films, apart, near):
    """Of each film: the best mark of every lesion, the ratings of the false marks."""
    result = []
    for heat, mask, patient in films:
        best, false = [-np.inf] * len(mask), []
        for rating, y, x in marks(heat, apart):
            hit = [l for l, m in enumerate(mask) if (((np.argwhere(m) - (y, x)) ** 2).sum(1) <= near ** 2).any()]
            for l in hit:
                best[l] = max(best[l], rating)
            if not hit:
                false.append(rating)
        result.append((best, false, patient))
    return result


def at_rates(judged):
    best = np.concatenate([b for b, _, _ in judged])
    false = np.concatenate([f for _, f, _ in judged])
    curve = [(0, 0)] + [((false >= t).sum() / len(judged), (best >= t).mean()) for t in np.unique(np.concatenate([best, false])) if t > -np.inf]
    return [max(s for f, s in curve if f <= r) for r in RATES]


def same(name, got, wanted, tolerance=1e-9):
    if not abs(got - wanted) <= tolerance:
        sys.exit("%s: mmeval %r, peer %r" % (name, got, wanted))


films = make(40)
subprocess.run(["mmread", "-o", "films.mms", "films"], check=True)
for apart, near in (12, 0), (20, 5), (9.5, 3.3):
    run = ["mmeval", "--json", "--heatmaps", "--spacing", str(apart), "--near", str(near), "films.mms"]
    r = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)["free_response"]
    judged = judge(films, apart, near)
    same("images", r["images"], len(films))
    same("lesions", r["lesions"], sum(len(b) for b, _, _ in judged))
    same("found", r["found"], sum(v > -np.inf for b, _, _ in judged for v in b))
    same("false marks", r["false_marks"], sum(len(f) for _, f, _ in judged))
    wanted = at_rates(judged)
    for rate, s in zip(RATES, wanted):
        same("sensitivity at %g" % rate, r["sensitivity_at_false_marks"]["%g" % rate], s)
    same("mean", r["mean_sensitivity"], np.mean(wanted))
    if not 0.02 < wanted[0] < wanted[4]:
        sys.exit("this curve tests nothing: %r" % wanted)
groups = [[j for j in judged if j[2] == p] for p in sorted({j[2] for j in judged})]
means = [np.mean(at_rates([j for g in rng.randint(0, len(groups), len(groups)) for j in groups[g]])) for _ in range(150)]
low, high = np.percentile(means, [2.5, 97.5])
same("bootstrap width", (r["mean_sensitivity_bootstrap"][1] - r["mean_sensitivity_bootstrap"][0]) / (high - low), 1, 0.25)
same("bootstrap middle", np.mean(r["mean_sensitivity_bootstrap"]), (low + high) / 2, 0.3 * (high - low))

# Sizes of lesions from the same stream: parts at 9 pixels, images without a lesion in none.
score = np.round(rng.uniform(size=len(films)), 6)
with open("table.tsv", "w") as f:
    f.write("key\tpatient\tlabel\tbenign\tmalignant\n")
    for i, p in enumerate(score):
        f.write("i%02d\tP%d\t%d\t%r\t%r\n" % (i, i // 2, len(films[i][1]) > 0, float(1 - p), float(p)))
run = ["mmeval", "--json", "-q", "--attributes", "films.mms", "--by", "lesion_size:9", "table.tsv"]
by = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)["by"]["lesion_size"]
size = np.array([max([np.round(2 * np.sqrt(m.sum() / np.pi), 1) for m in mask], default=0) for _, mask, _ in films])
for name, i in ("below 9", (size > 0) & (size < 9)), ("from 9", size >= 9):
    same(name, by[name]["records"], i.sum())
    i |= size == 0  # all negatives stand against them
    same(name + " AUC", by[name]["auc"], roc_auc_score((size > 0)[i], score[i]))
PY
check "free-response figures agree with the peer" "$PYTHON" peer.py
# Marks that lie elsewhere give another curve.
mmeval --json --heatmaps --spacing 12 --near 0 films.mms >right.json
mmeval --json --heatmaps --spacing 16 --near 0 films.mms >other.json
refuse "another spacing shows" cmp right.json other.json
finish
