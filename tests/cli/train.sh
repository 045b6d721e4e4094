#!/bin/bash
# mmtrain: learns what can be learnt, the same bytes twice and after interruptions, and says what is wrong.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
PATH=$SUPPORT:$PATH
names=none,left,middle
stage='train=all lr=1e-2 wd=1e-4 epochs=3'
command=(mmtrain -q -j 1 --net resnet8-cifar --classes "$names" --batch 8)
train() { "${command[@]}" "$@"; }
column() { awk -F'\t' -v name="$2" -v kind="$3" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) c = i} $1 == kind {print $c}' "$1"; }

mmtoy --records 120 -o toy.mms && mmtoy --records 30 --seed 2 -o val.mms && mmread --shuffle --epochs 3 toy.mms >epochs.mms || exit 1

# It learns, and the log tells of it.
expect_exit 0 train --mean toy.mms --stage "$stage" --val val.mms --log log.tsv -o a.safetensors epochs.mms
check "log's header" grep -q "^kind	stage	epoch	step	loss	lr	images_per_s" log.tsv
check "45 steps" test "$(column log.tsv loss step | wc -l)" = 45
check "3 epochs" test "$(column log.tsv val_accuracy epoch | wc -l)" = 3
check "the loss goes down" awk 'NR == 1 {first = $1} {last = $1} END {exit !(last < first / 4)}' <(column log.tsv loss epoch)
check "the best epoch is of the best accuracy, of equal ones that of the least loss" \
    test "$(column log.tsv best epoch | grep -n 1 | tail -n 1 | cut -d: -f1)" = "$(paste <(column log.tsv val_accuracy epoch) \
    <(column log.tsv val_loss epoch) | awk '$1 > max || ($1 == max && $2 < loss) {max = $1; loss = $2; n = NR} END {print n}')"
# Validation images of another size are said, once; those of the training's size are not.
mmtoy --records 9 --seed 2 --size 40x40 -o large.mms && cat val.mms large.mms >sizes.mms
unquiet=(mmtrain -j 1 --net resnet8-cifar --classes "$names" --batch 8 --mean toy.mms --stage 'train=fc lr=1e-3 epochs=2')
expect_exit 0 "${unquiet[@]}" --val large.mms -o large.safetensors epochs.mms
message "validation stream 'large.mms': images are 40x40, the model was trained on 32x32"
check "once" test "$(grep -c "images are" .err)" = 1
expect_exit 0 "${unquiet[@]}" --val sizes.mms -o large.safetensors epochs.mms; message "validation stream 'sizes.mms': images are 40x40"
expect_exit 0 "${unquiet[@]}" --val val.mms -o large.safetensors epochs.mms
refuse "a warning of the same size" grep -q "images are" .err
# Another figure to choose by: the loss, the area under the curve.
for figure in loss auc; do
    expect_exit 0 train --mean toy.mms --stage "$stage" --lr 0.2 --val val.mms --best $figure --log best.tsv -o best.safetensors epochs.mms
    check "the best epoch is of the best $figure" test "$(column best.tsv best epoch | grep -n 1 | tail -n 1 | cut -d: -f1)" = \
        "$(paste <(column best.tsv val_$figure epoch) <(column best.tsv val_loss epoch) |
            awk -v sign="$([ $figure = loss ] && echo -1 || echo 1)" \
            'NR == 1 || sign * $1 > max || (sign * $1 == max && $2 < loss) {max = sign * $1; loss = $2; n = NR} END {print n}')"
    check "and in the model" grep -aqF "\"best\":\"stage 1 epoch $(column best.tsv best epoch | grep -n 1 | tail -n 1 | cut -d: -f1)\"" best.safetensors
done
expect_exit 2 train --mean toy.mms --stage "$stage" --stop-after 2 -o x.safetensors epochs.mms; message "--stop-after needs --val"
expect_exit 2 train --mean 80 --stage "$stage" --adam 0.9,0.999 -o x.safetensors epochs.mms; message "--adam=0.9,0.999"

# Early stopping and plateaus: weights that do not move get no better; what comes later is ignored.
expect_exit 0 mmtrain -j 1 --net resnet8-cifar --classes "$names" --batch 32 --mean 80 --stage 'train=fc lr=1e-12 epochs=1 bn=frozen' \
    --stage 'train=fc lr=1e-12 epochs=9 bn=frozen' --stop-after 3 --plateau 1 --val val.mms --log stop.tsv -o stop.safetensors - \
    < <(mmread --shuffle --epochs 6 toy.mms)
