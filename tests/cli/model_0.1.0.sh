#!/bin/bash
# A model file and a stream of version 0.1.0: read as they were then, with the same logits; a checkpoint of it, which is refused.
# tests/models/README.md says how they were made.
. "$ROOT/tests/cli/lib.sh"
models=$ROOT/tests/models
model=$models/resnet8-cifar-0.1.0.safetensors

expect_exit 0 mmmodel show "$model"
cp .out shown
for line in $'net\tresnet8-cifar' $'classes\tbackground\tcalc_mal\tcalc_ben\tmass_mal\tmass_ben' $'mean\t76.1142898$' $'std\t50' $'image_size\t32x32' \
    $'threshold\tyouden\t' $'temperature\t' $'provenance\t@PG\tID:mmphantom' $'tensor\tfc.weight\tf32\t5,64'; do
    check "the model's '$line'" grep -q "^$line" shown
done

# close TABLE: the logits are those of then, to 1e-4 of their range.
close() {
    awk -F'\t' 'FNR == 1 {file++} file == 1 {line[$1] = $0; next} {n++; fields = split(line[$1], then); if (fields != NF || $2 != then[2] || $3 != then[3]) exit 1}
        FNR > 1 {for (i = 4; i <= NF; i++) {d = $i - then[i]; d = d < 0 ? -d : d; if (d > far) far = d; if (then[i] > max) max = then[i]; if (then[i] < min) min = then[i]}}
        END {exit !(n > 9 && far < 1e-4 * (max - min))}' "$models/logits-0.1.0.tsv" "$1"
}
expect_exit 0 mmpredict -q -j 1 --precision fp32 --logits --model "$model" -o logits.tsv "$models/patches-0.1.0.mms"
check "the same logits" close logits.tsv
awk -F'\t' -v OFS='\t' 'FNR == 3 {$5 += 0.02} 1' logits.tsv >moved.tsv
refuse "a logit that is moved" close moved.tsv

# Its numbers have no names that this version knows.
xz -dc "$models/resnet8-cifar-0.1.0.ck.xz" >ck || exit 1
expect_exit 1 mmtrain -q -j 1 --precision fp32 --net resnet8-cifar --classes 5 --batch 32 --mean 90 --std 50 --stage 'train=fc lr=1e-2 epochs=2' \
    --checkpoint ck --resume -o x.safetensors "$models/patches-0.1.0.mms"
equal "one clear line" "mmtrain: 'ck' was written by mmpipe 0.1.0 and cannot be resumed by this version" "$(cat .err)"
check "no model" test ! -e x.safetensors
check "the checkpoint is as it was" cmp ck <(xz -dc "$models/resnet8-cifar-0.1.0.ck.xz")
finish
