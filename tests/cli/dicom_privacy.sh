#!/usr/bin/env bash
# Nothing that identifies leaves a DICOM file: a mark in every text of it is looked for in all that comes out.
. "$ROOT/tests/cli/lib.sh"
need_python pydicom numpy
mark=QZMARKZQ
check "marked files" "$PYTHON" "$ROOT/tests/cli/dicom_marks.py" $mark
[ "$(tail -n 1 .out)" -gt 60 ] || { echo "FAILED: only $(cat .out) elements bear the mark"; failures=$((failures + 1)); }
[ "$(grep -ao $mark whole.dcm | wc -l)" -gt 60 ] || { echo "FAILED: the mark is not in the file"; failures=$((failures + 1)); }
head -c 32 /dev/urandom >key

# unmarked NAME FILE...: none holds the mark, in bytes of any case, nor any part of eight bits that were packed.
unmarked() {
    local name=$1 found
    shift
    found=$(grep -rlaiE 'QZMARK|Q.Z.M.A.R.K' "$@") || return 0
    echo "FAILED: $name: the mark is in $found"
    grep -haoiE '.{0,40}QZMARK.{0,40}' "$@" | head -3
    failures=$((failures + 1))
}

mkdir out
for f in whole implicit; do
    check "$f is read" bash -c "mmread -v --window=file --hash-ids key -o out/$f.mms $f.dcm 2>out/$f.log"
    check "$f as tar" mmwrite -v -o out/$f.tar out/$f.mms
    check "$f as files" mmwrite -v --dir out/$f.files out/$f.mms
    check "$f as text" bash -c "mminfo -v out/$f.mms >out/$f.txt 2>&1; mminfo --head out/$f.mms >out/$f.head 2>&1"
    check "$f resized" bash -c "mmresize --size 64x64 out/$f.mms | mmview -o out/$f.png"
    check "$f from an archive" bash -c "tar -cf $f.in.tar $f.dcm && mmread --hash-ids key -o out/$f.2.mms $f.in.tar && cat $f.in.tar | mmread --hash-ids key -o out/$f.3.mms"
done
unmarked "what is made of whole files" out
[ "$(mmread -q whole.dcm | mminfo | grep -c "patient=$mark")" = 1 ] || { echo "FAILED: without a key the patient is not there"; failures=$((failures + 1)); }

# Errors: elements that hold no number, truncations, flipped bits; one by one, in a manifest with skipping, in an archive.
mkdir log
for f in *.element.dcm; do
    mmread -v --window=file --hash-ids key -o "log/$f.mms" "$f" >"log/$f.out" 2>"log/$f.err"
    [ $? -lt 4 ] || { echo "FAILED: exit of $f"; failures=$((failures + 1)); }
done
for set in cut flip element; do
    { printf 'key\timage\n'; printf '%s\n' *"$set"*.dcm | sed 's/.*/&\t&/'; } >"$set.tsv"
    mmread -v --window=file --hash-ids key --on-error=skip --manifest "$set.tsv" -o "log/$set.mms" 2>"log/$set.log"
    [ $? -lt 4 ] && grep -q skipped "log/$set.log" || { echo "FAILED: $set: $(head -3 "log/$set.log")"; failures=$((failures + 1)); }
    tar -cf "$set.tar" ./*"$set"*.dcm
    mmread -v --window=file --hash-ids key --on-error=skip -o "log/$set.2.mms" "$set.tar" 2>"log/$set.2.log"
    [ $? -lt 4 ] || { echo "FAILED: exit of $set.tar"; failures=$((failures + 1)); }
done
unmarked "errors" log

# mmindex: marks in every element, in names of files and folders, and in what is damaged.
mkdir -p "films/$mark/QZMARK sub"
cp whole.dcm "films/$mark/$mark.dcm" && cp implicit.dcm "films/$mark/QZMARK sub/QZMARK_2" && cp ./*cut*.dcm ./*flip*.dcm ./*element*.dcm "films/$mark/"
head -c 3000 whole.dcm >"films/$mark/QZMARK.short.dcm"
check "an index" bash -c "mmindex -v --hash-ids key dicom films >out/index.tsv 2>out/index.log"
[ "$(tail -n +2 out/index.tsv | wc -l)" -ge 2 ] && grep -q "cut short\|ends inside" out/index.log || { echo "FAILED: index"; failures=$((failures + 1)); }
unmarked "an index" out/index.tsv out/index.log
[ "$(mmindex -q dicom films | grep -c $mark)" -ge 2 ] || { echo "FAILED: without a key the marks are not there"; failures=$((failures + 1)); }
finish
