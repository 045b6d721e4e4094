#!/bin/bash
# mmindex cbis: tables and phantom films in the three layouts that CBIS-DDSM comes in, whole, damaged, in part, beside what an
# independent script expects; damaged tables; then the manifest through the pipeline. tests/cbis has the scripts. The tables are
# made up, or those in TABLES (tests/long/cbis_real.sh).
. "$ROOT/tests/cli/lib.sh"
need_python numpy cv2
tables=${TABLES:-tables}
[ -n "${TABLES:-}" ] || check "tables" "$PYTHON" "$ROOT/tests/cbis/tables.py" tables || finish
mmphantom -n 12 --size 64x48 --seed 1 -o phantoms.mms || exit 1
tree() { "$PYTHON" "$ROOT/tests/cbis/tree.py" "$@" --tables "$tables" --phantoms phantoms.mms --plan "$2.json"; }
expected() { "$PYTHON" "$ROOT/tests/cbis/expect.py" "$tables" "$@"; }
tree rest rest --part 1/4 >rest.log 2>&1 && tree kaggle kaggle >kaggle.log 2>&1 &
check "a tree with damage" tree nbia nbia --damage
wait $! || { cat rest.log kaggle.log; exit 1; }

# The whole archive with every kind of damage; part of it; Kaggle's.
index() { # TREE NAME OPTION...
    local tree=$1 name=$2
    shift 2
    mmindex cbis -v "$@" "$tree" -o "$name.tsv" 2>"$name.err" || { echo "FAILED: $name"; tail -n 3 "$name.err"; failures=$((failures + 1)); }
}
index nbia nbia
check "Data Retriever" expected nbia.json nbia.tsv nbia.err
index nbia official --official
check "official sets" expected nbia.json official.tsv official.err official
index nbia both --official --drop-leaks
check "official sets without leaks" expected nbia.json both.tsv both.err official drop
index rest rest
check "REST, in part" expected rest.json rest.tsv rest.err
index kaggle kaggle
check "Kaggle" expected kaggle.json kaggle.tsv kaggle.err
grep -q '^leak: patients in training and test .* 31$' rest.err || { echo "FAILED: the leak"; failures=$((failures + 1)); }
check "as published" mmindex cbis -q --as=published nbia -o published.tsv
check "as published" cmp official.tsv published.tsv
expect_exit 0 mmindex cbis -q nbia -o again.tsv
message "problems more (-v prints all)"
[ "$(wc -l <.err)" = 21 ] || { echo "FAILED: quiet"; failures=$((failures + 1)); }
check "the same again" cmp nbia.tsv again.tsv

# The check sees what is wrong.
sed '2s/\t[01]\t\(train\|test\)/\t2\t\1/' nbia.tsv >wrong.tsv
refuse "a wrong label" expected nbia.json wrong.tsv nbia.err
sed 1,2d nbia.err >less.err
refuse "damage that is not told of" expected nbia.json nbia.tsv less.err
(cat nbia.err; grep 'mask rejected' nbia.err | head -1) >more.err
refuse "damage that is told of twice" expected nbia.json nbia.tsv more.err
sed 's/^\(leak: views .*\) 29 /\1 28 /' nbia.err >other.err
refuse "another count" expected nbia.json nbia.tsv other.err

# Through the pipeline: united views, masks of other sizes, masks that were swapped, lesions without a mask.
(head -1 nbia.tsv; grep '^CalcMass' nbia.tsv | head -n 24; grep "$(grep -m1 'will be rescaled' nbia.err | cut -d' ' -f2 | sed 's/_[0-9]*:$//')" nbia.tsv
    grep "$(grep -m1 'mask rejected' nbia.err | cut -d' ' -f2 | sed 's/_[0-9]*:$//')" nbia.tsv; sed -n '2,30p' nbia.tsv) | awk '!seen[$0]++' >few.tsv
