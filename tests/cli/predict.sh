#!/bin/bash
# mmpredict: text and stream, several models, mirror images, and input that is no good.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
PATH=$SUPPORT:$PATH
predict() { mmpredict -j 1 --precision fp32 "$@"; }
model() { # FILE SEED SIZE
    mmtoy --records 24 --size "$3" | mmtrain -q -j 1 --precision fp32 --net resnet8-cifar --classes none,left,middle --batch 8 \
        --seed "$2" --mean 80 --std 50 --stage 'train=all lr=1e-3 epochs=1' -o "$1" || exit 1
}
model a.safetensors 1 32x32
model b.safetensors 2 32x32
mmtoy --records 21 --seed 5 -o toy.mms

# Largest difference between the numbers of two tables of the same records (in any order); 9 where they are not.
apart() {
    awk -F'\t' 'NR == FNR {if (!/^#/) line[$1] = $0; next} /^#/ {next} {n = split(line[$1], other); if (n != NF) {print 9; exit}
        for (i = 4; i <= NF && $1 != "key"; i++) {d = $i - other[i]; d = d < 0 ? -d : d; if (d > max) max = d}} END {printf "%.9g\n", max + 0}' "$1" "$2"
}
below() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a < b)}'; }
# Mean of the probabilities of tables with the same records.
mean_of() {
    awk -F'\t' -v OFS='\t' '/^#/ {next} FNR == 1 {files++; print_head = $0; n = NF; next} {if (files == 1) {order[++m] = $1; head[$1] = $1 OFS $2 OFS $3}
        for (i = 4; i <= NF; i++) sum[$1, i] += $i} END {print print_head; for (k = 1; k <= m; k++) {line = head[order[k]];
        for (i = 4; i <= n; i++) line = line OFS sprintf("%.9g", sum[order[k], i] / files); print line}}' "$@"
}

expect_exit 0 predict --model a.safetensors toy.mms
cp .out a.tsv
check "header" grep -qx "key	patient	label	none	left	middle" a.tsv
check "22 lines" test "$(wc -l <a.tsv)" = 22
check "key, patient, label" test "$(sed -n 2p a.tsv | cut -f 1-3)" = "toy000000	P0	0"
check "probabilities add up to 1" awk -F'\t' 'NR > 1 {s = $4 + $5 + $6 - 1; if (s > 1e-5 || s < -1e-5) exit 1}' a.tsv
expect_exit 0 mmeval a.tsv

# The same for any batch and thread count (to rounding), from standard input, to a file.
predict --batch 5 --model a.safetensors toy.mms >batch.tsv
check "another batch" below "$(apart a.tsv batch.tsv)" 1e-5
mmpredict -j 2 --precision fp32 --model a.safetensors <toy.mms >threads.tsv
check "other threads" below "$(apart a.tsv threads.tsv)" 1e-5
expect_exit 0 predict --model a.safetensors -o file.tsv toy.mms
check "the same bytes in a file" cmp a.tsv file.tsv

# Logits are what the probabilities are made of.
predict --logits --model a.safetensors toy.mms >logits.tsv
awk -F'\t' -v OFS='\t' 'NR == 1 {print; next} {s = 0; for (i = 4; i <= NF; i++) {$i = exp($i); s += $i} for (i = 4; i <= NF; i++) $i = sprintf("%.9g", $i / s); print}' logits.tsv >softmax.tsv
check "softmax of logits" below "$(apart a.tsv softmax.tsv)" 1e-5
expect_exit 2 predict --logits --model a.safetensors --model b.safetensors toy.mms; message "--logits"
expect_exit 2 predict --logits --tta flips --model a.safetensors toy.mms

# Several models: the mean of their probabilities.
predict --model b.safetensors toy.mms >b.tsv
predict --model a.safetensors --model b.safetensors -o both.tsv toy.mms
mean_of a.tsv b.tsv >mean.tsv
check "two models" below "$(apart both.tsv mean.tsv)" 1e-6
refuse "the mean is not one of them" below "$(apart both.tsv a.tsv)" 1e-6

check "means are marked" grep -q '"averaged": true' both.tsv.thresholds.json
predict --model b.safetensors -o b.tsv toy.mms
refuse "single predictions are none" test -e b.tsv.thresholds.json
predict --model b.safetensors -o both.tsv toy.mms
refuse "what was known of a table that was replaced" test -e both.tsv.thresholds.json
predict --model a.safetensors --model b.safetensors -o both.tsv toy.mms

