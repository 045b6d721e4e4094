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
    check "$1, $2, stride $3, windows of $4" mmheatmap -q -j 2 --device cpu --precision fp32 --trust --class --model "$1.safetensors" \
        --split "$2" --stride "$3" --window "$4" "${@:5}" -o "$1-$2-$3-$4.mms" film.mms
    files+=("$1-$2-$3-$4.mms")
}
map resnet18 layer1 8 56
map resnet18 layer1 10 56 --batch 7
map resnet18 layer2 12 56
map lite0 _blocks.2 8 56
map lite0 _blocks.2 14 56 --batch 5
map lite0 _blocks.2 14 96
map lite0 _blocks.2 24 83 --batch 3
map resnet18 maxpool 24 75
check "PyTorch agrees" "$PYTHON" "$here/heat.py" compare "${files[@]}"
cat .out
finish
