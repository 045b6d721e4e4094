#!/bin/bash
# Two trainings with the same command end with the same bytes: precisions, micro-batches, augmentation on the card.
. "$ROOT/tests/gpu/lib.sh"
export XDG_CACHE_HOME=$TMP/cache
mmtoy --records $records --size 32x32 -o toy.mms
mmread --shuffle --epochs 2 -o epochs.mms toy.mms
train() { mmtrain -q --device="$DEVICE" --deterministic "${small[@]}" --batch 16 --stage 'train=all lr=1e-3 epochs=2' "$@" epochs.mms; }
train -o warm || failures=1 # chooses cuDNN's plans: what is timed may come out otherwise, what was chosen does not
for options in '--precision fp32' '--precision bf16' '--precision bf16 --micro-batch 8' '--precision bf16 --augment'; do
    read -r -a words <<<"$options"
    for k in 1 2; do check "training $k, $options" train "${words[@]}" -o model.$k; done
    check "the same bytes: $options" cmp model.1 model.2
done
for k in 1 2; do check "prediction $k" mmpredict -q --device="$DEVICE" --model model.1 -o predict.$k toy.mms; done
check "the same predictions" cmp predict.1 predict.2
finish