# A model that was given a temperature, here 1.5: 0.8 is told where 2 of 3 are right.
printf 'key\tpatient\tlabel\tnone\tleft\tmiddle\nx\tp\t0\t0.8\t0.1\t0.1\ny\tq\t1\t0.1\t0.8\t0.1\nz\tr\t1\t0.1\t0.1\t0.8\n' >val.tsv
cp a.safetensors warm.safetensors
expect_exit 0 mmeval -q --calibrate --store warm.safetensors val.tsv
predict --model warm.safetensors -o warm.tsv toy.mms
near() { awk -v t="$1" 'BEGIN {exit !(t > 1.5 - 1e-9 && t < 1.5 + 1e-9)}'; }
check "its temperature is said" near "$(sed -n 's/.*"temperature": //p' warm.tsv.thresholds.json)"
predict --model warm.safetensors toy.mms >piped.tsv
check "and to a pipe, once" near "$(sed -n 's/.*temperature \(.*\);$/\1/p' piped.tsv)"
check "in a column of its own" test "$(head -n 1 piped.tsv)" = "key	patient	label	none	left	middle	remarks"
check "beside the same table" cmp <(cut -f 1-6 piped.tsv) warm.tsv
check "mmeval reads both" cmp <(mmeval --json <piped.tsv | grep '"temperature"') <(mmeval --json warm.tsv | grep '"temperature"')
check "at the temperature" grep -q '"temperature": 1.5' <(mmeval --json warm.tsv)
awk -F'\t' -v OFS='\t' 'NR == 1 {print; next} {s = 0; for (i = 4; i <= NF; i++) {$i = exp($i / 1.5); s += $i} for (i = 4; i <= NF; i++) $i = sprintf("%.9g", $i / s); print}' logits.tsv >softmax.tsv
check "softmax of logits / 1.5" below "$(apart warm.tsv softmax.tsv)" 1e-5
refuse "which is not that of logits" below "$(apart warm.tsv a.tsv)" 1e-5
predict --model warm.safetensors --model b.safetensors -o both.tsv toy.mms
mean_of warm.tsv b.tsv >mean.tsv
check "means of tempered probabilities" below "$(apart both.tsv mean.tsv)" 1e-6

# Thresholds lie beside the table, which any reader of tables reads as it is; --threshold calls records.
mmtoy --records 40 --seed 3 --classes 2 -o two.mms
mmread -q --shuffle --epochs 1 two.mms | mmtrain -q -j 1 --precision fp32 --net resnet8-cifar --classes 2 --batch 8 --mean 80 --std 50 \
    --stage 'train=all lr=1e-3 epochs=1' --val two.mms -o called.safetensors
mmeval -q --store called.safetensors <(predict -q --model called.safetensors two.mms) >stored
expect_exit 0 predict --model called.safetensors -o called.tsv --threshold sensitivity_0.90 two.mms
expect_exit 0 predict --model called.safetensors --thresholds elsewhere.json --threshold youden two.mms
cp .out youden.tsv
check "the same thresholds elsewhere" cmp elsewhere.json called.tsv.thresholds.json
for file in called.tsv youden.tsv; do mmeval --json --thresholds elsewhere.json $file >$file.json; done
mmeval --json called.tsv >beside.json
predict --model called.safetensors two.mms | mmeval --json >piped.json
check "no matter how they come" cmp called.tsv.json beside.json
check "or by a pipe" cmp called.tsv.json piped.json
"$PYTHON" - <<'END' || failures=$((failures + 1))
import csv, json
given = json.load(open("elsewhere.json"))["thresholds"]
for file, name in (("called.tsv", "sensitivity_0.90"), ("youden.tsv", "youden")):
    rows = list(csv.DictReader(open(file), delimiter="\t"))
    assert len(rows) == 40 and list(rows[0]) == ["key", "patient", "label", "benign", "malignant", "call"], rows[0]
    assert all(int(r["call"]) == (float(r["malignant"]) >= given[name]["probability"]) for r in rows)
    at = [t for t in json.load(open(file + ".json"))["thresholds"] if t["name"] == name][0]
    assert sum(r["call"] == "1" and r["label"] == "1" for r in rows) == at["true_positives"] > 0
    assert sum(r["call"] == "1" and r["label"] == "0" for r in rows) == at["false_positives"]
