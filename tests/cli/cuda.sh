#!/bin/bash
# The CUDA backend where there may be no card: the plugin, what programs say without a card, and cuDNN's plans for cards
# that are not here. Its kernels are held against plain loops by tests/unit/nn/ops_test (as host code, and on a card).
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
train() { mmtrain -j 1 --precision fp32 --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 --std 50 \
    --stage 'train=all lr=1e-3 epochs=1' "$@" toy.mms; }
mmtoy --records 24 --size 32x32 -o toy.mms

# Which of them it is depends on the machine; both are said in one line, and nothing is left behind.
if ! has_card; then
    expect_exit 1 train --device=cuda -o none.safetensors
    message "device 'cuda'"
    check "one line" test "$(wc -l <.err)" = 1
    check "no model" test ! -e none.safetensors
    expect_exit 0 train --device=auto -o auto.safetensors
    message "computing on CPU, 1 thread"
    expect_exit 0 train -q --device=auto -o auto.safetensors
    check "silent with -q" test ! -s .err
fi
expect_exit 2 train --device=gpu -o none.safetensors
message "device 'gpu' is not known"
expect_exit 2 train --deterministic --device=cuda:0,atomics -o none.safetensors
message "--deterministic and --device=cuda:0,atomics exclude each other"

[ "$failures" -eq 0 ] || finish
[ -x "$BIN/../lib/mmpipe-cuda.so" ] || skip "built without CUDA (no nvcc, cudnn.h or cublasLt.h): no plugin, no plans"
check "the plugin needs no driver to be opened" "$PYTHON" -c "import ctypes, sys; ctypes.CDLL(sys.argv[1])" "$BIN/../lib/mmpipe-cuda.so"
refuse "it does not depend on libcuda" sh -c "readelf -d '$BIN/../lib/mmpipe-cuda.so' | grep -q 'NEEDED.*libcuda\.so'"
refuse "nor on cuBLAS, which is large and opened on a card only" sh -c "readelf -d '$BIN/../lib/mmpipe-cuda.so' | grep -q 'NEEDED.*cublas'"
# The functions of it that common/nn/cuda/linear.c looks for are there.
check "cuBLASLt" "$PYTHON" - "$ROOT/common/nn/cuda/linear.c" "$BIN/../lib/mmpipe-cuda.so" <<'P'
import ctypes, re, sys
source, plugin = (open(name, "rb").read() for name in sys.argv[1:])
library = ctypes.CDLL(re.search(rb"libcublasLt\.so\.[0-9]+", plugin).group().decode())
names = re.findall(rb"\bX\(([A-Z]\w+)\)", source)
assert len(names) == 13, names
for name in names:
    getattr(library, "cublasLt" + name.decode())
P
# Every convolution of both networks at the published batch sizes. bf16: distinct shapes, less the fusions with bias and
# relu, which cuDNN compiles at run time and therefore offers on a card only.
for card in h100 a100; do
    check "plans for $card, patches" mmplans "$ROOT/tests/vectors/cuda/$card.json" resnet50 224x224 256 bf16
    cp .out "plans.$card"
    check "$card: 68 shapes of ResNet-50 besides 24 fused" grep -q "92 shapes, 68 plans, 0 of them fused, 24 fusions" "plans.$card"
done
check "plans in fp32" mmplans "$ROOT/tests/vectors/cuda/h100.json" resnet50 224x224 32 fp32
cp .out plans.fp32
check "fp32: 88 of 92" grep -q "92 shapes, 88 plans, 20 of them fused" plans.fp32
# Convolutions with groups, depthwise and 4 to 32 channels each: forward and both gradients.
for card in h100 a100; do
    check "plans for $card, groups" mmplans "$ROOT/tests/vectors/cuda/$card.json" grouped 224x224 32 bf16
    cp .out "plans.grouped.$card"
    check "$card: 62 shapes besides 20 fused" grep -q "82 shapes, 62 plans, 0 of them fused, 20 fusions" "plans.grouped.$card"
done
check "plans for groups in fp32" mmplans "$ROOT/tests/vectors/cuda/h100.json" grouped 224x224 32 fp32
cp .out plans.grouped.fp32
check "fp32: 82 of 82" grep -q "82 shapes, 82 plans, 20 of them fused" plans.grouped.fp32
# Depthwise convolutions of 3 x 3 and 5 x 5 with more zeros behind than in front, relu6.
for p in bf16 fp32; do
    check "plans for EfficientNet-Lite0 in $p" mmplans "$ROOT/tests/vectors/cuda/h100.json" efficientnet-lite0 224x224 32 $p
    cp .out "plans.lite0.$p"
done
check "bf16: 95 shapes besides 32 fused" grep -q "127 shapes, 95 plans, 0 of them fused, 32 fusions" plans.lite0.bf16
check "fp32: 122 of 127" grep -q "127 shapes, 122 plans, 27 of them fused" plans.lite0.fp32
check "plans for whole images" mmplans "$ROOT/tests/vectors/cuda/h100.json" 'resnet50+[512-512-1024]x2' 1152x896 12 bf16
cp .out plans.whole
check "77 shapes besides 27 fused" grep -q "104 shapes, 77 plans, 0 of them fused, 27 fusions" plans.whole
finish
