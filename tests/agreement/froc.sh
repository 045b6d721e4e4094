#!/bin/bash
# Marks of heatmaps and the free-response curve against plain loops in Python, and sizes of lesions from their masks.
. "$ROOT/tests/cli/lib.sh"
need_python numpy sklearn
PATH=$SUPPORT:$PATH
mmtoy --records 6 --size 12x12 | mmtrain -q -j 1 --net resnet8-cifar --classes background,lesion,other --batch 6 --mean 80 --std 50 \
    --stage 'train=fc lr=0 epochs=1' -o model.safetensors || exit 1
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

# Marks and the hottest point within the breast, and only where a window of 12 x 12 pixels has tissue enough.
def within(films, least):
    """The films with a breast; -inf where no mark may lie, so that the plain loop leaves those cells to the end."""
    os.makedirs("within%g" % least)
    result = []
    for i, (heat, mask, patient) in enumerate(films):
        yy, xx = np.mgrid[:H, :W]
        breast = ((yy - 40) / 36) ** 2 + ((xx - 4 * (i % 5)) / 40) ** 2 <= 1
        padded = np.pad(breast, 8)
        marked = heat.astype(float)
        for y in range(heat.shape[0]):
            for x in range(heat.shape[1]):
                top, left = OFFSET + STRIDE * y - 6 + 8, OFFSET + STRIDE * x - 6 + 8
                if not breast[OFFSET + STRIDE * y, OFFSET + STRIDE * x] or padded[top:top + 12, left:left + 12].mean() < least:
                    marked[y, x] = -np.inf
        name = "within%g/i%02d." % (least, i)
        np.save(name + "image.npy", np.full((H, W), 9, "u1"))
        np.save(name + "mask.npy", mask if len(mask) else np.zeros((1, H, W), "u1"))
        np.save(name + "breast.npy", breast.astype("u1"))
        np.save(name + "heatmap.npy", heat[None])
        json.dump({"patient": "P%d" % patient, "heatmap.stride": "4", "heatmap.offset": "2,2", "heatmap.window": "12,12",
                   "heatmap.min-tissue": repr(least), "heatmap.mode": "window", "label": str(int(len(mask) > 0))}, open(name + "json", "w"))
        result.append((marked, mask, patient))
    subprocess.run(["mmread", "-o", "within%g.mms" % least, "within%g" % least], check=True)
    return result


def hottest(heat, mask):
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    return distance(y, x, mask)


def distance(y, x, mask):
    return np.sqrt(((np.argwhere(mask.any(0)) - (OFFSET + STRIDE * y, OFFSET + STRIDE * x)) ** 2).sum(1).min())


def chance(heat, mask, near):
    """Of all cells where the hottest may lie the share that would be hits."""
    return np.mean([distance(y, x, mask) <= near for y, x in np.argwhere(heat > -np.inf)])


before = np.mean(wanted)
for least in 0, 0.6:
    inner = within(films, least)
    run = ["mmeval", "-q", "--json", "--heatmaps", "--spacing", "9.5", "--near", "3.3", "--store", "model.safetensors", "--predictions", "hottest.tsv",
           "within%g.mms" % least]
    report = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    r = report["free_response"]
    judged = [(b, [v for v in f if v > -np.inf], p) for b, f, p in judge(inner, 9.5, 3.3)]
    same("found within", r["found"], sum(v > -np.inf for b, _, _ in judged for v in b))
    same("false marks within", r["false_marks"], sum(len(f) for _, f, _ in judged))
    same("mean within", r["mean_sensitivity"], np.mean(at_rates(judged)))
    if abs(before - np.mean(at_rates(judged))) < 1e-3:
        sys.exit("the breast changes nothing")
    rows = [line.split("\t") for line in open("hottest.tsv").read().splitlines()]
    assert rows[0] == ["key", "patient", "label", "background", "lesion"] and len(rows) == len(inner) + 1, rows[:2]
    for i, (row, (h, m, p)) in enumerate(zip(rows[1:], inner)):
        same("hottest point of " + row[0], float(row[4]), h.max(), 1e-6)
        assert row[:3] == ["i%02d" % i, "P%d" % p, str(int(len(m) > 0 and m.any()))] and abs(float(row[3]) + float(row[4]) - 1) < 1e-12, row
    same("hottest points within", report["hits"], sum(hottest(h, m) <= 3.3 for h, m, _ in inner if m.any()))
    same("chance within", report["chance"], np.mean([chance(h, m, 3.3) for h, m, _ in inner if m.any()]))
    false, best = np.concatenate([f for _, f, _ in judged]), np.concatenate([b for b, _, _ in judged])
    ratings = np.unique(np.concatenate([false, best[best > -np.inf]]))
    froc1 = min(t for t in ratings if (false >= t).sum() <= len(inner))
    shown = subprocess.run(["mmmodel", "show", "model.safetensors"], check=True, capture_output=True, text=True).stdout
    stored = [float(l.split("\t")[2]) for l in shown.splitlines() if l.startswith("froc1\twindow\t")]
    same("threshold at one false mark per image", stored[0], froc1, 1e-6)
    before = np.mean(at_rates(judged))

