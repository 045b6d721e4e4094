#!/usr/bin/env bash
# What the tests on a card share: tests/cli/lib.sh, and
#   DEVICE   cuda (the default), or cuda:N
#   TWIN=1   the card's code as host code in place of a card (tests/support/cuda_host): for trying these tests themselves
# Without a card they are skipped; a card that cannot be used is a failure.
#   KEEP     a file that gets compute-sanitizer's reports
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH
DEVICE=${DEVICE:-cuda}
TWIN=${TWIN:-}

if [ -n "$TWIN" ]; then
    mkdir -p programs/bin programs/lib
    cp "$BIN"/mm* "$SUPPORT"/mmnet "$SUPPORT"/mmtoy programs/bin
    cp "$SUPPORT/twin/mmpipe-cuda.so" "$BIN/../lib/mmpipe-cpu.so" programs/lib || exit 1
    PATH=$TMP/programs/bin:$PATH
else
    has_card || skip "there is no NVIDIA card here"
    [ -x "$BIN/../lib/mmpipe-cuda.so" ] || { echo "FAILED: there is a card, but no plugin was built (CUDA=1 make)"; exit 1; }
fi

# A small network on small images, and what a training of it needs to be told.
small=(--net resnet8-cifar --classes 3 --mean 80 --std 50)
[ -n "$TWIN" ] && export records=16 || export records=256

# first: a model with weights that were trained a little, made on the CPU.
first() {
    mmtoy --records 32 --size 32x32 -o small.mms
    mmtrain -q --device=cpu --precision fp32 "${small[@]}" --batch 8 --stage 'train=all lr=1e-3 epochs=1' -o first.safetensors small.mms
}
