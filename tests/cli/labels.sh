#!/bin/bash
# The label rule from end to end, on views whose lesions contradict each other: CBIS-DDSM's tables (both tables' lesions of a
# view united, benign and malignant ones in one image) over phantom films, through index, images, patches, training and
# figures per image, breast and patient; each beside what the tables say.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
check "tables" "$PYTHON" "$ROOT/tests/cbis/tables.py" all-tables || finish

cat >truth.py <<'PY'
"""The tables of the patients with contradicting lesions and a few others, and what they say of each view."""
import collections, csv, json, os
TABLES = ["%s_case_description_%s_set.csv" % (k, p) for k in ("calc", "mass") for p in ("train", "test")]
rows = []
for table in TABLES:
    with open("all-tables/" + table, newline="") as f:
        reader = csv.DictReader(f)
        for row in reader:
            flat = {k.replace("_", " "): v.strip() for k, v in row.items()}
            rows.append((table, row, (flat["patient id"], flat["left or right breast"], flat["image view"]), table[:4], flat["pathology"] == "MALIGNANT"))
views = collections.defaultdict(list)
for table, _, view, kind, bad in rows:
    views[view].append((table, kind, bad))
contradicting = {v for v, ls in views.items() if len({bad for _, _, bad in ls}) == 2}
across = {v for v in contradicting if len({t for t, _, _ in views[v]}) == 2}
assert len(contradicting) == 33 and len(across) >= 16, (len(contradicting), len(across))
chosen = {v[0] for v in contradicting} | set(sorted({v[0] for v in views})[:12])
os.mkdir("tables")
for table in TABLES:
    own = [row for t, row, view, _, _ in rows if t == table and view[0] in chosen]
    with open("tables/" + table, "w", newline="") as f:
        writer = csv.DictWriter(f, own[0].keys())
        writer.writeheader()
        writer.writerows(own)
json.dump([[*v, [[kind, bad] for _, kind, bad in ls]] for v, ls in views.items() if v[0] in chosen], open("truth.json", "w"))
PY
check "tables of some patients" "$PYTHON" truth.py || finish
mmphantom -n 6 --size 64x48 --seed 3 -o films.mms || exit 1
check "a tree" "$PYTHON" "$ROOT/tests/cbis/tree.py" rest cbis --tables tables --phantoms films.mms || finish
check "index" mmindex cbis -q cbis -o all.tsv
mmindex cbis -q --as=published cbis -o published.tsv
check "images" bash -o pipefail -c 'mmread -q --manifest all.tsv | mmresize -q --size 64x48 -o images.mms'
check "patches" bash -o pipefail -c 'mmsegment -q --method threshold --keep-mask images.mms | mmpatch -q --size 32 --set s -o patches.mms'

# A network learns a little of it, is validated on the same, and predicts.
check "training" bash -o pipefail -c 'mmread --shuffle --epochs 2 images.mms |
    mmtrain -q -j 1 --recipe whole --epochs 1 --lr 1e-4 --net "resnet18+[8-8-16]x1" --mean 60 --val images.mms -o whole.safetensors'
check "training on patches" bash -o pipefail -c 'mmread --shuffle --epochs 1 patches.mms |
    mmtrain -q -j 1 --net resnet8-cifar --classes 5 --batch 32 --stage "train=all lr=1e-3 epochs=1" --mean 60 -o patch.safetensors'
mmpredict -q -j 1 --model whole.safetensors images.mms >images.tsv
mmpredict -q -j 1 --model patch.safetensors patches.mms >patches.tsv
mmeval -q --json --draws 100 --attributes all.tsv images.tsv >images.json
mmeval -q --json --draws 100 --positive calc_mal,mass_mal --attributes patches.mms patches.tsv >patches.json
mmmodel show whole.safetensors >whole.txt

cat >rule.py <<'PY'
import collections, json, sys
import mms
manifest = sys.argv[1]
truth = {(p, s, v): [(kind, bad) for kind, bad in lesions] for p, s, v, lesions in json.load(open("truth.json"))}

def table(name):
    lines = [l.rstrip("\n").split("\t") for l in open(name) if not l.startswith("#")]
    return [dict(zip(lines[0], l)) for l in lines[1:]]

def records(name):
    return [r for s in mms.read_stream(open(name, "rb")) for r in s.records]

def area(groups):
    """By pairs: P(a positive scores higher), ties half."""
    high, low = [s for s, t in groups if t], [s for s, t in groups if not t]
    return sum((a > b) + 0.5 * (a == b) for a in high for b in low) / len(high) / len(low)

