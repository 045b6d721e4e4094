#!/bin/bash
# Whole streams whose records are no good: each program names the record and why, leaves it out when told to, and says how
# many were left out before. The streams come from the independent writer.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
cat >make.py <<'PY'
import numpy as np, mms
rng = np.random.RandomState(1)
def film():
    y, x = np.mgrid[:288, :224]
    return ((x < 150 * np.sqrt(np.maximum(0, 1 - ((y - 144) / 130.0) ** 2))) * rng.randint(9000, 40000, (288, 224))).astype("<u2")
def mask(h=288, w=224):
    m = np.zeros((1, h, w), "u1")
    m[0, 120:150, 40:70] = 1
    return m
def write(name, records, skipped=0):
    with open(name, "wb") as f:
        if not skipped:
            mms.write_segment(f, records)
            return
        f.write(mms.block("HEAD", 0, ["@MM\tVN:1.0"]))
        total = 0
        for i, r in enumerate(records, 1):
            raw, size = mms.record_block(i, *r)
            f.write(raw)
            total += size
        f.write(mms.block("DONE", len(records) + 1, ["records\t%d" % len(records), "bytes\t%d" % total, "skipped\t%d" % skipped]))
attrs = {"label": "1", "class": "malignant", "patient": "P1", "lesion.0.class": "mass_mal"}
good = [("good%d" % i, {"image": film(), "mask": mask()}, attrs) for i in range(2)]
bad = {
    "no-image": {"mask": mask()},
    "empty-image": {"image": np.zeros((0, 5), "<u2")},
    "four-axes": {"image": np.zeros((1, 1, 8, 8), "<u2")},
    "other-mask": {"image": film(), "mask": mask(200, 224)},
    "other-breast": {"image": film(), "breast": mask()[0, :, :100]},
    "flat-mask": {"image": film(), "mask": mask().ravel()},
    "float-mask": {"image": film(), "mask": mask().astype("f4")},
}
def floats(value=0, h=288, w=224, y=5, x=7):
    a = rng.rand(h, w).astype("f4")
    a[y, x] = value or a[y, x]
    return {"image": a}
bad["nan-image"] = floats(np.nan)
bad["inf-image"] = floats(-np.inf)
bad["huge-image"] = floats(1e38)
bad["late-nan"] = floats(np.nan, 2304, 1792, 2303, 1791)
bad["nan-heat"] = {"image": film(), "heatmap": np.where(np.arange(288 * 224).reshape(1, 288, 224) == 231, np.nan, 0.5).astype("f4")}
for name, tensors in bad.items():
    write(name + ".mms", [good[0], ("bad", tensors, attrs), good[1]])
