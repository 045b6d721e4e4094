#!/bin/bash
# mmeval on its command line: reports, pictures, streams, and input that is no good.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
header=$'key\tpatient\tlabel\tbenign\tmalignant'
good=$header$'\na_LEFT\tp1\t1\t0.2\t0.8\nb_RIGHT\tp1\t0\t0.7\t0.3\nc_LEFT\tp2\t0\t0.6\t0.4\nd_LEFT\tp3\t1\t0.4\t0.6'
lacks() { ! grep -q -- "$2" .out || { echo "FAILED: $1: '$2' in the report"; failures=$((failures + 1)); }; }
holds() { grep -q -- "$2" .out || { echo "FAILED: $1: no '$2' in"; cat .out; failures=$((failures + 1)); }; }
table() { printf '%s\n' "$@"; }
table "$good" >good.tsv

expect_exit 0 mmeval good.tsv
holds accuracy '^accuracy  *1.000 (.* bootstrap, 0.510 to 1.000 Wilson'
holds AUC 'AUC  *1.000'
expect_exit 0 mmeval - <good.tsv
expect_exit 0 mmeval --json -o report.json good.tsv
check "no half-written file beside it" test -z "$(find . -name '.report*')"
mmeval --json good.tsv >1.json; mmeval --json -j 4 good.tsv >2.json
check "same bytes for any number of threads" cmp 1.json 2.json

expect_exit 0 mmeval --plot roc.png good.tsv
check "PNG" cmp -n 8 roc.png <(printf '\x89PNG\r\n\x1a\n')
expect_exit 0 mmeval --plot roc.svg -o report.txt good.tsv
check "SVG" grep -q '<svg' roc.svg
expect_exit 2 mmeval --plot roc.pdf good.tsv; message ".png or .svg"
check "nothing written" test ! -e roc.pdf

# Two tables beside each other; the truth of one record swapped in one of them is noticed.
sed 's/0.2\t0.8/0.65\t0.35/' good.tsv >worse.tsv
expect_exit 0 mmeval --compare worse.tsv good.tsv
holds "difference" 'difference .*+0.250'
sed 's/b_RIGHT\tp1\t0/b_RIGHT\tp1\t1/' good.tsv >swapped.tsv
expect_exit 1 mmeval --compare swapped.tsv good.tsv; message "record 'b_RIGHT' is negative in"
expect_exit 1 mmeval --again worse.tsv --again swapped.tsv good.tsv; message "is of different kinds in"
grep -v '^b_RIGHT' worse.tsv >fewer.tsv
expect_exit 1 mmeval --again worse.tsv --again fewer.tsv good.tsv; message "'fewer.tsv' lacks record 'b_RIGHT'"
expect_exit 1 mmeval --again good.tsv fewer.tsv; message "records that 'these predictions' lacks"
expect_exit 1 mmeval --again absent.tsv good.tsv; message "absent.tsv"
expect_exit 2 mmeval --again good.tsv --baseline good.tsv good.tsv; message "--again is for predictions"
# A threshold comes with the table or by option.
{ cat good.tsv; echo '# threshold 0.35'; } >threshold.tsv
expect_exit 0 mmeval threshold.tsv
holds "threshold of the table" 'given  *0.35  *1.000 (.*) *0.500'
expect_exit 0 mmeval --positive malignant threshold.tsv
lacks "a threshold for another question" 'given  *0.35'
# ... or with the model.
model() { # NOTE...: a model file with these notes
    local json='{"__metadata__":{"net":"resnet18","classes":"benign,malignant","mean":"1","std":"1"'$1'},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    printf "\\$(printf %o ${#json})\\0\\0\\0\\0\\0\\0\\0%s\\0\\0\\0\\0" "$json"
}
model ',"thresholds":"youden=0.35"' >with.safetensors
model '' >without.safetensors
expect_exit 0 mmeval --model with.safetensors good.tsv
holds "threshold of the model" 'youden  *0.35  *1.000 (.*) *0.500'
expect_exit 1 mmeval --model without.safetensors good.tsv; message "'without.safetensors' holds no threshold"
expect_exit 2 mmeval --model with.safetensors --threshold 0.3 good.tsv
# Joined tables count once more, keys must differ.
sed 's/^\([abcd]\)_/x\1_/' good.tsv >other.tsv
expect_exit 0 mmeval good.tsv other.tsv
holds "8 records" '^records  *8 of 3'
cat good.tsv other.tsv | expect_exit 0 mmeval
expect_exit 1 mmeval good.tsv good.tsv; message "appears twice"

