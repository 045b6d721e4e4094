#!/usr/bin/env bash
# mmtrain with the CUDA backend built for the host, where its recordings, its uploads beside what runs and its optimiser for
# all weights at once are tried without a card: the same bytes twice, resumed, augmented before and within; as on the CPU.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
mkdir bin lib && cp "$BIN"/mm{train,predict,heatmap} bin && cp "$SUPPORT/twin/mmpipe-cuda.so" "$BIN/../lib/mmpipe-cpu.so" lib || exit 1
PATH=$TMP/bin:$SUPPORT:$PATH
train() { mmtrain -q -j 1 --device cuda --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 "$@"; }
stage='train=all lr=3e-4 wd=1e-4 epochs=2'

mmtoy --records 28 --size 16x16 -o toy.mms && mmread -q --shuffle --epochs 2 -o epochs.mms toy.mms || exit 1
for precision in fp32 bf16; do
    check "$precision" train --precision $precision --stage "$stage" --val toy.mms --augment -o a.safetensors epochs.mms
    check "$precision, once more" train --precision $precision --stage "$stage" --val toy.mms --augment -o b.safetensors epochs.mms
    check "$precision: the same bytes" cmp a.safetensors b.safetensors
    check "$precision, augmented before" eval 'mmaugment -q epochs.mms | train --precision $precision --stage "$stage" --val toy.mms -o b.safetensors'
    equal "$precision: the same weights" "$(numbers a.safetensors)" "$(numbers b.safetensors)"
done
mmread -q --shuffle --epochs 1-1 -o first.mms toy.mms
mmread -q --shuffle --epochs 2-2 -o second.mms toy.mms
expect_exit 1 train --precision bf16 --stage "$stage" --val toy.mms --augment --checkpoint ck -o x.safetensors first.mms
check "resumed" train --precision bf16 --stage "$stage" --val toy.mms --augment --checkpoint ck --resume -o b.safetensors second.mms
check "resumed: the same bytes" cmp a.safetensors b.safetensors

# Micro-batches that do not divide the batch; then what the CPU makes of it.
stage='train=all lr=3e-6 wd=1e-4 epochs=2'
for device in cuda cpu; do
    check "$device" train --device $device --precision fp32 --micro-batch 3 --stage "$stage" --augment --log $device.tsv -o $device.safetensors epochs.mms
done
check "as on the CPU" "$PYTHON" "$ROOT/tests/agreement/same_weights.py" cuda.safetensors cpu.safetensors
check "and the losses" awk -F'\t' 'NR == FNR {loss[FNR] = $5; next} FNR > 1 && (loss[FNR] - $5) ^ 2 > 1e-8 {exit 1}' cuda.tsv cpu.tsv

# Prediction, its batch norm folded into the convolutions, and all kinds of heatmaps.
near() { paste "$1" "$2" | awk '{for (i = 1; i <= NF / 2; i++) if ($i != $(i + NF / 2) && ($i - $(i + NF / 2)) ^ 2 > 1e-10) exit 1; n++} END {exit !n}'; }
mmtoy --records 2 --size 24x20 -o large.mms || exit 1
for device in cuda cpu; do
    check "prediction, $device" mmpredict -q -j 1 --device $device --precision fp32 --tta flips --model cpu.safetensors -o $device.predicted toy.mms
    for mode in window shared dense; do
        pad=-1
        [ $mode != dense ] || pad=0 # elsewhere these small patches' dense maps do not pass the check
        check "$mode, $device" mmheatmap -q -j 1 --device $device --precision fp32 --model cpu.safetensors --stride 4 --pad=$pad --mode $mode \
            --class -o $device.$mode.mms large.mms
        mminfo --stats $device.$mode.mms | grep '^heatmap' >$device.$mode
    done
done
for what in predicted window shared dense; do check "$what as on the CPU" near cuda.$what cpu.$what; done
refuse "window for dense" near cuda.window cpu.dense
finish
