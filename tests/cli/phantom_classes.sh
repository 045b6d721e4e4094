#!/usr/bin/env bash
# Grey statistics hardly tell the classes of phantoms apart, within the bounds of mmphantom(1), and tell nothing of null phantoms.
# What a network tells is measured by tests/bench/phantom_classes, which trains.
. "$ROOT/tests/cli/lib.sh"
need_python numpy sklearn

cat >bounds.py <<'EOF'
import sys
sys.path.insert(0, sys.argv[1] + "/tests/bench")
import numpy as np
import phantom_classes as classes

AGAINST_BACKGROUND, WITHIN_KIND, CHANCE = 0.75, 0.60, 0.06


def broken(row):
    """Names of the areas that exceed their bounds. An area below 0.5 is as telling as one above."""
    return [n for n, a in row.items() if max(a, 1 - a) > (WITHIN_KIND if "," in n else AGAINST_BACKGROUND)]


def brighter(part, label):
    """The same patches with those of a class a little brighter."""
    x, y = part
    return x + np.outer(y == label, [4000, 0, 4000, 4000, 0]), y


parts = [classes.patches(f) for f in ("train.mms", "test.mms")]
row = classes.grey_areas(*parts)
print(row)
assert not broken(row), broken(row)
raised = classes.grey_areas(*(brighter(p, classes.MASS_BEN) for p in parts))
assert "mass mal, ben" in broken(raised), raised
nothing = classes.grey_areas(*(classes.patches("null-" + f) for f in ("train.mms", "test.mms")))
print(nothing)
assert abs(nothing["lesion"] - 0.5) < CHANCE, nothing
EOF
# patches NULL PATIENTS SEED SET NAME
patches() {
    # shellcheck disable=SC2086
    mmphantom -q $1 -n "$2" --size 288x224 --seed "$3" | mmsegment -q --keep-mask | mmpatch -q --size 56 --min-tissue 0.8 --set "$4" -o "$5"
}
check "training patches" patches "" 150 21 s10 train.mms
check "test patches" patches "" 150 22 s test.mms
check "null training patches" patches --null 150 21 s10 null-train.mms
check "null test patches" patches --null 150 22 s null-test.mms
check "areas within their bounds" "$PYTHON" bounds.py "$ROOT"
finish
