#!/usr/bin/env bash
# mmheatmap --mode=shared beside PyTorch: splits, strides that take one pass and several, on cpu and plain sizes.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
export OMP_WAIT_POLICY=passive
here=$ROOT/tests/agreement
check "prepare" "$PYTHON" "$here/heat.py" prepare
expect_exit 0 mmmodel convert --net resnet18 --classes 3 --mean 127 --std 57.6 resnet18.pth resnet18.safetensors
expect_exit 0 mmmodel convert --net efficientnet-lite0 --classes 3 --mean 127 --std 57.6 lite0.pth lite0.safetensors
files=()
# Models of no training have no window of their own.
files=()
map() { # NET SPLIT STRIDE WINDOW ARGUMENTS...
    check "$1, $2, stride $3, windows of $4" mmheatmap -q -j 2 --device cpu --precision fp32 --class --model "$1.safetensors" \
        --split "$2" --stride "$3" --window "$4" "${@:5}" -o "$1-$2-$3-$4.mms" film.mms
    files+=("$1-$2-$3-$4.mms")
}
map resnet18 layer1 8 56
map resnet18 layer1 10 56 --batch 7
map resnet18 layer2 12 112
map lite0 _blocks.2 14 96 --batch 5
map lite0 _blocks.2 24 83 --batch 3
map resnet18 maxpool 24 75
check "PyTorch agrees" "$PYTHON" "$here/heat.py" compare "${files[@]}"
cat .out
# Dense mode of an image that is one window, with dropout behind the mean.
"$SUPPORT/mmtoy" --size 56x56 --records 2 >one.mms
for mode in window dense; do
    mmheatmap -q -j 2 --device cpu --precision fp32 --class --window 56 --pad 0 --mode $mode --model lite0.safetensors -o one-$mode.mms one.mms
done
check "one window, dense" "$PYTHON" -c 'import mms, numpy as np
a, b = ([r.tensors["heatmap"] for s in mms.read_stream(open("one-%s.mms" % m, "rb")) for r in s.records] for m in ("window", "dense"))
assert len(a) == 2 and max(np.abs(x - y).max() for x, y in zip(a, b)) < 1e-5 and np.ptp(a) > 1e-3'
finish
