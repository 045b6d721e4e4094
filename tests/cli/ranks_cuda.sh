#!/bin/bash
# Two ranks on two cards, as far as that can be tried without one: mmtrain with the CUDA backend built for the host, with a
# stand-in for NCCL, and without, by way of the host's memory. As on the CPU (ranks.sh), they train as one process does.
# Where there are cards, they are tried, too (CARDS=N): by NCCL two of them, by way of the host's memory a single one.
. "$ROOT/tests/cli/lib.sh"
. "$ROOT/tests/support/ranks.sh"
CARDS=${CARDS:-0}
mkdir bin lib nccl none && cp "$BIN/mmtrain" bin && cp "$BIN"/../lib/mmpipe-{mpi,cpu}.so lib || exit 1
if [ "$CARDS" -gt 0 ]; then
    cp "$BIN/../lib/mmpipe-cuda.so" lib || exit 1
else
    cp "$SUPPORT/twin/mmpipe-cuda.so" lib && cp "$SUPPORT/twin/libnccl.so.2" nccl || exit 1
fi
echo "no library" >none/libnccl.so.2
export PATH=$TMP/bin:$PATH

# Records in an order of which each rank gets every second, and in one that has each batch of eight sorted by rank. Of 20 the
# last batch is smaller.
for n in 16 20; do
    "$SUPPORT/mmtoy" --records $n --classes 3 --size 16x16 -o all.mms || exit 1
    for i in 0 1 2 3 4 5 6 7; do mmread -q --uneven --shard $i/8 -o part$i.mms all.mms || exit 1; done
    mmread -q --interleave -o two$n.mms part{0,1,2,3,4,5,6,7}.mms || exit 1
    mmread -q --interleave -o one$n.mms part{0,2,4,6,1,3,5,7}.mms || exit 1
done

export TRAIN="mmtrain -j 1 --precision fp32 --device cuda --net resnet8-cifar --classes 3 --mean 100 --batch 8" N
# Adam makes a step of lr from any gradient, so one of rounding alone may differ by 2 lr.
export STAGE="train=all lr=3e-6 wd=1e-4 epochs=1"
# shellcheck disable=SC2016 # the ranks' shells expand it
two() { mpirun --oversubscribe -n 2 sh -c 'mmread -q --shard=env --epochs 1 two$N.mms | $TRAIN --stage "$STAGE" "$@"' _ "$@"; }
one() { mmread -q --epochs 1 one$N.mms | $TRAIN --stage "$STAGE" "$@"; }
host() { LD_LIBRARY_PATH=$TMP/none two "$@"; }
case $CARDS in 0) way=$TMP/nccl ;; 1) way=$TMP/none ;; *) way=${LD_LIBRARY_PATH:-} ;; esac
nccl() { LD_LIBRARY_PATH=$way FAKE_NCCL_LOG=$TMP/asked two "$@"; }

N=20
check "one process" one -o whole.safetensors
check "NCCL, batch norm over both" nccl --sync-bn -o sync.safetensors
[ "$CARDS" -eq 1 ] || message "2 ranks, joined by NCCL 2."
same "as the whole batch" sync.safetensors whole.safetensors
if [ "$CARDS" -eq 0 ]; then
    check "both ask for the same" cmp asked.0 asked.1
    equal "sums of seven norms each way and of one bucket, in three steps" "$((3 * 14)) 3" "$(grep -c f64 asked.0) $(grep -c f32 asked.0)"
fi
check "over the host, batch norm over both" host --sync-bn -o host.safetensors
message "2 ranks, joined by MPI, through the memory of the host, which is slow (without NCCL: "
same "as the whole batch, too" host.safetensors whole.safetensors
N=16
check "one process, micro-batches" one --micro-batch 4 --val all.mms -o parts.safetensors
check "NCCL" nccl --val all.mms -o two.safetensors
same "as micro-batches" two.safetensors parts.safetensors
differ "as the whole batch" two.safetensors whole.safetensors
check "one process, smaller micro-batches" one --micro-batch 2 -o small.safetensors
check "NCCL, micro-batches of a rank's batch" nccl --micro-batch 2 -o four.safetensors
same "as micro-batches of that size" four.safetensors small.safetensors
STAGE="train=fc lr=3e-6 wd=1e-4 epochs=1"
check "one process, last layer" one --bn frozen -o fc1.safetensors
check "over the host, last layer" host --bn frozen -o fc2.safetensors
same "the last layer alone" fc2.safetensors fc1.safetensors

LD_LIBRARY_PATH=$way lose_a_rank two16.mms --sync-bn

[ "$CARDS" -eq 0 ] || finish
# Several buckets, and a tensor that is larger than one: 512 x 512 x 3 x 3 numbers.
STAGE="train=all lr=3e-6 wd=1e-4 epochs=1" TRAIN=${TRAIN/resnet8-cifar/resnet18}
"$SUPPORT/mmtoy" --records 2 --classes 2 --size 16x16 -o two2.mms || exit 1
N=2
check "resnet18" nccl -o large.safetensors
equal "buckets of 4 MiB and more, but for the last" "" "$(grep f32 asked.0 | head -n -1 | awk '$1 < 1048576')"
check "several" test "$(grep -c f32 asked.0)" -gt 5
equal "of all numbers" 1 "$(awk '/f32/ {n += $1} END {print (n >= 11178051 && n < 11178051 + 62 * 16)}' asked.0)"
TRAIN=${TRAIN/resnet18/resnet8-cifar} N=16

# Which card, and that all ranks compute on one kind of device.
card() { env HOST_CARDS="$1" OMPI_COMM_WORLD_LOCAL_RANK="$2" mmtrain -j 1 --device "$3" --net resnet8-cifar --classes 3 --mean 100 --stage "$STAGE" -o card.safetensors two16.mms; }
check "rank 2 of this machine" card 4 2 cuda
message "computing on card 2 of the host"
check "by default, too" card 4 2 auto
message "computing on card 2 of the host"
check "the only one that a launcher shows" card 1 2 cuda
message "computing on card 0 of the host"
check "the one that was named" card 4 2 cuda:1
message "computing on card 1 of the host"
check "in turn" card 2 3 cuda
message "computing on card 1 of the host"
expect_exit 1 card 2 0 cuda:2
message "device 'cuda:2': there are 2 cards"
# shellcheck disable=SC2016
refuse "one on the CPU" mpirun --oversubscribe -n 2 sh -c 'mmread -q --shard=env --epochs 1 two16.mms |
    ${TRAIN% --device*} --net resnet8-cifar --classes 3 --mean 100 --batch 8 --device $(test $OMPI_COMM_WORLD_RANK = 0 && echo cuda || echo cpu) --stage "$STAGE" -o mixed.safetensors'
message "rank 1 of 2: computes on 'cpu', rank 0 on 'cuda'"
check "nothing written" test ! -e mixed.safetensors

cards=$(nvidia-smi -L 2>/dev/null | grep -c '^GPU')
if [ "$cards" -gt 0 ] && [ -x "$BIN/../lib/mmpipe-cuda.so" ]; then
    mkdir cards
    check "on real cards" env CARDS="$cards" TMP="$TMP/cards" bash "$ROOT/tests/cli/ranks_cuda.sh"
fi
finish
