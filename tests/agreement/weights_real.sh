#!/bin/bash
# Real files of weights: every number as PyTorch and numpy read it; models of them predict as PyTorch does; what programs say of them.
. "$ROOT/tests/cli/lib.sh"
need_shared data/weights
need_python torch numpy
W=$SHARED/data/weights
pairs=0
for f in resnet-cifar10/resnet20-12fca82f.th resnet-cifar10/resnet56-4bfd9763.th resnet50-imagenet-f32/resnet50_v1_partial.npz \
    formats/test.pt formats/test_with_key.pt formats/fortran_tensor_3d.pth formats/model.safetensors formats/test.npz; do
    for e in npz pth; do
        pairs=$((pairs + 1))
        check "read $f" mmmodel convert "$W/$f" "ours$pairs.$e" && echo "$W/$f ours$pairs.$e" >>pairs
    done
done
check "all numbers" "$PYTHON" "$ROOT/tests/agreement/weights_compare.py"
check "of all files" test "$(wc -l <.out)" -eq 16
expect_exit 3 mmmodel show "$W/formats/safetensors_abuse_attempt_1.safetensors"
expect_exit 1 mmmodel show "$W/formats/test.npy"

network() { "$PYTHON" "$ROOT/tests/agreement/network.py" "$@"; }
check "images" network prepare_cifar
files=("$W"/resnet-cifar10/resnet{20-12fca82f,56-4bfd9763}.th)
model() { # NAME TENSORS NET FILE
    expect_exit 0 mmmodel convert --net "$3" --classes 10 --mean 127 --std 57.6 "$4" "$1.safetensors"
    message "$2 of $2 tensors"
    check "predict" mmpredict -j 2 --precision fp32 --logits --model "$1.safetensors" -o "$1.predict" cifar.mms
}
model cifar 97 resnet20-cifar "${files[0]}"
model cifar56 277 resnet56-cifar "${files[1]}"
check "PyTorch agrees" network compare_cifar "${files[@]}"
cat .out

npz=$W/resnet50-imagenet-f32/resnet50_v1_partial.npz
expect_exit 1 mmmodel convert --net resnet50 --classes 5 --mean 40 --std 57.6 "$npz" m.safetensors
message "lacks"
expect_exit 2 mmtrain --recipe patch --bn frozen --init "$npz" --mean 80 --std 1 -o x.safetensors /dev/null
message "--std=1 with bn=frozen"
expect_exit 0 mmmodel convert --partial --net resnet50 --classes 5 --mean 40 --std 57.6 "$npz" m.safetensors
"$SUPPORT/mmtoy" --records 20 -o toy.mms || exit 1
expect_exit 0 mmtrain -j 1 --net resnet20-cifar --classes 3 --init "${files[0]}" --mean 80 --batch 20 --stage 'train=fc lr=1e-3 epochs=1' \
    -o trained.safetensors toy.mms
message "missing: fc.weight, fc.bias; left over: module.linear.weight"
check "std of other weights" grep -aqF '"std":"1"' trained.safetensors
finish
