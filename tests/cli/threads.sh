#!/bin/bash
# The number of threads: the processors that a program may use, OMP_NUM_THREADS, MMPIPE_THREADS, -j; and what a checkpoint needs.
. "$ROOT/tests/cli/lib.sh"
need_command taskset
PATH=$SUPPORT:$PATH
unset OMP_NUM_THREADS MMPIPE_THREADS
processors=$(nproc)
mmtoy --records 12 -o toy.mms || exit 1
command=(mmtrain --net resnet8-cifar --classes 3 --batch 6 --mean 80 --stage 'train=all lr=1e-2 epochs=2')
# threads NAME WANTED COMMAND...: so many compute.
threads() {
    local name=$1 wanted=$2
    shift 2
    "$@" "${command[@]}" --stage 'train=fc lr=0 epochs=1' -o out.safetensors toy.mms 2>.said >/dev/null
    equal "$name" "mmtrain: computing on CPU, $wanted thread$([ "$wanted" = 1 ] || echo s)" "$(grep computing .said)"
}
command=("${command[@]:0:9}")
threads "as many as there are processors" "$processors" env
threads "affinity" 1 taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')"
threads "OpenMP's" 1 env OMP_NUM_THREADS=1
threads "OpenMP's, nested" 1 env OMP_NUM_THREADS=1,4
threads "OpenMP's, but not more than processors" "$processors" env OMP_NUM_THREADS=512
threads "what OpenMP would not take" "$processors" env OMP_NUM_THREADS=some
threads "ours" 3 env MMPIPE_THREADS=3
threads "ours before OpenMP's" 3 env MMPIPE_THREADS=3 OMP_NUM_THREADS=1
threads "an empty one is none" "$processors" env MMPIPE_THREADS=
command+=(-j 5)
threads "an option before all" 5 env MMPIPE_THREADS=3 OMP_NUM_THREADS=1
for bad in 0 -1 two 1.5 4096; do
    expect_exit 2 env MMPIPE_THREADS=$bad mmresize toy.mms; message "MMPIPE_THREADS='$bad': expected a number from 1 to 1024"
done
expect_exit 2 env MMPIPE_THREADS=two mmtrain; message "MMPIPE_THREADS='two'"

# A checkpoint of three threads goes on with three, wherever that is.
train() { mmtrain -q --net resnet8-cifar --classes 3 --batch 6 --mean 80 --stage 'train=all lr=1e-2 epochs=2' "$@"; }
mmread --shuffle --epochs 2 -o epochs.mms toy.mms
mmread --shuffle --epochs 1 -o first.mms toy.mms
expect_exit 1 train -j 3 --checkpoint ck -o out.safetensors first.mms
check "it says how many it needs" eval 'mmmodel show ck | grep -qx "threads	3"'
expect_exit 1 train -j 2 --checkpoint ck --resume -o out.safetensors epochs.mms
message "'ck' was made with 3 threads, not 2: go on with --threads=3"
check "whole" train -j 3 -o whole.safetensors epochs.mms
check "on one processor" taskset -c "$(taskset -cp $$ | sed 's/.*: *//; s/[-,].*//')" env MMPIPE_THREADS=3 \
    mmtrain -q --net resnet8-cifar --classes 3 --batch 6 --mean 80 --stage 'train=all lr=1e-2 epochs=2' --checkpoint ck --resume -o out.safetensors epochs.mms
check "the same bytes" cmp whole.safetensors out.safetensors
finish
