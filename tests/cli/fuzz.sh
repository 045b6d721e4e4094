#!/bin/bash
# Every fuzz target over its seeds and over what fuzzing found (tests/fuzz/found/TARGET): see tests/fuzz/harness/fuzz.h.
. "$ROOT/tests/cli/lib.sh"
targets=$BIN/../fuzz
need_python json
export ASAN_OPTIONS=allocator_may_return_null=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
check "seeds" "$ROOT/tests/fuzz/seeds" "$BIN" "$SUPPORT" "$TMP/seeds" || finish
mkdir empty
cd empty || exit 1
for source in "$ROOT"/tests/fuzz/*.c; do
    name=$(basename "$source" .c)
    check "$name is in the table of fuzz.h" grep -qE "^ \* ([a-z0-9]+, )*$name(, [a-z0-9]+)*  +[a-z]" "$ROOT/tests/fuzz/harness/fuzz.h"
    check "$name has seeds" test -d "$TMP/seeds/$name"
    found=$ROOT/tests/fuzz/found/$name
    [ -d "$found" ] || found=
    # Memory is bounded: none of these inputs is larger than some KiB. Sanitizers want terabytes of addresses.
    (ulimit -v 1000000; "$targets/$name" /dev/null) >/dev/null 2>&1 && limit=1000000 || limit=unlimited
    (ulimit -v $limit; exec timeout 60 "$targets/$name" "$TMP/seeds/$name" ${found:+"$found"}) >"$TMP/.out" 2>"$TMP/.err"
    code=$?
    if [ $code -ne 0 ]; then
        echo "FAILED: $name: exit $code"
        tail -n 5 "$TMP/.err"
        failures=$((failures + 1))
    fi
done
for folder in "$ROOT"/tests/fuzz/found/*/; do
    check "$folder belongs to a target" test -x "$targets/$(basename "$folder")"
done
finish
