#!/bin/bash
# mmsplit: by patient, by ratio, in both strata; a given test stays; leaks are caught. On a made manifest and on mini-MIAS.
. "$ROOT/tests/cli/lib.sh"
{
    printf 'key\timage\tpatient\tpathology\tsplit\tnote\n'
    for i in $(seq 0 199); do
        printf 'k%d\tk%d.png\tp%d\t%s\t\tx y\n' $i $i $((i / 2)) "$([ $((i % 10)) -eq 3 ] && echo MALIGNANT || echo BENIGN)"
    done
} >m.tsv
# TSV RATIOS...: no patient in two sets, all lines there, counts of patients per set in all and with a malignant lesion.
cat >verify.awk <<'AWK'
BEGIN { FS = "\t" }
NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
{ p = $c["patient"]; s = $c["split"]; n++
  if (s != "train" && s != "val" && s != "test") { print "set", s; bad = 1 }
  if (p in set && set[p] != s) { print "patient in two sets:", p; bad = 1 }
  if (!(p in set)) { set[p] = s; patients[s]++ }
  if ($c["pathology"] == "MALIGNANT" && !(p in mal)) { mal[p] = 1; malignant[s]++ } }
END { if (n != lines) { print n, "lines"; bad = 1 }
  got = patients["train"] + 0 "," patients["val"] + 0 "," patients["test"] + 0 ";" malignant["train"] + 0 "," malignant["val"] + 0 "," malignant["test"] + 0
  if (got != want) { print got, "is not", want; bad = 1 }
  exit bad }
AWK
verify() { awk -v want="$2" -v lines="$3" -f verify.awk "$1"; }

for seed in 1 2 3; do
    expect_exit 0 mmsplit --ratio 60:20:20 --seed $seed -o s$seed.tsv m.tsv
    check "three sets" verify s$seed.tsv "60,20,20;12,4,4" 200
    check "mmsplit --check" mmsplit --check s$seed.tsv
done
check "columns stay" bash -c 'diff <(cut -f1-4,6 m.tsv) <(cut -f1-4,6 s1.tsv)'
refuse "another seed, another split" cmp s1.tsv s2.tsv
check "the same seed, the same split" bash -c 'mmsplit --ratio 60:20:20 --seed 1 <m.tsv | cmp - s1.tsv'
check "the order of the lines does not matter" bash -c '(head -1 m.tsv; tail -n +2 m.tsv | tac) | mmsplit -q --ratio 60:20:20 | tail -n +2 | sort | cmp - <(tail -n +2 s1.tsv | sort)'
expect_exit 0 mmsplit -o two.tsv m.tsv
check "two sets, 80:20" verify two.tsv "80,20,0;16,4,0" 200

# A given test stays, and its patients are in no other set.
awk -F'\t' -v OFS='\t' 'NR > 1 && NR <= 41 && NR != 5 { $5 = "test" } 1' m.tsv >given.tsv # line 5: patient p1 leaks
expect_exit 0 mmsplit -o kept.tsv given.tsv
message "1 patients of the given test set"
check "a given test" verify kept.tsv "64,16,20;13,3,3" 199
expect_exit 0 mmsplit --as=published -o leak.tsv given.tsv
expect_exit 1 mmsplit --check leak.tsv
message "patient 'p1' is in 2 sets"
refuse "a leak" verify leak.tsv "64,16,20;13,3,4" 200
expect_exit 3 mmsplit --ratio 60:20:20 given.tsv
message "a test set is given"

# A test set in a column of another name is not dealt into training; blanks around cells and names are none of theirs.
for column in set Partition subset; do
    sed "1s/split/$column/; s/ $//" given.tsv | awk -F'\t' -v OFS='\t' 'NR > 1 { $5 = NR < 9 ? "Hold-Out" : "" } 1' >other.tsv
    expect_exit 3 mmsplit other.tsv
    message "the column '$column' names a test set: call it split, or remove it"
done
sed '1s/set/notes/; s/Hold-Out/to hold out/' other.tsv >notes.tsv
expect_exit 0 mmsplit notes.tsv
awk -F'\t' -v OFS='\t' 'NR == 1 { $5 = "Split "; $3 = " Patient" } NR > 1 { $5 = " " $5 " "; if (NR == 5) $3 = $3 " " } 1' given.tsv >blanks.tsv
expect_exit 0 mmsplit -q -o kept_blanks.tsv blanks.tsv
check "blanks make no other set and no other patient" cmp <(cut -f1,3,5 kept.tsv) <(cut -f1,3,5 kept_blanks.tsv)

# Wrong on purpose: one line moves to another set.
awk -F'\t' -v OFS='\t' 'NR == 9 { $5 = $5 == "val" ? "train" : "val" } 1' s1.tsv >wrong.tsv
expect_exit 1 mmsplit --check wrong.tsv
message "'p3' is in 2 sets"
refuse "a moved line" verify wrong.tsv "60,20,20;12,4,4" 200

