#!/bin/bash
# mmindex: mini-MIAS against its table with y from the top; tables of users, good and bad; then through mmread.
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

# A folder with some of the films; films that are PGM; another Info.txt.
mkdir some && cp "$mias/Info.txt" "$mias/mdb001.png" some/
"$PYTHON" -c "import cv2; cv2.imwrite('some/mdb005.pgm', cv2.imread('$mias/mdb005.png', cv2.IMREAD_UNCHANGED))"
expect_exit 0 mmindex mias some -o some.tsv
message "2 films with 3 lesions"
message "256 films that Info.txt lists are not in 'some'"
grep -q 'some/mdb005.pgm' some.tsv || { echo "FAILED: PGM film"; failures=$((failures + 1)); }
head -c 20 "$mias/mdb001.png" >some/mdb001.png
expect_exit 3 mmindex mias some
message "some/mdb001.png"
mkdir none && cp "$mias/Info.txt" none/
expect_exit 3 mmindex mias none
message "none of the 258 films"
echo prose >none/Info.txt
expect_exit 3 mmindex mias none
expect_exit 1 mmindex mias nowhere
sed 's/^mdb001 G CIRC B/mdb001 G CIRC X/' "$mias/Info.txt" >some/Info.txt
rm some/mdb001.png; cp "$mias/mdb001.png" some/
expect_exit 3 mmindex mias some
message "'X' is no severity"

# Tables of users.
"$PYTHON" "$ROOT/tests/cli/images.py" make
mkdir -p data && cp a.pgm b.pgm mask.pgm data/
printf '\xef\xbb\xbfImage,Patient,Side,Mask,Pathology,Abnormality,Label,"Remark, long"\r\na.pgm,p1,L,mask.pgm,benign,mass,,"two\r\nlines, ""quoted"""\r\n' >data/t.csv
printf 'b.pgm,p2,right," box:1,1,4,4 ",M,CALC,malignant,\r\n\r\n' | sed 's/" box:1,1,4,4 "/" box:1,1,4,4 "/' >>data/t.csv
expect_exit 0 mmindex table data/t.csv -o t.tsv
printf 'key\timage\tpatient\tside\tmask\tpathology\tabnormality\tlabel\tRemark, long\n' >want.tsv
printf 'a\tdata/a.pgm\tp1\tLEFT\tdata/mask.pgm\tbenign\tmass\t\ttwo  lines, "quoted"\n' >>want.tsv
printf 'b\tdata/b.pgm\tp2\tRIGHT\tbox:1,1,4,4\tM\tCALC\t1\t\n' >>want.tsv
sed -i 's/^a\tdata\/a.pgm/a\ta.pgm/; s/^b\tdata\/b.pgm/b\tb.pgm/; s/\tdata\/mask.pgm/\tmask.pgm/' want.tsv # they are here, too
check "a table" cmp t.tsv want.tsv
(cd data && rm -rf deep && mkdir deep && cd deep && mmindex table ../t.csv >../deep.tsv)
check "paths from the table's folder" grep -q "$(printf '\t../a.pgm\t')" data/deep.tsv
check "and through mmread" mmread --manifest t.tsv -o t.mms
tr ',' ';' <<<'image,patient' >semi.csv; echo 'a.pgm;p1' >>semi.csv
check "semicolons" mmindex table semi.csv

table() { printf '%b' "$1" >bad.csv; }
bad() { # CODE TABLE MESSAGE...
    local code=$1
    table "$2"
    shift 2
    rm -f bad.tsv
    expect_exit "$code" mmindex table bad.csv -o bad.tsv
    for text in "$@"; do message "$text"; done
    [ ! -e bad.tsv ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }
}
bad 3 'patient,label\np1,0\n' "no column 'image'"
bad 3 '' "empty"
bad 3 'image,image\na.pgm,b.pgm\n' "twice"
bad 3 'image,label\n"a.pgm,0\n' "never closed"
bad 3 'image,label\n' "no line below its header"
bad 1 'image,patient,label\nlost.pgm,p,0\na.pgm,p,5x\nb.pgm,p,0\nwrong.npy,p\n' "line 2: cannot read image 'lost.pgm'" \
    "label '5x'" "line 5: 2 cells" "3 of 4 lines cannot be used"
bad 1 'image,patient,pathology\na.pgm,p,malignent\n' "'malignent' is no pathology"
bad 1 'image,patient,label,pathology\na.pgm,p,0,malignant\n' "label 0, but a lesion"
bad 1 'image,patient,side\na.pgm,p,middle\n' "is no side"
bad 1 'image,patient,mask\na.pgm,p,circle:1\n' "is no shape"
bad 1 'image,patient,mask\na.pgm,p,lost.pgm\n' "cannot read mask 'lost.pgm'"
bad 1 'key,image,patient\nk,a.pgm,p\nk,b.pgm,p\n' "lines 2 and 3: key 'k' has the image 'a.pgm' and 'b.pgm'"
bad 1 'image,patient\nbad.csv,p\n' "is text"
table 'image,patient,label\nlost.pgm,p,0\na.pgm,p,1\n'
expect_exit 0 mmindex --on-error=skip table bad.csv -o skip.tsv
message "1 line skipped"
expect_exit 0 mmindex table semi.csv
expect_exit 2 mmindex table
expect_exit 2 mmindex inbreast x
expect_exit 1 mmindex table nowhere.csv
finish
