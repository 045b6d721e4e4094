#!/bin/bash
# Files of weights that lie: each is refused with one clear line and its exit code, within 600 MB of memory, and nothing in
# them is run or followed.
. "$ROOT/tests/cli/lib.sh"

mkdir files
check "make the files" "$PYTHON" "$ROOT/tests/cli/hostile_weights.py" files || finish
cd files || exit 1
# A sanitizer needs more address space than there is.
limit=600000
ldd "$BIN/mmmodel" | grep -q libasan && limit=unlimited
limited() { (ulimit -v $limit && exec mmmodel show -o "$TMP/shown" "$1"); }
while IFS=$'\t' read -r name code text; do
    rm -f "$TMP/shown"
    expect_exit "$code" limited "$name"
    [ "$code" -eq 0 ] && continue
    message "$text"
    message "'$name'"
    [ "$(wc -l <"$TMP/.err")" -eq 1 ] || { echo "FAILED: more than a line for $name"; failures=$((failures + 1)); }
    [ ! -e "$TMP/shown" ] || { echo "FAILED: output for $name"; failures=$((failures + 1)); }
done <expected.tsv
for name in ones-*.h5; do
    (ulimit -v $limit && exec mmmodel show -o "$TMP/shown" "$name") 2>"$TMP/.err"
    code=$?
    [ $code -le 3 ] && [ $code != 2 ] && { [ $code = 0 ] || message "'$name'"; } && continue
    echo "FAILED: exit $code: $name"
    failures=$((failures + 1))
done
[ ! -e pwned ] || { echo "FAILED: a file ran a program"; failures=$((failures + 1)); }
finish
