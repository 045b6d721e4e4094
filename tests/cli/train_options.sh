#!/usr/bin/env bash
# Training options that the published recipe lacks: off by default and as published, recorded in the model, the same bytes after an
# interruption, what is refused. tests/agreement/training.sh has their arithmetic.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
"$SUPPORT/mmtoy" --records 52 -o toy.mms && mmread -q --shuffle --epochs 4 -o epochs.mms toy.mms || exit 1
train() { mmtrain -q -j 2 --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 "$@"; }
plain=(--stage 'train=fc lr=1e-3 epochs=1' --stage 'train=all lr=1e-3 wd=1e-4 epochs=3')
options=(--optimizer sgd --momentum 0.8 --clip-norm 0.5 --ema 0.9 --mixup 0.4 --val toy.mms
    --stage 'train=fc lr=1e-2 epochs=1 schedule=cosine warmup=3'
    --stage 'train=all lr=fc:1e-2,layer3:3e-3,1e-3 wd=1e-4 epochs=3 schedule=cosine:21 warmup=2')

# Off by default, and as published.
check "default" train "${plain[@]}" -o default.safetensors epochs.mms
check "as published" train --as=published "${plain[@]}" -o published.safetensors epochs.mms
equal "published options are the default's" "$(numbers default.safetensors)" "$(numbers published.safetensors)"
check "all said to be off" train --optimizer adam --adam 0.9,0.999,1e-8 --clip-norm 0 --ema 0 --mixup 0 --schedule constant --warmup 0 \
    "${plain[@]}" -o off.safetensors epochs.mms
equal "off is the default" "$(numbers default.safetensors)" "$(numbers off.safetensors)"
mmmodel show default.safetensors >shown
refuse "a model trained as published says nothing of options" grep -q '^training' shown
check "augmentation as published" mmaugment --as=published -o augmented.mms toy.mms
check "no contrast, gamma or mirror" grep -aq 'CL:mmaugment --as published .*--contrast 1,1 --gamma 1,1 --fill edge' augmented.mms

# Each of them does something, and the model says what.
number=0
for option in '--optimizer adamw' '--optimizer sgd' '--clip-norm 1e-3' '--ema 0.9' '--mixup 0.4' '--schedule cosine' '--schedule cosine,cosine:21' '--warmup 4'; do
    # shellcheck disable=SC2086 # words
    check "$option" train "${plain[@]}" $option -o some.safetensors epochs.mms
    refuse "$option does nothing" test "$(numbers default.safetensors)" = "$(numbers some.safetensors)"
    number=$((number + 1))
    mmmodel show some.safetensors >shown.$number
done
equal "adamw" "training	optimizer=adamw" "$(grep ^training shown.1)"
equal "sgd" "training	optimizer=sgd momentum=0.9" "$(grep ^training shown.2)"
equal "clip" "training	clip-norm=0.001" "$(grep ^training shown.3)"
equal "ema" "training	ema=0.9" "$(grep ^training shown.4)"
equal "mixup" "training	mixup=0.4" "$(grep ^training shown.5)"
check "schedules" grep -qxF "recipe	train=all lr=0.001 wd=0.0001 epochs=3 bn=batch schedule=cosine:21" shown.7
check "warm-up" grep -qxF "recipe	train=fc lr=0.001 wd=0 epochs=1 bn=batch warmup=4" shown.8

# The recipe transfer: its stage and AdamW, which another option overrides.
check "transfer" train --recipe transfer --epochs 4 --warmup 2 -o transfer.safetensors epochs.mms
mmmodel show transfer.safetensors >shown
check "its stage" grep -qxF "recipe	train=all lr=fc:0.003,0.001 wd=0.01 epochs=4 bn=batch schedule=cosine warmup=2" shown
equal "its optimiser" "training	optimizer=adamw" "$(grep ^training shown)"
check "the same, written out" train --optimizer adamw --stage 'train=all lr=last:3e-3,1e-3 wd=1e-2 epochs=4 schedule=cosine warmup=2' \
    -o written.safetensors epochs.mms
equal "trains the same" "$(numbers transfer.safetensors)" "$(numbers written.safetensors)"
check "with another optimiser" train --recipe transfer --optimizer adam --epochs 4 --warmup 2 -o adam.safetensors epochs.mms
refuse "which does something" test "$(numbers transfer.safetensors)" = "$(numbers adam.safetensors)"
expect_exit 2 train --as=published --recipe transfer -o x.safetensors epochs.mms; message "--as=published excludes --recipe=transfer"