# Two kinds of heatmaps of the same images, in any order, side by side: the second is blurred by the image before it.
os.makedirs("other")
second = []
for i, (heat, mask, patient) in enumerate(films):
    mixed = ((heat + 2 * films[i - 1][0]) / 3).astype("f4")
    second.append((mixed, mask, patient))
    for tensor in "image", "mask":
        os.link("films/i%02d.%s.npy" % (i, tensor), "other/i%02d.%s.npy" % (i, tensor))
    np.save("other/i%02d.heatmap.npy" % i, mixed[None])
    os.link("films/i%02d.json" % i, "other/i%02d.json" % i)
subprocess.run("mmread other | mmread -q --shuffle --seed 2 -o other.mms", shell=True, check=True)
run = ["mmeval", "-q", "--json", "--heatmaps", "--spacing", "9.5", "--near", "3.3", "--compare", "other.mms", "films.mms"]
c = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)["comparison"]
one, two = judge(films, 9.5, 3.3), judge(second, 9.5, 3.3)
same("second mean", c["second_mean_sensitivity"], np.mean(at_rates(two)))
same("difference", c["difference"], np.mean(at_rates(one)) - np.mean(at_rates(two)))
ours, others = ([hottest(h, m) <= 3.3 for h, m, _ in maps if len(m) and m.any()] for maps in (films, second))
same("hottest points of the others", c["second_hits"], np.mean(others))
same("difference of hottest points", c["hits_difference"], np.mean(ours) - np.mean(others))
if ours == others:
    sys.exit("the hottest points of these maps are as good as those of the others")
of = np.array([p for _, m, p in films if len(m) and m.any()])
gain = np.subtract(ours, others, dtype=float)
drawn = [np.concatenate([gain[of == p] for p in rng.choice(np.unique(of), len(np.unique(of)))]).mean() for _ in range(400)]
low, high = np.percentile(drawn, [2.5, 97.5])
same("width of the difference of hottest points", (c["hits_difference_bootstrap"][1] - c["hits_difference_bootstrap"][0]) / (high - low), 1, 0.3)
if not c["difference"] > 0.05:
    sys.exit("these maps are as good as the others")
patients = sorted({j[2] for j in one})
pairs = [([j for j in one if j[2] == p], [j for j in two if j[2] == p]) for p in patients]
means = []
for _ in range(150):
    drawn = [pairs[g] for g in rng.randint(0, len(pairs), len(pairs))]
    means.append(np.mean(at_rates([j for a, _ in drawn for j in a])) - np.mean(at_rates([j for _, b in drawn for j in b])))
low, high = np.percentile(means, [2.5, 97.5])
same("width of the difference", (c["difference_bootstrap"][1] - c["difference_bootstrap"][0]) / (high - low), 1, 0.3)
same("middle of the difference", np.mean(c["difference_bootstrap"]), (low + high) / 2, 0.3 * (high - low))

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
mmeval --heatmaps films.mms 2>notes >/dev/null
check "a note on images without a breast" grep -q "40 of 40 images have no tensor 'breast'" notes
check "once" test "$(grep -c breast notes)" = 1
mmeval --heatmaps within0.mms 2>notes >/dev/null
check "and none on those with one" test ! -s notes
# Thresholds on heat: what cannot be stored.
cp model.safetensors before.safetensors
expect_exit 1 mmeval --heatmaps --store model.safetensors films.mms; message "needs heatmaps of one mode: the first has none"
"$PYTHON" - <<'PY'
import mms
def save(name, change):
    r = [r for s in mms.read_stream(open("within0.mms", "rb")) for r in s.records]
    for i, x in enumerate(r):
        change(i, x.attrs)
    with open(name, "wb") as f:
        mms.write_segment(f, [(x.key, x.tensors, x.attrs) for x in r])
