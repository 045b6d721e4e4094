#!/bin/bash
# The threshold on heat at one false mark per image: from mmeval into the model, by mmheatmap into records, and as the lower end of mmview's
# scale; heat is drawn only where it was computed.
. "$ROOT/tests/cli/lib.sh"
need_python numpy PIL
PATH=$SUPPORT:$PATH
toy_heat 3 || exit 1
heat() { mmheatmap -q -j 1 --precision fp32 --stride 6 --model m.safetensors "$@" films.mms; }
heat --mode window -o before.mms
refuse "no threshold before validation" grep -q froc1 <(mminfo before.mms)
expect_exit 0 mmeval -q --heatmaps --near 4 --store m.safetensors before.mms
heat --mode window -o after.mms
heat --mode window --class -o class.mms
heat --mode dense -o dense.mms
check "records have the model's threshold" "$PYTHON" -c '
import subprocess, mms
shown = [l.split("\t") for l in subprocess.run(["mmmodel", "show", "m.safetensors"], capture_output=True, text=True).stdout.splitlines()]
want = [float(v[2]) for v in shown if v[0] == "froc1" and v[1] == "window"]
for name in "after.mms", "class.mms":
    for r in (r for s in mms.read_stream(open(name, "rb")) for r in s.records):
        assert len(want) == 1 and abs(float(r.attrs["heatmap.froc1"]) - want[0]) < 1e-5, (r.attrs, want)'
refuse "which is not of another mode" grep -q froc1 <(mminfo dense.mms)
expect_exit 0 mmeval -q --heatmaps --near 4 --store m.safetensors dense.mms
check "the model keeps one for each mode" test "$(mmmodel show m.safetensors | grep -c '^froc1')" = 2
# Thresholds of predictions do not touch them, but another temperature is another scale of heat.
mmtoy --records 9 --size 24x24 >toy.mms
mmpredict -q -j 1 --model m.safetensors -o toy.tsv toy.mms
mmeval -q --store m.safetensors toy.tsv >/dev/null
check "other thresholds leave them" test "$(mmmodel show m.safetensors | grep -c '^froc1')" = 2
mmeval -q --store m.safetensors --calibrate toy.tsv >/dev/null
check "another temperature removes them" test "$(mmmodel show m.safetensors | grep -c '^froc1')" = 0

# The picture: cells 8 pixels apart, of which those in the left half hold 0.55, one 0.7, the rest 0.9.
"$PYTHON" - <<'PY'
import numpy as np, mms
heat = np.full((1, 20, 15), 0.9, "f4")
heat[0, :, :7] = 0.55
heat[0, 4, 3] = 0.7
image = np.full((160, 120), 30000, "<u2")
breast = np.zeros((160, 120), "u1"); breast[80:] = 1
geometry = {"heatmap.stride": "8", "heatmap.offset": "4,4", "heatmap.window": "16,16", "heatmap.mode": "window"}
def write(name, *attrs, **more):
    with open(name, "wb") as f:
        mms.write_segment(f, [("k%d" % i, dict({"image": image, "heatmap": heat}, **more), dict(geometry, **a)) for i, a in enumerate(attrs)])
write("plain.mms", {})
write("low.mms", {"heatmap.froc1": "0.7"})
write("one.mms", {"heatmap.froc1": "1"})
write("bad.mms", {"heatmap.froc1": "much"})
write("several.mms", {"heatmap.froc1": "0.7"}, {"heatmap.froc1": "0.6"}, {})
write("tissue.mms", {"heatmap.min-tissue": "0.5"}, breast=breast)
write("share.mms", {"heatmap.min-tissue": "1.5"}, breast=breast)
PY
cat >look.py <<'PY'
import sys
import numpy as np
from PIL import Image
grey, drawn = (np.asarray(Image.open(n)).astype(int) for n in sys.argv[1:3])
changed = abs(drawn - grey).sum(2) > 0
want = np.zeros((160, 120), bool)
what = sys.argv[3]
if what == "all":
    want[:] = True
elif what == "threshold":  # the right half from cell 7 on, at column 60, half a stride before it; and the warm cell
    want[:, 57:] = True
    want[33:41, 25:33] = True
elif what == "tissue":  # the window around row 84 has three quarters of it in the breast, that around 76 one
    want[81:] = True
near = sum(np.roll(want, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1))  # a border may lie a pixel to either side
assert not (changed & (near == 0)).any() and not (~changed & (near == 9)).any(), np.argwhere(changed != want)[:5]
PY
mmview -q --bare -o grey.png plain.mms
draw() { mmview -q --bare --overlay heatmap -o drawn.png "$@"; }
look() { "$PYTHON" look.py grey.png drawn.png "$1"; }
expect_exit 0 draw plain.mms; check "without a threshold all heat is drawn" look all
expect_exit 0 draw low.mms; check "from the threshold on" look threshold
refuse "not all" look all
expect_exit 0 draw --range 0.5,1 low.mms; check "--range in its place" look all
expect_exit 0 draw --range 0.7,1 plain.mms; check "the same picture with --range" look threshold
expect_exit 0 draw one.mms; check "a threshold of 1: nothing" look nothing
expect_exit 0 draw tissue.mms; check "where windows have tissue enough" look tissue
expect_exit 1 mmview --overlay heatmap -o x.png bad.mms; message "record 'k0': attribute 'heatmap.froc1' is not a number from 0 to 1: 'much'"
expect_exit 1 mmview --overlay heatmap -o x.png share.mms; message "attribute 'heatmap.min-tissue' is not a number from 0 to 1: '1.5'"
expect_exit 0 mmview --overlay heatmap -o several.png several.mms; message "record 'k1' has the threshold 0.6 on heat, the scale begins at the first record's, 0.7"
check "one warning" test "$(grep -c "on heat" "$TMP/.err")" = 1
expect_exit 2 mmview --overlay heatmap --range 1,1 -o x.png plain.mms; message "--range"
expect_exit 0 mmview -o none.png bad.mms
finish