def together(rows, group, how):
    """Score and truth of groups; truth is that of the tables, over the views of the group that are here."""
    scores, bad = collections.defaultdict(list), collections.defaultdict(bool)
    for name, score, positive in rows:
        scores[group(name)].append(score)
        bad[group(name)] |= positive
    return [(how(s), bad[g]) for g, s in scores.items()]

# One key for each view, whatever tables it stands in, malignant if any lesion of either table is.
rows = table(manifest)
view = {r["key"]: (r["patient"], r["side"], r["view"]) for r in rows}
assert len(set(view.values())) == len(view), "a view of two keys"
label = {k: any(bad for _, bad in truth[v]) for k, v in view.items()}
for r in rows:
    assert r["label"] == str(int(label[r["key"]])), (r["key"], r["label"])
    assert {(t[0], t[1]) for t in truth[view[r["key"]]]} == {(o["abnormality"][:4], o["pathology"] == "MALIGNANT") for o in rows
                                                            if o["key"] == r["key"]}, r["key"]
mixed = {k for k, v in view.items() if len({bad for _, bad in truth[v]}) == 2}
assert len([k for k in mixed if k.startswith("CalcMass")]) >= 8 and len(mixed) >= 20, len(mixed)

# Images carry it, patches carry their own lesion's.
images = records("images.mms")
for r in images:
    assert r.attrs["label"] == str(int(label[r.key])), r.key
    own = sorted((r.attrs["lesion.%d.class" % n].split("_")[0], r.attrs["lesion.%d.class" % n][-3:] == "mal") for n in range(len(truth[view[r.key]])))
    assert own == sorted(truth[view[r.key]]), r.key
kinds = collections.defaultdict(set)
of = {r.key: r for r in images}
for r in records("patches.mms"):
    if r.attrs["label"] != "0":
        assert r.attrs["class"] == of[r.attrs["source"]].attrs["lesion.%s.class" % r.attrs["lesion"]], r.key
        kinds[r.attrs["source"]].add(r.attrs["class"][-3:])
assert sum(len(k) == 2 for k in kinds.values()) >= 20  # images with benign and malignant patches

# Predictions, validation in the model file, and figures per image, breast and patient.
predicted = table("images.tsv")
assert len(predicted) == len(view)
scored = []
for r in predicted:
    assert r["label"] == str(int(label[r["key"]])), r["key"]
    scored.append((r["key"], float(r["malignant"]), label[r["key"]]))
report = json.load(open("images.json"))
breast, patient = (lambda k: view[k][:2]), (lambda k: view[k][0])
assert report["positives"] == sum(label.values())
assert abs(report["auc"] - area([(s, t) for _, s, t in scored])) < 1e-9
stored = dict(l.rstrip("\n").split("\t")[1:3] for l in open("whole.txt") if l.startswith("metric\t"))
assert abs(float(stored["auc"]) - report["auc"]) < 1e-4, (stored, report["auc"])  # what mmtrain took for malignant is the same
for name, group in ("per_breast", breast), ("per_patient", patient):
    for which, how in ("maximum", max), ("mean", lambda s: sum(s) / len(s)):
        groups = together(scored, group, how)
        got = report[name][which]
        assert (got["records"], got["positives"]) == (len(groups), sum(t for _, t in groups)), (name, got)
        assert abs(got["auc"] - area(groups)) < 1e-6, (name, which, got["auc"], area(groups))
# Of patches: an image, breast or patient is malignant if one of its patches is, and its other lesions do not count against it.
sources = {r.key: r.attrs["source"] for r in records("patches.mms")}
scored = [(sources[r["key"]], float(r["calc_mal"]) + float(r["mass_mal"]), r["label"] in "13") for r in table("patches.tsv")]
report = json.load(open("patches.json"))
for name, group in ("per_image", lambda k: k), ("per_breast", breast), ("per_patient", patient):
    groups = together(scored, group, max)
    got = report[name]["maximum"]
    assert (got["records"], got["positives"]) == (len(groups), sum(t for _, t in groups)), (name, got, len(groups))
    assert abs(got["auc"] - area(groups)) < 1e-6, (name, got["auc"], area(groups))
    if name == "per_image":
        assert {k for (s, t), k in zip(groups, dict.fromkeys(k for k, _, _ in scored)) if t} <= {k for k in label if label[k]}
PY
check "the rule" "$PYTHON" rule.py all.tsv
# The check sees a label that follows one table alone, and views that stay two images.
awk -F'\t' -v OFS='\t' 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i} NR > 1 {$c["label"] = $c["table_label"]} 1' all.tsv >own.tsv
refuse "labels of the own table" "$PYTHON" rule.py own.tsv
refuse "views apart" "$PYTHON" rule.py published.tsv
finish