# Sides from a manifest, where the keys do not tell.
sed 's/_[A-Z]*//' good.tsv >sideless.tsv
expect_exit 0 mmeval sideless.tsv
lacks "breasts out of nothing" 'per breast'
printf 'key\timage\tside\na\ta.png\tL\nb\tb.png\tR\nc\tc.png\tleft\nd\td.png\tLEFT\n' >sides.tsv
expect_exit 0 mmeval --attributes sides.tsv sideless.tsv
holds breasts 'per breast, maximum.*2 of 4 positive'

expect_exit 1 mmeval --attributes sides.tsv good.tsv; message "has none of the 4 records"

# Parts of the records, and call-backs apart.
table $'key\timage\tmask\tpathology\tdensity' $'a_LEFT\ta.png\tcircle:9,9,5\tMALIGNANT\t2' \
    $'b_RIGHT\tb.png\tbox:0,0,20,10\tBENIGN\t2' $'c_LEFT\tc.png\tcircle:9,9,9\tBENIGN_WITHOUT_CALLBACK\t4' >known.tsv
expect_exit 0 mmeval --attributes known.tsv --by density --by lesion_size:17 --without-callback --threshold 0.5 good.tsv
message "'known.tsv' has only 3 of 4 records"
holds "density" '^  2  *2  *1  *1  1.000 .*  1.000'
holds "density with one kind" '^  4  *1  *0  *1  1.000 .* against all 2 positives'
holds "lesion size" '^  below 17  *2  *1'
holds "threshold in a part" 'at given 0.5:  sensitivity  1.000 .*  specificity  1.000'
holds "call-backs" '^  without call-back  *1  *0'
expect_exit 0 mmeval --json --attributes known.tsv --by density good.tsv
holds "JSON" '"by": {'
expect_exit 2 mmeval --by density good.tsv; message "--attributes"
expect_exit 1 mmeval --attributes known.tsv --by nothing good.tsv; message "attribute 'nothing' is unknown for every record"
expect_exit 2 mmeval --attributes known.tsv --by pathology:3 good.tsv; message "are not numbers"

# Predictive values.
expect_exit 0 mmeval --threshold 0.35 --prevalence 0.01 good.tsv
holds "predictive values" 'at a prevalence of 1 %'
holds "predictive values" 'given  *0.35  *0.020' # 1 * 0.01 / (0.01 + 0.5 * 0.99)
expect_exit 2 mmeval --prevalence 1.5 good.tsv

