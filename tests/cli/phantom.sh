#!/usr/bin/env bash
# mmphantom: the same bytes for any number of threads, what a record holds, null phantoms, wrong command lines.
. "$ROOT/tests/cli/lib.sh"

check "one thread" mmphantom -n 5 --size 144x112 --seed 3 -j 1 -o one.mms
check "two threads" mmphantom -n 5 --size 144x112 --seed 3 -j 2 -o two.mms
check "three threads, a pipe" sh -c 'mmphantom -n 5 --size 144x112 --seed 3 -j 3 | cat > three.mms'
check "threads change no byte" cmp one.mms two.mms
check "nor does a pipe" cmp one.mms three.mms
check "another seed" mmphantom -n 5 --size 144x112 --seed 4 -o other.mms
refuse "another seed, other bytes" cmp -s one.mms other.mms

check "whole, two records a patient" mminfo --check --records=10 one.mms
mminfo one.mms >all
for k in P_00001 P_00005; do
    check "views of $k" test "$(grep -cE "^${k}_(LEFT|RIGHT)_(CC|MLO)	" all)" -eq 2
done
check "tensors" test "$(grep -cE $'\timage:u16:144x112\tmask:u8:[12]x144x112\t' all)" -eq 10
check "geometry" test "$(grep -c $'\tto_original=1 0 0 0 1 0' all)" -eq 10
check "both labels" sh -c "grep -q 'label=1	class=malignant' all && grep -q 'label=0	class=benign' all"
refuse "a malignant lesion in a benign image" grep -q 'label=0.*MALIGNANT' all
refuse "a malignant image without a malignant lesion" sh -c "grep 'label=1' all | grep -vq MALIGNANT"
for c in calc_mal calc_ben mass_mal mass_ben; do
    check "$c in both views" test "$(grep -c "lesion.0.class=$c" all)" -ge 2
done

# The first patients stay as they are when more follow.
mmphantom -n 2 --size 144x112 --seed 3 --no-pg -o few.mms
mmphantom -n 5 --size 144x112 --seed 3 --no-pg -o many.mms
check "more patients leave the first ones" cmp -n "$(($(stat -c %s few.mms) - 192))" few.mms many.mms

# Null phantoms: attributes and masks stay, pixels change.
check "null" mmphantom -n 5 --size 144x112 --seed 3 --null -o null.mms
mminfo null.mms >all.null
check "null: same records and attributes" sh -c 'grep -v "^@" all > a; grep -v "^@" all.null > b; cmp a b'
refuse "null: same bytes" cmp -s one.mms null.mms
mminfo --stats one.mms | grep ^mask >a
mminfo --stats null.mms | grep ^mask >b
check "null: same masks" cmp a b
check "the default seed is 1" sh -c 'mmphantom -n 1 --size 64x48 -o d.mms && mmphantom -n 1 --size 64x48 --seed 1 | cmp - d.mms'
check "mmpatch: as well" sh -c 'mmpatch --size 16 -o e.mms one.mms && mmpatch --size 16 --seed 1 one.mms | cmp - e.mms'
check "null is in the provenance" sh -c 'mminfo --head null.mms | grep -q "mmphantom.*--null"'
mminfo --head one.mms | grep -vq -- --null || { echo "FAILED: --null where it was not given"; failures=$((failures + 1)); }

# The truth of the outline, as a tensor beside the others.
check "breast" mmphantom -n 5 --size 144x112 --seed 3 --breast -o breast.mms
check "breast in each record" test "$(mminfo breast.mms | grep -c "	breast:u8:144x112	")" -eq 10
check "breast leaves the rest" sh -c 'mminfo --stats one.mms | tail -n +2 >a; mminfo --stats breast.mms | grep -v ^breast | tail -n +2 >b; cmp a b'

# A film of full size.
check "5300 x 3100" sh -c 'mmphantom -n 1 --size 5300x3100 -j 2 | mminfo --check --records=2'

for wrong in '-n 0' '-n x' '--size 288x' '--size 16x16' '--size 0x224' '--size 20000x20000' '--seed -1' '--seed 1.5' '--no-such' 'operand'; do
    # shellcheck disable=SC2086
    expect_exit 2 mmphantom $wrong -o wrong.mms
    check "nothing written: $wrong" test ! -e wrong.mms
done
expect_exit 2 mmphantom film.mms
message "'film.mms'"
expect_exit 1 mmphantom -n 2 --size 64x48 -o /dev/full
message "No space left"
expect_exit 1 mmphantom -n 2 --size 64x48 -o /no/such/folder/x.mms
check "help names the options" sh -c 'mmphantom --help | grep -q -- --null'
expect_exit 0 mmphantom --version
finish
