#!/bin/bash
# A training too large for memory says what was to be computed and what there is.
. "$ROOT/tests/cli/lib.sh"
ldd "$BIN/mmtrain" | grep -q libasan && skip "sanitizers take memory of their own"
PATH=$SUPPORT:$PATH
mmtoy --records 26 --size 32x32 -o toy.mms || exit 1
mmtoy --records 26 --size 1000x1000 -o large.mms
expect_exit 1 bash -c 'ulimit -v 900000; exec "$@"' - mmtrain -q -j 1 --net resnet18 --classes 3 --batch 26 --mean 80 --std 50 \
    --stage 'train=all lr=1e-3 epochs=1' --checkpoint large.ck -o large large.mms
message "26 images of 1000x1000 at once: out of memory"; message "nothing was saved"; message "--micro-batch="
# Wherever memory ends, it is a message, and no crash.
mmread -q --epochs 2 toy.mms >two.mms
for limit in $(seq 340000 70000 620000); do
    rm -f limited.*
    bash -c 'ulimit -v "$0"; exec "$@"' "$limit" mmtrain -q -j 1 --net resnet18 --classes 3 --batch 8 --mean 80 --std 50 \
        --stage 'train=fc lr=1e-3 epochs=1 bn=frozen' --stage 'train=all lr=1e-3 epochs=1' --checkpoint limited.ck -o limited.model two.mms 2>.err
    code=$?
    [ $code = 0 ] || message "out of memory"
    [ $code = 0 ] || [ ! -e limited.ck ] || message "goes on from 'limited.ck'"
    check "$limit KiB: exit $code" test $code -le 1
done
finish