# Thresholds and a temperature into a model and out of it; the weights stay.
table "$header" $'a\tp1\t1\t0.1\t0.9' $'b\tp2\t0\t0.95\t0.05' $'c\tp3\t0\t0.3\t0.7' $'d\tp4\t1\t0.4\t0.6' $'e\tp5\t0\t0.8\t0.2' >val.tsv
cp without.safetensors chosen.safetensors
expect_exit 0 mmeval --store chosen.safetensors val.tsv
mmmodel show chosen.safetensors >shown
check "thresholds" grep -q $'^threshold\tyouden\t0.4$' shown
check "a threshold for sensitivity" grep -q $'^threshold\tsensitivity_0.90\t0.4$' shown
check "a threshold for specificity" grep -q $'^threshold\tspecificity_0.90\t0.8$' shown
refuse "a temperature that nobody asked for" grep -q ^temperature shown
check "the weights" cmp <(mmmodel show without.safetensors | grep ^tensor) <(grep ^tensor shown)
expect_exit 0 mmeval --model chosen.safetensors good.tsv
holds "stored thresholds" '^  specificity_0.90  *0.8 '
expect_exit 0 mmeval --calibrate --store chosen.safetensors val.tsv
holds temperature 'temperature  *[0-9.]*, fitted on these very records'
check "temperature" grep -q ^temperature <(mmmodel show chosen.safetensors)
expect_exit 0 mmeval --model chosen.safetensors val.tsv
holds "the model's temperature" 'temperature  *[0-9.]*, of the model'
expect_exit 1 mmeval --store chosen.safetensors val.tsv; message "calibrate anew"
{ cat val.tsv; echo '# temperature 9'; } >hot.tsv
expect_exit 1 mmeval --model chosen.safetensors hot.tsv; message "temperature 9"
{ cat val.tsv; echo '# averaged'; } >averaged.tsv
cp chosen.safetensors before.safetensors
expect_exit 1 mmeval --store chosen.safetensors averaged.tsv; message "means over models"
sed 's/benign/normal/' val.tsv >named.tsv
expect_exit 1 mmeval --store chosen.safetensors named.tsv; message "has other classes"
expect_exit 1 mmeval --calibrate good.tsv; message "no temperature can be fitted"
check "the model is as it was" cmp before.safetensors chosen.safetensors
expect_exit 2 mmeval --store chosen.safetensors --positive malignant val.tsv
expect_exit 2 mmeval --calibrate --model chosen.safetensors val.tsv
{ cat val.tsv; echo '# threshold 0.2'; sed '1d;s/^/x/' val.tsv; } | sed "\$a # threshold 0.3" >mixed.tsv
expect_exit 0 mmeval mixed.tsv; message "different thresholds"
lacks "a threshold of one of two models" '^  given'

# A model card.
expect_exit 0 mmeval --card --model chosen.safetensors --attributes known.tsv --by density good.tsv
for part in '# Model card: chosen.safetensors' '## Model' 'Network: resnet18' '## Training' 'youden 0.' '## Evaluation data' \
    'Records: 4 of 3 patients' '## Figures' '| AUC per record | 1.000 |' '| density | records' '## Limits' 'no medical device'; do
    holds "card" "$part"
done
for part in '## In short' 'is a record malignant (positive) or benign (negative)' '4 records of 3 patients; 2 records, of 2 patients, are positive' \
    'in 100 of 100 pairs (AUC 1.000' 'Called positive at the threshold youden (0.[0-9]*), which was chosen before: 100 %'; do
    holds "card" "$part"
done
# ... and whether its patients were trained on.
parts() { table $'key\timage\tpatient\tsplit' $'a_LEFT\ta\tp1\ttest' $'b_RIGHT\tb\tp1\ttest' $'c_LEFT\tc\tp2\ttest' \
    $'d_LEFT\td\tp3\ttest' $'e_LEFT\te\t'"$1"$'\ttrain' $'f_LEFT\tf\tp9\ttrain'; }
parts p8 >apart.tsv
expect_exit 0 mmeval --card --model chosen.safetensors --attributes apart.tsv good.tsv
holds "patients apart" 'None of these patients has a record in another part'
parts p1 >shared.tsv
expect_exit 0 mmeval --card --model chosen.safetensors --attributes shared.tsv good.tsv; message "1 of these 3 patients have records in another part"
holds "a shared patient" '1 of the 3 patients have other records in training or validation'
sed 's/p2\ttest/p2\ttrain/' apart.tsv >trained.tsv
expect_exit 0 mmeval --card --model chosen.safetensors --attributes trained.tsv good.tsv
holds "a record of training" '1 of the records are of another part of the data set than test'
expect_exit 2 mmeval --card good.tsv; message "--model"
expect_exit 0 mmeval --card --model without.safetensors good.tsv
holds "card of a model without thresholds" 'No threshold was chosen'

# What programs before left out is repeated.
{ cat good.tsv; echo '# skipped 3'; } >skipped.tsv
expect_exit 0 mmeval skipped.tsv; message "3 records skipped before"
holds "in the report" '^skipped  *3 '

