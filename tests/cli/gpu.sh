#!/bin/bash
# The tools of `make check-gpu` and `make bench-gpu`, as far as they go without a card: tests skip with the reason, comparisons
# catch what differs, a profile is summed up; and one of the tests on the host's twin of a card.
. "$ROOT/tests/cli/lib.sh"
if ! has_card; then
    for test in agreement sanitizer determinism resume memory; do
        mkdir "$test"
        TMP=$TMP/$test bash "$ROOT/tests/gpu/$test.sh" >skipped.log 2>&1
        equal "$test is skipped" 77 $?
        check "$test says why" grep -q '^skipped: there is no NVIDIA card' skipped.log
    done
    check "no speed without a card" "$ROOT/tests/bench/gpu" "$BIN/.."
    cp .out bench.log
    check "says why" grep -q '^skipped: there is no NVIDIA card' bench.log
fi
printf 'loss 1.00 2.0\n' >a; printf 'loss 1.001 2.0\n' >b; printf 'loss 1.0\n' >c
close() { "$PYTHON" "$ROOT/tests/gpu/close.py" "$@"; }
check "close numbers" close numbers 1e-3 a b
refuse "numbers apart" close numbers 1e-4 a b
refuse "numbers missing" close numbers 1 a c
"$PYTHON" - <<'END'
import json, struct
for name, values in (("x", [1, 2, 2]), ("y", [1, 2, 2.01]), ("z", [1, -2, 2])):
    head = json.dumps({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}).encode()
    open(name, "wb").write(struct.pack("<Q", len(head)) + head + struct.pack("<3f", *values))
END
check "close tensors" close tensors 1e-2 x y
refuse "tensors apart" close tensors 1e-3 x y
refuse "a wrong sign" close tensors 0.3 x z
cat >ncu.csv <<'END'
==PROF== Connected
"ID","Kernel Name","dram__bytes.sum","gpu__time_duration.sum"
"","","Mbyte","usecond"
"0","void apply<float>(grid, bool)","1,000.0","500"
"1","void apply<float>(grid, bool)","500","250"
"2","adam","250","250"
END
check "a profile" "$PYTHON" "$ROOT/tests/gpu/kernels.py" ncu.csv
cp .out profile
check "its sums" grep -q "^void apply<float>	2	0.750	0.750	1.500	2000$" profile
check "all of it" grep -q "^all	3	1.000	1	1.750" profile

mkdir twin
TWIN=1 TMP=$TMP/twin bash "$ROOT/tests/gpu/memory.sh" >twin.log 2>&1 || { echo "FAILED: memory.sh on the twin"; tail -n 5 twin.log; failures=$((failures + 1)); }
finish