write("only-bad.mms", [("bad", bad["no-image"], attrs)])
write("map.mms", [good[0], ("bad", good[0][1], dict(attrs, to_original="1 0 zero 0 1 0")), good[1]])
write("black.mms", [good[0], ("bad", {"image": np.zeros((288, 224), "<u2")}, attrs), good[1]])
write("skipped.mms", good, skipped=3)
write("good.mms", good)
write("floats.mms", [("f%d" % i, floats(), dict(attrs, **{"label": str(i % 2), "class": ["benign", "malignant"][i % 2]})) for i in range(6)])
write("five.mms", [("five0", {"image": film()}, {"label": "0", "class": "background"})])
write("nine.mms", [("nine", {"image": film()}, {"label": "9"})])
write("many.mms", [("k%d" % i, {"image": film()[:64, :64]}, {"label": str(i % 2), "patient": "P%d" % (i // 3)}) for i in range(12)], skipped=4)
def epochs(name, label, change=lambda epoch, i, a: a, dtype="<u2", n=2):
    with open(name, "wb") as f:
        for e in range(1, n + 1):
            mms.write_segment(f, [("k%d" % i, {"image": change(e, i, (rng.rand(32, 32) * 20000 + 20000 * (i % 2)).astype(dtype))},
                                   {"label": str(label(i)), "patient": "P%d" % (i // 2)}) for i in range(16)], head=("@MM\tVN:1.0", "@EP\tN:%d" % e))
def with_nan(epoch, i, a):
    if epoch == 2 and i == 5:
        a[3, 3] = np.nan
    return a
epochs("train.mms", lambda i: i % 2)
epochs("one-epoch.mms", lambda i: i % 2, n=1)
epochs("val.mms", lambda i: i % 2, n=1)
epochs("label-9.mms", lambda i: 9 if i == 5 else i % 2)
epochs("one-class.mms", lambda i: 0)
epochs("sizes.mms", lambda i: i % 2, lambda e, i, a: a[:16, :16] if i == 5 else a)
epochs("nan.mms", lambda i: i % 2, with_nan, "<f4")
PY
"$PYTHON" make.py || exit 1
head -c 300000 good.mms >cut.mms
printf 'some text\n' >text

# bad PROGRAM STREAM...: names the record; --on-error=skip leaves it out, and a stream of nothing else is a failure.
bad() {
    local program=$1 stream command
    read -ra command <<<"$1"
    shift
    for stream in "$@"; do
        expect_exit 1 "${command[@]}" -o out "$stream.mms"
        message "record 'bad'"
        check "$program $stream: nothing half-written" test ! -e out
        expect_exit 0 "${command[@]}" --on-error skip -o out "$stream.mms"
        message "record 'bad'"
        check "$program $stream: the last line counts" test "$(tail -n 1 .err)" = "${program%% *}: 1 record skipped"
        rm -f out
    done
    expect_exit 1 "${command[@]}" --on-error skip -o out only-bad.mms
    message "skipped"
    check "$program: nothing left, nothing written" test ! -e out
    expect_exit 0 "${command[@]}" -o out skipped.mms
    message "3 records skipped before"
    rm -f out
}
infinite="nan-image inf-image huge-image late-nan"
bad "mmresize --size 144x112" no-image empty-image four-axes other-mask other-breast flat-mask $infinite nan-heat
bad "mmaugment" no-image empty-image four-axes other-mask other-breast flat-mask $infinite
bad "mmpatch --size 56" no-image empty-image four-axes other-mask other-breast flat-mask float-mask $infinite
bad "mmsegment" no-image empty-image four-axes black other-mask other-breast flat-mask $infinite
bad "mmview" no-image empty-image four-axes other-mask flat-mask float-mask $infinite
for command in "mmresize --size 144x112" mmaugment "mmpatch --size 56" mmsegment mmview; do
    # shellcheck disable=SC2086
    expect_exit 1 $command -o out nan-image.mms
    message "record 'bad': tensor 'image' holds nan at row 5, column 7: not a finite number"
    # shellcheck disable=SC2086
    expect_exit 0 $command -o out floats.mms
    rm -f out
done
expect_exit 1 mmresize -o out late-nan.mms
message "record 'bad': tensor 'image' holds nan at row 2303, column 1791"
expect_exit 1 mmview --overlay heatmap -o out nan-heat.mms
message "record 'good0'"
expect_exit 0 mmeval --baseline floats.mms --on-error skip nan-image.mms floats.mms
message "record 'bad': tensor 'image' holds nan"
expect_exit 1 mmeval --baseline nan-image.mms floats.mms
message "record 'bad': tensor 'image' holds nan"
expect_exit 1 mmaugment -o out other-mask.mms
message "tensor 'mask' has 200 x 224 pixels, the image 288 x 224"
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" cifar 20 cifar.npz
check "a model" mmmodel convert -q --net resnet20-cifar --classes 2 --partial --mean 120 --std 63 cifar.npz two.safetensors
bad "mmpredict --model two.safetensors" no-image empty-image four-axes $infinite
bad "mmheatmap --window 32 --stride 128 --model two.safetensors" no-image nan-image inf-image huge-image
expect_exit 0 mmpredict --model two.safetensors floats.mms
expect_exit 3 mmpredict --model two.safetensors text
head -c 20000 two.safetensors >half.safetensors
head -c 1000 two.safetensors >head.safetensors
printf 'key\n' >text.safetensors
: >empty.safetensors
for broken in half head empty; do
    expect_exit 3 mmpredict --model $broken.safetensors -o out good.mms
    message "$broken.safetensors"
done
expect_exit 1 mmpredict --model text.safetensors good.mms
message "'text.safetensors' is not a file of weights"
expect_exit 1 mmpredict --model nowhere.safetensors good.mms
message "nowhere.safetensors"
expect_exit 1 mmpredict --model cifar.npz good.mms
message "not a model"
expect_exit 2 mmpredict good.mms
message "--model"
# A model of other classes than the data: by name, and by number. mmeval says so.
expect_exit 0 mmpredict --model two.safetensors -o five.tsv five.mms
expect_exit 1 mmeval five.tsv
message "record 'five0': label 'background' is not a class"
expect_exit 0 mmpredict --model two.safetensors -o nine.tsv nine.mms
expect_exit 1 mmeval nine.tsv
message "record 'nine': label 9 is out of range"
# What was left out before mmpredict is told by mmeval too.
mmpredict --model two.safetensors -o predictions.tsv many.mms 2>/dev/null
expect_exit 0 mmeval predictions.tsv
message "4 records skipped before"
expect_exit 3 mmpredict --model two.safetensors -o out cut.mms
check "no predictions of half a stream" test ! -e out
train=(mmtrain -q --net resnet20-cifar --classes 2 --mean 100 --std 60 --batch 8 --val val.mms --stage 'train=all lr=1e-3 wd=1e-4 epochs=2' -o model)
refused() { # CODE STREAM TEXT: no model, unless an epoch was finished (then beside it, under another name)
    expect_exit "$1" "${train[@]}" "$2"
    message "$3"
    check "mmtrain $2: no model of that name" test ! -e model
}
refused 1 label-9.mms "record 'k5': label 9 is out of range"
refused 1 one-class.mms "class 0"
refused 1 sizes.mms "record 'k5'"
refused 1 nan.mms "record 'k5': tensor 'image' holds nan at row 3, column 3"
check "the last good model is kept" mmmodel show model.best
rm -f model.best
refused 1 one-epoch.mms "the stream ends after epoch 1"
refused 3 cut.mms "cut.mms"
refused 1 no-image.mms "record"
head -c 30000 train.mms >half.mms
refused 3 half.mms "half.mms"
expect_exit 0 "${train[@]}" --on-error skip label-9.mms
message "record 'k5'"
check "the last line counts" test "$(tail -n 1 .err)" = "mmtrain: 2 records skipped"
rm -f model model.best
expect_exit 0 "${train[@]}" --on-error skip --mean nan.mms nan.mms
message "record 'k5': tensor 'image' holds nan at row 3, column 3"
check "those of --mean are named too" test "$(grep -c "record 'k5'" .err)" -eq 2
expect_exit 1 "${train[@]}" --mean nan.mms nan.mms
message "--mean: 'nan.mms': record 'k5'"
expect_exit 1 "${train[@]}" --val nan.mms train.mms
message "validation stream 'nan.mms': record 'k5'"
rm -f model model.best
expect_exit 2 "${train[@]}" --classes 1 train.mms
expect_exit 2 "${train[@]}" --stage 'train=all lr=fast' train.mms
expect_exit 2 mmtrain --net nonsense --classes 2 --mean 100 -o model train.mms
expect_exit 1 "${train[@]}" -o nowhere/model train.mms
check "no model was written" test ! -e model
bad "mmview" no-image empty-image four-axes other-mask float-mask
expect_exit 3 mmresize --size 144x112 -o out map.mms
message "record 'bad'"
message "to_original"
# The count of what was left out reaches the end of a pipeline.
mmresize --on-error skip --size 144x112 no-image.mms 2>/dev/null | mmaugment 2>/dev/null | mmview -o out.png 2>last
check "one skipped two programs ago" grep -q '1 record skipped before' last
finish