# No good.
bad() { # CODE MESSAGE LINE...: the table of the lines
    local code=$1 text=$2
    shift 2
    table "$@" >bad.tsv
    expect_exit "$code" mmeval bad.tsv
    message "$text"
    test ! -s .out || { echo "FAILED: $*: a report all the same"; failures=$((failures + 1)); }
}
expect_exit 3 mmeval /dev/null; message "empty"
expect_exit 1 mmeval nowhere.tsv; message "cannot open 'nowhere.tsv'"
expect_exit 2 mmeval --no-such-option
bad 3 "not a table of predictions" "some text"
bad 3 "line 3: 4 columns" "$header" $'a\tp\t0\t0.5\t0.5' $'b\tp\t0\t0.5'
bad 3 "is not a number" "$header" $'a\tp\t0\thalf\t0.5'
bad 1 "record 'a': label 2 is out of range, the classes are 0 to 1" "$header" $'a\tp\t2\t0.5\t0.5'
bad 1 "record 'a': the value of class 'malignant' is nan" "$header" $'a\tp\t0\t0.5\tnan'
bad 1 "class 'malignant' without samples" "$header" $'a\tp\t0\t0.5\t0.5' $'b\tp\t0\t0.5\t0.5'
bad 1 "holds no record" "$header"
printf '%s' "$good" >cut.tsv
expect_exit 3 mmeval cut.tsv; message "cut"
head -c 100 good.tsv >cut.tsv
expect_exit 3 mmeval cut.tsv
printf '\x89MMS\r\n\x1a\n0000' >stream.mms
expect_exit 3 mmeval stream.mms; message "use mmpredict"
table "$header" $'a\tp\t2\t0.5\t0.5' $'b\tp\t1\t0.3\t0.7' $'c\tq\t0\t0.6\t0.4' >one-bad.tsv
expect_exit 0 mmeval --on-error skip one-bad.tsv; message "record 'a'"; message "1 record skipped"
expect_exit 2 mmeval --positive nothing good.tsv; message "no class 'nothing'"
expect_exit 1 mmeval -o /dev/full good.tsv; message "/dev/full"
expect_exit 1 mmeval -o full.txt --plot nowhere/roc.png good.tsv
check "no report without its picture" test ! -e full.txt
table $'key\tpatient\tlabel\tbackground\tcalc_mal\tmass_mal' $'a\tp\t0\t0.5\t0.3\t0.2' $'b\tq\t1\t0.3\t0.5\t0.2' >three.tsv
expect_exit 0 mmeval three.tsv; message "class 'mass_mal' without samples"

# Streams: the yardstick finds brightness, and heat in the right place. Made of files that NumPy writes.
"$PYTHON" - <<'PY'
import json, os
import numpy as np
rng = np.random.RandomState(0)
def folder(name, records):
    os.makedirs(name)
    for key, tensors, attributes in records:
        for tensor, values in tensors.items():
            np.save("%s/%s.%s.npy" % (name, key, tensor), values)
        json.dump(attributes, open("%s/%s.json" % (name, key), "w"))
