#!/usr/bin/env bash
# mmtrain's options beside PyTorch's own: optimisers, clipping, learning rates of parts, schedules, averages of weights, mixup.
# shellcheck disable=SC2086 # options are several words
. "$ROOT/tests/cli/lib.sh"
need_python torch numpy
export OMP_WAIT_POLICY=passive
here=$ROOT/tests/agreement
device=${DEVICE:-cpu} # tests/gpu/agreement.sh: cuda

check "prepare" "$PYTHON" "$here/training.py" prepare
# train NAME STAGE OPTION...: weights in NAME.safetensors, learning rates in NAME.tsv; training.py has the same run by this name
train() {
    local name=$1 stage=$2
    shift 2
    check "$name" mmtrain -q -j 2 --device "$device" --precision fp32 --net resnet8-cifar --classes 5 --init init.pth --batch 8 --mean 127 --std 57.6 --seed 3 \
        --stage "$stage" --log "$name.tsv" -o "$name.safetensors" "$@" feed.mms
    names+=("$name")
}
names=()
train adam 'train=all lr=1e-3 wd=0.1 epochs=3' --adam 0.9,0.99,1e-3
train adamw 'train=all lr=1e-3 wd=0.1 epochs=3' --optimizer adamw --adam 0.9,0.99,1e-3
train sgd 'train=all lr=1e-2 wd=0.1 epochs=3' --optimizer sgd
train momentum 'train=all lr=1e-2 wd=1e-3 epochs=3' --optimizer sgd --momentum 0.5
train clip 'train=all lr=1e-2 wd=1e-3 epochs=3' --optimizer sgd --clip-norm 0.5
train loose 'train=all lr=1e-2 wd=1e-3 epochs=3' --optimizer sgd --clip-norm 1e6
train parts 'train=all lr=fc:1e-2,layer3:3e-3,1e-3 wd=0.1 epochs=3' --optimizer adamw --adam 0.9,0.99,1e-3
train steps 'train=all lr=1e-2 epochs=3 schedule=cosine:18 warmup=4' --optimizer sgd
train epochs 'train=all lr=1e-2 epochs=3' --optimizer sgd --schedule cosine
train warm 'train=all lr=1e-2 epochs=3' --optimizer sgd --warmup 30
train ema 'train=all lr=1e-2 epochs=3' --optimizer sgd --ema 0.9
train mixup 'train=all lr=1e-2 epochs=3' --optimizer sgd --mixup 0.4
train even 'train=all lr=1e-2 epochs=3' --optimizer sgd --mixup 1 --smoothing 0.1
train together 'train=all lr=fc:1e-2,1e-3 wd=0.1 epochs=3 schedule=cosine:18 warmup=2' --optimizer adamw --adam 0.9,0.99,1e-3 \
    --clip-norm 1 --ema 0.8 --mixup 0.4
[ "$failures" -eq 0 ] || finish
check "PyTorch agrees" "$PYTHON" "$here/training.py" compare "${names[@]}"
cat .out
finish
