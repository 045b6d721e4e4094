#!/bin/bash
# mmview: what is drawn where, and input that cannot be drawn. Streams come from the peer, pictures are read by PIL.
. "$ROOT/tests/cli/lib.sh"
need_command script
need_python numpy PIL
expect_exit 2 mmview --overlay everything /dev/null
expect_exit 3 mmview -o x.png /dev/null
expect_exit 1 mmview -o x.png nowhere.mms; message "cannot open 'nowhere.mms'"
check "nothing written" test ! -e x.png
script -qec "mmview /dev/null" /dev/null >typed 2>&1 </dev/null
check "no picture to a terminal" grep -q "will not write a picture to a terminal" typed
cat >make.py <<'PY'
import numpy as np, mms
def write(name, records):
    with open(name, "wb") as f:
        mms.write_segment(f, records)
yy, xx = np.mgrid[:200, :150]
def image(kind, **more):
    im = ((yy + xx) * (100 if kind == "<u2" else 0.5)).astype(kind)
    return dict({"image": im}, **more)
mask = np.zeros((2, 200, 150), "u1")
mask[0, 40:60, 30:60] = 1
mask[1, 120:150, 80:110] = 1
heat = np.zeros((1, 25, 19), "f4")
heat[0, 3, 4] = 1  # at row 4 + 8 * 3 = 28, column 3 + 8 * 4 = 35
geometry = {"heatmap.stride": "8", "heatmap.offset": "4,3"}
lesions = {"lesion.0.class": "mass_mal", "lesion.1.class": "calc_ben", "label": "1", "class": "malignant"}
write("one.mms", [("k", image("<u2", mask=mask, heatmap=heat), dict(geometry, **lesions))])
write("types.mms", [("u1", image("u1"), {}), ("f4", image("<f4"), {"label": "3"}), ("f8", {"image": np.zeros((1, 9, 7))}, {}),
                    ("rgb", {"image": np.full((3, 12, 12), 99, "u1")}, {})])
write("many.mms", [("k%02d" % i, {"image": np.full((16, 16), i, "u1")}, {}) for i in range(40)])
write("empty.mms", [])
write("bare.mms", [("k", {"x": np.zeros(3, "f4")}, {}), ("l", image("u1"), {})])
write("moved.mms", [("k", image("u1", mask=mask[:, :100]), {})])
big = np.zeros((1152, 896), "<u2"); big[300:500, 200:600] = 30000
write("big.mms", [("k%d" % i, {"image": big}, {}) for i in range(3)])
PY
"$PYTHON" make.py || exit 1
cat >look.py <<'PY'
import sys
import numpy as np
from PIL import Image
RED, GREEN, LEFT, TOP = (255, 92, 51), (0, 214, 143), 14, 14
a = np.asarray(Image.open(sys.argv[1]).convert("RGB")).astype(int)
def found(rgb):
    y, x = np.nonzero((a[:200 + TOP, :150 + LEFT] == rgb).all(2))
    return (y.min() - TOP, y.max() - TOP, x.min() - LEFT, x.max() - LEFT) if len(y) else None
# Outlines lie one pixel outside of their lesions.
sys.exit(0 if found(RED) == (39, 60, 29, 60) and found(GREEN) == (119, 150, 79, 110) else "outlines at %s, %s" % (found(RED), found(GREEN)))
PY
expect_exit 0 mmview --cell 200x150 -o one.png one.mms
check "outlines stand where the lesions are" "$PYTHON" look.py one.png
"$PYTHON" - <<'PY'
import numpy as np, mms
s = next(mms.read_stream(open("one.mms", "rb"))).records[0]
with open("shifted.mms", "wb") as f:
    t = dict(s.tensors)
    t["mask"] = np.roll(t["mask"], 3, axis=2)
    mms.write_segment(f, [("k", t, s.attrs)])
PY
mmview --cell 200x150 -o shifted.png shifted.mms
refuse "a mask shifted by 3 pixels" "$PYTHON" look.py shifted.png
expect_exit 0 mmview --cell 200x150 --no-mask -o plain.png one.mms
expect_exit 0 mmview --cell 200x150 --no-mask --overlay heatmap -o heat.png one.mms
check "heat is where the map says" "$PYTHON" -c '
import numpy as np
from PIL import Image
a, b = (np.asarray(Image.open(n).convert("RGB")).astype(int)[14:214, 14:164] for n in ("plain.png", "heat.png"))
d = abs(a - b).sum(2)
y, x = np.unravel_index(d.argmax(), d.shape)
assert abs(y - 28) <= 2 and abs(x - 35) <= 2, (y, x)
assert d[60:].max() == 0'
expect_exit 0 mmview -o types.png types.mms
expect_exit 0 mmview --window full --gain 2 --breast -o types.png types.mms
expect_exit 0 mmview -o big.png big.mms
check "three in a row, made smaller" "$PYTHON" -c '
from PIL import Image
w, h = Image.open("big.png").size
assert 600 < w < 1100 and 380 < h < 480, (w, h)'
mmview big.mms >again.png
check "same bytes" cmp big.png again.png
expect_exit 0 mmview --max 10 --columns 5 -o many.png many.mms; message "the first 10 of 40 records are shown"
expect_exit 1 mmview -o x.png empty.mms; message "no record to show"
expect_exit 1 mmview -o x.png bare.mms; message "record 'k': has no tensor 'image'"
expect_exit 0 mmview --on-error skip -o bare.png bare.mms; message "1 record skipped"
expect_exit 1 mmview -o x.png moved.mms; message "record 'k': tensor 'mask' has 100 x 150 pixels"
expect_exit 1 mmview --overlay heatmap -o x.png big.mms; message "has no tensor 'heatmap'"
head -c 3000000 big.mms >cut.mms
expect_exit 3 mmview -o x.png cut.mms
expect_exit 3 mmview --max 1 -o x.png cut.mms
expect_exit 1 mmview -o /dev/full many.mms
check "nothing half-written" test -z "$(find . -name 'x.png' -o -name '.x.png*')"
finish
