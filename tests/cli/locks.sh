#!/bin/bash
# Two programs that write to one file: the second ends before it has done anything.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
mmtoy --records 16 -o toy.mms && mmread --epochs 1 toy.mms >epoch.mms || exit 1
train() { mmtrain -q -j 1 --net resnet8-cifar --classes background,left,middle --mean 80 --batch 8 --stage 'train=fc lr=1e-2 epochs=1' "$@"; }

# A training that waits for its stream has its files from the start.
mkfifo feed
train -o a.safetensors --checkpoint ck --log log.tsv - <feed &
first=$!
exec 3>feed
until [ -e .log.tsv.lock ]; do sleep 0.05; done
ln -s a.safetensors link.safetensors
for files in "-o a.safetensors" "-o b.safetensors --checkpoint ck" "-o b.safetensors --log log.tsv" "-o link.safetensors" "-o ../$(basename "$PWD")/a.safetensors"; do
    # shellcheck disable=SC2086
    [ "$files" = "-o link.safetensors" ] && touch a.safetensors # so that the link leads somewhere
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
check "no locks are left" test -z "$(find . -name '.*.lock')"
expect_exit 0 train -o a.safetensors epoch.mms
expect_exit 2 train -o a.safetensors --log a.safetensors epoch.mms; message "'a.safetensors' is named as two outputs"

# A lock that a killed program left is none.
touch .c.safetensors.lock
expect_exit 0 train -o c.safetensors epoch.mms
check "it is gone" test ! -e .c.safetensors.lock
expect_exit 0 train -o /dev/null --log /dev/null epoch.mms

# Thresholds go into a model that is read first.
mmpredict -q -j 1 --model a.safetensors toy.mms >p.tsv || exit 1
cp a.safetensors before
exec 4>.a.safetensors.lock
flock -n 4 || exit 1
expect_exit 1 mmeval -q --store a.safetensors p.tsv; message "'a.safetensors' is in use by another program that writes to it"
check "the model is as it was" cmp a.safetensors before
exec 4>&-
expect_exit 0 mmeval -q --store a.safetensors p.tsv
check "no locks are left" test -z "$(find . -name '.*.lock')"
finish
