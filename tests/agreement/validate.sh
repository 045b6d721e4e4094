#!/usr/bin/env bash
# The verdict of `make validate` from the traces that are kept in tests/agreement/validate, and that each of its criteria can fail.
. "$ROOT/tests/cli/lib.sh"
need_python numpy scipy
here=$ROOT/tests/agreement/validate
verdict() { "$PYTHON" "$here/verdict.py" --draws 200 "$@"; }

check "the verdict" verdict && cp .out report
for experiment in twins equivalence null mias; do
    check "it judges $experiment" grep -q "^$experiment" report
done
expect_exit 1 verdict "$TMP"
message "no traces"

# anew EXPERIMENT: its traces in the folder `planted`, to be spoilt
anew() {
    rm -rf planted
    mkdir planted
    cp -r "$here/$1" planted
    cd "planted/$1" || exit 1
}
# caught NAME LINES: with the spoilt traces the criteria that hold these words, and only those, are not met
caught() {
    cd "$TMP" || exit 1
    refuse "$1" verdict planted
    equal "$1" "$2" "$(sed -n 's/^  NOT  *//p' .out | cut -d ' ' -f 1-3 | paste -sd ,)"
}

# A fault of PyTorch in the place of ours, and a twin in the place of a fault.
fault() { # NAME STEPS: the trace that shows it
    anew "twins-$2"
    find . -name '*.tsv' ! -name '1.torch.tsv' ! -name '1.twin.tsv' ! -name "1.$1.tsv" -delete
    cp "1.$1.tsv" 1.ours.tsv
    caught "$1" "ours after $2:"
    anew "twins-$2"
    find . -name '*.tsv' ! -name '1.torch.tsv' ! -name '1.twin.tsv' ! -name '1.ours.tsv' -delete
    cp 1.twin.tsv "1.$1.tsv"
    caught "$1 that is none" "$1 is seen"
}
fault momentum 100
fault decay 100
fault stride 100
fault epsilon 1

# One that learned a little less; pairs that differ too much to tell; a task that is too easy.
spoil() { # PROGRAM TRACE...
    local program=$1
    shift
    for f; do awk -v OFS='\t' "$program" "$f" >new && mv new "$f"; done
}
anew equivalence
spoil 'NR % 12 == 0 {$3 = -$3} {print}' *.tsv
caught "a worse training" "the interval lies"
anew equivalence
spoil 'NR % 10 == 0 {$3 = -$3} {print}' [1-4].tsv
spoil 'NR % 10 == 0 {$4 = -$4} {print}' [5-8].tsv
caught "trainings that scatter" "the interval lies"
anew equivalence
spoil '{$3 += 50 * ($2 > 0); $4 += 50 * ($2 > 0); print}' *.tsv
caught "a task that is too easy" "the task is"

anew null
cp patches.tsv patients.tsv
caught "null that knows something" "by patients: 0.5,by patches: the"
anew null
cp patients.tsv patches.tsv
caught "a split by patches that does not help" "by patches: the"

anew mias
spoil '{$3 = -$3; print}' *.uniform.tsv
caught "ours that learned the contrary" "uniform: the interval"
finish
