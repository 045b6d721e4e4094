#!/bin/bash
# Public files of weights are known by their checksums: source and licence without being asked.
. "$ROOT/tests/cli/lib.sh"
need_shared data/weights/efficientnet-lite0
weights=$(ls "$SHARED"/data/weights/efficientnet-lite0/*.pth)
check "EfficientNet-Lite0" mmmodel convert -q --net efficientnet-lite0 --classes 1000 --mean 127 --std 128 "$weights" lite0.safetensors
mmmodel show lite0.safetensors >show.txt
check "checksum" grep -qx "init_sha256	579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db" show.txt
check "licence" grep -qx "init_licence	Apache-2.0" show.txt
check "source" grep -q "^init_source	EfficientNet-Lite0 on ImageNet" show.txt
cp "$SHARED/data/weights/resnet-cifar10/resnet20-12fca82f.th" renamed.th
check "ResNet-20" mmmodel convert -q --net resnet20-cifar --classes 10 --mean 120 --std 60 renamed.th cifar.safetensors
mmmodel show cifar.safetensors >show.txt
check "by its content, not its name" grep -q "^init_source	ResNet-20 on CIFAR-10" show.txt
check "its licence" grep -q "^init_licence	BSD" show.txt
{ cat renamed.th; printf 'x'; } >other.th
mmmodel convert -q --net resnet20-cifar --classes 10 --mean 120 --std 60 other.th other.safetensors 2>/dev/null
refuse "another file is not known" sh -c 'mmmodel show other.safetensors | grep -q init_source'
finish
