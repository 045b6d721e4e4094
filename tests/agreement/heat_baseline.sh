#!/bin/bash
# mmheatmap --baseline: grey statistics slid over an image and smoothed brightness against NumPy, scikit-learn and SciPy; the model of grey
# statistics as mmeval stores it; what mmeval and mmview make of the maps.
. "$ROOT/tests/cli/lib.sh"
need_python numpy scipy sklearn
mmphantom -q -n 8 --size 288x224 --seed 3 | mmresize -q --size 144x112 | mmsegment -q --keep-mask -o films.mms || exit 1
mmpatch -q --set s,s10 --size 31x24 --min-tissue 0.3 -o patches.mms films.mms || exit 1
mmread -q --shard 0/2 -o train.mms patches.mms && mmread -q --shard 1/2 -o test.mms patches.mms
expect_exit 0 mmeval -q --json --baseline train.mms --store grey.json -o stored.report test.mms
expect_exit 0 mmeval -q --json --baseline train.mms -o plain.report test.mms
check "storing changes no figure" cmp stored.report plain.report
cat >peer.py <<'PY'
import json, sys
import mms, numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import LogisticRegression


def read(name):
    return [r for s in mms.read_stream(open(name, "rb")) for r in s.records]


def grey(image):
    return image.astype(float) * {"u1": 1, "u2": 255 / 65535, "f4": 255}[image.dtype.str[1:]]


def statistics(window):
    return [window.mean(), window.std(), window.min(), window.max()]


def near(name, got, wanted, tolerance):
    worst = np.abs(np.asarray(got, float) - wanted).max()
    if not worst <= tolerance:
        sys.exit("%s: worst %g" % (name, worst))


def places(r):
    stride, (oy, ox) = int(r.attrs["heatmap.stride"]), map(int, r.attrs["heatmap.offset"].split(","))
    h, w = r.tensors["heatmap"].shape[1:]
    return oy + stride * np.arange(h), ox + stride * np.arange(w)


what = sys.argv[1]
if what == "model":
    m = json.load(open("grey.json"))
    train = read("train.mms")
    x = np.array([statistics(grey(r.tensors["image"])) for r in train])
    y = np.array([int(r.attrs["label"]) > 0 for r in train])
    assert (m["height"], m["width"]) == train[0].tensors["image"].shape[-2:] == (31, 24)
    near("mean", m["mean"], x.mean(0), 1e-4)
    near("scale", m["scale"], x.std(0), 1e-4)
    peer = LogisticRegression(C=1, tol=1e-10, max_iter=10000).fit((x - x.mean(0)) / x.std(0), y)
    near("weight", m["weight"], peer.coef_[0], 1e-4)
    near("intercept", m["intercept"], peer.intercept_[0], 1e-4)
