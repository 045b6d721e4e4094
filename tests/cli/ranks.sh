#!/bin/bash
# Two ranks under mpirun train as one process does: without --sync-bn as one with micro-batches of a rank's size, with it
# as one on the whole batch. One of them writes. A rank that dies ends the job, and the checkpoint stays.
. "$ROOT/tests/cli/lib.sh"
. "$ROOT/tests/support/ranks.sh"

# Records in an order of which each rank gets every second, and in one that has each batch of eight sorted by rank.
mmphantom -q -n 2 --size 288x224 --seed 1 | mmpatch -q --set s10 --size 32 | mmread -q --shuffle | mmread -q --shard 0/5 -o all.mms || exit 1
for i in 0 1 2 3 4 5 6 7; do mmread -q --shard $i/8 -o part$i.mms all.mms || exit 1; done
mmread -q --interleave -o ranks.mms part{0,1,2,3,4,5,6,7}.mms || exit 1
mmread -q --interleave -o one.mms part{0,2,4,6,1,3,5,7}.mms || exit 1

export TRAIN="mmtrain -j 1 --precision fp32 --net resnet20-cifar --classes 5 --mean 100 --batch 8"
# Adam makes a step of lr from any gradient, so one of rounding alone may differ by 2 lr.
export STAGE="train=all lr=3e-6 wd=1e-4 epochs=1"
# shellcheck disable=SC2016 # the ranks' shells expand it
two() { mpirun --oversubscribe -n 2 sh -c 'mmread -q --shard=env --epochs 1 ranks.mms | $TRAIN --stage "$STAGE" "$@"' _ "$@"; }
# shellcheck disable=SC2086 # words
one() { mmread -q --epochs 1 one.mms | $TRAIN --stage "$STAGE" "$@"; }
check "two ranks" two --val all.mms --log two.log -o two.safetensors
check "one process, micro-batches" one --micro-batch 4 --val all.mms --log one.log -o one.safetensors
check "two ranks, batch norm over both" two --sync-bn -o sync.safetensors
check "one process" one -o whole.safetensors

same "as micro-batches" two.safetensors one.safetensors
same "as the whole batch" sync.safetensors whole.safetensors
differ "one for the other" two.safetensors whole.safetensors
cat >logs.py <<'P'
a, b = ([line.split("\t") for line in open(name)] for name in ("two.log", "one.log"))
assert a[0] == b[0] and len(a) == len(b) > 3, (len(a), len(b))
for x, y in zip(a[1:], b[1:]):
    for name, v, w in zip(a[0], x, y):
        if "images_per_s" not in name and "seconds" not in name:
            assert v == w or abs(float(v) - float(w)) < 1e-4, (name, v, w)
P
check "losses and validation of both in one log" "$PYTHON" logs.py

# With all training options: the pairs of mixup are those of a rank's micro-batch.
options=(--optimizer sgd --momentum 0.8 --clip-norm 0.5 --ema 0.9 --mixup 0.4 --schedule cosine:20 --warmup 3)
check "two ranks, training options" two "${options[@]}" -o two.safetensors
check "one process, training options" one --micro-batch 4 "${options[@]}" -o one.safetensors
same "as micro-batches, training options" two.safetensors one.safetensors

# Of records that are not as many on each rank, but come in as many batches, each counts as much: six and five.
"$SUPPORT/mmtoy" --records 11 --classes 5 --size 32x32 -o toy.mms || exit 1
for i in 0 1 2 3 4 5 6 7 8 9 10; do mmread -q --shard $i/11 -o toy$i.mms toy.mms || exit 1; done
mmread -q --epochs 1 toy{0,1,2,3,8,9}.mms -o six.0.mms && mmread -q --epochs 1 toy{4,5,6,7,10}.mms -o six.1.mms || exit 1
check "one process" sh -c 'mmread -q --epochs 1 toy0.mms toy1.mms toy2.mms toy3.mms toy4.mms toy5.mms toy6.mms toy7.mms toy8.mms toy9.mms toy10.mms |
    $TRAIN --stage "$STAGE" -o eleven.safetensors'
