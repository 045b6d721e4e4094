#!/usr/bin/env bash
# The verdict of `make validate` from the tables that are kept in tests/agreement/validate, and that each of its criteria can fail.
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

# planted TABLE...: the tables to be judged are those, in the folder `planted`, to be spoilt
planted() {
    rm -rf planted
    mkdir planted
    for table; do zcat "$here/$table.tsv.gz" >"planted/$table.tsv"; done
}
# spoil PROGRAM: awk's, over the only table; `at` has the number of each column by its name
spoil() {
    awk -F '\t' -v OFS='\t' "NR == 1 {for (i = 1; i <= NF; i++) at[\$i] = i; print; next} {$1; print}" planted/*.tsv >new && mv new planted/*.tsv
}
# caught NAME LINES: with the spoilt table the criteria that hold these words, and only those, are not met
caught() {
    refuse "$1" verdict planted
    equal "$1" "$2" "$(sed -n 's/^  NOT  *//p' .out | cut -d ' ' -f 1-3 | paste -sd ,)"
}

# A fault of PyTorch in the place of ours, and a twin in the place of a fault.
trainings() { # TABLE NAME=COLUMN...: only these columns of the table, under these names
    awk -F '\t' -v OFS='\t' -v wanted="${*:2}" 'NR == 1 {
            for (i = 1; i <= NF; i++) at[$i] = i
            n = split(wanted, name, " ")
            for (k = 1; k <= n; k++) { split(name[k], part, "="); name[k] = part[1]; from[k] = at[part[2]] }
        }
        { line = $1 OFS $2; for (k = 1; k <= n; k++) line = line OFS (NR == 1 ? name[k] : $from[k]); print line }' "planted/$1.tsv" >new &&
        mv new "planted/$1.tsv"
}
fault() { # NAME STEPS: the trace that shows it
    planted "twins-$2"
    trainings "twins-$2" 1.torch=1.torch 1.twin=1.twin "1.$1=1.$1" "1.ours=1.$1"
    caught "$1" "ours after $2:"
    planted "twins-$2"
    trainings "twins-$2" 1.torch=1.torch 1.twin=1.twin 1.ours=1.ours "1.$1=1.twin"
    caught "$1 that is none" "$1 is seen"
}
fault momentum 100
fault decay 100
fault stride 100
fault epsilon 1

# One that learned a little less; pairs that differ too much to tell; a task that is too easy.
planted equivalence
spoil 'for (c in at) if (c ~ /ours/ && NR % 12 == 1) $at[c] = -$at[c]'
caught "a worse training" "the interval lies"
planted equivalence
spoil 'for (c in at) if (c ~ /^([1-4].ours|[5-8].torch)/ && NR % 10 == 1) $at[c] = -$at[c]'
caught "trainings that scatter" "the interval lies"
planted equivalence
spoil 'for (c in at) if (c ~ /ours|torch/) $at[c] += 50 * ($at["label"] > 0)'
caught "a task that is too easy" "the task is"

planted null
spoil 'if ($1 == "patients") next; print; $1 = "patients"'
caught "null that knows something" "by patients: 0.5,by patches: the"
planted null
spoil 'if ($1 == "patches") next; print; $1 = "patches"'
caught "a split by patches that does not help" "by patches: the"

planted mias
spoil 'if ($at["background"] == "uniform") $at["ours"] = -$at["ours"]'
caught "ours that learned the contrary" "uniform: the interval"
finish
