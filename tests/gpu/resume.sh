#!/bin/bash
# A training on the card that is cut short, killed or asked to end goes on from its checkpoint to the same bytes.
. "$ROOT/tests/gpu/lib.sh"
export XDG_CACHE_HOME=$TMP/cache
mmtoy --records $records --size 32x32 -o toy.mms
mmread --shuffle --epochs 4 -o epochs.mms toy.mms
train() { mmtrain -q --device="$DEVICE" "${small[@]}" --batch 8 --stage 'train=fc lr=1e-3 epochs=1 bn=frozen' --stage 'train=all lr=1e-3 epochs=3' "$@"; }
check "whole" train --checkpoint whole.ck -o whole epochs.mms
half=$(($(stat -c %s epochs.mms) * 6 / 10))
head -c $half epochs.mms >cut.mms
expect_exit 3 train --checkpoint ck -o model cut.mms
check "after a feed that broke off" train --checkpoint ck --resume -o model epochs.mms
check "the same bytes" cmp model whole
for signal in TERM KILL; do
    rm -f ck ck.previous model model.best
    mkfifo feed
    train --checkpoint ck -o model feed 2>err &
    training=$!
    { cat cut.mms; for ((i = 0; i < 300; i++)); do [ -e ck ] && break; sleep 0.1; done; kill -$signal $training; sleep 0.3; } >feed
    wait $training
    check "$signal: a checkpoint" test -e ck
    check "$signal: goes on" train --checkpoint ck --resume -o model epochs.mms
    check "$signal: the same bytes" cmp model whole
    rm feed
done
finish
