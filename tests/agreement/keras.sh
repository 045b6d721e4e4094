#!/bin/bash
# Keras' ResNet-50 from HDF5 files that h5py writes: outputs as NumPy computes them from the definition, gradients as
# PyTorch's; names of nobody are listed, and the wrong network is refused.
. "$ROOT/tests/cli/lib.sh"
need_python h5py numpy torchvision
K=$ROOT/tests/agreement/keras_check.py
scale=(--classes 3 --mean 110 --std 1)

mkdir i
check "images" "$PYTHON" "$K" images i
check "stream" mmread -o images.mms i/i0.npy i/i1.npy i/i2.npy i/i3.npy
check "manifest" mmread -o labelled.mms --manifest <(printf 'key\timage\tlabel\n'; for k in 0 1 2 3; do printf 'i%d\ti/i%d.npy\t%d\n' $k $k $((k % 3)); done)
for scheme in original later; do
    check "write $scheme" "$PYTHON" "$K" write $scheme $scheme.h5
    net=resnet50-keras
    [ $scheme = later ] && net=resnet50-tfkeras
    expect_exit 0 mmmodel convert --net $net "${scale[@]}" $scheme.h5 $scheme.safetensors
    message "320 of 320 tensors; left over: "
    message "attention/attention"
done
check "write a whole model" "$PYTHON" "$K" write nested nested.h5
names() { mmmodel show "$1" | grep ^tensor | grep -v attention | sort; }
check "both layouts of a file" cmp <(names original.h5) <(names nested.h5)
rm nested.h5
for scheme in original later; do
    check "predict $scheme" mmpredict -j 2 --precision fp32 --logits --model $scheme.safetensors -o $scheme.tsv images.mms
    check "NumPy agrees on $scheme" "$PYTHON" "$K" hold $scheme $scheme.h5 i $scheme.tsv && cat .out
done

# What would fit by name and shape and give wrong answers.
expect_exit 2 mmmodel convert --net resnet50 "${scale[@]}" original.h5 wrong.safetensors
message "names of resnet50-keras"
expect_exit 2 mmmodel convert --net resnet50-keras "${scale[@]}" later.h5 wrong.safetensors
message "names of resnet50-tfkeras"
expect_exit 2 mmmodel convert original.h5 wrong.h5
check "nothing written" test ! -e wrong.safetensors -a ! -e wrong.h5

# Training starts from such a file, on input that is not divided.
check "start" mmtrain --init original.h5 --classes 3 --mean 110 --precision fp32 --batch 4 --stage 'train=fc lr=1e-3 wd=0 epochs=1' -q -o t.safetensors labelled.mms
check "show" mmmodel show -o shown t.safetensors
check "its network" grep -q "^net	resnet50-keras$" shown
check "its std" grep -q "^std	1$" shown

check "to PyTorch" mmmodel convert original.safetensors o.pth
check "gradients" "$SUPPORT/mmnet" -j 2 --batch 4 grads original.safetensors labelled.mms grads.safetensors
cp .out loss
check "PyTorch agrees" "$PYTHON" "$K" torch o.pth grads.safetensors i loss && cat .out
finish
