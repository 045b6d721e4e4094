#!/bin/bash
# mmpipe-results(7) is what pipelines/results/page makes of the recorded files; the ledger has a line for each of them, with the same
# figures; no patient is tested in two folds, and no patient of development in any.
. "$ROOT/tests/cli/lib.sh"
record=$ROOT/pipelines/results
check "the page is made" sh -c "'$record/page' >page"
check "it is the manual page" cmp page "$ROOT/man/mmpipe-results.7"
check "the ledger begins with the training before" grep -q "0[.]904" <(sed -n 2p "$record/ledger.tsv")
for table in "$record"/*-fold?.tsv; do
    name=$(basename "$table" .tsv)
    case $name in probe-* | grey-*) logits=() ;; *) logits=(--logits) ;; esac
    area=$(mmeval -q "${logits[@]}" "$table" | sed -n 's/^  AUC  *\([0-9.]*\) (\([0-9.]*\) to \([0-9.]*\) bootstrap.*/\1 \2 \3/p')
    line=$(awk -F '\t' -v name="$name" '$3 == name && $10 == "scored" {line = $7 " " $8 " " $9} END {print line}' "$record/ledger.tsv")
    equal "the ledger's figures of $name" "$area" "$line"
done
# What is tested once: patients by fold, the same ones for every kind of prediction.
patients() { cut -f 2 "$@" | grep -v '^patient$' | sort -u; }
for fold in 1 2 3 4 5; do
    for table in "$record"/*-fold$fold.tsv; do
        [ -e "$table" ] || continue
        patients "$table" >these
        [ -e "fold$fold" ] || cp these "fold$fold"
        check "patients of $(basename "$table")" cmp these "fold$fold"
    done
done
check "none in two folds" test -z "$(cat fold? | sort | uniq -d)"
if [ -e "$SHARED/data/mias/development.txt" ]; then
    check "none of development" test -z "$(sort -u "$SHARED/data/mias/development.txt" | comm -12 - <(sort -u fold?))"
fi
finish
