#!/bin/bash
# A batch that is too large for the card: the message names the memory and a micro-batch, and that one fits. And the plan beside
# what a training takes of the card.
. "$ROOT/tests/gpu/lib.sh"
export XDG_CACHE_HOME=$TMP/cache
train() { mmtrain -q --device="$DEVICE" --precision fp32 "$@"; }
if [ -n "$TWIN" ]; then
    export MM_TEST_CARD_BYTES=11000000
    job=("${small[@]}" --batch 16)
    mmtoy --records 16 --size 24x24 -o toy.mms
else
    free=$(nvidia-smi --query-gpu=memory.free --format=csv,noheader,nounits -i 0)
    batch=$((free / 60)) # an image of 224x224 takes about 78 MiB in fp32
    job=(--net resnet50 --classes 3 --mean 80 --std 50 --batch "$batch")
    mmtoy --records $batch --size 224x224 -o toy.mms
fi
stage=(--stage 'train=all lr=1e-5 epochs=1')
expect_exit 1 train "${job[@]}" "${stage[@]}" -o model toy.mms
message "out of memory for"; message " would need "
cat .err
advice=$(grep -oE -- '--micro-batch=[0-9]+' .err)
check "no model" test ! -e model
check "what was advised" train "${job[@]}" "${stage[@]}" "$advice" -o model toy.mms
[ -z "$TWIN" ] || finish

mmtoy --records 512 --size 224x224 -o toy.mms
for precision in bf16 fp32; do
    plan=$(mmtrain --plan --size 224x224 --net resnet50 --classes 3 --batch 128 --precision $precision "${stage[@]}" | awk '$1 == "total" {print $3}')
    before=$(nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -i 0)
    nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -i 0 -lms 50 >used &
    watch=$!
    check "training, $precision" mmtrain -q --device="$DEVICE" --net resnet50 --classes 3 --mean 80 --std 50 --batch 128 --precision $precision "${stage[@]}" -o model toy.mms
    kill $watch
    real=$(sort -n used | tail -n 1 | awk -v before="$before" '{print ($1 - before) / 1024}')
    echo "memory of the card, batch 128, $precision: plan $plan GiB, largest seen $real GiB (with what was taken to time cuDNN's plans)"
    check "within a quarter" awk -v p="$plan" -v r="$real" 'BEGIN {exit !(p > 0.75 * r && p < 1.25 * r)}'
done
finish
