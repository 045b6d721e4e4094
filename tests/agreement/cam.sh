#!/usr/bin/env bash
# mmheatmap --mode=cam beside PyTorch's autograd: whole-image networks on ResNet-18, EfficientNet-Lite0 and VGG16, a patch network.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
export OMP_WAIT_POLICY=passive
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
here=$ROOT/tests/agreement
device=${DEVICE:-cpu}

check "prepare" "$PYTHON" "$here/cam.py" prepare
cat 0.mms 1.mms >films.mms # of two sizes
model() { # NAME NET CLASSES
    check "model $1" mmmodel convert --net "$2" --classes "$3" --mean 127 --std 57.6 "$1.pth" "$1.safetensors"
}
model resnet 'resnet18+[32-32-64]x1' 2
model lite0 'efficientnet-lite0+[32-32-64]x1' 3
model vgg 'vgg16+[32-32-64]x1' 2
model patch resnet18 4
for name in resnet lite0 vgg patch; do
    while read -r layer; do
        for p in fp32 bf16; do
            cam=(mmheatmap -q -j 2 --device "$device" --precision "$p" --mode cam --layer "$layer" --model "$name.safetensors")
            check "$name, $layer, $p" "${cam[@]}" -o "$name-$layer-one-$p.mms" films.mms
        done
        check "$name, $layer, each class" "${cam[@]}" --precision fp32 --class -o "$name-$layer-each-fp32.mms" films.mms
    done <$name.layers
done
[ "$failures" -eq 0 ] || finish
check "PyTorch agrees" "$PYTHON" "$here/cam.py" compare
cat .out
finish
