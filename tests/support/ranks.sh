# What the tests of two ranks under mpirun share; sourced by them after lib.sh.
# shellcheck shell=bash
need_command mpirun
[ -e "$BIN/../lib/mmpipe-mpi.so" ] || skip "this build has no MPI"
need_python numpy
# Sanitizers: Open MPI keeps memory in modules that it has closed in the end, so that it cannot be suppressed by name.
export ASAN_OPTIONS=detect_leaks=0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1 OMP_WAIT_POLICY=passive

# same NAME MODEL MODEL: their weights agree.
same() { check "$1" "$PYTHON" "$ROOT/tests/agreement/same_weights.py" "$2" "$3"; }
differ() { refuse "$1" "$PYTHON" "$ROOT/tests/agreement/same_weights.py" "$2" "$3"; }

# lose_a_rank STREAM OPTION...: $TRAIN on STREAM by two ranks for two epochs, with these options. One rank is killed after
# the first epoch: the job ends with a message, and goes on from the checkpoint to what it would have become.
lose_a_rank() {
    export STREAM=$1 STAGE="train=all lr=1e-3 wd=1e-4 epochs=2"
    shift
    cat >rank.sh <<'S'
# Before the kill the stream waits behind the head of its second epoch, which ends the first.
feed() {
    mmread -q --shard=env --epochs 2 "$STREAM" | {
        [ ! -e kill ] || { head -c $(($(mmread -q --shard=env --epochs 1 "$STREAM" | wc -c) + 1024)); until [ -e killed ]; do sleep 0.1; done; }
        cat
    }
}
if [ -e kill ] && [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then
    mkfifo fifo
    feed >fifo &
    $TRAIN --stage "$STAGE" "$@" <fifo &
    rank=$!
    until [ -e two.ck ]; do sleep 0.1; done
    kill -9 $rank
    touch killed
    wait $rank
else
    feed | $TRAIN --stage "$STAGE" "$@"
fi
S
    local job=(mpirun --oversubscribe -n 2 sh rank.sh "$@")
    check "undisturbed" "${job[@]}" -o undisturbed.safetensors
    touch kill
    refuse "a rank is killed" "${job[@]}" --checkpoint two.ck -o killed.safetensors
    grep -qiE 'kill|signal|exit code|abort' .err .out || { echo "FAILED: no message"; failures=$((failures + 1)); }
    check "the checkpoint stays" test -e two.ck -a ! -e killed.safetensors
    rm kill
    check "it goes on" "${job[@]}" --checkpoint two.ck --resume -o resumed.safetensors
    check "to the same bytes" cmp undisturbed.safetensors resumed.safetensors
}
