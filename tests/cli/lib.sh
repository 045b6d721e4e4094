#!/usr/bin/env bash
# What command-line tests share; sourced by them. A test is run by tests/run with BIN (the programs), SUPPORT (programs that only
# tests use), SHARED (real data), TMP (an empty folder), ROOT in its environment; Python finds the modules of tests/peers, tests/cli
# and tests/agreement. It ends with 0 when all checks passed, and its last line is `checks: N`; with 77 when it was skipped (the last
# line says why); with anything else when it failed. A part that needs real data or a tool is a test of its own, or the whole test
# is skipped: none passes with a part left out.
set -u
: "${ROOT:?}" "${BIN:?}" "${TMP:?}"
SUPPORT=${SUPPORT:-$BIN/../support}
SHARED=${SHARED:-$ROOT/../shared}
PYTHON=${PYTHON:-/usr/bin/python3}
PATH=$BIN:$PATH
PYTHONPATH=$ROOT/tests/peers:$ROOT/tests/cli:$ROOT/tests/agreement
export PATH SHARED PYTHON PYTHONPATH PYTHONDONTWRITEBYTECODE=1
checks=0 failures=0
cd "$TMP" || exit 1

# check NAME COMMAND...: the command must succeed.
check() {
    local name=$1
    shift
    checks=$((checks + 1))
    if "$@" >"$TMP/.out" 2>"$TMP/.err"; then return 0; fi
    echo "FAILED: $name: $*"
    head -5 "$TMP/.out" "$TMP/.err"
    failures=$((failures + 1))
    return 1
}

# refuse NAME COMMAND...: the command must fail; for checks that something wrong is caught.
refuse() {
    local name=$1
    shift
    checks=$((checks + 1))
    if ! "$@" >"$TMP/.out" 2>"$TMP/.err"; then return 0; fi
    echo "NOT CAUGHT: $name: $*"
    failures=$((failures + 1))
    return 1
}

# expect_exit CODE COMMAND...: that exit code, and for a failure a line on stderr. stdout and stderr of the command lie
# in $TMP/.out and $TMP/.err afterwards.
expect_exit() {
    local want=$1 got
    shift
    checks=$((checks + 1))
    "$@" >"$TMP/.out" 2>"$TMP/.err"
    got=$?
    if [ "$got" -ne "$want" ]; then
        echo "FAILED: exit $got, not $want: $*"
        head -3 "$TMP/.err"
        failures=$((failures + 1))
    elif [ "$want" -gt 0 ] && [ "$want" -lt 4 ] && ! grep -q . "$TMP/.err"; then
        echo "FAILED: silent: $*"
        failures=$((failures + 1))
    fi
}

# message TEXT: stderr of the last expect_exit or check holds it.
message() {
    checks=$((checks + 1))
    grep -qF -- "$1" "$TMP/.err" && return 0
    echo "FAILED: no message '$1' but:"
    head -3 "$TMP/.err"
    failures=$((failures + 1))
}

# toy_heat N: m.safetensors, a small patch classifier of 24 x 24 pixels, and films.mms of N phantoms of 72 x 56, two films each.
toy_heat() {
    "$SUPPORT/mmtoy" --records 6 --size 24x24 | mmtrain -q -j 1 --net resnet8-cifar --classes background,lesion,other --batch 6 --mean 80 --std 50 \
        --stage 'train=all lr=1e-3 epochs=1' -o m.safetensors &&
        mmphantom -q -n "$1" --size 288x224 --seed 5 | mmresize -q --size 72x56 | mmsegment -q --keep-mask -o films.mms
}

# equal NAME WANTED GOT
equal() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] && return 0
    echo "FAILED: $1: '$3', not '$2'"
    failures=$((failures + 1))
}

# pixels STREAM TENSOR: bytes of the only record's tensor, as numbers in a line.
pixels() {
    rm -rf npy
    mmwrite -q --dir npy --format npy "$1" && tail -c "+129" npy/*."$2".npy | od -An -v -tu1 | xargs
}

# attribute STREAM NAME: of the first record that has it.
attribute() { mminfo "$1" | tr '\t' '\n' | sed -n "s/^$2=//p" | head -n 1; }

# digest STREAM: a line for each record, sorted: the same for the same records in any order.
digest() { "$SUPPORT/mmorder" digest "$1" | LC_ALL=C sort; }

# numbers MODEL: a digest of its weights alone, without what is written about them.
numbers() { tail -c "+$((9 + $(od -An -tu8 -N8 "$1")))" "$1" | sha256sum; }

has_card() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; }

skip() {
    echo "skipped: $*"
    exit 77
}

need_shared() { [ -e "$SHARED/$1" ] || skip "no real data at SHARED ($1)"; }

# need_command NAME...
need_command() {
    local c
    for c in "$@"; do command -v "$c" >/dev/null || skip "$c is not installed"; done
}

# need_python MODULE...
need_python() {
    local m
    for m in "$@"; do
        "$PYTHON" -c "import $m" 2>/dev/null || skip "$PYTHON has no module $m"
    done
}

finish() {
    [ "$failures" -eq 0 ] || { echo "$failures checks failed"; exit 1; }
    echo "checks: $checks"
    exit 0
}
