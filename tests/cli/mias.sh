#!/bin/bash
# mmindex mias: the real mini-MIAS against its table with y from the top; then through mmread.
. "$ROOT/tests/cli/lib.sh"
need_shared data/mias/Info.txt
need_python numpy cv2
mias=$SHARED/data/mias
expect_exit 0 mmindex mias "$mias" -o mias.tsv
message "258 films with 94 lesions"
message "3 lesions have no position"
cat >mias.py <<'PY'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1]), delimiter="\t", quoting=csv.QUOTE_NONE))
table = list(csv.DictReader(open(sys.argv[2] + "/labels.csv")))
assert len({r["key"] for r in rows}) == 258 and sum(r["mask"] != "" for r in rows) == 94
want = sorted("circle:%s,%s,%s" % (t["x"], t["y_topleft"], t["radius"]) + t["image"] + {"B": "BENIGN", "M": "MALIGNANT"}[t["severity"]] + t["class"]
              for t in table if t["radius"])
assert want == sorted(r["mask"] + r["key"] + r["pathology"] + r["type"] for r in rows if r["mask"])
assert {r["key"] for r in rows} == {t["image"] for t in table}
for r in rows:
    n = int(r["key"][3:])
    assert r["patient"] == "mias%03d" % ((n + 1) // 2) and r["side"] == ("RIGHT" if n % 2 else "LEFT") and r["view"] == "MLO"
    assert r["label"] == str(int(any(q["pathology"] == "MALIGNANT" for q in rows if q["key"] == r["key"])))
    assert r["abnormality"] == {"CALC": "calcification", "NORM": "normal"}.get(r["type"], "mass") and r["image"].endswith(r["key"] + ".png")
PY
check "mini-MIAS" "$PYTHON" mias.py mias.tsv "$mias"
sed 's/circle:535,599/circle:535,425/' mias.tsv >upside.tsv # wrong on purpose: y as published, from the bottom
refuse "a lesion upside down" "$PYTHON" mias.py upside.tsv "$mias"

expect_exit 0 mmsplit -q --ratio 60:20:20 -o split.tsv mias.tsv
check "split" mmsplit --check split.tsv
{ head -1 split.tsv; grep -E '^mdb(005|216|144|003)' split.tsv; } >few.tsv
expect_exit 0 mmread --manifest few.tsv -o few.mms
cat >few.py <<'PY'
import os
import images
import cv2, numpy as np
(r,) = images.tensors("few.mms")
for k in r:
    assert (cv2.imread(os.environ["SHARED"] + "/data/mias/%s.png" % k, cv2.IMREAD_UNCHANGED) == r[k].tensors["image"]).all()
y, x = np.mgrid[:1024, :1024]
m = r["mdb005"].tensors["mask"]
assert m.shape == (2, 1024, 1024)
for plane, (cx, cy, rad) in zip(m, [(477, 1024 - 133, 30), (500, 1024 - 168, 26)]):
    assert (plane == ((x - cx) ** 2 + (y - cy) ** 2 <= rad ** 2)).all()
a = r["mdb216"].attrs
assert "mask" not in r["mdb216"].tensors and a["label"] == "1" and a["lesion.0.class"] == "calc_mal" and a["tissue"] == "D"
assert r["mdb144"].attrs["lesion.0.class"] != r["mdb144"].attrs["lesion.1.class"] and r["mdb003"].attrs["class"] == "benign"
PY
check "lesions of films" "$PYTHON" few.py
finish