# shellcheck disable=SC2016
check "six and five" mpirun --oversubscribe -n 2 sh -c '$TRAIN --stage "$STAGE" --sync-bn -o unequal.safetensors six.$OMPI_COMM_WORLD_RANK.mms'
same "the same" unequal.safetensors eleven.safetensors

lose_a_rank ranks.mms
refuse "alone from a checkpoint of two" sh -c 'mmread -q --epochs 2 one.mms | $TRAIN --stage "$STAGE" --checkpoint two.ck --resume -o x.safetensors'

# The second rank, in a folder of its own, leaves nothing there, whatever it is told to write.
mkdir first second
# shellcheck disable=SC2016
check "two folders" mpirun --oversubscribe -n 2 sh -c 'test $OMPI_COMM_WORLD_RANK = 0 && cd first || cd second
    mmread -q --shard=env --epochs 2 ../ranks.mms | $TRAIN --stage "$STAGE" --val ../all.mms --checkpoint x.ck --log x.log -o x.safetensors'
equal "one writes" "x.ck x.ck.previous x.log x.safetensors" "$(cd first && echo *)"
equal "one does not" "" "$(ls -A second)"
# shellcheck disable=SC2016
refuse "the checkpoint at one rank only" mpirun --oversubscribe -n 2 sh -c 'test $OMPI_COMM_WORLD_RANK = 0 && cd first || cd second
    mmread -q --shard=env --epochs 2 ../ranks.mms | $TRAIN --stage "$STAGE" --val ../all.mms --checkpoint x.ck --resume -o y.safetensors'
grep -q "rank 1 of 2: does not begin at the step of rank 0" .err || { echo "FAILED: no message of another step"; failures=$((failures + 1)); }

# What cannot be.
STAGE="train=all lr=1e-3 wd=1e-4 epochs=1"
TRAIN=${TRAIN/--batch 8/--batch 7}
expect_exit 2 two -o x.safetensors
message "cannot be shared among 2 ranks"
TRAIN=${TRAIN/--batch 7/--batch 8}
# shellcheck disable=SC2016
refuse "streams of unequal length" mpirun --oversubscribe -n 2 sh -c 'mmread -q --epochs 1 part$OMPI_COMM_WORLD_RANK.mms $(test $OMPI_COMM_WORLD_RANK = 0 || echo part5.mms part6.mms part7.mms) |
    $TRAIN --stage "$STAGE" -o x.safetensors'
grep -q "not of the same length" .err || { echo "FAILED: no message of unequal streams"; failures=$((failures + 1)); }
# What one rank alone meets at the start ends all, and it alone tells.
# shellcheck disable=SC2016
refuse "weights that one rank misses" mpirun --oversubscribe -n 2 sh -c 'mmread -q --shard=env --epochs 1 ranks.mms |
    $TRAIN --stage "$STAGE" $(test $OMPI_COMM_WORLD_RANK = 0 || echo --init none.pth) -o x.safetensors'
equal "one line" "mmtrain: rank 1 of 2: cannot open 'none.pth': No such file or directory" "$(grep 'mmtrain: rank' .err)"
# What all of them meet, the first tells, and puts the best model away before the launcher ends it.
STAGE="train=all lr=1e-3 wd=1e-4 epochs=2"
refuse "a stream that is too short" two -o short.safetensors
equal "one line" "mmtrain: the stream ends after epoch 1, the schedule has 2: mmread --epochs=2 makes as many of a file" "$(grep -h 'the stream ends' .err)"
message "the best model so far, of epoch 1, is in 'short.safetensors.best'"
check "it is there" mmmodel show short.safetensors.best
STAGE="train=all lr=1e-3 wd=1e-4 epochs=1"
mkdir bin && cp "$BIN/mmtrain" bin
expect_exit 1 env OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 bin/mmtrain --net resnet20-cifar --classes 5 --mean 100 --stage "$STAGE" -o x.safetensors one.mms
message "no mmpipe-mpi.so"
check "nothing written" test ! -e x.safetensors
finish
