#!/usr/bin/env bash
# mmheatmap --mode=shared beside PyTorch: splits, strides that take one pass and several, on cpu and plain sizes.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
export OMP_WAIT_POLICY=passive
here=$ROOT/tests/agreement
check "prepare" "$PYTHON" "$here/heat.py" prepare
expect_exit 0 mmmodel convert --net resnet18 --classes 3 --mean 127 --std 57.6 resnet18.pth resnet18.safetensors
expect_exit 0 mmmodel convert --net efficientnet-lite0 --classes 3 --mean 127 --std 57.6 lite0.pth lite0.safetensors
# Models of no training have no window of their own: 56 pixels, as if they had been trained on it.
"$PYTHON" - resnet18 lite0 <<'P'
import json, struct, sys
for name in sys.argv[1:]:
    raw = open(name + ".safetensors", "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    head["__metadata__"]["image_size"] = "56x56"
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    open(name + ".safetensors", "wb").write(struct.pack("<Q", len(text)) + text + raw[8 + n:])
P
files=()
map() { # NET SPLIT STRIDE ARGUMENTS...
    check "$1, $2, stride $3" mmheatmap -q -j 2 --device cpu --precision fp32 --trust --class --model "$1.safetensors" --split "$2" \
        --stride "$3" "${@:4}" -o "$1-$2-$3.mms" film.mms
    files+=("$1-$2-$3.mms")
}
map resnet18 layer1 8
map resnet18 layer1 10 --batch 7
map resnet18 layer2 12
map lite0 _blocks.2 8
map lite0 _blocks.2 14 --batch 5
check "PyTorch agrees" "$PYTHON" "$here/heat.py" compare "${files[@]}"
cat .out
finish
