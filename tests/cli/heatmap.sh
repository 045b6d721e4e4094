#!/bin/bash
# mmheatmap: window mode is mmpredict on each window, shared and dense mode find the same places, geometry in the attributes; windows
# without tissue; maps beside the definition.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
need_python numpy
heat() { mmheatmap -j 1 --precision fp32 --mode window --model m.safetensors "$@"; }
# One image with a lesion in a known place, and one of exactly a window's size.
cat >tool.py <<'END'
import sys
import mms, numpy as np

def read(name):
    return [r for s in mms.read_stream(open(name, "rb")) for r in s.records]

def write(name, records):
    with open(name, "wb") as f:
        mms.write_segment(f, records)

def centres(r):
    oy, ox = (int(v) for v in r.attrs["heatmap.offset"].split(","))
    stride = int(r.attrs["heatmap.stride"])
    C, H, W = r.tensors["heatmap"].shape
    return [(i, j, oy + stride * i, ox + stride * j) for i in range(H) for j in range(W)]

what = sys.argv[1]
if what == "images":
    rng = np.random.RandomState(7)
    def image(h, w, y=None, x=None):
        v = rng.uniform(40, 120, (h, w))
        if y is not None:
            v[y - 5:y + 6, x - 5:x + 6] += 100
        return (v * 257).astype("<u2")
    # Patches for training: windows of small padded images, half of them with the lesion somewhere in the window.
    patches = []
    for k in range(240):
        y, x = rng.randint(6, 34, 2)
        padded = np.pad(image(40, 40, *((y, x) if k % 2 else ())), 16)
        top, left = np.clip(np.array([y, x]) + rng.randint(-8, 9, 2), 0, 40)  # of the window, its centre near the lesion's
        patches.append(("p%03d" % k, {"image": np.ascontiguousarray(padded[top:top + 32, left:left + 32])}, {"label": str(k % 2 * (1 + k // 2 % 2))}))
    for e in (1, 2):
        with open("train.mms", "ab") as f:
            mms.write_segment(f, patches, ("@MM\tVN:1.0", "@EP\tN:%d" % e))
    write("image.mms", [("film", {"image": image(100, 76, 62, 25), "mask": np.zeros((1, 100, 76), "u1")}, {"label": "1", "class": "malignant"})])
    write("one.mms", [("window", {"image": image(32, 32, 12, 16)}, {})])
    write("small.mms", [("small", {"image": image(20, 20)}, {})])
    write("colour.mms", [("colour", {"image": np.zeros((3, 40, 40), "u1")}, {})])
elif what == "cut":  # the patch under each window, as records whose key names the cell
    r = read(sys.argv[2])[0]
    padded = np.pad(r.tensors["image"], 16)
    write("cut.mms", [("%d_%d" % (i, j), {"image": np.ascontiguousarray(padded[y:y + 32, x:x + 32])}, {}) for i, j, y, x in centres(r)])
elif what == "cells":  # cell (i, j) is 1 - p(class 0) of its patch
    r, shift = read(sys.argv[2])[0], int(sys.argv[3])
    p = {l.split("\t")[0]: float(l.split("\t")[3]) for l in open("cut.tsv").read().splitlines()[1:]}
    h = np.roll(r.tensors["heatmap"][0], shift, 1)
    worst = max(abs(h[i, j] - (1 - p["%d_%d" % (i, j)])) for i, j, _, _ in centres(r))
    sys.exit("worst cell: %g" % worst if worst > 1e-5 else 0)
elif what == "same":  # two maps agree
    a, b = read(sys.argv[2])[0], read(sys.argv[3])[0]
    if [a.attrs[k] for k in ("heatmap.offset", "heatmap.stride")] != [b.attrs[k] for k in ("heatmap.offset", "heatmap.stride")]:
        sys.exit("another geometry")
    sys.exit(int(np.abs(a.tensors["heatmap"] - b.tensors["heatmap"]).max() > 1e-5))
elif what == "hot":  # the warm part of the map lies around the lesion
    r = read(sys.argv[2])[0]
    h = r.tensors["heatmap"][0]
    warm = [(y, x) for i, j, y, x in centres(r) if h[i, j] > 0.7 * h.max()]
    y, x = np.mean(warm, 0)
    print("warm part of %s: %g, %g; lesion 62, 25; hottest %g, mean %g" % (sys.argv[2], y, x, h.max(), h.mean()))
    sys.exit(int(abs(y - 62) > 10 or abs(x - 25) > 10 or h.max() < 2 * h.mean()))
elif what == "classes":  # a map per class: they add up to 1, and class 0 is what the single map leaves over
    a, b = read(sys.argv[2])[0], read(sys.argv[3])[0]
    p = a.tensors["heatmap"]
    sys.exit(int(p.shape[0] != 3 or np.abs(p.sum(0) - 1).max() > 1e-5 or np.abs(1 - p[0] - b.tensors["heatmap"][0]).max() > 1e-6 or a.attrs["heatmap.classes"] != "none,left,middle"))
elif what == "geometry":
    r = read(sys.argv[2])[0]
    sys.exit(int(str(r.tensors["heatmap"].shape[1:]) + r.attrs["heatmap.offset"] != sys.argv[3]))
END
"$PYTHON" tool.py images && mmtrain -q -j 1 --precision fp32 --net resnet8-cifar --classes none,left,middle --batch 8 \
    --mean 80 --std 50 --stage 'train=all lr=3e-3 epochs=2' -o m.safetensors train.mms || exit 1

expect_exit 0 heat --stride 6 -o window.mms image.mms
check "valid" mminfo --check window.mms
mminfo window.mms >info
check "attributes" grep -q 'film.*heatmap:f32:1x17x13.*label=1.*heatmap.stride=6.*heatmap.mode=window' info
check "all is passed on" grep -q 'image:u16:100x76.*mask:u8:1x100x76' info
# Cells are what mmpredict says of the patch there.
"$PYTHON" tool.py cut window.mms && mmpredict -j 1 --precision fp32 --model m.safetensors cut.mms >cut.tsv 2>/dev/null
check "each cell is its window's prediction" "$PYTHON" tool.py cells window.mms 0
refuse "a map that is shifted by a cell" "$PYTHON" tool.py cells window.mms 1

# Dense mode: the same geometry and places; for one window alone the same numbers.
for stride in 1 2 4 6 8 12; do
    heat --stride $stride --mode dense -o dense.mms image.mms
    [ $stride -lt 6 ] || heat --stride $stride -o window.mms image.mms
    check "dense, stride $stride: hot where the lesion is" "$PYTHON" tool.py hot dense.mms
    [ $stride -lt 6 ] || check "window, stride $stride: hot where the lesion is" "$PYTHON" tool.py hot window.mms
done
heat --stride 4 --mode dense -o four.mms image.mms
check "a coarser map is part of a finer one" "$PYTHON" - <<'END'
import sys
sys.argv = ["", ""]
exec(open("tool.py").read())
fine, coarse = read("four.mms")[0], read("dense.mms")[0]  # strides 4 and 12
at = {(y, x): fine.tensors["heatmap"][0][i, j] for i, j, y, x in centres(fine)}
common = [abs(at[y, x] - coarse.tensors["heatmap"][0][i, j]) for i, j, y, x in centres(coarse) if (y, x) in at]
sys.exit(int(not common or max(common) > 0.5))
END
heat --pad 0 -o one-window.mms one.mms
heat --pad 0 --mode dense -o one-dense.mms one.mms
check "one window: 1 x 1 cells" "$PYTHON" tool.py geometry one-window.mms '(1, 1)16,16'
check "one window: both modes agree" "$PYTHON" tool.py same one-window.mms one-dense.mms
heat --stride 6 --class --mode dense -o classes.mms image.mms
heat --stride 6 --mode dense -o single.mms image.mms
check "maps of classes" "$PYTHON" tool.py classes classes.mms single.mms
heat --stride 6 --class -o classes.mms image.mms
heat --stride 6 --batch 7 -o single.mms image.mms
check "maps of classes, windows" "$PYTHON" tool.py classes classes.mms single.mms

# Shared: early layers once. Behind the input's first convolution there is hardly a difference; the places are the same at any stride.
for stride in 3 4 6 8; do
    expect_exit 0 heat --stride $stride --mode shared -o shared.mms image.mms
    check "shared, stride $stride: hot where the lesion is" "$PYTHON" tool.py hot shared.mms
done
expect_exit 0 heat --stride 6 --mode shared --split conv1 -o shared.mms image.mms
message "50 windows of 1 images beside --mode=window: correlation 1.000, largest difference 0.000"
check "attributes" grep -q 'heatmap:f32:1x17x13.*heatmap.mode=shared' <(mminfo shared.mms)
heat --pad 0 --mode shared -o one-shared.mms one.mms
check "one window: shared and window agree" "$PYTHON" tool.py same one-window.mms one-shared.mms
heat --stride 6 --mode shared --split conv1 --class --batch 7 -o shared-classes.mms image.mms
check "maps of classes, shared" "$PYTHON" tool.py classes shared-classes.mms shared.mms
check "the split is stored" grep -qx 'split	layer1' <(mmmodel show m.safetensors)
expect_exit 2 heat --mode shared --split layer2.0.conv1 image.mms; message "cannot be divided behind 'layer2.0.conv1': later layers read earlier ones"
expect_exit 2 heat --mode shared --split fc image.mms; message "cannot be divided behind 'fc'"
expect_exit 2 heat --mode shared --split layer9 image.mms; message "'layer9' is not a layer of resnet8-cifar; there are conv1,"
expect_exit 2 heat --split layer1 image.mms; message "--split is of --mode=shared"

# Windows with less tissue than asked for, or than the training's patches had, are 0 and not computed.
"$PYTHON" - <<'END'
import sys
sys.argv = ["", ""]
exec(open("tool.py").read())
r = read("image.mms")[0]
breast = np.zeros((100, 76), "u1")
breast[20:90, :40] = 1
write("breast.mms", [("film", {"image": r.tensors["image"], "breast": breast}, {})])
END
for mode in window shared; do
    expect_exit 0 heat --stride 6 --mode $mode --min-tissue 0.5 -o some.mms breast.mms
    expect_exit 0 heat --stride 6 --mode $mode --everywhere -o every.mms breast.mms
    check "windows of little tissue, $mode" "$PYTHON" - <<'END'
import sys
sys.argv = ["", ""]
exec(open("tool.py").read())
some, every = read("some.mms")[0], read("every.mms")[0]
breast = np.pad(some.tensors["breast"].astype(float), 16)
a, b = some.tensors["heatmap"][0], every.tensors["heatmap"][0]
left_out = 0
for i, j, y, x in centres(some):
    if breast[y:y + 32, x:x + 32].mean() >= 0.5:
        assert abs(a[i, j] - b[i, j]) < 1e-6, (i, j)
    else:
        assert a[i, j] == 0, (i, j)
        left_out += 1
assert 20 < left_out < a.size - 20 and some.attrs["heatmap.min-tissue"] == "0.5" and "heatmap.min-tissue" not in every.attrs
END
done
expect_exit 0 heat --stride 6 --class --min-tissue 0.5 -o some.mms breast.mms
check "classes without tissue: class 0" "$PYTHON" -c 'import mms, numpy as np
h = next(r for s in mms.read_stream(open("some.mms", "rb")) for r in s.records).tensors["heatmap"]
assert (h[:, 0, -1] == [1, 0, 0]).all() and abs(h.sum(0) - 1).max() < 1e-5'
expect_exit 2 heat --everywhere --min-tissue 0.2 breast.mms; message "--everywhere and --min-tissue exclude each other"

# Log-odds of the same probabilities, one map or one for each class; drawn as probabilities.
heat --stride 6 --logits -o odds.mms image.mms
heat --stride 6 --class --logits -o class-odds.mms image.mms
check "log-odds" "$PYTHON" - <<'END'
import sys
sys.argv = ["", ""]
exec(open("tool.py").read())
for odds, plain in (("odds.mms", "single.mms"), ("class-odds.mms", "classes.mms")):
    a, b = read(odds)[0], read(plain)[0]
    z = a.tensors["heatmap"].astype("f8")
    assert a.attrs["heatmap.scale"] == "log-odds" and "heatmap.scale" not in b.attrs
    assert np.abs(1 / (1 + np.exp(-z)) - b.tensors["heatmap"]).max() < 1e-6 and z.min() < -1
END
heat --stride 6 -o again.mms odds.mms
check "probabilities take their place" "$PYTHON" tool.py same again.mms single.mms
refuse "and their scale" grep -q heatmap.scale <(mminfo again.mms)
mmview -q --overlay heatmap -o odds.png odds.mms && mmview -q --overlay heatmap -o plain.png single.mms
mmread -q -o drawn.mms odds.png plain.png
check "drawn alike" "$PYTHON" -c 'import mms, numpy as np
a, b = (r.tensors["image"].astype(int) for s in mms.read_stream(open("drawn.mms", "rb")) for r in s.records)
assert a.shape == b.shape and abs(a - b).max() <= 2 and a.std() > 1'

# Any number of threads, 8-bit images, several records, epochs.
mmheatmap -j 2 --precision fp32 --mode window --model m.safetensors --stride 6 -o threads.mms image.mms
check "other threads" "$PYTHON" tool.py same single.mms threads.mms
cat image.mms one.mms >two.mms
expect_exit 0 heat --stride 16 --mode dense -o two-maps.mms two.mms
expect_exit 0 mminfo --check two-maps.mms
mmtoy --u8 --size 40x40 --records 3 >bytes.mms
expect_exit 0 heat --stride 16 -o bytes-map.mms bytes.mms

# A network of the published size: 144 x 112 cells come of 1152 x 896 (unit test); here a quarter, with 56 x 56 patches. Its
# heat is much the same everywhere, so that dense maps pass.
mmtoy --records 6 --size 56x56 | mmtrain -q -j 1 --net resnet18 --classes none,left,middle --batch 6 --mean 80 --std 500 \
    --stage 'train=fc lr=0 epochs=1' -o resnet.safetensors
mmtoy --records 1 --size 96x72 >film.mms
expect_exit 0 mmheatmap -j 2 --model resnet.safetensors --mode dense -o resnet.mms film.mms
message "its patches are 2 features wide"
check "12 x 9 cells" "$PYTHON" tool.py geometry resnet.mms '(12, 9)4,4'

# A map that is another one than the definition's is an error unless it is trusted.
mmtoy --records 60 --size 56x56 | mmtrain -q -j 1 --precision fp32 --net resnet18 --classes none,left,middle --batch 6 --mean 80 --std 50 \
    --stage 'train=all lr=1e-3 epochs=1' -o other.safetensors
expect_exit 1 mmheatmap -j 1 --precision fp32 --model other.safetensors --mode dense --log other.tsv -o other.mms film.mms
message "record 'toy000000': its heat is another map than --mode=window makes: correlation"
check "nothing half-written" test ! -e other.mms
check "the log names it" grep -Pq '^toy000000\t50\t[-0-9.]+\t[0-9.]+\tother$' other.tsv
expect_exit 0 mmheatmap -j 1 --precision fp32 --model other.safetensors --mode dense --trust -o other.mms film.mms
message "its heat differs from what --mode=window makes"
message "50 windows of 1 images beside --mode=window: correlation"

# The log: a line for each image that was checked, the first of each segment; the stream is the same.
cat image.mms one.mms image.mms | mmheatmap -q -j 1 --precision fp32 --model m.safetensors --stride 6 --log log.tsv -o logged.mms
cat image.mms one.mms image.mms | mmheatmap -q -j 1 --precision fp32 --model m.safetensors --stride 6 -o unlogged.mms
check "same bytes" cmp logged.mms unlogged.mms
check "its header" test "$(head -n 1 log.tsv)" = $'key\twindows\tcorrelation\tdifference\tverdict'
check "three images" test "$(sed 1d log.tsv | cut -f 1,2,5 | tr '\t\n' ', ')" = "film,50,passed window,36,passed film,50,passed "
expect_exit 1 mmheatmap -q --model m.safetensors --log . -o x.mms image.mms; message "cannot open '.' for writing: Is a directory"
expect_exit 1 mmheatmap -q --model m.safetensors --log /dev/full -o x.mms image.mms; message "cannot write '/dev/full'"

# A model that does not say the size of its patches.
"$PYTHON" - <<'END'
import json, struct
raw = open("m.safetensors", "rb").read()
n = struct.unpack("<Q", raw[:8])[0]
head = json.loads(raw[8:8 + n])
del head["__metadata__"]["image_size"]
text = json.dumps(head).encode()
text += b" " * (-len(text) % 8)
open("sizeless.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + raw[8 + n:])
END
expect_exit 1 mmheatmap --model sizeless.safetensors image.mms
message "'sizeless.safetensors': it does not say the size of the patches that it was trained on: --window=HxW does"
expect_exit 0 mmheatmap --window 24x20 --model sizeless.safetensors -o sized.mms image.mms
check "its windows" grep -q 'heatmap.window=24,20' <(mminfo sized.mms)
expect_exit 0 heat --window 32 -o same.mms --stride 6 image.mms
expect_exit 2 heat --window 24x20 image.mms; message "'m.safetensors': its windows have the size of its patches, 32x32, not 24x20"

# Images of another scale than those that the patches were cut from.
mmresize --size 36x36 bytes.mms | mmtrain -q -j 1 --net resnet8-cifar --classes 3 --mean 80 --stage 'train=fc lr=0 epochs=1' -o scale.safetensors
expect_exit 0 mmheatmap -j 1 --model scale.safetensors --stride 16 -o scale.mms image.mms
message "images are 100x76, the model's patches were cut from images of 36x36"

# What is no good.
expect_exit 2 mmheatmap image.mms; message "--model=FILE is missing"
expect_exit 2 heat --stride 0 image.mms; message "--stride=0"
expect_exit 1 heat --pad 0 small.mms; message "record 'small': an image of 20 pixels is smaller than a window of 32"
expect_exit 1 heat small.mms; message "record 'small': an image of 20 pixels is smaller than a window of 32"
expect_exit 1 heat colour.mms; message "record 'colour': tensor 'image' has 3 channels"
expect_exit 0 heat --on-error skip -o skipped.mms --stride 16 - < <(mmread image.mms colour.mms); message "1 record skipped"
expect_exit 1 heat --on-error skip -o all.mms colour.mms; message "every record was skipped"
check "nothing half-written" test ! -e all.mms
head -c 9000 image.mms >cut-short.mms
expect_exit 3 heat -o x.mms cut-short.mms
check "nothing half-written" test ! -e x.mms
expect_exit 1 heat --stride 16 -o /dev/full image.mms; message "/dev/full"
finish
