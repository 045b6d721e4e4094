#!/bin/bash
# Areas of probabilities that single precision cannot tell from 1: mmeval against scikit-learn on the logits that they were made of, and
# one model's area by mmtrain's validation, by mmpredict and mmeval, and by PyTorch.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision sklearn numpy
PATH=$SUPPORT:$PATH
expect_exit 0 "$PYTHON" "$ROOT/tests/agreement/scores.py" tables
"$PYTHON" "$ROOT/tests/agreement/scores.py" model hot.safetensors 60 images.mms || failures=$((failures + 1))
mmread -q --epochs 1 images.mms | mmtrain -q -j 1 --precision fp32 --init hot.safetensors --net resnet18 --classes benign,malignant \
    --mean 100 --std 50 --batch 20 --stage 'train=fc lr=0 epochs=1 bn=frozen' --val images.mms --log log.tsv -o again.safetensors || failures=$((failures + 1))
mmpredict -q -j 1 --precision fp32 --model hot.safetensors images.mms >table.tsv
mmeval -q --json table.tsv >report.json
check "mmtrain, mmpredict and PyTorch have one area" "$PYTHON" "$ROOT/tests/agreement/scores.py" areas table.tsv report.json log.tsv logits.npy
mmeval -q --json --model again.safetensors table.tsv >stored.json
check "the threshold that mmtrain stored is the best on its validation set" "$PYTHON" -c 'import json
r = json.load(open("stored.json"))
t, b = (r["thresholds"][0], r["best_threshold"])
assert t["name"] == "youden" and t["log_odds"] > 17, t
assert all(t[k] == b[k] for k in ("true_positives", "false_positives")) and t["log_odds"] < b["log_odds"], (t, b)'
# The second model's logits differ by thousands: its smaller probabilities are 0 in double precision.
"$PYTHON" "$ROOT/tests/agreement/scores.py" model far.safetensors 9000 images.mms || failures=$((failures + 1))
for model in hot far; do
    mmpredict -q -j 1 --precision fp32 --model $model.safetensors images.mms | mmeval -q --json >report.json
    mmpredict -q -j 1 --precision fp32 --logits --model $model.safetensors images.mms | mmeval -q --json --logits >logits.json
    check "logits and probabilities of $model have one area" "$PYTHON" -c 'import json
a, b = (json.load(open(f)) for f in ("report.json", "logits.json"))
assert a["auc"] == b["auc"] and a["average_precision"] == b["average_precision"] and a["saturated"] == 0, (a["auc"], b["auc"])'
done
mmpredict -q -j 1 --precision fp32 --model far.safetensors images.mms >far.tsv
check "numbers too small for double precision" grep -q 'e-[1-9][0-9][0-9][0-9]' far.tsv
check "a threshold among them" mmeval -q --store far.safetensors far.tsv
check "calls by it" bash -c 'mmpredict -q -j 1 --precision fp32 --threshold sensitivity_0.90 --model far.safetensors images.mms |
    awk -F "\t" "NR > 1 && \$3 == 1 {n++; called += \$6} END {exit !(called >= 0.9 * n && called < n)}"'
finish