END
expect_exit 1 predict --model called.safetensors --threshold best two.mms; message "the model has no threshold 'best'"
expect_exit 2 predict --model called.safetensors --threshold youden --tta flips two.mms; message "--threshold goes with one model"
expect_exit 2 predict --model called.safetensors --thresholds x.json --stream two.mms; message "go with a table"
expect_exit 2 mmeval --thresholds elsewhere.json --threshold 0.5 called.tsv; message "--thresholds brings"
expect_exit 3 mmeval --thresholds called.tsv called.tsv; message "'called.tsv' is not a file of thresholds"
expect_exit 1 mmeval --thresholds no-such.json called.tsv; message "cannot open 'no-such.json'"
expect_exit 0 predict --model called.safetensors -o /dev/null two.mms
refuse "a file beside a device" test -e /dev/null.thresholds.json

# As a stream: the tensor prob, all else passed on.
expect_exit 0 predict --stream --model a.safetensors -o prob.mms toy.mms
expect_exit 0 mminfo --check prob.mms
mminfo prob.mms >info
check "prob" grep -q 'toy000000.*image:u16:32x32.*prob:f32:3.*label=0' info
check "provenance" grep -q 'PN:mmpredict.*CL:mmpredict --model a.safetensors' info

# Mirror images made by numpy, each predicted, against --tta=flips; probabilities in the stream against the table.
"$PYTHON" - <<'END' || failures=$((failures + 1))
import sys
import mms, numpy as np
records = next(mms.read_stream(open("toy.mms", "rb"))).records
for name, flip in (("h", lambda a: a[:, ::-1]), ("v", lambda a: a[::-1]), ("hv", lambda a: a[::-1, ::-1])):
    with open(name + ".mms", "wb") as f:
        mms.write_segment(f, [(r.key, {"image": np.ascontiguousarray(flip(r.tensors["image"]))}, dict(r.attrs)) for r in records])
table = {l.split("\t")[0]: l.split("\t")[3:] for l in open("a.tsv").read().splitlines()[1:]}
for r in next(mms.read_stream(open("prob.mms", "rb"))).records:
    if not np.array_equal(r.tensors["prob"], np.array(table[r.key], "f4")):
        sys.exit("FAILED: prob of %s is not that of the table" % r.key)
with open("odd.mms", "wb") as f:  # sizes in turn, colour in between, a label that is none
    image = np.random.RandomState(1).randint(0, 65536, (40, 36)).astype("<u2")
    mms.write_segment(f, [("a", {"image": image}, {}), ("b", {"image": image[:32, :32].copy()}, {}), ("c", {"image": image}, {}),
                          ("colour", {"image": np.stack([image] * 3)}, {}), ("d", {"image": (image >> 8).astype("u1")}, {"label": "2"}),
                          ("none", {"mask": image}, {}), ("e", {"image": image}, {"label": "7"})])
END
for flip in h v hv; do predict --model a.safetensors $flip.mms >$flip.tsv; done
predict --tta flips --model a.safetensors -o tta.tsv toy.mms
mean_of a.tsv h.tsv v.tsv hv.tsv >mean.tsv
check "mean over four mirror images" below "$(apart tta.tsv mean.tsv)" 1e-6
mean_of a.tsv h.tsv v.tsv v.tsv >wrong.tsv
refuse "one mirror image wrong" below "$(apart tta.tsv wrong.tsv)" 1e-6

# Records that cannot be used end it, or are left out and counted.
expect_exit 1 predict --model a.safetensors odd.mms; cp .out printed; message "record 'colour': tensor 'image' has 3 channels"
check "nothing printed" test ! -s printed
expect_exit 0 predict --on-error skip --model a.safetensors odd.mms
cp .out skipped.tsv
message "record 'none': has no tensor 'image'"; message "2 records skipped"
check "order kept" test "$(cut -f 1 skipped.tsv | tr '\n' ' ')" = "key a b c d e "
check "how many were left out" test "$(sed -n 2p skipped.tsv | cut -f 7)" = "skipped 2;"
check "no label" grep -q '^a		' skipped.tsv
expect_exit 0 predict --on-error skip --stream --model a.safetensors -o skipped.mms odd.mms
expect_exit 0 predict --model a.safetensors skipped.mms; message "2 records skipped before"
cp .out repeated.tsv
check "repeated" grep -q 'skipped 2;$' repeated.tsv
"$PYTHON" - <<'PY'
import numpy as np, mms
with open("useless.mms", "wb") as f:
    mms.write_segment(f, [(key, {"mask": np.zeros((8, 8), "u1")}, {}) for key in "abc"])
