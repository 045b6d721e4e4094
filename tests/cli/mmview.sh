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
# A single record at its own size; bare, pixel for pixel.
size() { "$PYTHON" -c 'import sys; from PIL import Image; print(*Image.open(sys.argv[1]).size)' "$1"; }
expect_exit 0 mmview --max 1 -o whole.png big.mms
check "a single record is shown at its own size" test "$(size whole.png)" = "924 1258"
for n in 1 3; do
    expect_exit 0 mmview --bare --max $n -o bare.png big.mms
done
check "three bare pictures lie side by side" test "$(size bare.png)" = "840 360"
expect_exit 0 mmview --bare --cell 100x100 -o cell.png one.mms
check "bare, in a cell" test "$(size cell.png)" = "75 100"
expect_exit 0 mmview --bare --no-mask --window full -o gray.png one.mms
expect_exit 0 mmview --bare --no-mask --window full --overlay heatmap -o hot.png one.mms
check "bare pictures are the image, pixel for pixel" "$PYTHON" -c '
import numpy as np, mms
from PIL import Image
image = next(mms.read_stream(open("one.mms", "rb"))).records[0].tensors["image"]
grey, hot = (np.asarray(Image.open(n)).astype(int) for n in ("gray.png", "hot.png"))
assert grey.shape == (200, 150, 3) and abs(grey[:, :, 1] - image / 257).max() <= 1, grey.shape
y, x = np.nonzero(abs(grey - hot).sum(2))
assert (y.min(), y.max(), x.min(), x.max()) == (21, 35, 28, 42), (y.min(), y.max(), x.min(), x.max())'
# Heat within the breast only: of its tensor, and of the image without one.
"$PYTHON" - <<'PY'
import numpy as np, mms
image = np.full((200, 150), 30000, "<u2")
image[:, 100:] = 0
breast = np.zeros((200, 150), "u1"); breast[50:, :] = 1
heat = np.full((1, 25, 19), 0.9, "f4")
geometry = {"heatmap.stride": "8", "heatmap.offset": "4,3"}
for name, more in ("tensor.mms", {"breast": breast}), ("image.mms", {}):
    with open(name, "wb") as f:
        mms.write_segment(f, [("k", dict({"image": image, "heatmap": heat}, **more), geometry)])
PY
for name in tensor image; do
    for option in "" --overlay=heatmap "--overlay=heatmap --breast-only"; do
        # shellcheck disable=SC2086
        mmview --bare $option -o "$name$option.png" $name.mms || failures=$((failures + 1))
    done
done
check "heat within the breast only" "$PYTHON" -c '
import numpy as np
from PIL import Image
at = {"tensor": np.s_[50:, :], "image": np.s_[:, :100]}
for name, inside in at.items():
    plain, heat, only = (np.asarray(Image.open(name + n + ".png")).astype(int) for n in ("", "--overlay=heatmap", "--overlay=heatmap --breast-only"))
    want = plain.copy()
    want[inside] = heat[inside]
    assert (heat != plain).any(2).all() and (only == want).all(), name'

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
