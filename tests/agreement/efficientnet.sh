#!/usr/bin/env bash
# EfficientNet-Lite0 beside PyTorch: logits, losses, gradients, steps; even and odd sizes; timm's names of its weights.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
export OMP_WAIT_POLICY=passive
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
here=$ROOT/tests/agreement

check "prepare" "$PYTHON" "$here/efficientnet.py" prepare
for name in lite0 timm; do
    expect_exit 0 mmmodel convert --net efficientnet-lite0 --classes 5 --mean 127 --std 128 $name.pth $name.safetensors
    grep -q ": 247 of 247 tensors\$" .err || message "247 of 247 tensors and nothing else"
done
for size in even odd; do
    for p in fp32 bf16; do
        check "predict $size in $p" mmpredict -j 2 --device cpu --precision $p --logits --model lite0.safetensors -o $size-$p.predict $size.mms
    done
    check "predict $size by timm's file" mmpredict -j 2 --device cpu --precision fp32 --logits --model timm.safetensors \
        -o $size-timm.predict $size.mms
done
# A whole-image network and a file that lacks some find timm's names too.
expect_exit 1 mmmodel convert --net 'efficientnet-lite0+[512-512-1024]x2' --classes 2 --mean 127 --std 128 timm.pth whole.safetensors
message "it lacks"
expect_exit 0 mmmodel convert --partial --net 'efficientnet-lite0+[512-512-1024]x2' --classes 2 --mean 127 --std 128 timm.pth whole.safetensors
message "245 of 312 tensors"
expect_exit 1 mmmodel convert --net resnet50 --classes 5 --mean 127 --std 128 timm.pth other.safetensors
message "names and shapes are those of efficientnet-lite0"
say() { # NAME STREAM ARGUMENTS...: what mmnet prints of gradients
    check "$1" "$SUPPORT/mmnet" -j 2 --batch 4 "${@:3}" grads lite0.safetensors "$2.mms" "$1.safetensors" && cp .out "$1.grads"
}
say even even --device cpu --dropout 0
say odd odd --device cpu --dropout 0
say plain odd --device plain --dropout 0
say drawn even --device cpu
check "five steps" "$SUPPORT/mmnet" -j 2 --device cpu --batch 8 --steps 5 --lr 1e-4 --dropout 0 train lite0.safetensors steps.mms five.safetensors
cp .out five.train
expect_exit 0 mmmodel show --layers lite0.safetensors
dropout=$(awk -F '\t' '$2 == "dropout" {print NR - 1}' .out)
check "PyTorch agrees" "$PYTHON" "$here/efficientnet.py" compare "$dropout"
cat .out
finish