# Interrupted in the middle of the second stage and resumed: the same bytes. Micro-batches, augmentation and bf16 too.
for more in '' '--precision bf16 --micro-batch 3 --augment=contrast=0.7,1.3'; do
    # shellcheck disable=SC2086 # words
    check "whole $more" train "${options[@]}" $more --log whole.tsv -o whole.safetensors epochs.mms
    rm -f ck ck.previous
    # shellcheck disable=SC2086
    head -c $(($(wc -c <epochs.mms) * 5 / 8)) epochs.mms >cut.mms && expect_exit 3 train "${options[@]}" $more --checkpoint ck -o part.safetensors cut.mms
    message "goes on from 'ck': epoch 3"
    # shellcheck disable=SC2086
    check "resumed $more" train "${options[@]}" $more --checkpoint ck --resume -o part.safetensors epochs.mms
    check "resumed to the same bytes $more" cmp whole.safetensors part.safetensors
done
mmmodel show whole.safetensors >shown
check "all in the model" grep -qxF "training	optimizer=sgd momentum=0.8 clip-norm=0.5 ema=0.9 mixup=0.4" shown
check "rates of parts in the model" grep -qxF "recipe	train=all lr=fc:0.01,layer3:0.003,0.001 wd=0.0001 epochs=3 bn=batch schedule=cosine:21 warmup=2" shown
expect_exit 1 train "${options[@]}" --ema 0.8 --checkpoint ck --resume -o x.safetensors epochs.mms; message "another command"

# The model is the average: the figures of its validation are those of the stored weights.
check "predicted" mmpredict -q -j 2 --model whole.safetensors --precision bf16 -o predicted.tsv toy.mms
mmmodel show whole.safetensors | awk -F'\t' '$1 == "metric" && $2 == "accuracy" {print $3}' >stored
right=$("$PYTHON" -c 'import csv
rows = list(csv.reader((line for line in open("predicted.tsv") if not line.startswith("#")), delimiter="\t"))
label, first = rows[0].index("label"), rows[0].index("none")
hits = [max(range(3), key=lambda k: float(r[first + k])) == int(r[label]) for r in rows[1:]]
print("%.6g" % (sum(hits) / len(hits)))')
equal "accuracy of the stored weights" "$(printf %.4f "$(cat stored)")" "$(printf %.4f "$right")"

# A cosine whose length is not the stage's is said.
check "longer" mmtrain -j 2 --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 --stage 'train=all lr=1e-3 epochs=2 schedule=cosine:9' \
    -o x.safetensors <(mmread -q --epochs 2 toy.mms)
message "stage 1 goes on after step 9, with which its cosine ended"
check "shorter" mmtrain -j 2 --net resnet8-cifar --classes none,left,middle --batch 8 --mean 80 --stage 'train=all lr=1e-3 epochs=2 schedule=cosine:90' \
    -o x.safetensors <(mmread -q --epochs 2 toy.mms)
message "stage 1 ended after 14 steps, before its cosine of 90"

# What is refused.
wrong() { # MESSAGE OPTION...
    local text=$1
    shift
    expect_exit 2 train "$@" -o x.safetensors epochs.mms
    message "$text"
}
wrong "--momentum needs --optimizer=sgd" "${plain[@]}" --momentum 0.9
wrong "--momentum=1: expected a number" "${plain[@]}" --optimizer sgd --momentum 1
wrong "--adam excludes --optimizer=sgd" "${plain[@]}" --optimizer sgd --adam 0.9,0.99,1e-8
wrong "--mixup=0.05" "${plain[@]}" --mixup 0.05
wrong "--mixup needs 2 images at once, not --micro-batch=1" "${plain[@]}" --mixup 0.5 --micro-batch 1
wrong "--ema" "${plain[@]}" --ema 1
wrong "--clip-norm" "${plain[@]}" --clip-norm -1
wrong "expected one number, or one for each of 2 stages" "${plain[@]}" --schedule cosine,cosine,cosine
wrong "'linear' is not constant, cosine or cosine:STEPS" "${plain[@]}" --schedule linear
wrong "schedule=cosine:5 ends before the warm-up of 5 steps" "${plain[@]}" --schedule cosine:5 --warmup 5
wrong "up to 7 parts LAYERS:RATE" --stage 'train=all lr=fc:1e-2 epochs=4'
wrong "up to 7 parts LAYERS:RATE" --stage 'train=all lr=fc:1e-2,x,1e-3 epochs=4'
wrong "the stage trains no layer of 'layer3' that an earlier part leaves" --stage 'train=fc lr=layer3:1e-2,1e-3 epochs=4'
wrong "the stage trains no layer of 'fc' that an earlier part leaves" --stage 'train=all lr=top:1e-2,fc:1e-2,1e-3 epochs=4'
wrong "layer9" --stage 'train=all lr=layer9:1e-2,1e-3 epochs=4'
wrong "would replace the learning rates of parts of stage 1" --stage 'train=all lr=fc:1e-2,1e-3 epochs=4' --lr 1e-3
finish
