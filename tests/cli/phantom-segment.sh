#!/usr/bin/env bash
# mmsegment finds the breasts that mmphantom drew, whatever borders, labels and folds of the belly lie beside them.
. "$ROOT/tests/cli/lib.sh"
need_python numpy

cat >compare.py <<'EOF'
import sys
import mms
import numpy
truth, found = ([r for s in mms.read_stream(open(f, "rb")) for r in s.records] for f in sys.argv[1:3])
worst = 1
for t, f in zip(truth, found, strict=True):
    assert t.key == f.key
    a, b = t.tensors["breast"] > 0, f.tensors["breast"] > 0
    a = numpy.roll(a, int(sys.argv[3]), 0)
    outside = f.tensors["image"][~b]
    assert not outside.any(), t.key + ": something is left outside"
    worst = min(worst, (a & b).sum() / (a | b).sum())
print("worst", worst)
sys.exit(0 if worst >= 0.96 else 1)
EOF
mmphantom -n 10 --size 576x448 --seed 5 --breast -o truth.mms
mmphantom -n 10 --size 576x448 --seed 5 | mmsegment --keep-mask -o found.mms
check "breasts are found" "$PYTHON" compare.py truth.mms found.mms 0
# Moved by 4 mm they are no match: the comparison can fail.
refuse "breasts elsewhere" "$PYTHON" compare.py truth.mms found.mms 9
finish
