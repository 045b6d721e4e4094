#!/bin/bash
# mmtrain loses nothing: killed at twenty moments and resumed from the epoch that its checkpoint names, it ends with the
# bytes of a run that nobody disturbed; disk, numbers and feeds that fail leave the last checkpoint, and a line
# says how to go on.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
epochs=4
command=(mmtrain -j 1 --net resnet8-cifar --classes "none,left,middle" --batch 4 --mean 80 --std 50
    --stage 'train=layer3,fc lr=1e-2 epochs=1' --stage 'train=all lr=3e-3 wd=1e-4 epochs=3' --val val.mms)
feed() { mmread -q --shuffle --seed 5 --epochs "$1-$epochs" toy.mms; }
timeless() { cut -f 1-6,8- "$1"; } # all but images a second
saved() { "${command[@]}" -q --checkpoint ck --resume --log log.tsv -o model "$@"; }

mmtoy --records 26 --size 32x32 -o toy.mms && mmtoy --records 12 --size 32x32 --seed 2 -o val.mms && feed 1 >epochs.mms || exit 1
expect_exit 0 "${command[@]}" -q --checkpoint whole.ck --log whole.tsv -o whole epochs.mms
check "28 steps" test "$(grep -c ^step whole.tsv)" = 28
mkfifo pipe
bytes=$(wc -c <epochs.mms)

# wait_for COMMAND...: until it succeeds, or for half a minute.
wait_for() { for _ in $(seq 6000); do "$@" 2>/dev/null && return; sleep 0.005; done; false; }

# Twenty moments: so many bytes were fed, training or the first checkpoint was there, and some milliseconds went by.
RANDOM=20
later=0
for n in $(seq 20); do
    rm -f ck ck.previous log.tsv model
    begun=log.tsv
    fed=$(((RANDOM * 32768 + RANDOM) % bytes))
    [ $((n % 4)) = 0 ] || { begun=ck; fed=$((bytes / 2 + fed / 2 - 64)); }
    (exec "${command[@]}" -q --checkpoint ck --resume --log log.tsv -o model pipe) 2>/dev/null &
    pid=$!
    { head -c $fed epochs.mms; wait_for test -s $begun; sleep "0.0$((RANDOM % 7))$((RANDOM % 10))"; kill -KILL $pid; } >pipe 2>/dev/null
    wait $pid 2>/dev/null
    check "kill $n at byte $fed: killed" test $? = 137
    check "kill $n: no model" test ! -e model
    next=1
    [ ! -e ck ] || next=$(mmmodel show ck | awk '$1 == "next_epoch" {print $2}')
    [ "$next" = 1 ] || later=$((later + 1))
    cp log.tsv killed.tsv
    expect_exit 0 saved - < <(feed "$next")
    check "kill $n, from epoch $next: the same bytes" cmp model whole
    check "kill $n, from epoch $next: the same log" cmp <(timeless log.tsv) <(timeless whole.tsv)
    # What came before was not done again: those lines, with their speeds, are the killed run's.
    check "kill $n, from epoch $next: no earlier step" cmp <(awk -v e="$next" 'NR > 1 && $3 < e' log.tsv) \
        <(awk -v e="$next" 'NR > 1 && $3 < e' killed.tsv)
    [ -z "${VERBOSE:-}" ] || echo "kill $n at byte $fed: $(wc -l <killed.tsv) lines, from epoch $next"
done
check "most kills come after the first checkpoint: $later" test $later -ge 15

# SIGTERM finishes the step, also in the middle of an epoch; a checkpoint is never overwritten unasked.
for signal in TERM:143 INT:130; do
    rm -f ck ck.previous log.tsv
    # In the background SIGINT is ignored unless somebody undoes it.
    "$PYTHON" -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])' \
        "${command[@]}" --checkpoint ck --log log.tsv -o model pipe 2>err &
    pid=$!
    { head -c $((bytes * 6 / 10)) epochs.mms; wait_for grep -q '^step	2	2	1	' log.tsv; kill -"${signal%:*}" $pid; sleep 0.5; } >pipe
    wait $pid
    check "${signal%:*}: exit code" test $? = "${signal#*:}"
    check "${signal%:*}: how to go on" grep -q "the same command with --resume goes on from 'ck': epoch [23]" err
    expect_exit 1 "${command[@]}" --checkpoint ck -o model epochs.mms; message "'ck' is there already"
    expect_exit 0 saved - < <(feed "$(mmmodel show ck | awk '$1 == "next_epoch" {print $2}')")
    check "${signal%:*}: the same bytes" cmp model whole
done

# A feed that ends in the middle of epoch 3: what was learnt until then is saved.
rm -f ck ck.previous log.tsv model
head -c $((bytes * 6 / 10)) epochs.mms >cut.mms
expect_exit 3 saved cut.mms
message "the best model so far, of epoch 1, is in 'model.best'"; message "the same command with --resume goes on from 'ck': epoch 3, step"
expect_exit 0 saved - < <(feed 3)
check "a feed that broke off: the same bytes" cmp model whole
check "model.best is gone" test ! -e model.best

rm -f .ck.* .model.* # of those that were killed
# No file may grow beyond 1100 KiB: the second stage's checkpoint, which holds more moments of Adam, does.
rm -f ck ck.previous log.tsv model
limited() { (trap '' XFSZ; ulimit -f 1100; exec "${command[@]}" -q --checkpoint ck --log log.tsv -o model -); }
expect_exit 1 limited < <(feed 1)
message "cannot write 'ck'"; message "goes on from 'ck': epoch 2, step 1"
check "no rests" test -z "$(find . -name '.ck.*' -o -name '.model*')"
expect_exit 0 saved - < <(feed 2)
check "a full disk: the same bytes" cmp model whole
finish
