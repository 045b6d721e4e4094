#!/bin/bash
# mmtrain --plan: its figures beside the largest memory of real trainings, and the advice after a training ran out of memory.
# PLAN=all: the networks of the manual, too, at the published sizes (tests/long/plan_all.sh).
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
[ -x "$SUPPORT/mmtoy" ] || skip "no build of mmtoy"
ldd "$BIN/mmtrain" | grep -q libasan && skip "sanitizers take memory of their own"

# plan_of ROW COLUMN (2 CPU, 3 GPU) OPTION...
plan_of() {
    local row=$1 column=$2
    shift 2
    mmtrain --plan "$@" | awk -F '  +' -v row="$row" -v column="$column" '$1 == row {print $column}'
}
# peak COMMAND...: runs it, prints its largest memory in GiB.
peak() { "$PYTHON" -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdin=0, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1048576)' "$@"; }

# beside NAME SIZE RECORDS OPTION...: plan and peak lie within 10 %.
beside() {
    local name=$1 size=$2 records=$3 plan real
    shift 3
    set -- --classes 3 --stage 'train=all lr=1e-4 epochs=1' "$@"
    mmtoy --records "$records" --size "$size" -o toy.mms
    plan=$(plan_of total 2 --size "$size" "$@")
    real=$(peak mmtrain -q --mean 80 --std 50 -o model "$@" <toy.mms)
    echo "$name: plan $plan GiB, peak $real GiB"
    check "$name within 10 %" awk -v plan="$plan" -v real="$real" 'BEGIN {exit !(plan > 0.9 * real && plan < 1.1 * real)}'
    rm -f model toy.mms
}
expect_exit 0 mmtrain --plan --recipe patch
cp .out patch
grep -q '^resnet50, 5 classes, batch 256, 256 at once, 224x224, stage 3 of 3$' patch || { echo "FAILED: first line"; failures=1; }
check "parts add up" awk '$NF == "estimate" {NF--} $1 == "total" {exit !(cpu - $(NF - 1) < 0.006 && $(NF - 1) - cpu < 0.006)} NR > 3 {cpu += $(NF - 1)}' patch
if [ -x "$BIN/../lib/mmpipe-cuda.so" ]; then
    check "a card for patches needs 10 to 13 GiB" awk '$1 == "total" {exit !($3 > 10 && $3 < 13)}' patch
else
    check "no plugin" grep -q '^no plan for a GPU: device' patch
fi
expect_exit 0 mmtrain --plan --recipe whole
cp .out whole
check "whole images" grep -q '^resnet50+\[512-512-1024\]x2, 2 classes, batch 12, 12 at once, 1152x896, stage 2 of 2$' whole
check "micro-batches need less" awk -v a="$(plan_of total 2 --recipe patch)" -v b="$(plan_of total 2 --recipe patch --micro-batch 32)" 'BEGIN {exit !(b < a / 3)}'
expect_exit 2 mmtrain --plan --recipe patch some.mms; message "--plan reads no stream"

beside "resnet18, fp32" 128x128 16 --net resnet18 --batch 16 --precision fp32
beside "resnet18, micro-batches and a checkpoint" 96x96 16 --net resnet18 --batch 16 --micro-batch 6 --checkpoint beside.ck
if [ "${PLAN:-}" = all ]; then
    for precision in fp32 bf16; do
        for batch in 8 32; do
            beside "resnet50, batch $batch, $precision" 224x224 $((2 * batch)) --net resnet50 --batch $batch --precision $precision
        done
        beside "whole images, $precision" 1152x896 4 --net 'resnet50+[512-512-1024]x2' --batch 4 --micro-batch 1 --precision $precision
    done
fi

# What is advised fits; what fits less than one image is said so.
train() { mmtrain -q -j 1 --precision fp32 --net resnet8-cifar --classes 3 --batch 32 --mean 80 --std 50 \
    --stage 'train=all lr=1e-3 epochs=1' -o fits "$@" large.mms; }
limited() { (ulimit -v "$1"; shift; train "$@"); }
mmtoy --records 32 --size 160x160 -o large.mms
expect_exit 1 limited 450000
message "32 images of 160x160 at once: out of memory for "; message " would need "
advice=$(grep -oE -- '--micro-batch=[0-9]+' .err)
check "no model" test ! -e fits
check "an advice between" test "${advice#*=}" -ge 2 -a "${advice#*=}" -le 16
expect_exit 0 limited 450000 "$advice"
check "a model" test -s fits
mmtoy --records 2 --size 3000x3000 -o large.mms
expect_exit 1 limited 450000
message "not even --micro-batch=1 fits"

# On a card: the advice is of its memory, and a card that is lost in the middle of the second epoch leaves the checkpoint of
# the first, from which the training goes on to the same bytes. The card is the host's twin (tests/support/cuda_host).
twin=$SUPPORT/twin/mmpipe-cuda.so
mkdir -p programs/bin programs/lib && cp "$BIN/mmtrain" programs/bin && cp "$twin" programs/lib || exit 1
on_card() { programs/bin/mmtrain -j 1 --device=cuda --precision fp32 --net resnet8-cifar --classes 3 --batch 8 --mean 80 --std 50 \
    --stage 'train=all lr=1e-3 epochs=3' "$@"; }
mmtoy --records 16 --size 24x24 -o small.mms && mmread --shuffle --epochs 3 -o epochs.mms small.mms
export MM_TEST_CARD_BYTES=6700000 # of which a linear layer may take 4 MiB
expect_exit 1 on_card -o none epochs.mms
message "8 images of 24x24 at once: out of memory for "; message " on card 'card 0 of the host'"; message " would need "
advice=$(grep -oE -- '--micro-batch=[0-9]+' .err)
expect_exit 0 on_card "$advice" -o fits epochs.mms
MM_TEST_CARD_BYTES=100000 expect_exit 1 on_card -o none epochs.mms
message "not even --micro-batch=1 fits"
unset MM_TEST_CARD_BYTES

expect_exit 0 on_card --checkpoint whole.ck -o whole epochs.mms
export MM_TEST_CARD_COPIES=200 # then the second epoch is under way
expect_exit 1 on_card --checkpoint ck -o model epochs.mms
unset MM_TEST_CARD_COPIES
message "the card is lost"; message "the best model so far, of epoch 1, is in 'model.best'"; message "goes on from 'ck': epoch 2, step 1"
check "no model" test ! -e model
expect_exit 0 on_card --checkpoint ck --resume -o model epochs.mms
check "the same bytes" cmp model whole
finish
