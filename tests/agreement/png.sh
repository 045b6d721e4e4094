#!/bin/bash
# Every good file of pngsuite is read pixel by pixel as PIL and OpenCV read it; every corrupt one is refused with exit 3
# and a line that names it.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL cv2
suite=$ROOT/tests/vectors/pngsuite

for file in "$suite"/x*.png; do
    expect_exit 3 mmread -o damaged.mms "$file"
    message "$file"
    [ ! -e damaged.mms ] || { echo "FAILED: $file left an output"; failures=$((failures + 1)); }
done

expect_exit 0 mmread --on-error=skip -o suite.mms "$suite"
message "14 records skipped"

expect_exit 0 mmread -o colour.mms "$suite/basn2c08.png" "$suite/basn4a16.png" "$suite/basn3p04.png"
message "record 'basn2c08': colour converted to luminance"
message "record 'basn4a16': alpha dropped"
message "record 'basn3p04': palette converted to luminance"

cat >compare.py <<'PY'
import os, sys
import cv2, numpy as np
from PIL import Image
import mms

suite = sys.argv[2]
records = {r.key: r.tensors["image"] for s in mms.read_stream(open(sys.argv[1], "rb")) for r in s.records}
names = sorted(n[:-4] for n in os.listdir(suite) if n.endswith(".png") and not n.startswith("x"))
assert sorted(records) == names, set(names) ^ set(records)

def luminance(rgb):
    rgb = rgb.astype(np.uint64)
    return (19595 * rgb[..., 0] + 38470 * rgb[..., 1] + 7471 * rgb[..., 2] + 32768) >> 16

exact_pil = exact_cv = 0
for name in names:
    path, ours = os.path.join(suite, name + ".png"), records[name]
    header = open(path, "rb").read(33)
    depth, colour = header[24], header[25]
    cv = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if depth == 16:
        if colour in (2, 6):
            want = luminance(cv[..., 2::-1])
        else:
            want = cv if cv.ndim == 2 else cv[..., 0]
        exact_cv += 1
    else:
        pil = Image.open(path)
        pil.load()
        if pil.mode == "LA":
            want = np.asarray(pil.split()[0])
        elif pil.mode in ("1", "L"):
            want = np.asarray(pil.convert("L"))
        else:
            want = np.asarray(pil.convert("RGB").convert("L"))
        exact_pil += 1
        if colour == 0 and cv is not None and depth == 8 and cv.ndim == 2:
            assert (cv == ours).all(), name
            exact_cv += 1
    assert ours.dtype == (np.uint16 if depth == 16 else np.uint8), name
    assert ours.shape == want.shape and (ours == want).all(), "%s differs by %d" % (name, abs(ours.astype(int) - want.astype(int)).max())
assert exact_pil > 100 and exact_cv > 20, (exact_pil, exact_cv)
PY
check "pngsuite as PIL and OpenCV read it" "$PYTHON" compare.py suite.mms "$suite"

# What is written is read by both as it was, with all filters libpng knows (tests/long/films.sh: real films).
"$PYTHON" -c 'import cv2, numpy as np
y, x = np.mgrid[:1152, :896]
film = 20000 + 15000 * np.sin(x / 90) * np.cos(y / 70) + np.random.RandomState(1).randint(0, 3000, x.shape) * (x < 500)
cv2.imwrite("film.png", film.astype("u2"))' || exit 1
check "film" mmread -o film.mms film.png
check "written" mmwrite --dir out film.mms
check "as OpenCV and PIL read it" "$PYTHON" "$ROOT/tests/agreement/same_png.py" film.png out/*.image.png
finish
