#!/bin/bash
# Source, checksum and licence of first weights and the terms of training data: from mmtrain's options and mmmodel convert into the
# model, on to models that begin with it, and into its card.
. "$ROOT/tests/cli/lib.sh"
mmphantom -q -n 8 --size 144x112 | mmresize -q --size 72x56 | mmpatch -q --size 32 --set s --min-tissue 0 -o patches.mms || exit 1
mmtrain_tiny() { mmread -q --epochs 1 patches.mms | mmtrain -q --net resnet8-cifar --classes 5 --mean 100 --stage 'train=all lr=1e-4 epochs=1' "$@"; }
# says MODEL NAME VALUE: what mmmodel show prints of it; an empty value: nothing.
says() { equal "$1: $2" "$3" "$(mmmodel show "$1" | sed -n "s/^$2	//p")"; }

check "random first weights" mmtrain_tiny -o random.safetensors
for name in init_sha256 init_licence init_source data_terms; do says random.safetensors $name ""; done
mmmodel convert -q random.safetensors weights.npz
sum=$(sha256sum <weights.npz | cut -d ' ' -f 1)

check "a licence and terms" mmtrain_tiny --init weights.npz --init-licence "CC0-1.0, of nobody" --data-terms "research only (MIAS)" -o first.safetensors
says first.safetensors init_sha256 "$sum"
says first.safetensors init_licence "CC0-1.0, of nobody"
says first.safetensors data_terms "research only (MIAS)"
says first.safetensors init_source ""
check "the same numbers without them" mmtrain_tiny --init weights.npz -o bare.safetensors
equal "the same numbers" "$(numbers bare.safetensors)" "$(numbers first.safetensors)"
says bare.safetensors init_sha256 "$sum"
says bare.safetensors init_licence ""

# They go with the model.
check "convert" mmmodel convert -q --classes a,b,c,d,e first.safetensors converted.safetensors
for name in init_sha256 init_licence data_terms; do
    says converted.safetensors $name "$(mmmodel show first.safetensors | sed -n "s/^$name	//p")"
done
check "convert of weights" mmmodel convert -q --net resnet8-cifar --classes 5 --mean 1 --std 1 weights.npz model.safetensors
says model.safetensors init_sha256 "$sum"
check "a training that begins with a model" mmtrain_tiny --init first.safetensors -o second.safetensors
says second.safetensors init_sha256 "$(sha256sum <first.safetensors | cut -d ' ' -f 1)"
says second.safetensors init_licence "CC0-1.0, of nobody"
says second.safetensors data_terms "research only (MIAS)"
check "on other data" mmtrain_tiny --init first.safetensors --data-terms "CC BY 3.0" -o third.safetensors
says third.safetensors data_terms "CC BY 3.0; of the first weights: research only (MIAS)"
check "on the same data" mmtrain_tiny --init first.safetensors --data-terms "research only (MIAS)" -o fourth.safetensors
says fourth.safetensors data_terms "research only (MIAS)"
check "a checkpoint" mmtrain_tiny --init weights.npz --init-licence MIT --checkpoint a.checkpoint -o fifth.safetensors
says a.checkpoint init_licence MIT
expect_exit 2 mmtrain --net resnet8-cifar --classes 5 --mean 100 --init-licence MIT -o none.safetensors patches.mms
message "--init-licence needs --init=FILE"

# The card.
mmpredict -q --model first.safetensors patches.mms >first.tsv
expect_exit 0 mmeval -q --card --model first.safetensors -o card.md first.tsv
for line in "- SHA-256 of their file: $sum" "- Their licence: CC0-1.0, of nobody" "- Terms of the training data: research only (MIAS)"; do
    check "card: $line" grep -qxF -- "$line" card.md
done
mmpredict -q --model bare.safetensors patches.mms >bare.tsv
expect_exit 0 mmeval -q --card --model bare.safetensors -o card.md bare.tsv
check "card: no licence" grep -qxF -- "- Their licence: not known (mmtrain --init-licence)" card.md
check "card: no terms" grep -qxF -- "- Terms of the training data: not known (mmtrain --data-terms)" card.md
mmpredict -q --model random.safetensors patches.mms >random.tsv
expect_exit 0 mmeval -q --card --model random.safetensors -o card.md random.tsv
refuse "card: random weights have no licence" grep -q "licence" card.md
finish
