#!/usr/bin/env bash
# The public weights of EfficientNet-Lite0: features and logits beside those that PyTorch computed.
. "$ROOT/tests/cli/lib.sh"
need_shared data/weights/efficientnet-lite0
need_python torch torchvision numpy
W=$SHARED/data/weights/efficientnet-lite0
file=$W/efficientnet-lite0-57934424.pth
check "images" "$PYTHON" "$ROOT/tests/agreement/efficientnet.py" write_expected "$W"
expect_exit 0 mmmodel convert --net efficientnet-lite0 --classes 1000 --mean 127 --std 128 "$file" lite0.safetensors
grep -q ": 247 of 247 tensors\$" .err || message "247 of 247 tensors and nothing else"
predict() { mmpredict -j 2 --device cpu --model lite0.safetensors "$@"; }
for p in fp32 bf16; do
    check "predict in $p" predict --precision $p --logits -o expected-$p.predict expected.mms
    check "features in $p" predict --precision $p --features _relu1 --pool -o expected-$p.mms expected.mms
done
check "features of odd sizes" predict --precision fp32 --features _relu1 --pool -o odd-fp32.mms odd.mms
check "PyTorch agrees" "$PYTHON" "$ROOT/tests/agreement/efficientnet.py" expected "$W" "$file"
cat .out
# With five classes all but the last layer is there, and with --init its input is divided as it expects.
expect_exit 1 mmmodel convert --net efficientnet-lite0 --classes 5 --mean 127 --std 128 "$file" five.safetensors
message "_fc.weight, _fc.bias"
expect_exit 1 mmmodel convert --net resnet18 --classes 1000 --mean 127 --std 128 "$file" other.safetensors
message "its names and shapes are those of efficientnet-lite0"
finish
