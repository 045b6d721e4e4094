#!/usr/bin/env bash
# VGG-16 beside torchvision's: logits, loss and gradients; fp32, and bf16 logits; dropout without and with the masks that are drawn.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
export OMP_WAIT_POLICY=passive
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
here=$ROOT/tests/agreement

check "prepare" "$PYTHON" "$here/network.py" prepare_vgg
model() { # NAME TENSORS: a model file in which every tensor found its place
    expect_exit 0 mmmodel convert --net "$1" --classes 5 --mean 127 --std 57.6 "$1.pth" "$1.safetensors"
    grep -q ": $2 of $2 tensors\$" .err || message "$2 of $2 tensors and nothing else"
}
say() { # FILE ARGUMENTS...: what mmnet prints
    local out=$1
    shift
    check "$out" "$SUPPORT/mmnet" -j 2 --batch 2 "$@" && cp .out "$out"
}
model vgg16 32
model vgg16_bn-mean 80
model vgg16-mean 28
for m in vgg16 vgg16_bn-mean; do
    for p in fp32 bf16; do
        check "predict $m in $p" mmpredict -j 2 --device cpu --precision $p --logits --model $m.safetensors -o $m-$p.predict large.mms
    done
    mv $m-fp32.predict $m.predict
done
check "predict vgg16-mean" mmpredict -j 2 --device cpu --precision fp32 --logits --model vgg16-mean.safetensors -o vgg16-mean.predict tiny.mms
gradients() { # NET IMAGES DROPOUT DEVICE ARGUMENTS...
    say "$1-$2-$3.grads" --device "$4" "${@:5}" grads "$1.safetensors" "$2.mms" "$1-$2-$3.safetensors"
}
gradients vgg16 large none cpu --dropout 0
gradients vgg16 middle none cpu --dropout 0
gradients vgg16 middle drawn cpu
gradients vgg16_bn-mean large none cpu
gradients vgg16_bn-mean tiny none cpu
gradients vgg16-mean tiny none plain
expect_exit 0 mmmodel show --layers vgg16.safetensors; cp .out layers
# A layer's number is its line: the header is line 1, the input layer 0.
mapfile -t layers < <(awk -F '\t' '$2 == "dropout" {print NR - 1}' layers)
[ "$failures" -eq 0 ] || finish
check "PyTorch agrees" "$PYTHON" "$here/network.py" compare_vgg "${layers[@]}"
cat .out
finish
