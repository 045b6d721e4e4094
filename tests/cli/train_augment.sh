#!/usr/bin/env bash
# mmtrain --augment: the same weights as through mmaugment, with options and another seed, after a resumption, in shards.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
train() { mmtrain -q -j 1 --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 --stage 'train=all lr=1e-2 wd=1e-4 epochs=2' "$@"; }
losses() { cut -f 1-6 "$1"; }

mmtoy --records 60 -o toy.mms && mmread -q --shuffle --epochs 2 -o epochs.mms toy.mms || exit 1
check "augmented before" eval 'mmaugment -q epochs.mms | train --log before.tsv -o before.safetensors'
check "augmented within" train --augment --log within.tsv -o within.safetensors epochs.mms
equal "the same weights" "$(numbers before.safetensors)" "$(numbers within.safetensors)"
equal "the same losses" "$(losses before.tsv)" "$(losses within.tsv)"
check "not augmented" train -o none.safetensors epochs.mms
refuse "as if not augmented" test "$(numbers none.safetensors)" = "$(numbers within.safetensors)"
check "the model tells of it" grep -aq 'CL:mmtrain --augment --seed 1 --flip 0.5 --rotate 25 --zoom 0.8,1.2' within.safetensors

# Ranges, and a seed: of --augment, or that of the command, which first weights have, too.
ranges='--flip 1 --rotate 80 --zoom 0.5,1.5 --shear 10 --gain 0.7,1.3 --fill 40'
within='flip=1 rotate=80 zoom=0.5,1.5 shear=10 gain=0.7,1.3 fill=40'
check "ranges before" eval "mmaugment -q --seed 9 $ranges epochs.mms | train -o before.safetensors"
check "ranges within" train --augment="$within seed=9" -o within.safetensors epochs.mms
equal "ranges: the same weights" "$(numbers before.safetensors)" "$(numbers within.safetensors)"
check "seed before" eval 'mmaugment -q --seed 7 epochs.mms | train --seed 7 -o before.safetensors'
check "seed within" train --seed 7 --augment -o within.safetensors epochs.mms
equal "seed: the same weights" "$(numbers before.safetensors)" "$(numbers within.safetensors)"
check "published before" eval 'mmaugment -q --as published epochs.mms | train -o before.safetensors'
check "published within" train --as published --std 1 --augment -o within.safetensors epochs.mms
equal "published: the same weights" "$(numbers before.safetensors)" "$(numbers within.safetensors)"

# Micro-batches, another type and bf16.
check "micro-batches before" eval 'mmaugment -q epochs.mms | train --precision bf16 --micro-batch 3 -o before.safetensors'
check "micro-batches within" train --precision bf16 --micro-batch 3 --augment -o within.safetensors epochs.mms
equal "micro-batches: the same weights" "$(numbers before.safetensors)" "$(numbers within.safetensors)"

# Resumed in a feed that begins with the second epoch: its @EP tells which draws are next.
check "whole" train --augment -o whole.safetensors epochs.mms
mmread -q --shuffle --epochs 1-1 -o first.mms toy.mms
mmread -q --shuffle --epochs 2-2 -o second.mms toy.mms
expect_exit 1 train --augment --checkpoint ck -o x.safetensors first.mms; message "after epoch 1, the schedule has 2"
expect_exit 1 train --augment='rotate=5' --checkpoint ck --resume -o x.safetensors second.mms; message "another command"
check "resumed" train --augment --checkpoint ck --resume -o resumed.safetensors second.mms
check "resumed to the same bytes" cmp whole.safetensors resumed.safetensors

for text in rotate rotate=200 'zoom=1' 'turn=5' fill=half 'rotate=5,shear=5'; do
    expect_exit 2 train --augment="$text" -o x.safetensors epochs.mms; message "--augment: "
done
finish