message "stage 2 ends early"; message "the stream has 1 epoch more"; message "GiB"
check "5 epochs" test "$(column stop.tsv lr epoch | tr '\n' ' ')" = "1e-12 1e-12 1e-12 1e-13 1e-14 "
# The course of it as a picture.
expect_exit 0 mmeval --curves stop.tsv -o curves.png
check "a PNG of three panels" test "$(od -An -tu1 -N24 curves.png | awk 'NR == 2 {print $1 * 16777216 + $2 * 65536 + $3 * 256 + $4}')" = 1410
expect_exit 0 mmeval --curves log.tsv -o curves.svg
check "an SVG with dashed borders of no stage" test "$(grep -c stroke-dasharray curves.svg)" = 0
expect_exit 0 mmeval --curves stop.tsv -o stages.svg
check "the border of two stages, in three panels" test "$(grep -c stroke-dasharray stages.svg)" = 3
expect_exit 3 mmeval --curves epochs.mms -o x.png; message "'epochs.mms' is not a log of mmtrain"
expect_exit 2 mmeval --curves log.tsv; message "-o FILE.png"
check "nothing half-written" test ! -e x.png
# Smoothed labels: the loss of training is theirs, so it cannot get near 0.
expect_exit 0 train --mean toy.mms --stage "$stage" --smoothing 0.3 --log smooth.tsv -o smooth.safetensors epochs.mms
check "no loss below the entropy of a smoothed label" awk '$1 < 0.63 {exit 1}' <(column smooth.tsv loss step)
# Weights by class, 20, 10 and 3 records of each: with nothing learnt and all batch norm frozen the loss is that of the
# predictions, each weighted by 33 / (3 classes * records of its class).
for part in 0:60 1:30 2:9; do mmtoy --records "${part#*:}" | mmread -q --where "label=${part%:*}" -o "label${part%:*}.mms"; done
mmread -q -o uneven.mms label0.mms label1.mms label2.mms
still=(mmtrain -q -j 1 --precision fp32 --init a.safetensors --mean uneven.mms --batch 64 --stage 'train=fc lr=0 epochs=1 bn=frozen')
expect_exit 0 "${still[@]}" --balance loss --log weighted.tsv -o weighted.safetensors uneven.mms
expect_exit 0 "${still[@]}" --log plain.tsv -o plain.safetensors uneven.mms
mmpredict -q -j 1 --precision fp32 --model plain.safetensors uneven.mms | awk -F'\t' 'NR > 1 && !/^#/ {n[$3]++; l[$3] -= log($($3 + 4))}
    END {for (k in n) {w += l[k] / 3 / n[k]; p += l[k] / 33}; printf "%.4f %.4f\n", w, p}' >wanted
for kind in weighted plain; do column $kind.tsv loss step; done | xargs printf '%.4f %.4f\n' >got
check "weighted loss and plain loss: $(cat got), not $(cat wanted)" cmp got wanted
refuse "the weights tell" cmp <(cut -d' ' -f1 got) <(cut -d' ' -f2 got)
expect_exit 2 train --mean toy.mms --stage "$stage" --best loss -o best.safetensors epochs.mms; message "--best needs --val"
mmtoy --records 60 --seed 3 | mmpredict -j 1 --model a.safetensors -o predictions.tsv
right() { awk -F'\t' 'NR > 1 && !/^#/ {top = 4; for (i = 5; i <= NF; i++) if ($i > $top) top = i; n++; right += top - 4 == $3} END {print right / n}' "$1"; }
check "it tells new images apart" awk '{exit !($1 > 0.9)}' <<<"$(right predictions.tsv)"
# ... and this check notices labels that are wrong on purpose.
awk -F'\t' -v OFS='\t' 'NR > 1 {$3 = ($3 + 1) % 3} 1' predictions.tsv >swapped.tsv
refuse "swapped labels" awk '{exit !($1 > 0.9)}' <<<"$(right swapped.tsv)"

# What the model file says.
check "metadata" grep -aqF '"classes":"none,left,middle"' a.safetensors
for word in '"net":"resnet8-cifar"' '"image_size":"32x32"' 'measured on toy.mms: 120 records, 122880 pixels' 'PN:mmtoy' '"best":"stage 1 epoch'; do
    check "metadata: $word" grep -aqF -- "$word" a.safetensors