save("modes.mms", lambda i, a: a.update({"heatmap.mode": "dense"} if i == 7 else {}))
save("base.mms", lambda i, a: a.update({"heatmap.mode": "grey"}))
save("odds.mms", lambda i, a: a.update({"heatmap.scale": "log-odds"}))
save("mixed.mms", lambda i, a: a.update({"heatmap.scale": "log-odds"} if i == 7 else {}))
save("tissue.mms", lambda i, a: a.update({"heatmap.min-tissue": "much"} if i == 7 else {}))
save("nowindow.mms", lambda i, a: (a.update({"heatmap.min-tissue": "0.5"}), a.pop("heatmap.window")))
PY
expect_exit 1 mmeval --heatmaps --store model.safetensors modes.mms; message "needs heatmaps of one mode: these are of several"
expect_exit 1 mmeval --heatmaps --store model.safetensors base.mms; message "these heatmaps are of mode 'grey'"
expect_exit 1 mmeval --heatmaps mixed.mms; message "record 'i07': the heatmap holds log-odds, those of the records before probabilities"
expect_exit 1 mmeval --heatmaps tissue.mms; message "record 'i07': attribute 'heatmap.min-tissue' is not a number from 0 to 1: 'much'"
expect_exit 1 mmeval --heatmaps nowindow.mms; message "attribute 'heatmap.min-tissue' needs 'heatmap.window'"
expect_exit 1 mmeval --heatmaps --store nowhere.safetensors within0.mms; message "nowhere.safetensors"
expect_exit 2 mmeval --probe films.mms --store model.safetensors films.mms; message "--store goes with"
check "the model is as before" cmp model.safetensors before.safetensors
# Heatmaps that cannot be compared.
expect_exit 0 mmeval -q --heatmaps --compare films.mms -o self films.mms
check "heatmaps beside themselves differ by nothing" grep -q 'difference  *+0.000 (+0.000 to +0.000' self
"$PYTHON" - <<'PY'
import mms
r = [r for s in mms.read_stream(open("films.mms", "rb")) for r in s.records]
def save(name, records):
    with open(name, "wb") as f:
        mms.write_segment(f, [(x.key, x.tensors, x.attrs) for x in records])
save("fewer.mms", [x for x in r if x.key != "i07"])
r[1].tensors["mask"] = r[1].tensors["mask"] * 0
save("lesions.mms", r)
PY
expect_exit 1 mmeval -q --heatmaps --compare fewer.mms films.mms; message "'fewer.mms': only one of the streams has record 'i07'"
expect_exit 1 mmeval -q --heatmaps --compare films.mms fewer.mms; message "'films.mms': only one of the streams has record 'i07'"
expect_exit 1 mmeval -q --heatmaps --compare lesions.mms films.mms; message "'lesions.mms': record 'i01' has"
expect_exit 1 mmeval -q --heatmaps --compare nowhere.mms films.mms; message "nowhere.mms"
# Log-odds give the same threshold as the probabilities that they stand for.
mmeval -q --heatmaps --spacing 9.5 --near 3.3 --store model.safetensors within0.mms >/dev/null
mmmodel show model.safetensors >plain
mmeval -q --heatmaps --spacing 9.5 --near 3.3 --predictions odds.tsv --store model.safetensors odds.mms >/dev/null
mmeval -q --heatmaps --predictions plain.tsv within0.mms >/dev/null
check "the hottest points of log-odds" "$PYTHON" -c '
import math
odds, plain = ({r[0]: float(r[4]) for r in (l.split("\t") for l in open(n).read().splitlines()[1:])} for n in ("odds.tsv", "plain.tsv"))
assert len(odds) == 40 and all(abs(odds[k] - 1 / (1 + math.exp(-v))) < 1e-6 for k, v in plain.items()), (odds, plain)'
check "are an evaluation of images" sh -c 'mmeval -q odds.tsv | grep -q "^  per patient, maximum"'
mmmodel show model.safetensors >odds
check "a threshold on log-odds is stored as a probability" "$PYTHON" -c '
import math
p, q = (next(float(l.split("\t")[2]) for l in open(n) if l.startswith("froc1")) for n in ("plain", "odds"))
assert abs(q - 1 / (1 + math.exp(-p))) < 1e-5, (p, q)'
finish
