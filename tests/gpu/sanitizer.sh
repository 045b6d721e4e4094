#!/bin/bash
# compute-sanitizer over every operation on the card: memory out of bounds, races in shared memory, memory read before it was
# written. Reports of kernels that are not ours (cuDNN's, cuBLAS's) are counted and told, and do not fail.
. "$ROOT/tests/gpu/lib.sh"
[ -z "$TWIN" ] || skip "the twin of a card has no compute-sanitizer"
tool=$(command -v compute-sanitizer || ls "${CUDA_HOME:-/usr/local/cuda}"/bin/compute-sanitizer /opt/nvidia/*/compute-sanitizer 2>/dev/null | head -n 1)
[ -n "$tool" ] || skip "compute-sanitizer is not installed"
export XDG_CACHE_HOME=$TMP/cache
check "once without, so that cuDNN's choices are known" "$BIN/../tests/nn/ops_test"
foreign='cudnn|xmma|cutlass|cublas|sm[89][0-9]_|gemm|nchwToNhwc|nhwcToNchw|implicit_convolve|wgrad|dgrad|fprop'
for kind in memcheck racecheck initcheck; do
    timeout 380 "$tool" --tool $kind --print-limit 1000 --error-exitcode 0 "$BIN/../tests/nn/ops_test" >"$kind.log" 2>&1
    code=$?
    [ $code -eq 0 ] || { echo "FAILED: $kind: exit $code"; tail -n 5 $kind.log; failures=$((failures + 1)); }
    grep -qE 'SUMMARY' $kind.log || { echo "FAILED: $kind: no summary"; tail -n 5 $kind.log; failures=$((failures + 1)); continue; }
    grep -E '^=========[[:space:]]+(at|Race reported|Error: Race|Warning: Race|and) .* in ' $kind.log >reports || :
    ours=$(grep -cvE "$foreign" reports)
    echo "$kind: $(grep -E 'SUMMARY' $kind.log | tail -n 1 | sed 's/^=* *//'); reports of our kernels: $ours"
    [ "$ours" -eq 0 ] || { echo "FAILED: $kind"; grep -vE "$foreign" reports | sort | uniq -c | sort -rn | head; failures=$((failures + 1)); }
    [ -z "${KEEP:-}" ] || cat $kind.log >>"$KEEP"
done
finish