done

# The same bytes twice; from standard input too; --log changes nothing.
expect_exit 0 train --mean toy.mms --stage "$stage" --val val.mms -o b.safetensors - <epochs.mms
check "the same bytes twice" cmp a.safetensors b.safetensors
expect_exit 0 train --mean toy.mms --stage "$stage" --val val.mms --seed 2 -o c.safetensors epochs.mms
refuse "another seed" cmp a.safetensors c.safetensors

# Interrupted in the middle, by SIGKILL or SIGTERM, and resumed: the same bytes and the same log.
slowly() { head -c 280000; while head -c 20000 >chunk && [ -s chunk ]; do cat chunk; sleep 0.2; done; }
for signal in KILL TERM; do
    rm -f ck ck.previous log2.tsv
    slowly <epochs.mms 2>/dev/null |
        "${command[@]}" --mean toy.mms --stage "$stage" --val val.mms --checkpoint ck --resume --log log2.tsv -o d.safetensors 2>err &
    pid=$!
    for _ in $(seq 200); do # past the first epoch, but not at the end
        [ "$(grep -c ^step log2.tsv 2>/dev/null)" -gt 17 ] 2>/dev/null && break
        sleep 0.05
    done
    kill -$signal $pid
    wait $pid
    code=$?
    [ $signal = KILL ] || check "SIGTERM's exit code is $code" test $code = 143
    check "$signal: nothing under the model's name" test ! -e d.safetensors
    if [ $signal = TERM ] || "$PYTHON" -c 'import os; os.open(".", os.O_TMPFILE | os.O_RDWR)' 2>/dev/null; then
        check "$signal: nothing hidden is left" test -z "$(find . -name '.d.safetensors.*')"
    fi
    check "$signal: was in the middle ($(grep -c ^step log2.tsv))" test "$(grep -c ^step log2.tsv)" -lt 45
    [ $signal = KILL ] || cp ck ck.term
    expect_exit 0 train --mean toy.mms --stage "$stage" --val val.mms --checkpoint ck --resume --log log2.tsv -o d.safetensors epochs.mms
    check "$signal: resumed to the same bytes" cmp a.safetensors d.safetensors
    check "$signal: and the same log" cmp <(cut -f 1-6,8- log.tsv) <(cut -f 1-6,8- log2.tsv)
    rm -f d.safetensors
done
# A feed that begins at the right epoch; another command, other threads, a damaged checkpoint.
cp ck.term ck
mmread --shuffle --epochs 2-3 toy.mms >later.mms
mmread --shuffle --epochs 1-1 toy.mms >first.mms
train --mean toy.mms --stage "$stage" --val val.mms --checkpoint ck1 -o e.safetensors first.mms 2>/dev/null
expect_exit 0 train --mean toy.mms --stage "$stage" --val val.mms --checkpoint ck1 --resume -o e.safetensors later.mms
check "a feed from the right epoch" cmp a.safetensors e.safetensors
expect_exit 1 train --mean toy.mms --stage "$stage" --val val.mms -o e2.safetensors later.mms; message "begins with epoch 2"
expect_exit 1 train --mean toy.mms --stage "$stage" --checkpoint ck --resume -o f.safetensors epochs.mms; message "another command"
expect_exit 1 mmtrain -q -j 2 --net resnet8-cifar --classes $names --batch 8 --mean toy.mms --stage "$stage" --val val.mms \
    --checkpoint ck --resume -o f.safetensors epochs.mms; message "was made with 1 threads"
printf x | dd of=ck bs=1 seek=900000 conv=notrunc 2>/dev/null
rm -f ck.previous
expect_exit 3 train --mean toy.mms --stage "$stage" --val val.mms --checkpoint ck --resume -o f.safetensors epochs.mms
cp ck.term ck.previous
expect_exit 0 train --mean toy.mms --stage "$stage" --val val.mms --checkpoint ck --resume -o f.safetensors epochs.mms; message "going on from 'ck.previous'"
check "from the checkpoint before" cmp a.safetensors f.safetensors
expect_exit 2 train --mean 80 --stage "$stage" --resume -o f.safetensors epochs.mms; message "--checkpoint"

