#!/bin/bash
# The stream format at the command line: real vectors, damage through three stages, concatenation, foreign input, peers.
. "$ROOT/tests/cli/lib.sh"
need_command script
need_python numpy
pass=$SUPPORT/mmpass

# A small stream without any Python: HEAD, one record, DONE.
"$SUPPORT/mmsample" --records 1 --size 2x3 --no-pg -o one.mms || exit 1
every=1
case $BIN in */sanitize/*) every=61 ;; esac # sanitized programs start slowly; tests/unit/stream damages every byte there too
check "every cut and every flipped bit is refused" "$SUPPORT/torture" $every one.mms "$pass" -j 1 --no-pg
check "also without a byte to pass" "$SUPPORT/mmsample" --records 0 --no-pg -o none.mms
check "an empty segment passes" "$pass" none.mms -o /dev/null

"$SUPPORT/mmsample" --records 40 --size 20x30 -o many.mms
for j in 1 2 5; do
    check "-j $j" "$pass" -j $j --touch many.mms -o touched-$j.mms
    check "-j $j gives the same bytes" cmp touched-1.mms touched-$j.mms
done

# Concatenation: two segments by cat, one when read as operands.
"$SUPPORT/mmsample" --records 3 --prefix other -o other.mms
cat many.mms other.mms > two.mms
"$pass" two.mms | mminfo > listing || { echo "FAILED: concatenation"; failures=$((failures + 1)); }
check "two segments" test "$(grep -c '^@MM' listing)" = 2
"$pass" many.mms other.mms | mminfo > listing
check "one segment" test "$(grep -c '^@MM' listing) $(tail -n 1 listing)" = "1 # 43 records"
expect_exit 1 "$pass" many.mms many.mms -o /dev/null
message "key 'sample000000'"
check "count" mminfo --check --records 43 many.mms other.mms
expect_exit 2 mminfo --joined many.mms other.mms
message "--joined is a kind of --check"
check "count, joined" mminfo --check --joined --records 43 many.mms other.mms

# --check looks at each file, whatever is wrong with the others; --joined at all of them together.
head -c 5000 many.mms >half.mms
echo text >text.mms
check "two files with the same keys are each valid" mminfo --check many.mms many.mms
expect_exit 1 mminfo --check --joined many.mms many.mms; message "key 'sample000000'"
expect_exit 3 mminfo --check half.mms many.mms text.mms other.mms nowhere.mms
message "'half.mms' ends inside"; message "'text.mms' is text"; message "cannot open 'nowhere.mms'"; message "3 of 5 files are not valid"
cp .err said
equal "a line for each, and one that counts" 4 "$(wc -l <said)"
refuse "good files are not named" grep -q "many.mms\|other.mms" said
expect_exit 1 mminfo --check many.mms nowhere.mms; message "1 of 2 files are not valid"
expect_exit 3 mminfo --check --keys half.mms many.mms
check "nothing is printed" test ! -s .out
expect_exit 3 mminfo --check half.mms; message "'half.mms' ends inside"
expect_exit 1 mminfo --check --records 42 many.mms other.mms; message "43 records instead of 42"
expect_exit 1 mminfo --check --records 44 many.mms other.mms

# Provenance: IDs are unique, PP names the one before, options and nothing else.
"$pass" one.mms | "$pass" --touch -j 2 | mminfo --head > heads.txt
check "chain" grep -q "^@PG	ID:mmpass.1	PN:mmpass	VN:.*	PP:mmpass	CL:mmpass --touch$" heads.txt

# A record that fails: stop, or skip and say so to the end.
expect_exit 1 "$pass" --fail sample000002 many.mms -o failed.mms
message "record 'sample000002': failed on demand"
check "nothing half-written" test ! -e failed.mms
check "nothing left beside it" test -z "$(find . -name '.failed*')"
expect_exit 0 "$pass" -j 2 --fail sample000002 --on-error skip many.mms -o skipped.mms
message "record 'sample000002': failed on demand: skipped"
check "the last line counts" test "$(tail -n 1 .err)" = "mmpass: 1 record skipped"
expect_exit 0 "$pass" skipped.mms -o /dev/null
message "1 record skipped before"
expect_exit 1 "$pass" --fail sample000000 --on-error skip one.mms -o failed.mms
message "every record was skipped"

# A failing filter takes the whole pipeline with it, without pipefail.
"$pass" --fail sample000030 many.mms 2>/dev/null | "$pass" 2>/dev/null | "$pass" >broken.mms 2>/dev/null
check "the last stage says 3" test $? = 3 -o "${PIPESTATUS[2]:-3}" = 3
expect_exit 3 mminfo --check broken.mms

# Foreign input is named.
printf '\x89PNG\r\n\x1a\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' > f.png
printf 'P5 4 4 255 ................' > f.pgm
printf 'hello' | gzip > f.gz
printf 'key\timage\nx\ty.png\n' > f.tsv
tar cf f.tar f.png
printf '\x93NUMPY\x01\x00xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' > f.npy
for pair in "png:PNG" "pgm:PNM" "gz:gzip" "tsv:text" "tar:tar" "npy:NumPy"; do
    expect_exit 3 "$pass" "f.${pair%%:*}" -o /dev/null
    message "${pair##*:}"
done
: > empty
expect_exit 3 "$pass" empty -o /dev/null
message "'empty' is empty"

# Outputs: a full disk, a closed pipe, a missing folder, special files.
expect_exit 1 "$pass" many.mms -o /dev/full
message "No space left"
"$pass" many.mms many.mms >/dev/full 2>.err
check "a full standard output" test $? != 0
expect_exit 1 "$pass" missing.mms -o /dev/null
message "cannot open 'missing.mms': No such file"
expect_exit 1 "$pass" many.mms -o missing/out.mms
expect_exit 2 "$pass" --no-such-option many.mms
expect_exit 2 "$pass" -j 0 many.mms
expect_exit 2 "$pass" -j two many.mms
mkfifo fifo
"$pass" many.mms -o fifo &
check "a FIFO is written to" mminfo --check --records 40 fifo
wait
check "and stays one" test -p fifo
check "/dev/null stays a device" test -c /dev/null
ln -s target.mms link.mms
: > target.mms
check "a link" "$pass" many.mms -o link.mms
check "stays a link" test -L link.mms
check "to the new file" mminfo --check --records 40 target.mms
(set +o pipefail; "$pass" many.mms | head -c 100 >/dev/null)
check "help" "$pass" --help
check "version" "$pass" -V

# Terminals are refused.
script -qec "$pass many.mms" /dev/null >typed 2>&1 </dev/null
check "no stream to a terminal" grep -q "will not write a tensor stream to a terminal" typed

# Conformance vectors (made by tests/peers/mms.py --vectors), and the independent reader.
vectors=$ROOT/tests/vectors/stream
while IFS=$'\t' read -r name code; do
    expect_exit "$code" "$pass" "$vectors/$name" -o vector.mms
    expect_exit "$code" mminfo --check "$vectors/$name"
    [ "$code" -ne 0 ] || check "peer reads $name" "$PYTHON" "$ROOT/tests/peers/mms.py" vector.mms
done <"$vectors/expected.tsv"
finish
