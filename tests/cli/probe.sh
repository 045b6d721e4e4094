#!/bin/bash
# mmeval --probe: reports and tables of good streams, and wrong ones by name.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
"$PYTHON" - <<'PY'
import numpy as np
import mms

rng = np.random.RandomState(1)


def write(name, records):
    with open(name + ".mms", "wb") as f:
        mms.write_segment(f, records)


def make(name, patients, F=6, shape=None, labels=(0, 1), names={0: "background", 1: "lesion"}, image=True, change=None, per=6):
    """Records of patients; the first feature tells the label."""
    records = []
    for p in patients:
        for i in range(per):
            label = labels[i % len(labels)]
            x = rng.normal(size=F).astype("f4")
            x[0] += 2 * labels.index(label)
            tensors = {"features": x.reshape(shape or F)}
            if image:
                tensors["image"] = rng.randint(0, 200 + 20 * (label > 0), (5, 7)).astype("u1")
            attrs = {"label": str(label), "patient": "P%02d" % p}
            if label in names:
                attrs["class"] = names[label]
            records.append(("%s-%d-%d" % (name, p, i), tensors, attrs))
    if change:
        change(*records[3][1:])
    write(name, records)


low, high = range(12), range(12, 20)
make("train", low)
make("test", high)
make("shared", range(8, 20))
make("bare", high, image=False)
make("longer", high, F=8)
make("other-shape", high, shape=(3, 2))
make("maps", high, F=12, shape=(3, 2, 2))
make("train-maps", low, F=12, shape=(3, 2, 2))
make("stranger", high, labels=(0, 1, 7), names={0: "background", 1: "lesion", 7: "clip"})
make("other-name", high, names={0: "background", 1: "calc"})
make("two-names", low, change=lambda t, a: a.update({"class": "mass"}))
make("one-name", low, names={0: "lesion", 1: "lesion"})
make("tab-name", low, names={0: "back\tground", 1: "lesion"})
make("column", low, names={0: "background", 1: "remarks"})
make("alone", low, labels=(1,))
make("without", low, change=lambda t, a: t.pop("features"))
make("no-label", low, change=lambda t, a: a.pop("label"))
make("odd-label", low, change=lambda t, a: a.update({"label": "1.5"}))
make("nan", low, change=lambda t, a: t["features"].__setitem__(4, np.nan))
make("inf", low, change=lambda t, a: t["features"].__setitem__(0, -np.inf))
make("empty", low, change=lambda t, a: t.update({"features": np.zeros((0,), "f4")}))
make("nan-test", high, change=lambda t, a: t["features"].__setitem__(4, np.nan))
make("three", range(3))
make("patient", [1])
make("unnamed", low, names={}, labels=(2, 5))
make("unnamed-test", high, names={}, labels=(2, 5))
make("trio", low, labels=(0, 1, 2), names={0: "mass", 1: "calc", 2: "asymmetry"})
make("trio-test", high, labels=(0, 1, 2), names={0: "mass", 1: "calc", 2: "asymmetry"})


def turned(name, source, change):
    with open(source + ".mms", "rb") as f:
        records = [(r.key, {k: np.array(v) for k, v in r.tensors.items()}, dict(r.attrs)) for s in mms.read_stream(f) for r in s.records]
    for i, (_, tensors, attrs) in enumerate(records):
        change(i, tensors, attrs)
    write(name, records)


turned("flat", "train", lambda i, t, a: t["features"].fill(3))
turned("partly-flat", "train", lambda i, t, a: t["features"].__setitem__(slice(2, 4), 1e6))
turned("rare", "train", lambda i, t, a: a.update({"label": str(int(i in (1, 3))), "class": "lesion" if i in (1, 3) else "background"}))
turned("rare-third", "trio", lambda i, t, a: i < 71 and a.update({"label": str(i % 2), "class": ["mass", "calc"][i % 2]}))
turned("nobody", "train", lambda i, t, a: a.pop("patient"))
turned("whole-numbers", "train", lambda i, t, a: t.update({"features": np.round(100 * t["features"]).astype("i4")}))
turned("halves", "train", lambda i, t, a: t.update({"features": t["features"].astype("f2")}))
turned("wide", "train", lambda i, t, a: t.update({"features": np.tile(t["features"], 50).astype("f4") * np.float32(1e30)}))
turned("wide-test", "test", lambda i, t, a: t.update({"features": np.tile(t["features"], 50).astype("f4") * np.float32(1e30)}))
write("void", [])
PY