# Too few epochs: an error, and what was learnt is not lost; too many: a note.
expect_exit 1 train --mean toy.mms --stage 'train=all lr=1e-2 epochs=4' --val val.mms -o few.safetensors epochs.mms
message "the stream ends after epoch 3, the schedule has 4"; message "'few.safetensors.best'"
check "no model under the real name" test ! -e few.safetensors
expect_exit 0 mmpredict -j 1 --model few.safetensors.best val.mms
expect_exit 0 train --mean toy.mms --stage 'train=fc lr=1e-2 epochs=1' -q -o few.safetensors first.mms
check "a run that ends well leaves no '.best' of one that did not" test -e few.safetensors -a ! -e few.safetensors.best
expect_exit 0 mmtrain -j 1 --net resnet8-cifar --classes $names --batch 16 --mean 80 --stage 'train=fc lr=1e-2 epochs=1' -o many.safetensors epochs.mms
message "2 epochs more than the schedule"

# Where it starts: another model's weights, mean and classes; layers that do not exist; what contradicts itself.
expect_exit 0 mmtrain -j 1 --init a.safetensors --batch 16 --stage 'train=fc lr=1e-4 epochs=1 bn=frozen' -o g.safetensors first.mms
message "'a.safetensors': 37 of 37 tensors"
check "classes inherited" grep -aqF '"classes":"none,left,middle"' g.safetensors
check "mean inherited" grep -aqF 'measured on toy.mms: 120 records' g.safetensors
expect_exit 2 train --stage "$stage" -o x.safetensors epochs.mms; message "the mean is not known"
expect_exit 2 train --mean 80 -o x.safetensors epochs.mms; message "--recipe"
expect_exit 2 train --mean 80 --recipe patch --stage "$stage" -o x.safetensors epochs.mms; message "exclude"
expect_exit 2 train --mean 80 --stage 'train=nothing lr=1 epochs=1' -o x.safetensors epochs.mms; message "nothing"
expect_exit 2 train --mean 80 --stage 'train=fc lr=1e10 epochs=1' -o x.safetensors epochs.mms; message "'lr=1e10' is not a number from 0 to 1000"
expect_exit 2 train --mean 80 --stage 'train=fc lr=1' -o x.safetensors epochs.mms; message "epochs=N"
expect_exit 1 train --mean no-such.mms --stage "$stage" -o x.safetensors epochs.mms; message "cannot open 'no-such.mms'"
expect_exit 1 train --mean 80 --stage "$stage" --init no-such -o x.safetensors epochs.mms; message "no-such"
expect_exit 1 train --mean 80 --stage "$stage" --val no-such.mms -o x.safetensors epochs.mms; message "no-such.mms"
expect_exit 2 train --mean 80 --stage "$stage" --val - -o x.safetensors epochs.mms; message "--val=-"
expect_exit 0 mmtrain -q -j 1 --as published --net resnet8-cifar --mean 80 --classes $names --stage 'train=fc lr=0 epochs=3' -o x.safetensors epochs.mms
check "std 1" grep -aqF '"std":"1"' x.safetensors
expect_exit 2 mmtrain --net resnet18 --device abacus --mean 80 --stage "$stage" -o x.safetensors epochs.mms; message "abacus"

# Weights that are taken for torchvision's expect input of unit scale.
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" cifar 20 cifar.npz
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" partial partial.npz
expect_exit 0 mmtrain -j 1 --net resnet20-cifar --classes 3 --init cifar.npz --mean 80 --batch 20 --stage 'train=fc lr=1e-3 epochs=1' \
    -o cifar.safetensors first.mms
message "missing: fc.weight, fc.bias; left over: module.linear.weight"
check "std of other weights" grep -aqF '"std":"1"' cifar.safetensors
expect_exit 2 mmtrain --recipe patch --bn frozen --init partial.npz --mean 80 --std 1 -o x.safetensors first.mms
message "--std=1 with bn=frozen"