elif what == "grey":
    m, odds = json.load(open("grey.json")), "--logits" in sys.argv
    h, w = m["height"], m["width"]
    for r in read(sys.argv[2]):
        ys, xs = places(r)
        padded = np.pad(grey(r.tensors["image"].reshape(r.tensors["image"].shape[-2:])), 40)
        x = np.array([[statistics(padded[y - h // 2 + 40:, x - w // 2 + 40:][:h, :w]) for x in xs] for y in ys])
        z = ((x - m["mean"]) / m["scale"]) @ m["weight"] + m["intercept"]
        near("grey map", r.tensors["heatmap"][0], z if odds else 1 / (1 + np.exp(-z)), 1e-4 if odds else 1e-5)
        assert r.attrs["heatmap.window"] == "31,24" and r.attrs["heatmap.mode"] == "grey"
        assert r.attrs.get("heatmap.scale") == ("log-odds" if odds else None), r.attrs
        assert "heatmap.froc1" not in r.attrs and "heatmap.min-tissue" not in r.attrs and "heatmap.classes" not in r.attrs
        assert np.ptp(z) > 1
elif what == "bright":
    h, w = map(int, sys.argv[3].split("x"))
    for r in read(sys.argv[2]):
        ys, xs = places(r)
        image = grey(r.tensors["image"].reshape(r.tensors["image"].shape[-2:])) / 255
        if "full_scale" in r.attrs:
            image *= 65535 / float(r.attrs["full_scale"])
        smooth = gaussian_filter(image, (h / 8, w / 8), mode="constant", truncate=4)[np.ix_(ys, xs)]
        heat = r.tensors["heatmap"][0]
        near("bright map", heat, np.clip(smooth, 0, 1), 1e-6)
        assert r.attrs["heatmap.window"] == "%d,%d" % (h, w) and r.attrs["heatmap.mode"] == "bright" and heat.max() > 0.2
elif what == "kinds":  # one film in each type, and 12 bits of 16
    r = read("films.mms")[0]
    a, image = dict(r.attrs), r.tensors["image"]
    v = image.reshape(image.shape[-2:])
    def write(name, image, attrs):
        with open(name, "wb") as f:
            mms.write_segment(f, [(r.key, {"image": image}, attrs)])
    write("u1.mms", (v >> 8).astype("u1"), a)
    write("f4.mms", (v / 65535).astype("f4"), a)
    write("f4-bright.mms", (v / 20000 - 0.1).astype("f4"), a)
    write("twelve.mms", (v >> 4).astype("<u2"), dict(a, full_scale="4095"))
    write("old.mms", v, dict(a, **{"heatmap.classes": "background,lesion", "heatmap.froc1": "0.5", "heatmap.min-tissue": "0.5", "heatmap.scale": "log-odds"}))
    write("colour.mms", np.stack([v, v, v]), a)
elif what == "sizes":  # the patches, the last of which is of another size
    records = [(r.key, r.tensors, r.attrs) for r in read("train.mms")]
    records[-1][1]["image"] = np.ascontiguousarray(records[-1][1]["image"][..., :-1])
    for name in ("mask", "breast"):
        records[-1][1].pop(name, None)
    with open("sizes.mms", "wb") as f:
        mms.write_segment(f, records)
PY
peer() { "$PYTHON" peer.py "$@"; }
peer kinds && peer sizes || exit 1
check "the model is scikit-learn's" peer model
for more in "--stride 8" "--stride 11 --pad 0" "--stride 16 --pad 20 --logits"; do
    # shellcheck disable=SC2086
    expect_exit 0 mmheatmap --baseline grey --model grey.json $more -o grey.mms films.mms
    # shellcheck disable=SC2086
    check "grey statistics slid over images, $more" peer grey grey.mms $more
done
for window in 31x24 56x56 8x33; do
    expect_exit 0 mmheatmap --baseline bright --window $window --stride 5 -o bright.mms films.mms
    check "smoothed brightness, $window" peer bright bright.mms $window
done
refuse "another window" peer bright bright.mms 9x33
refuse "probabilities where log-odds are due" peer grey <(mmheatmap --baseline grey --model grey.json films.mms) --logits
for kind in u1 f4 old; do
    expect_exit 0 mmheatmap --baseline grey --model grey.json -o $kind-grey.mms $kind.mms
    check "grey statistics of $kind" peer grey $kind-grey.mms
done
for kind in u1 f4 f4-bright twelve; do
    expect_exit 0 mmheatmap --baseline bright --window 20x20 -o $kind-bright.mms $kind.mms
    check "brightness of $kind" peer bright $kind-bright.mms 20x20
done
expect_exit 1 mmheatmap --baseline bright --stride 16 -o bright.mms films.mms; message "an image of 144 pixels is smaller than a window of 224"
mmphantom -n 1 --size 288x224 >large.mms
expect_exit 0 mmheatmap --baseline bright --stride 16 -o bright.mms large.mms
check "without --window it is 224 x 224" grep -q 'heatmap.window=224,224' <(mminfo bright.mms)

# Windows with little tissue are left out when that is asked for.
for more in "grey --model grey.json" "bright --window 31x24" "grey --model grey.json --logits"; do
    # shellcheck disable=SC2086
    mmheatmap --baseline $more -o all.mms films.mms && mmheatmap --baseline $more --min-tissue 0.3 -o some.mms films.mms
    check "windows with little tissue, $more" "$PYTHON" - <<'PY'
import mms, numpy as np
def read(name):
    return [r for s in mms.read_stream(open(name, "rb")) for r in s.records]
for a, b in zip(read("all.mms"), read("some.mms")):
    assert b.attrs["heatmap.min-tissue"] == "0.3" and "heatmap.min-tissue" not in a.attrs
    x, y, breast = a.tensors["heatmap"][0], b.tensors["heatmap"][0], np.pad(a.tensors["breast"].reshape(144, 112) != 0, 40)
    oy, ox = map(int, a.attrs["heatmap.offset"].split(","))
    share = np.array([[breast[oy + 8 * i + 40 - 15:, ox + 8 * j + 40 - 12:][:31, :24].mean() for j in range(x.shape[1])] for i in range(x.shape[0])])
    enough = share >= 0.3
    none = y[~enough]
    assert (x[enough] == y[enough]).all() and enough.any() and len(none) and (none == none[0]).all() and none[0] <= 0 and none[0] < x.min() + 1e-9
PY
done

# The same form as a network's maps.
mmheatmap --baseline grey --model grey.json -o grey.mms films.mms
mmheatmap --baseline bright --window 31x24 -o bright.mms films.mms
for map in grey bright; do
    check "$map is valid" mminfo --check $map.mms
    expect_exit 0 mmeval --json --heatmaps -o $map.report $map.mms
    check "$map: marks" grep -q mean_sensitivity $map.report
    expect_exit 0 mmview -q --overlay heatmap -o $map.png $map.mms
done
for j in 1 3; do
    mmheatmap --no-pg -j $j --baseline grey --model grey.json -o "j$j.mms" films.mms
done
check "same bytes for any -j" cmp j1.mms j3.mms

# What is no good.
expect_exit 2 mmheatmap --baseline grey films.mms; message "--baseline=grey has the window of its --model=FILE"
expect_exit 2 mmheatmap --baseline grey --model grey.json --window 20x20 films.mms; message "--baseline=grey has the window of its --model"
expect_exit 2 mmheatmap --baseline bright --model grey.json films.mms; message "--baseline=bright has neither a --model nor --logits"
expect_exit 2 mmheatmap --baseline bright --logits films.mms; message "--baseline=bright has neither"
expect_exit 2 mmheatmap --baseline bright --class films.mms; message "do not go with --baseline"
expect_exit 2 mmheatmap --baseline bright --window 0x5 films.mms; message "--window=0x5"
expect_exit 2 mmheatmap --baseline dark films.mms; message "--baseline=dark"
expect_exit 1 mmheatmap --baseline grey --model nowhere.json films.mms; message "cannot open 'nowhere.json'"
expect_exit 3 mmheatmap --baseline grey --model films.mms films.mms; message "'films.mms' is not a model of grey statistics"
for change in '.height = 0' '.width = 1e9' '.width = "24"' '.mean = [1,2,3]' '.scale[1] = -1' 'del .weight' '.intercept = null' \
    '.statistics = ["mean","sd","maximum","minimum"]' 'del .statistics'; do
    "$PYTHON" - "$change" <<'PY'
import json, sys
m, (name, _, value) = json.load(open("grey.json")), sys.argv[1].partition(" = ")
if name.startswith("del"):
    del m[name.partition(".")[2]]
elif name == ".scale[1]":
    m["scale"][1] = -1
else:
    m[name[1:]] = json.loads(value)
json.dump(m, open("bad.json", "w"))
PY
    expect_exit 3 mmheatmap --baseline grey --model bad.json films.mms; message "'bad.json' is not a model of grey statistics"
done
expect_exit 1 mmheatmap --baseline bright --pad 0 films.mms; message "is smaller than a window of 224"
expect_exit 1 mmheatmap --baseline bright --window 20x20 colour.mms; message "has 3 channels"
expect_exit 1 mmeval --baseline sizes.mms --store sizes.json test.mms; message "the image is 31x23, the first 31x24: a model that is stored needs patches of one size"
expect_exit 0 mmeval -q --baseline sizes.mms -o sizes.report test.mms
expect_exit 1 mmeval -q --baseline train.mms --store nowhere/grey.json test.mms; message "nowhere/grey.json"
check "nothing half-written" test -z "$(find . -name 'sizes.json' -o -name '.*.json*')"
finish
