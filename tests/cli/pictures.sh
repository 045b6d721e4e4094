#!/bin/bash
# mmeval's pictures: what is drawn of a training and of an evaluation lies where it can be seen, and once. Read by PIL.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL
cat >make.py <<'PY'
import numpy as np
head = "kind stage epoch step loss lr images_per_s accuracy val_loss val_accuracy val_auc best".split()
def log(name, best, validation=True, accuracy=0.3, n=20):
    with open(name, "w") as f:
        f.write("\t".join(head) + "\n")
        for e in range(1, n + 1):
            figures = [1, accuracy + 0.01, 0.7] if validation else ["NA"] * 3
            f.write("\t".join(map(str, ["epoch", 1 + (e > n // 2), e, 5, 1.5, 1e-3, 9, accuracy] + figures + [int(e in best)])) + "\n")
log("low.tsv", (1, 7))
log("other.tsv", (1, 14))
log("none.tsv", ())
log("no-val.tsv", range(1, 21), validation=False)
rng = np.random.RandomState(3)
def predictions(name, names, lift, n=200):
    with open(name, "w") as f:
        f.write("key\tpatient\tlabel\t" + "\t".join(names) + "\n")
        for i in range(n):
            y = rng.randint(len(names))
            z = rng.randn(len(names)) + lift * (np.arange(len(names)) == y)
            p = np.exp(z) / np.exp(z).sum()
            f.write("k%d\tp%d\t%d\t" % (i, i, y) + "\t".join("%.6f" % v for v in p) + "\n")
predictions("five.tsv", "background calc_mal calc_ben mass_mal mass_ben".split(), 1.5)
predictions("three.tsv", "normal benign malignant".split(), 1.5)
predictions("wrong.tsv", "background calc_mal calc_ben mass_mal mass_ben".split(), -1.5)
PY
"$PYTHON" make.py || exit 1
cat >look.py <<'PY'
import numpy as np
from PIL import Image
TRAINING, VALIDATION, BLACK, GREY = (0, 69, 128), (214, 94, 0), (26, 26, 26), (115, 115, 115)
def read(name):
    return np.asarray(Image.open(name).convert("RGB")).astype(int)
def near(a, ink, by=100):
    return (abs(a - ink).sum(2) < by)
PANELS = [(80 + i * 460, 104, 380, 300) for i in range(3)]  # as in curves.c
def panel(a, i):
    x, y, w, h = PANELS[i]
    return a[y:y + h, x:x + w]
PY
for name in low other none no-val; do
    expect_exit 0 mmeval --curves $name.tsv -o $name.png
done
check "nothing lies over the curves" "$PYTHON" -c '
from look import *
a = read("low.png")
for ink, i in ((TRAINING, 0), (TRAINING, 1), (VALIDATION, 1), (VALIDATION, 2)):
    there = near(panel(a, i), ink).any(0)
    x = np.nonzero(there)[0]
    assert x.min() < 12 and x.max() > 367, (i, x.min(), x.max())
    gaps = np.nonzero(~there[x.min():x.max()])[0]
    assert len(gaps) <= 8, (i, gaps)  # the mark of the best epoch'
check "the best epoch is marked in each panel, at its place" "$PYTHON" -c '
from look import *
for name, epoch in ("low.png", 7), ("other.png", 14):
    for i in range(3):
        columns = near(panel(read(name), i), GREY, 60)[60:-5].sum(0)
        assert abs(columns.argmax() + 0.5 - 380 * (epoch - 0.5) / 20) <= 1.5 and columns.max() > 150, (name, i, columns.argmax(), columns.max())'
check "without a validation, and where the log marks none, nothing is" "$PYTHON" -c '
from look import *
for name in "none.png", "no-val.png":
    for i in range(2):
        assert near(panel(read(name), i), GREY, 60)[60:-5, 5:185].sum(0).max() < 30, name'
for case in "five 5" "three 3"; do
    read -r name curves <<<"$case"
    expect_exit 0 mmeval --plot "$name.svg" "$name.tsv"
    # A line of the legend for each curve: the headline, and each class but the one that asks the same question.
    equal "$name: curves" "$curves" "$("$PYTHON" -c '
import re, sys
svg = open(sys.argv[1]).read()
inks = re.findall(r"stroke:rgb\(([^)]*)\)|stroke=\"rgb\(([^)]*)\)\"", svg)
distinct = {a or b for a, b in inks}
known = [(0, 27, 50), (84, 37, 0), (0, 62, 45), (80, 47, 65), (90, 62, 0), (34, 71, 91)]
def percent(text): return tuple(round(float(v.strip().rstrip("%"))) for v in text.split(","))
print(sum(1 for k in known if k in {percent(d) for d in distinct}))' "$name.svg")"
done
expect_exit 0 mmeval --plot wrong.png wrong.tsv
check "the legend of curves below the diagonal is above it" "$PYTHON" -c '
from look import *
a = read("wrong.png")[84:524, 70:510]
blue = near(a, TRAINING)
assert blue[40:].any() and not near(a[250:, 220:], BLACK).any(), "a text in the lower right"'
finish
