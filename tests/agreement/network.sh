#!/usr/bin/env bash
# Whole networks beside PyTorch: logits, losses, gradients, running statistics, traces of training; fp32, and bf16 logits.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
export OMP_WAIT_POLICY=passive
# Without these PyTorch maps and unmaps memory for every tensor and takes several times as long.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
here=$ROOT/tests/agreement
device=${DEVICE:-cpu} # tests/gpu/agreement.sh: cuda
scale=(--mean 127 --std 57.6)

check "prepare" "$PYTHON" "$here/network.py" prepare
# model NAME TENSORS NET CLASSES WEIGHTS [FOUND]: a model file in which every tensor found its place; FOUND: as what the last layer was
model() {
    expect_exit 0 mmmodel convert --net "$3" --classes "$4" "${scale[@]}" "$5" "$1.safetensors"
    grep -q ": $2 of $2 tensors${6:-}\$" .err || message "$2 of $2 tensors${6:-} and nothing else"
}
model cifar 97 resnet20-cifar 10 cifar.pth '; fc.weight is its module.linear.weight'
model cifar56 277 resnet56-cifar 10 cifar56.pth '; fc.weight is its module.linear.weight'
model small 102 resnet18 5 small.pth
model patch 267 resnet50 5 fresh.pth
model steady-model 267 resnet50 5 steady.safetensors
model whole 332 'resnet50+[512-512-1024]x2' 2 whole.pth
model half 337 'resnet50+[512-512-1024]x2/2' 2 half.pth
for m in cifar cifar56 small patch whole half; do
    stream=patch.mms
    case $m in cifar*) stream=cifar.mms ;; whole | half) stream=two.mms ;; esac
    check "predict $m" mmpredict -j 2 --device "$device" --precision fp32 --logits --model $m.safetensors -o $m.predict $stream
done
# What a convolution, a norm inside of a unit, a unit, a stage and the pooling say; folded for prediction or not.
for layer in conv1 bn1 layer1.0.bn2 layer2.0.downsample.1 layer3.0 layer4 avgpool; do
    for pool in '' --pool; do
        check "features of $layer $pool" mmpredict -j 2 --device "$device" --precision fp32 --model small.safetensors --features $layer $pool \
            -o features-$layer$pool.mms patch.mms
    done
done
check "predict in bf16" mmpredict -j 2 --device "$device" --precision bf16 --logits --model patch.safetensors -o bf16.predict patch.mms
# say FILE MODEL ARGUMENTS...: what mmnet prints
say() {
    local out=$1
    shift
    check "$out" "$SUPPORT/mmnet" -j 2 --device "$device" --batch 8 "$@" && cp .out "$out"
}
say steady.grads grads steady-model.safetensors patch.mms steady.grads.safetensors
say part.grads --trained layer4.2,fc grads steady-model.safetensors patch.mms part.grads.safetensors
say fresh.grads grads patch.safetensors small.mms fresh.grads.safetensors
for m in whole half; do # what the two stages of the recipe train
    say $m-top.grads --trained top grads $m.safetensors two.mms $m-top.safetensors
    say $m-all.grads grads $m.safetensors two.mms $m-all.safetensors
done
say step.train --steps 1 train patch.safetensors small.mms step.safetensors
say adam.out --steps 3 --lr 1e-3 --wd 1e-3 adam steady-model.safetensors patch.mms adam.safetensors steady.grads.safetensors
say five.train --steps 5 --lr 1e-6 train patch.safetensors small.mms
say eight.train --steps 8 --lr 1e-5 train patch.safetensors small.mms
[ "$failures" -eq 0 ] || finish
check "PyTorch agrees" "$PYTHON" "$here/network.py" compare
cat .out
finish