def patches(name, n):
    folder(name, [("p%d" % i, {"image": np.clip(rng.normal(20000 + 8000 * (i % 2), 9000, (16, 16)) + rng.normal(0, 5000), 0, 65535).astype("<u2")},
                   {"label": str(i % 2 * (1 + i % 4)), "patient": "P%d" % (i // 5)}) for i in range(n)])
patches("train", 200)
patches("test", 100)
def heat(name, shift):
    records = []
    for i in range(6):
        mask = np.zeros((1, 64, 48), "u1")
        y, x = 10 + 5 * i, 8 + 4 * i
        mask[0, y:y + 12, x:x + 12] = 1
        h = np.full((1, 16, 12), 0.1, "f4")
        for a in range(16):
            for b in range(12):
                if i != 5 and mask[0, 2 + 4 * a, 2 + 4 * b]:
                    h[0, (a + shift) % 16, b] = 0.9
        tensors = dict({"image": np.full((64, 48), 100, "u1"), "heatmap": h}, **({"mask": mask} if i != 5 else {}))
        records.append(("i%d" % i, tensors, {"patient": "P%d" % (i // 2), "heatmap.stride": "4", "heatmap.offset": "2,2"}))
    folder(name, records)
heat("heat", 0)
heat("shifted", 8)
def sure(name, shown, scale):  # 18 and 25 are 1 in single precision; 18.5 beside the lesion
    records = []
    for i in range(6):
        mask = np.zeros((1, 64, 48), "u1")
        mask[0, 20:32, 20:32] = 1
        z = np.full((1, 16, 12), 18, "f4")
        z[0, 1, 1 + i], z[0, 6, 6] = 18.5, 25
        records.append(("i%d" % i, {"image": np.full((64, 48), 100, "u1"), "mask": mask, "heatmap": shown(z).astype("f4")},
                        dict({"patient": "P%d" % i, "heatmap.stride": "4", "heatmap.offset": "2,2"}, **scale)))
    folder(name, records)
sure("odds", lambda z: z, {"heatmap.scale": "log-odds"})
sure("flat", lambda z: 1 / (1 + np.exp(-z)), {})
folder("bare", [("i", {"image": np.ones((4, 4), "u1")}, {"label": "0"})])
PY
for name in train test heat shifted odds flat bare; do mmread -o $name.mms $name || failures=$((failures + 1)); done
expect_exit 0 mmeval --json --baseline train.mms test.mms
cp .out out.json; check "the yardstick works" "$PYTHON" -c 'import json; a = json.load(open("out.json"))["auc"]; assert 0.75 < a < 1, a'
expect_exit 0 mmeval --json --baseline train.mms --predictions grey.tsv -o with.json test.mms
check "its table changes no figure" cmp with.json out.json
check "and has the same" "$PYTHON" -c 'import json, subprocess
a, b = json.load(open("out.json")), json.loads(subprocess.run(["mmeval", "-q", "--json", "grey.tsv"], capture_output=True, check=True).stdout)
assert abs(a["auc"] - b["auc"]) < 1e-12 and a["records"] == b["records"] and a["auc_bootstrap"] == b["auc_bootstrap"], (a, b)'
expect_exit 0 mmeval --json --heatmaps heat.mms
cp .out out.json; check "hot inside" "$PYTHON" -c 'import json; r = json.load(open("out.json")); assert abs(r["ratio"] - 9) < 1e-5 and r["hits"] == 5 and r["without_lesion"] == 1, r'
check "every lesion is found first" "$PYTHON" -c 'import json
r = json.load(open("out.json"))["free_response"]
assert r["lesions"] == 5 and r["images"] == 6 and r["found"] == 5 and r["mean_sensitivity"] > 0.8, r'
expect_exit 0 mmeval --heatmaps --plot froc.png --spacing 16 heat.mms
holds "free response" '^free response  *5 lesions in 6 images of 3 patients'
check "PNG" cmp -n 8 froc.png <(printf '\x89PNG\r\n\x1a\n')
expect_exit 2 mmeval --heatmaps --prevalence 0.1 heat.mms
expect_exit 0 mmeval --json --heatmaps shifted.mms
cp .out out.json; check "a shifted heatmap is not hot inside" "$PYTHON" -c 'import json; assert json.load(open("out.json"))["ratio"] < 1.5'
expect_exit 0 mmeval --json --heatmaps odds.mms
cp .out out.json; check "quiet where the order is known" test ! -s .err
check "log-odds order what probabilities of 1 cannot" "$PYTHON" -c 'import json
r = json.load(open("out.json"))
assert r["hits"] == 6 and r["free_response"]["sensitivity_at_false_marks"]["0.25"] == 1 and 0.999 < r["inside"] <= 1, r'
expect_exit 0 mmeval --json --heatmaps flat.mms; message "6 heatmaps have several cells of probability 1"
expect_exit 1 mmeval --heatmaps bare.mms; message "record 'i': has no tensor 'heatmap'"
expect_exit 1 mmeval --heatmaps --on-error skip bare.mms; message "every record was skipped"
expect_exit 3 mmeval --heatmaps good.tsv
expect_exit 1 mmeval --baseline bare.mms bare.mms; message "both kinds"
finish
