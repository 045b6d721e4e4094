#!/usr/bin/env bash
# mmheatmap --mode=cam: attributes, the score of more than two classes, mmview and mmeval of such maps, bad input. The numbers are held
# against PyTorch's in tests/agreement/cam.sh.
. "$ROOT/tests/cli/lib.sh"
need_python numpy

mmphantom -q -n 3 --size 192x160 --seed 2 | mmsegment -q --keep-mask -o films.mms || exit 1
mmread -q films.mms | mmtrain -q -j 1 --net 'resnet18+[8-8-16]x1' --classes benign,malignant,other --batch 2 --mean 80 --std 50 \
    --stage 'train=fc lr=0 epochs=1' -o m.safetensors || exit 1
cam() { mmheatmap -q -j 1 --precision fp32 --model m.safetensors --mode cam "$@"; }

expect_exit 0 cam --layer layer3 -o one.mms films.mms
expect_exit 0 cam --layer trunk.layer3 --class -o each.mms films.mms
expect_exit 0 mminfo --check one.mms
check "another name of the layer, threads, and a stream with a map" cmp <(mmread -q --no-pg films.mms | cam --no-pg --layer layer3) \
    <(mmheatmap -q --no-pg --mode window --stride 32 --class --model m.safetensors films.mms | mmread --no-pg |
        mmheatmap -q -j 2 --no-pg --precision fp32 --model m.safetensors --mode cam --layer trunk.layer3)
expect_exit 0 cam --layer conv1 -o early.mms films.mms
check "maps and attributes" "$PYTHON" - <<'END2'
import mms
import numpy as np


def read(name):
    return [r for s in mms.read_stream(open(name, "rb")) for r in s.records]


one, each, early = (read(n + ".mms") for n in ("one", "each", "early"))
for a, b, c in zip(one, each, early):
    about = {k[8:]: v for k, v in a.attrs.items() if k.startswith("heatmap.")}
    assert about == {"stride": "16,16", "offset": "0,0", "mode": "cam", "scale": "activation", "class": "not benign"}, about
    assert b.attrs["heatmap.classes"] == "benign,malignant,other" and "heatmap.class" not in b.attrs
    assert a.tensors["heatmap"].shape == (1, 12, 10) and b.tensors["heatmap"].shape == (3, 12, 10)
    assert c.tensors["heatmap"].shape == (1, 96, 80) and c.attrs["heatmap.stride"] == "2,2"
    assert a.tensors["heatmap"].min() >= 0 and "mask" in a.tensors
assert sum(r.tensors["heatmap"].max() > 0 for r in one + each + early) > 4
END2

# Values order places; their shares of the largest are what is drawn and averaged.
"$PYTHON" - <<'END2'
import mms
import numpy as np

mask = np.zeros((1, 64, 48), "u1")
mask[0, 20:32, 20:32] = 1
h = np.full((16, 12), 5, "f4")
h[5:8, 5:8] = 40
about = {"heatmap.stride": "4,4", "heatmap.offset": "1.5,1.5", "heatmap.mode": "cam"}


def write(name, heat, **more):
    records = [("i%d" % i, {"image": np.full((64, 48), 100, "u1"), "mask": mask, "heatmap": heat.astype("f4")},
                dict({"patient": "P%d" % i}, **about, **{"heatmap." + k: v for k, v in more.items()})) for i in range(3)]
    with open(name + ".mms", "wb") as f:
        mms.write_segment(f, records)


write("cam", h[None], scale="activation")
write("share", h[None] / 40)
write("planes", np.stack([h[::-1], h, h / 2]), scale="activation", classes="normal,benign,malignant")
write("background", np.stack([h, h[::-1]]), scale="activation", classes="lesion,background")
write("nothing", 0 * h[None], scale="activation")
write("unknown", h[None], scale="furlongs")
END2
for name in cam share planes background; do
    expect_exit 0 mmeval --json --heatmaps --spacing 16 $name.mms
    cp .out $name.json
    expect_exit 0 mmview -q --overlay heatmap -o $name.png $name.mms
done
check "shares of the largest are compared" "$PYTHON" -c 'import json
r = json.load(open("cam.json"))
assert r["hits"] == 3 and abs(r["inside"] - 1) < 1e-6 and abs(r["outside"] - 1 / 8) < 1e-6 and r["free_response"]["found"] == 3, r'
for name in share planes background; do
    check "$name: the same figures" cmp cam.json $name.json
    check "$name: the same picture" cmp cam.png $name.png
done
expect_exit 0 mmeval --heatmaps --spacing 16 nothing.mms
expect_exit 0 mmview -q --overlay heatmap -o nothing.png nothing.mms
expect_exit 1 mmeval --heatmaps unknown.mms; message "attribute 'heatmap.scale' is neither log-odds nor activation: 'furlongs'"
expect_exit 0 mmeval --heatmaps --near 20 one.mms
expect_exit 0 mmview -q --overlay heatmap -o films.png each.mms

# What is no good.
expect_exit 2 cam --layer layer9 films.mms
message "--layer: 'layer9' is not a layer of resnet18+[8-8-16]x1; there are conv1, bn1, relu, maxpool, layer1"
expect_exit 2 cam --layer avgpool films.mms; message "--layer: layer 'avgpool' of resnet18+[8-8-16]x1 has no rows and columns"
expect_exit 2 cam --layer fc films.mms; message "has no rows and columns"
expect_exit 2 cam films.mms; message "--mode=cam and --layer=NAME go together"
expect_exit 2 mmheatmap --model m.safetensors --layer layer3 films.mms; message "--mode=cam and --layer=NAME go together"
for option in --logits --stride=8 --pad=0 --everywhere --min-tissue=0.5; do
    expect_exit 2 cam --layer layer3 $option films.mms; message "do not go with --mode=cam"
done
expect_exit 1 mmheatmap --mode cam --layer layer3 --model none.safetensors films.mms; message "none.safetensors"
printf 'P5 20 1 255\n%20s' '' >line.pgm # one row
"$SUPPORT/mmtoy" --records 2 --size 32x32 | mmtrain -q -j 1 --net vgg16-mean --classes 3 --batch 2 --mean 80 --std 50 --stage 'train=fc lr=0 epochs=1' \
    -o vgg.safetensors || exit 1
mmread -q -o line.mms line.pgm
expect_exit 1 mmheatmap -q --mode cam --layer features.4 --model vgg.safetensors -o x.mms line.mms; message "is too small for vgg16-mean"
check "nothing half-written" test ! -e x.mms
finish