# holds TEXT: the report of the last command has it.
holds() { check "report: $1" grep -q -- "$1" report.txt; }
# figure EXPRESSION: of report.json as r.
figure() { check "$1" "$PYTHON" -c "import json; r = json.load(open('report.json')); assert $1, r"; }

# ---- good streams ----
expect_exit 0 mmeval -o report.txt --probe train.mms --predictions table.tsv test.mms
check "silent" test ! -s .err
holds '^probe  *logistic regression on 6 features, fitted on 72 records of 12 patients$'
holds '^C  *[0-9.e-]*, of least log loss in 5 folds by patient'
holds '^records  *48 of 8 patients, 2 classes'
holds '^  the probe  *AUC 0\.[89]'
holds '^  grey statistics  *AUC [01]\.'
check "the table gives the same report" cmp <(mmeval table.tsv | sed '/^intervals/,$d;/^$/d') <(sed '1,/^$/d;/^side by side/,$d;/^$/d' report.txt)
check "the table's columns" grep -q "^key	patient	label	background	lesion$" table.tsv
for j in 1 2 5; do
    expect_exit 0 mmeval -j $j -o report-$j.txt --probe train.mms --predictions table-$j.tsv test.mms
    check "report, -j $j" cmp report.txt report-$j.txt
    check "table, -j $j" cmp table.tsv table-$j.tsv
done
expect_exit 0 mmeval --json -o report.json --probe train.mms --C 0.01 --compare table.tsv --plot roc.png test.mms
figure 'r["probe"]["C"] == 0.01 and r["probe"]["folds"] == 0 and r["probe"]["log_loss"] == {}'
figure 'r["comparison"]["first"]["name"] == "the probe" and 0.8 < r["comparison"]["second"]["auc"] < 1'
figure 'r["grey_statistics"]["second"]["name"] == "grey statistics" and r["records"] == 48 and r["auc"] > 0.8'
check "PNG" cmp -n 8 roc.png <(printf '\x89PNG\r\n\x1a\n')
expect_exit 0 mmeval --json -o report.json --probe train.mms - <test.mms
figure 'r["records"] == 48 and r["probe"]["shared_patients"] == 0'
expect_exit 0 mmeval --json -o report.json --probe train.mms bare.mms
figure '"grey_statistics" not in r and "comparison" not in r'
expect_exit 0 mmeval --json -o report.json --probe train-maps.mms maps.mms
figure 'r["probe"]["features"] == 12'
expect_exit 0 mmeval --json -o report.json --probe unnamed.mms --predictions table.tsv unnamed-test.mms
figure 'r["classes"] == ["class2", "class5"] and r["positive"] == ["class5"]'
check "labels are columns" test "$(cut -f 3 table.tsv | sort -u | xargs)" = "0 1 label"
expect_exit 0 mmeval --json -o report.json --probe trio.mms trio-test.mms
figure '"auc" not in r and "grey_statistics" not in r and len(r["confusion"]) == 3'
expect_exit 0 mmeval --json -o report.json --probe rare-third.mms trio-test.mms
figure 'r["probe"]["folds"] == 5 and r["classes"] == ["mass", "calc", "asymmetry"]'
expect_exit 0 mmeval --json -o report.json --probe trio.mms --positive calc trio-test.mms
figure 'r["auc"] >= 0 and r["grey_statistics"]["first"]["auc"] == r["auc"]'
expect_exit 0 mmeval --json -o report.json --attributes test.mms --by class --probe train.mms test.mms
figure 'set(r["by"]["class"]) == {"background", "lesion"}'
for name in whole-numbers halves; do expect_exit 0 mmeval --probe $name.mms $name.mms; done
expect_exit 0 mmeval --json -o report.json --probe wide.mms wide-test.mms
figure 'r["probe"]["features"] == 300 and r["auc"] > 0.8'
expect_exit 0 mmeval --json -o report.json --probe partly-flat.mms test.mms
figure 'r["probe"]["constant_features"] == 2 and r["auc"] > 0.8'
expect_exit 0 mmeval --json -o report.json --probe three.mms test.mms
figure 'r["probe"]["folds"] == 3'

# ---- patients in both ----
expect_exit 0 mmeval --json -o report.json --probe train.mms shared.mms
message "4 patients of the test records are in 'train.mms' too: the figures flatter"
figure 'r["probe"]["shared_patients"] == 4'
expect_exit 0 mmeval --baseline train.mms shared.mms
message "4 patients of the test records are in 'train.mms' too: the figures flatter"
expect_exit 0 mmeval --baseline train.mms test.mms
check "silent" test ! -s .err
expect_exit 0 mmeval --probe nobody.mms test.mms
message "72 records of 'nobody.mms' without a patient: each counts as a patient of its own"