expect_exit 2 mmsplit --ratio 80 m.tsv
expect_exit 2 mmsplit --ratio 0:0 m.tsv
expect_exit 2 mmsplit m.tsv m.tsv
expect_exit 1 mmsplit nowhere.tsv
message "nowhere.tsv"
expect_exit 3 mmsplit /dev/null
sed '4s/p1/ /; 4s/ //' m.tsv | awk -F'\t' -v OFS='\t' 'NR == 4 { $3 = "" } 1' >nobody.tsv
expect_exit 3 mmsplit nobody.tsv
message "line 4: no patient"
printf 'key\timage\nk\tk.png\textra\n' >long.tsv
expect_exit 3 mmsplit long.tsv
message "line 2"
expect_exit 1 mmsplit --check m.tsv
expect_exit 1 bash -c 'mmsplit -q m.tsv >/dev/full'

# A test set is one in any case and by any of its names; a word that is none is an error.
for word in Test TEST testing holdout Hold-out held_out; do
    sed "s/\ttest\t/\t$word\t/" given.tsv >named.tsv
    expect_exit 0 mmsplit -o named.out named.tsv
    check "'$word' is a test set" cmp named.out kept.tsv
done
sed '1s/split/Split/; s/\ttest\t/\tTest\t/' given.tsv >named.tsv
check "a column Split" bash -c 'mmsplit -q named.tsv | cmp - kept.tsv'
sed 's/\ttest\t/\tfuture\t/' given.tsv >named.tsv
expect_exit 3 mmsplit named.tsv
message "line 2: 'future' is not a split: expected one of train, val, test"
# Labels that are numbers alone make strata, and none of them is malignant.
{ printf 'key\timage\tpatient\tlabel\n'; for i in $(seq 0 99); do printf 'k%d\tk%d.png\tp%d\t%d\n' $i $i $i $((i / 25)); done; } >scale.tsv
check "labels 0 to 3" mmsplit -q --ratio 80:20 -o scale.out scale.tsv
equal "each is divided" "5 5 5 5" "$(awk -F'\t' '$5 == "val" {n[$4]++} END {print n[0], n[1], n[2], n[3]}' scale.out)"
equal "none is malignant" "0 0" "$(mmsplit --check scale.out | tail -n +2 | cut -f3 | xargs)"
# Folds: by the SHA-256 of patients' names, those with a lesion apart; everyone is tested once, but for who is always in training.
printf 'p7\r\np40\n' >always
for fold in 1 2 3 4 5; do
    expect_exit 0 mmsplit -q --fold $fold/5 --training always -o fold-$fold.tsv m.tsv
done
cat >folds.py <<'END'
import csv, hashlib, sys
always, n = set(open("always").read().split()) if sys.argv[2] == "always" else set(), 5
for fold in range(n):
    rows = list(csv.DictReader(open(sys.argv[1] % (fold + 1)), delimiter="\t"))
    lesion = {r["patient"]: False for r in rows}
    for r in rows:
        lesion[r["patient"]] |= bool(r.get("mask")) or r["pathology"] in ("BENIGN", "MALIGNANT")
    test = set()
    for kind in (True, False):
        names = sorted((p for p in lesion if lesion[p] == kind and p not in always), key=lambda p: hashlib.sha256(p.encode()).digest())
        test |= set(names[fold::n])
    assert len(test) >= 18 and all(r["split"] == ("test" if r["patient"] in test else "train") for r in rows), fold
END
check "folds" "$PYTHON" folds.py fold-%d.tsv always
refuse "folds without those patients" "$PYTHON" folds.py fold-%d.tsv none
expect_exit 2 mmsplit --fold 6/5 m.tsv; message "--fold: '6/5' is not a fold such as 1/5"
for wrong in 0/5 1/1 1/ /5 1 1/5x -1/5 "1/ 5"; do expect_exit 2 mmsplit --fold="$wrong" m.tsv; message "is not a fold such as 1/5"; done
expect_exit 2 mmsplit --fold 1/5 --seed 2 m.tsv; message "--fold goes without --ratio, --seed"
expect_exit 2 mmsplit --training always m.tsv; message "--training goes with --fold"
expect_exit 1 mmsplit --fold 1/5 --training nowhere m.tsv; message "nowhere"
echo p1000 >always
expect_exit 3 mmsplit --fold 1/5 --training always m.tsv; message "there is no patient 'p1000'"
expect_exit 3 mmsplit --fold 1/500 m.tsv; message "'m.tsv': 100 patients cannot be divided into 500 folds"
expect_exit 3 mmsplit --fold 1/5 given.tsv; message "a test set is given"
if [ -d "$SHARED/data/mias" ]; then
    mmindex -q mias "$SHARED/data/mias" >mias.tsv
    for fold in 1 2 3 4 5; do mmsplit -q --fold $fold/5 --training "$SHARED/data/mias/development.txt" -o mias-$fold.tsv mias.tsv; done
    cp "$SHARED/data/mias/development.txt" always
    check "mini-MIAS: 90 patients in five folds" "$PYTHON" folds.py mias-%d.tsv always
fi
finish