PY
expect_exit 1 predict --model a.safetensors --on-error skip useless.mms; message "all 3 records were skipped"

# The stream is another than the model's training data; classes that are not the data's.
expect_exit 0 predict --model a.safetensors - < <(mmtoy --size 40x40); message "32x32"
expect_exit 0 predict --model a.safetensors - < <(mmtoy --records 40; mmtoy --records 2 --size 40x40); message "images are 40x40"
expect_exit 0 predict --model a.safetensors - < <(mmtoy --classes 4); cp .out four.tsv
equal "a label of another scheme is written as it is" 3 "$(grep '^toy000003' four.tsv | cut -f3)"
expect_exit 1 mmeval four.tsv; message "record 'toy000003': label 3 is out of range"
expect_exit 0 mmeval --on-error=skip --draws 100 four.tsv
mmtoy --records 6 --classes 2 | mmtrain -q -j 1 --net resnet8-cifar --classes 2 --mean 80 --stage 'train=fc lr=0 epochs=1' -o two.safetensors
expect_exit 1 predict --model a.safetensors --model two.safetensors toy.mms; message "different classes"
mmtoy --names -o named.mms
expect_exit 0 predict --model a.safetensors named.mms
expect_exit 0 predict --model two.safetensors - < <(mmtoy --classes 2 --names); cp .out two.tsv
equal "a class of another name is named" none "$(grep '^toy000000' two.tsv | cut -f3)"
expect_exit 1 mmeval two.tsv; message "record 'toy000000': label 'none' is not a class of this table"

# A layer's output, as a tensor of the stream; names that are none get those that are.
expect_exit 0 predict --features layer3 --model a.safetensors -o whole.mms toy.mms
expect_exit 0 predict --features layer3 --pool --model a.safetensors -o pooled.mms toy.mms
mminfo whole.mms >whole.txt; mminfo pooled.mms >pooled.txt
check "channels, rows, columns" test "$(grep -c '	features:f32:64x8x8	' whole.txt)" -eq "$(grep -c '	prob:f32:' whole.txt)"
check "channels" test "$(grep -c '	features:f32:64	' pooled.txt)" -eq "$(grep -c '	prob:f32:' pooled.txt)"
expect_exit 0 predict --stream --model a.safetensors -o plain.mms toy.mms
check "the same probabilities" "$PYTHON" -c 'import mms, sys
a, b = ([r.tensors["prob"].tobytes() for s in mms.read_stream(open(f, "rb")) for r in s.records] for f in sys.argv[1:])
sys.exit(a != b)' plain.mms whole.mms
expect_exit 2 predict --features layer9 --model a.safetensors toy.mms
message "'layer9' is not a layer of resnet8-cifar; there are conv1, bn1, relu, layer1, layer2, layer3, avgpool, fc"
expect_exit 2 predict --pool --model a.safetensors toy.mms; message "--pool goes with --features=LAYER"
expect_exit 2 predict --features fc --tta flips --model a.safetensors toy.mms; message "--features goes with one model and without --tta"

# Nothing is printed of a stream that is not whole; other input that is no good.
head -c 20000 toy.mms >cut.mms
expect_exit 3 predict --model a.safetensors cut.mms; cp .out printed
check "nothing printed" test ! -s printed
expect_exit 2 predict toy.mms; message "--model=FILE is missing"
expect_exit 1 predict --model no-such toy.mms; message "no-such"
expect_exit 1 predict --model a.safetensors no-such.mms; message "cannot open 'no-such.mms'"
expect_exit 1 predict --model toy.mms toy.mms
head -c 3000 a.safetensors >cut.safetensors
expect_exit 3 predict --model cut.safetensors toy.mms; message "cut.safetensors"
expect_exit 1 predict --model a.safetensors -o /dev/full toy.mms; message "/dev/full"
expect_exit 1 predict --stream --model a.safetensors -o /dev/full toy.mms; message "/dev/full"
finish