# ---- wrong input: by name, and nothing is written ----
# wrong CODE TEXT ARGUMENT...
wrong() {
    expect_exit "$1" mmeval -o no-report --predictions no-table "${@:3}"
    message "$2"
    check "nothing is left" test ! -e no-report -a ! -e no-table
}
wrong 1 "record 'without-0-3': has no tensor 'features'" --probe without.mms test.mms
wrong 1 "record 'without-0-3': has no tensor 'features'" --probe train.mms without.mms
wrong 1 "tensor 'features' has the shape 8, in 'train.mms' it is 6" --probe train.mms longer.mms
wrong 1 "tensor 'features' has the shape 3 x 2, in 'train.mms' it is 6" --probe train.mms other-shape.mms
wrong 1 "label 7 ('clip') is not a class of 'train.mms'" --probe train.mms stranger.mms
wrong 1 "label 1 is class 'calc' here and 'lesion' in records before" --probe train.mms other-name.mms
wrong 1 "label 1 is class 'mass' here and 'lesion' in records before" --probe two-names.mms test.mms
wrong 1 "'one-name.mms': labels 0 and 1 are both of class 'lesion'" --probe one-name.mms test.mms
wrong 1 "'tab-name.mms': label 0: a table of predictions cannot have the class" --probe tab-name.mms test.mms
wrong 1 "'column.mms': label 1: a table of predictions cannot have the class 'remarks'" --probe column.mms test.mms
wrong 1 "'alone.mms': all 72 records are of class 'lesion': a probe needs two classes" --probe alone.mms test.mms
wrong 1 "record 'no-label-0-3': has no label" --probe no-label.mms test.mms
wrong 1 "record 'odd-label-0-3': label '1.5' is not a class" --probe odd-label.mms test.mms
wrong 1 "record 'nan-0-3': tensor 'features' holds nan at row 0, column 4" --probe nan.mms test.mms
wrong 1 "record 'inf-0-3': tensor 'features' holds -inf" --probe inf.mms test.mms
wrong 1 "record 'nan-test-12-3': tensor 'features' holds nan" --probe train.mms nan-test.mms
wrong 1 "record 'empty-0-3': tensor 'features'" --probe empty.mms test.mms
wrong 1 "'flat.mms': none of the 6 features varies" --probe flat.mms test.mms
wrong 1 "'rare.mms': C cannot be chosen by folds: class 'lesion' has too few patients (--C gives it)" --probe rare.mms test.mms
wrong 1 "'patient.mms': C cannot be chosen by folds: all records are of one patient (--C gives it)" --probe patient.mms test.mms
wrong 1 "a probe needs two classes" --probe void.mms test.mms
wrong 1 "there is no record to predict" --probe train.mms void.mms
wrong 1 "key 'test-12-0' was in an operand before" --probe train.mms test.mms test.mms
wrong 1 "cannot open 'absent.mms'" --probe absent.mms test.mms
wrong 3 "" --probe roc.png test.mms
wrong 2 "--predictions goes with --probe, --baseline and --heatmaps" table.tsv
wrong 2 "--C goes with --probe" --C 1 table.tsv
wrong 2 "do not go together" --probe train.mms --baseline train.mms test.mms
wrong 2 "do not go together" --probe train.mms --heatmaps test.mms
wrong 2 "are for predictions" --probe train.mms --model model.safetensors test.mms
wrong 2 "--C=0: expected" --probe train.mms --C 0 test.mms
wrong 2 "--C=nan: expected" --probe train.mms --C nan test.mms
for name in rare patient; do expect_exit 0 mmeval --probe $name.mms --C 1e-3 test.mms; done

# ---- records that cannot be used ----
expect_exit 0 mmeval --json -o report.json --on-error skip --probe nan.mms --predictions table.tsv nan-test.mms
message "record 'nan-0-3': tensor 'features' holds nan"
message "record 'nan-test-12-3': tensor 'features' holds nan"
figure 'r["records"] == 47 and r["left_out"] == 1 and r["probe"]["records"] == 71'
check "the table says what was left out" grep -q "skipped 1" table.tsv
expect_exit 0 mmeval --json -o report.json --on-error skip --probe train.mms stranger.mms
figure 'r["records"] == 32 and r["left_out"] == 16'
finish
