#!/usr/bin/env bash
# mms(5): the programs in its EXAMPLES, taken from the page as it is shown, compile, run and do what the page says.
# shellcheck disable=SC2317 # functions are called by check, refuse and expect_exit
. "$ROOT/tests/cli/lib.sh"
need_command mandoc
need_python numpy
read -r -a cc <<<"${CC:-cc}"
command -v "${cc[0]}" >/dev/null || skip "no compiler"

mandoc -Tascii -Owidth=160 "$ROOT/man/mms.5" | sed 's/.\x08//g' >page
# The display that begins with the given words: up to a line that is indented less.
display() { awk -v from="$1" '{here = match($0, /[^ ]/)} index($0, from) && !on {on = indent = here}
    on && here && here < indent {exit} on {print substr($0, indent)}' page; }
display '/* invert:' >invert.c
display 'import re' >records.py

check "the filter compiles without a warning" "${cc[@]}" -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -o invert invert.c -lz || finish
mmphantom -n 2 --size 288x224 -o in.mms || exit 1
invert() { ./invert <"$1" >"$2"; }
check "it runs" invert in.mms once.mms
check "what it writes is whole" mminfo --check once.mms
check "it runs on its own output" invert once.mms twice.mms
[ "$(digest in.mms)" = "$(digest twice.mms)" ] || { echo "FAILED: two negatives are no positive"; failures=$((failures + 1)); }
[ "$(digest in.mms)" != "$(digest once.mms)" ] || { echo "FAILED: nothing was inverted"; failures=$((failures + 1)); }
[ "$(mminfo --head twice.mms | grep -c 'PN:invert')" = 2 ] || { echo "FAILED: no @PG lines"; failures=$((failures + 1)); }
sum() { mminfo --stats "$1" | awk '$1 == "image" {print $4}'; }
awk -v a="$(sum in.mms)" -v b="$(sum once.mms)" 'BEGIN {exit !(a + b > 65534 && a + b < 65536)}' ||
    { echo "FAILED: means $(sum in.mms) and $(sum once.mms)"; failures=$((failures + 1)); }

# damage is refused, and no DONE follows
size=$(stat -c %s in.mms)
for at in 0 64 100 1000 $((size / 2)) $((size - 128)) $((size - 64)) $((size - 1)); do
    head -c "$at" in.mms >cut.mms
    expect_exit 3 invert cut.mms out.mms
    expect_exit 3 mminfo --check out.mms
done
cp in.mms flipped.mms
printf '\377' | dd of=flipped.mms bs=1 seek=$((size / 3)) conv=notrunc status=none
cmp -s in.mms flipped.mms || expect_exit 3 invert flipped.mms out.mms

[ "$(grep -c . records.py)" -le 20 ] || { echo "FAILED: the Python reader has more than 20 lines"; failures=$((failures + 1)); }
records() { "$PYTHON" records.py <"$1"; }
check "the Python reader runs" records in.mms
[ "$(cut -d' ' -f1 "$TMP/.out")" = "$(mminfo --keys in.mms)" ] || { echo "FAILED: other keys"; failures=$((failures + 1)); }
grep -q "'image': (288, 224)" "$TMP/.out" || { echo "FAILED: other shapes"; failures=$((failures + 1)); }
refuse "a cut stream in Python" records cut.mms
refuse "a flipped byte in Python" records flipped.mms
finish