# Data that are no good.
bad() { # STREAM MESSAGE [OPTION...]
    local stream=$1 text=$2
    shift 2
    expect_exit 1 train --mean 80 --stage 'train=all lr=1e-2 epochs=1' -o x.safetensors "$@" "$stream"
    message "$text"
}
mmtoy --classes 4 -o four.mms; bad four.mms "record 'toy000003': label 3 is out of range"
mmtoy --bare -o bare.mms; bad bare.mms "record 'toy000000': has no attribute 'label'"
mmtoy --names -o named.mms; expect_exit 0 train --mean 80 --stage 'train=fc lr=0 epochs=1' -o x.safetensors named.mms
expect_exit 1 mmtrain -q -j 1 --net resnet8-cifar --mean 80 --classes a,b,c --stage "$stage" -o x2.safetensors named.mms
message "record 'toy000000': is of class 'none', label 0: the network's class 0 is 'a'"
mmtoy --classes 1 -o one.mms; bad one.mms "all records of the first epoch are of class 0"
mmtoy --classes 2 -o two.mms; expect_exit 0 mmtrain -j 1 --net resnet8-cifar --classes $names --mean 80 --stage 'train=fc lr=0 epochs=1' -o x.safetensors two.mms
message "no record is of class 2, 'middle'"
mmphantom -n 1 --size 64x64 >phantom.mms; mmtoy --records 6 --classes 2 >six.mms
mmread six.mms phantom.mms >mixed.mms
expect_exit 1 mmtrain -q -j 1 --net resnet8-cifar --classes 2 --mean 80 --stage "$stage" -o x2.safetensors mixed.mms
message "record 'P_00001"; message "the first record is 32x32"
expect_exit 0 mmtrain -q -j 1 --net resnet8-cifar --classes 2 --on-error skip --mean 80 --stage 'train=fc lr=0 epochs=1' \
    -o x.safetensors mixed.mms
message "2 records skipped"
head -c 50000 toy.mms >cut.mms; expect_exit 3 train --mean 80 --stage "$stage" -o x3.safetensors cut.mms
check "nothing half-written" test ! -e x3.safetensors
expect_exit 3 train --mean 80 --stage "$stage" -o x3.safetensors /dev/null
expect_exit 1 train --mean 80 --stage 'train=fc lr=0 epochs=1' -o /dev/full six.mms; message "/dev/full"
expect_exit 1 train --mean 80 --stage 'train=fc lr=0 epochs=1' -o no/such/x.safetensors six.mms; message "no/such"
expect_exit 1 train --mean 80 --stage 'train=fc lr=0 epochs=1' --log /dev/full -o x3.safetensors six.mms; message "/dev/full"
expect_exit 1 train --mean 80 --stage 'train=fc lr=0 epochs=1' --checkpoint /dev/full -o x3.safetensors six.mms; message "/dev/full"

# A loss that is not a number: stop, keep what was good.
"$PYTHON" - <<'END' || failures=$((failures + 1))
import sys
import mms, numpy as np
with open("nan.mms", "wb") as f:
    for epoch in (1, 2):
        image = np.random.RandomState(1).rand(6, 32, 32).astype("f4")
        if epoch == 2:
            image[3] = 1.3e36  # finite, as are its grey levels, but not the sum of these
        mms.write_segment(f, [("r%d" % i, {"image": image[i]}, {"label": str(i % 3)}) for i in range(6)], ("@MM\tVN:1.0", "@EP\tN:%d" % epoch))
import json, struct
records = [r for s in mms.read_stream(open("toy.mms", "rb")) for r in s.records]
mean = float(np.mean([r.tensors["image"].astype("f8") * 255 / 65535 for r in records]))
raw = open("a.safetensors", "rb").read()
notes = json.loads(raw[8:8 + struct.unpack("<Q", raw[:8])[0]])["__metadata__"]
if abs(float(notes["mean"]) - mean) > 1e-6:
    sys.exit("FAILED: mean %s, not %.9g" % (notes["mean"], mean))
END
train --mean 80 --stage 'train=all lr=1e-3 epochs=2' --checkpoint nan.ck -o nan.safetensors <(head -c "$(($(wc -c <nan.mms) / 2))" nan.mms) \
    2>/dev/null
cp nan.ck good.ck
rm nan.ck
expect_exit 1 train --mean 80 --stage 'train=all lr=1e-3 epochs=2' --checkpoint nan.ck -o nan.safetensors nan.mms
message "the loss is"; message "the best model so far, of epoch 1, is in 'nan.safetensors.best'"
message "start anew with a smaller --lr and --init=nan.safetensors.best"
check "no model" test ! -e nan.safetensors
check "the checkpoint is that of the epoch before" cmp nan.ck good.ck
finish
