#!/bin/bash
# Two ranks on two cards, as far as that can be tried without one: mmtrain with the CUDA backend built for the host, with a
# stand-in for NCCL, and without, by way of the host's memory. As on the CPU (ranks.sh), they train as one process does.
. "$ROOT/tests/cli/lib.sh"
command -v mpirun >/dev/null || skip "mpirun is not installed"
[ -e "$BIN/../lib/mmpipe-mpi.so" ] || skip "this build has no MPI"
need_python numpy
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1 OMP_WAIT_POLICY=passive
export PYTHONPATH=$ROOT/tests/agreement
mkdir bin lib nccl none && cp "$BIN/mmtrain" bin && cp "$SUPPORT/twin/mmpipe-cuda.so" "$BIN/../lib/mmpipe-mpi.so" lib &&
    cp "$SUPPORT/twin/libnccl.so.2" nccl || exit 1
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
nccl() { LD_LIBRARY_PATH=$TMP/nccl FAKE_NCCL_LOG=$TMP/asked two "$@"; }
host() { LD_LIBRARY_PATH=$TMP/none two "$@"; }
same() { check "$1" "$PYTHON" "$ROOT/tests/agreement/same_weights.py" "$2" "$3"; }

N=20
check "one process" one -o whole.safetensors
check "NCCL, batch norm over both" nccl --sync-bn -o sync.safetensors
message "2 ranks, joined by NCCL 2.21.5"
same "as the whole batch" sync.safetensors whole.safetensors
check "both ask for the same" cmp asked.0 asked.1
equal "sums of seven norms each way and of one bucket, in three steps" "$((3 * 14)) 3" "$(grep -c f64 asked.0) $(grep -c f32 asked.0)"
check "over the host, batch norm over both" host --sync-bn -o host.safetensors
message "2 ranks, joined by MPI, through the memory of the host, which is slow (without NCCL: "
same "as the whole batch, too" host.safetensors whole.safetensors
N=16
check "one process, micro-batches" one --micro-batch 4 --val all.mms -o parts.safetensors
check "NCCL" nccl --val all.mms -o two.safetensors
same "as micro-batches" two.safetensors parts.safetensors
refuse "as the whole batch" "$PYTHON" "$ROOT/tests/agreement/same_weights.py" two.safetensors whole.safetensors
check "one process, smaller micro-batches" one --micro-batch 2 -o small.safetensors
check "NCCL, micro-batches of a rank's batch" nccl --micro-batch 2 -o four.safetensors
same "as micro-batches of that size" four.safetensors small.safetensors
STAGE="train=fc lr=3e-6 wd=1e-4 epochs=1"
check "one process, last layer" one --bn frozen -o fc1.safetensors
check "over the host, last layer" host --bn frozen -o fc2.safetensors
same "the last layer alone" fc2.safetensors fc1.safetensors
finish
