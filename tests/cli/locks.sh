#!/bin/bash
# Two programs that write to one file: the second ends before it has done anything.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
mmtoy --records 16 -o toy.mms && mmread --epochs 1 toy.mms >epoch.mms || exit 1
train() { mmtrain -j 1 --net resnet8-cifar --classes background,left,middle --mean 80 --batch 8 --stage 'train=fc lr=1e-2 epochs=1' "$@"; }

# A training that waits for its stream has its files from the start.
mkfifo feed
# waits FILES...: a training into these in the background, which waits for its stream at descriptor 3.
waits() {
    : >begun
    train "$@" - <feed 2>begun &
    first=$!
    exec 3>feed
    until grep -q computing begun; do sleep 0.05; done
}
waits -o a.safetensors --checkpoint ck --log log.tsv
ln -s a.safetensors link.safetensors
for files in "-o a.safetensors" "-o b.safetensors --checkpoint ck" "-o b.safetensors --log log.tsv" "-o link.safetensors" \
    "-o b.safetensors --log link.safetensors" "-o ../$(basename "$PWD")/a.safetensors"; do
    # shellcheck disable=SC2086 # of the link, once before there is a file that it leads to, and once after
    [ "$files" = "-o link.safetensors" ] && { expect_exit 1 train $files epoch.mms; touch a.safetensors; }
    expect_exit 1 train $files epoch.mms
    message "is in use by another program that writes to it"
done
check "nothing of those" test ! -e b.safetensors -a ! -e log.tsv -a ! -e ck
expect_exit 0 train -o b.safetensors --checkpoint ck3 --log log3.tsv epoch.mms
cat epoch.mms >&3
exec 3>&-
wait $first
equal "the first one ends well" 0 $?
check "with its model" mmmodel show a.safetensors
expect_exit 0 train -o a.safetensors epoch.mms
expect_exit 2 train -o a.safetensors --log a.safetensors epoch.mms; message "'a.safetensors' is named as two outputs"

# A program that was killed leaves no lock.
waits -o c.safetensors
kill -KILL $first
wait $first 2>/dev/null
exec 3>&-
expect_exit 0 train -o c.safetensors epoch.mms
expect_exit 0 train -o /dev/null --log /dev/null epoch.mms
equal "nothing hidden is left" "" "$(find . -name '.*.safetensors*' -o -name '.ck*' -o -name '.log*')"

# Thresholds go into a model that is read first.
mmpredict -q -j 1 --model a.safetensors toy.mms >p.tsv || exit 1
cp a.safetensors before
waits -o a.safetensors
expect_exit 1 mmeval -q --store a.safetensors p.tsv; message "'a.safetensors' is in use by another program that writes to it"
check "the model is as it was" cmp a.safetensors before
kill $first
wait $first 2>/dev/null
exec 3>&-
expect_exit 0 mmeval -q --store a.safetensors p.tsv
finish