expect_exit 0 mmread --manifest few.tsv -o few.mms
cat >few.py <<'PY'
import mms, numpy as np
lines = [l.rstrip("\n").split("\t") for l in open("few.tsv")]
rows = [dict(zip(lines[0], l)) for l in lines[1:]]
records = {r.key: r for s in mms.read_stream(open("few.mms", "rb")) for r in s.records}
assert set(records) == {r["key"] for r in rows} and len(records) > 24
rescaled = without = united = 0
for key, record in records.items():
    own = [r for r in rows if r["key"] == key]
    image, planes = record.tensors["image"], record.tensors.get("mask", [])
    raw = np.frombuffer(open(own[0]["image"], "rb").read()[-image.size * 2:], "<u2").reshape(image.shape)
    assert (raw == image).all() and image.dtype == np.uint16
    placed = [r for r in own if r["mask"]]
    assert len(planes) == len(placed)
    for n, r in enumerate(placed + [r for r in own if not r["mask"]]):
        assert record.attrs["lesion.%d.class" % n] == r["abnormality"][:4] + ("_mal" if r["pathology"] == "MALIGNANT" else "_ben")
        assert record.attrs.get("case" if len(own) == 1 else "lesion.%d.case" % n) == r["case"]
        without += not r["mask"]
        if r["mask"]:
            data = open(r["mask"], "rb").read()
            if len(data) < image.size + 1200 and len(data) > image.size + 800:
                assert (np.frombuffer(data[-image.size:], "u1").reshape(image.shape) // 255 == planes[n]).all()
            else:
                rescaled += 1
                assert planes[n].any()
    assert record.attrs["label"] == str(int(any(r["pathology"] == "MALIGNANT" for r in own))) and record.attrs["patient"] == own[0]["patient"]
    united += len({r["abnormality"] for r in own}) == 2
assert rescaled and without and united > 5, (rescaled, without, united)
PY
check "records of the manifest" "$PYTHON" few.py
check "down to patches" bash -o pipefail -c 'mmread -q --manifest few.tsv | mmresize -q --size 48x40 | mmsegment -q --on-error=skip --keep-mask |
    mmpatch -q --size 16 --set s,s10 -o patches.mms && [ "$(mminfo patches.mms | grep -c label=)" -gt 200 ]'
(head -1 kaggle.tsv; sed -n '100,130p' kaggle.tsv) >jpeg.tsv
check "Kaggle's images" mmread --manifest jpeg.tsv -o jpeg.mms
check "split" mmsplit -q -o split.tsv nbia.tsv
check "no patient in two sets" mmsplit --check split.tsv
expect_exit 0 mmsplit official.tsv -o /dev/null
message "patients of the given test set have lines outside of it"

# Tables as a spreadsheet saves them: semicolons.
rm -rf semicolons && mkdir semicolons
cat >semicolons.py <<'PY'
import csv, glob, os, sys
for name in glob.glob(sys.argv[1] + "/*_set.csv"):
    rows = list(csv.reader(open(name, newline="")))
    with open("semicolons/" + os.path.basename(name), "w", newline="") as f:
        csv.writer(f, delimiter=";").writerows(rows)
PY
check "tables with semicolons" "$PYTHON" semicolons.py "$tables"
check "are read" mmindex cbis -q --tables semicolons rest -o semicolons.tsv
check "with the same manifest" bash -c "mmindex cbis -q --tables '$tables' rest | cmp - semicolons.tsv"

# Tables that are damaged, incomplete, not there; folders without images.
bad() { # CODE MESSAGE FILE SED
    rm -rf csv && mkdir csv && cp "$tables"/*_set.csv csv/ && chmod u+w csv/*
    sed -i "$4" "csv/$3"
    expect_exit "$1" mmindex cbis --tables csv rest -o bad.tsv
    message "$2"
    [ ! -e bad.tsv ] || { echo "FAILED: an output is left: $2"; failures=$((failures + 1)); }
}
calc=calc_case_description_test_set.csv mass=mass_case_description_train_set.csv
bad 3 "'csv/$calc': no column 'pathology'" $calc '1s/pathology/pathologie/'
bad 3 "'csv/$calc': line 2: 'BENING' is not a pathology" $calc '2s/BENIGN/BENING/'
bad 3 "'csv/$calc': line 2: 'LEFTY' is not a side" $calc '2s/,LEFT,/,LEFTY,/'
bad 3 "'csv/$calc': line 2: 'XCC' is not a view" $calc '2s/,CC,/,XCC,/'
bad 3 "'csv/$calc': line 2: '0' is not an abnormality id" $calc '2s/CC,1,/CC,0,/'
bad 3 "'csv/$calc': line 2: 'mass' is not an abnormality of this table" $calc '2s/calcification/mass/'
bad 3 "'csv/$calc': line 2: 13 cells" $calc '2s/,BENIGN,/,/'
bad 3 "'csv/$calc': line 2: expected a path of four parts" $calc '2s/[^,/]*\/000000.dcm/000000.dcm/'
bad 3 "a quote is opened and never closed" $mass '$s/"//'
bad 3 "the tables have lesion 'Calc-Test_P_00038_LEFT_CC_1' twice" $calc '4s/MLO,1,/CC,1,/'
cp "$tables"/*_set.csv csv/ && rm -f "csv/$mass"
expect_exit 1 mmindex cbis --tables csv rest
message "cannot open 'csv/$mass'"
expect_exit 1 mmindex cbis csv
message "has no table '$mass'"
cp "$tables/$mass" csv/
expect_exit 3 mmindex cbis csv
message "'csv' has none of the 3103 images that the tables name"
expect_exit 1 mmindex cbis nowhere
expect_exit 2 mmindex cbis
expect_exit 2 mmindex mias --official x
message "are for cbis"
finish
