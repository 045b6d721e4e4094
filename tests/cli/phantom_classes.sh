#!/usr/bin/env bash
# Grey statistics hardly tell the classes of phantoms apart, and tell nothing of null phantoms.
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


def both_ways(a, b, change=lambda part: part):
    """Means of the areas when each stream is the training's once and the test's once."""
    parts = {f: [change(classes.patches(f, (k, "s,s10"))) for k in ("s10", "s")] for f in (a, b)}
    rows = [classes.grey_areas(parts[t][0], parts[u][1]) for t, u in ((a, b), (b, a))]
    return {n: (rows[0][n] + rows[1][n]) / 2 for n in rows[0]}


row = both_ways("one.mms", "two.mms")
print(row)
assert not broken(row), broken(row)
raised = both_ways("one.mms", "two.mms", lambda part: brighter(part, classes.MASS_BEN))
assert "mass mal, ben" in broken(raised), raised
nothing = both_ways("null-one.mms", "null-two.mms")
print(nothing)
assert abs(nothing["lesion"] - 0.5) < CHANCE, nothing
EOF
# patches NULL SEED NAME
patches() {
    # shellcheck disable=SC2086
    mmphantom -q $1 -n 120 --size 576x448 --seed "$2" | mmresize -q --size 288x224 | mmsegment -q --keep-mask |
        mmpatch -q --size 56 --min-tissue 0.8 --set s,s10 -o "$3"
}
check "patches" patches "" 21 one.mms
check "patches of other patients" patches "" 22 two.mms
check "null patches" patches --null 21 null-one.mms
check "null patches of other patients" patches --null 22 null-two.mms
check "areas within their bounds" "$PYTHON" bounds.py "$ROOT"
finish
