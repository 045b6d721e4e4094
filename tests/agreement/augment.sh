#!/usr/bin/env bash
# mmaugment's contrast, gamma and mirrored border beside NumPy and OpenCV, u8, u16 and f32: rounding alone where pixels are not
# resampled; where they are at most 4 levels of 255 (OpenCV's weights have 5 bits), a mirror that shows the edge twice is 100.
. "$ROOT/tests/cli/lib.sh"
need_python numpy cv2
here=$ROOT/tests/agreement

check "prepare" "$PYTHON" "$here/augment.py" prepare
still=(--flip 0 --rotate 0 --zoom '1,1' --shift 0)
check "contrast" mmaugment "${still[@]}" --contrast 0.4,1.8 -o contrast.mms in.mms
check "gamma" mmaugment "${still[@]}" --gamma 0.5,2 -o gamma.mms in.mms
check "both, with gain" mmaugment "${still[@]}" --contrast 0.4,1.8 --gamma 0.5,2 --gain 0.8,1.2 -o both.mms in.mms
check "both, with shift" mmaugment --flip 0 --rotate 0 --zoom 1,1 --contrast 0.4,1.8 --gamma 0.5,2 -o shift.mms in.mms
check "mirror" mmaugment --flip 0.5 --rotate 180 --zoom 0.2,1.5 --shear 20 --shift 0 --fill reflect -o reflect.mms in.mms
check "NumPy and OpenCV agree" "$PYTHON" "$here/augment.py" compare
cat .out
check "two threads" mmaugment -j 2 --fill reflect --gamma 0.5,2 --contrast 0.4,1.8 -o two.mms in.mms
check "one thread" mmaugment -j 1 --fill reflect --gamma 0.5,2 --contrast 0.4,1.8 -o one.mms in.mms
check "the same bytes" cmp one.mms two.mms
# What the other options draw does not change.
check "the usual" mmaugment --no-pg -o usual.mms in.mms
check "contrast and gamma of 1" mmaugment --no-pg --contrast 1,1 --gamma 1,1 -o ones.mms in.mms
check "the same bytes" cmp usual.mms ones.mms
# mmtrain --augment draws the same and computes the same.
"$SUPPORT/mmtoy" --records 30 -o toy.mms || exit 1
train() { mmtrain -q -j 1 --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 --stage 'train=all lr=1e-2 epochs=1' "$@"; }
check "augmented before" eval 'mmaugment -q --contrast 0.5,1.5 --gamma 0.5,2 --fill reflect toy.mms | train -o before.safetensors'
check "augmented within" train --augment='contrast=0.5,1.5 gamma=0.5,2 fill=reflect' -o within.safetensors toy.mms
equal "the same weights" "$(numbers before.safetensors)" "$(numbers within.safetensors)"
finish
