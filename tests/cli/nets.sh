#!/usr/bin/env bash
# Networks: those that are listed can be built and shown; any is trained by a recipe, and is a trunk; names that are none.
. "$ROOT/tests/cli/lib.sh"
PATH=$SUPPORT:$PATH

expect_exit 0 mmmodel nets
cp .out nets
check "parameters of ResNet-50" grep -q '^  resnet50  *25557032 ' nets
check "where weights are had" grep -q 'public weights: torchvision' nets
mapfile -t names < <(awk '/^  [a-z]/ && $2 ~ /^[0-9]+$/ {print $1}' nets)
check "several networks" test "${#names[@]}" -ge 7
for net in "${names[@]}"; do
    expect_exit 0 mmmodel nets "$net"; cp .out shown
    check "$net: its sum" grep -q "^# $net, one image of 224x224	" shown
    expect_exit 0 mmmodel nets --size 256x224 "$net+[64-64-128]x2"
done
expect_exit 0 mmmodel nets resnet18; cp .out shown
# torchvision's ResNet-18 has 1.814 G multiply-adds (its documentation); counted there are convolutions and the last layer.
check "multiply-adds" awk -F '\t' '/^#/ {exit !($5 > 1.8135e9 && $5 < 1.8145e9)}' shown
check "a layer" grep -qx 'layer2.0.conv1	convolution	128x28x28	73728	57802752' shown
expect_exit 0 mmmodel nets efficientnet-lite0; cp .out shown
check "relu6 of a depthwise convolution" grep -qx '_blocks.3._relu1	relu6	144x28x28	0	0' shown
check "its multiply-adds" grep -qx '_blocks.3._depthwise_conv	convolution	144x28x28	3600	2822400' shown
expect_exit 2 mmmodel nets resnet51; message "network 'resnet51' is not known; there are resnet18,"
expect_exit 2 mmmodel nets --size 8x0 resnet18
expect_exit 2 mmmodel nets a b

# A recipe for any family: what it calls the last layer and the last block.
mmtoy --records 4 --classes 5 --size 32x32 -o toy.mms
mmread -q --epochs 3 toy.mms -o epochs.mms
for net in resnet18:layer4.1 resnet8-cifar:layer3.0; do
    expect_exit 0 mmtrain -q -j 1 --net "${net%:*}" --recipe patch --epochs 1 --mean 80 --batch 4 -o "${net%:*}.safetensors" epochs.mms
    expect_exit 0 mmmodel show "${net%:*}.safetensors"; cp .out shown
    check "recipe of $net" grep -q "train=${net#*:},fc lr=0.0001" shown
done
expect_exit 0 mmmodel show --layers resnet18.safetensors; cp .out shown
check "layers of a model" grep -q '^# resnet18, one image of 32x32	' shown
expect_exit 1 mmmodel show --layers toy.mms
finish
