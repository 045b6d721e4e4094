#!/bin/bash
# The card beside plain loops: every operation and whole executors (unit tests), losses, gradients and weights of a network,
# predictions and heatmaps; and beside PyTorch, where it and the data for that are.
. "$ROOT/tests/gpu/lib.sh"
if [ -z "$TWIN" ]; then
    for test in ops_test executor_test; do
        check "$test" "$BIN/../tests/nn/$test"
        refuse "$test leaves the card out" grep -qE '^cuda is not here' .out .err
    done
fi
check "a first model" first
close() { "$PYTHON" "$ROOT/tests/gpu/close.py" "$@"; }
for precision in fp32 bf16; do
    [ $precision = fp32 ] && within=1e-3 || within=0.08
    [ $precision = fp32 ] && gradients=1e-3 || gradients=0.3 # bf16 rounds each of a layer's gradients to eight bits, layer upon layer
    for device in plain "$DEVICE"; do
        net() { mmnet --device "$device" --precision $precision --batch 8 "$@"; }
        name=${device%%[:,]*}.$precision
        check "gradients, $name" net grads first.safetensors small.mms "grads.$name.safetensors" && cp .out "loss.$name"
        check "steps, $name" net --steps 4 --lr 1e-5 train first.safetensors small.mms "train.$name.safetensors" && cp .out "losses.$name"
    done
    for what in loss losses; do check "$what, $precision" close numbers $within $what.{plain,cuda}.$precision; done
    check "gradients, $precision" close tensors $gradients grads.{plain,cuda}.$precision.safetensors
    check "weights after four steps, $precision" close tensors 1e-3 train.{plain,cuda}.$precision.safetensors
    for device in cpu "$DEVICE"; do
        name=${device%%[:,]*}.$precision
        check "predict, $name" mmpredict -q --device "$device" --precision $precision --logits --batch 5 --model first.safetensors -o "predict.$name" small.mms
    done
    check "predictions, $precision" close numbers $within predict.{cpu,cuda}.$precision
done
if [ -z "$TWIN" ]; then
    mmphantom -n 1 --size 288x224 | mmread --where view=CC -o film.mms
    mmsample --records 16 --size 224x224 | mmtrain -q --device=cpu --net resnet18 --classes 5 --mean 40 --std 57.6 --batch 8 --precision fp32 \
        --stage 'train=all lr=1e-5 epochs=1' -o patch.safetensors
    for mode in window shared dense; do
        for device in cpu "$DEVICE"; do
            check "heatmap, $mode, $device" mmheatmap -q --device "$device" --precision fp32 --mode $mode --stride 32 --model patch.safetensors -o heat.mms film.mms
            mmwrite -q --dir "heat.${device%%[:,]*}" --format npy heat.mms
        done
        check "heatmaps, $mode" close npy 1e-3 heat.cpu/*heatmap.npy heat.cuda/*heatmap.npy
        rm -r heat.cpu heat.cuda
    done
    for test in network training cam; do
        mkdir $test
        DEVICE=$DEVICE TMP=$TMP/$test bash "$ROOT/tests/agreement/$test.sh" >$test.log 2>&1
        case $? in
        0) ;;
        77) echo "beside PyTorch: $(tail -n 1 $test.log)" ;;
        *) echo "FAILED: $test beside PyTorch:"; tail -n 20 $test.log; failures=$((failures + 1)) ;;
        esac
    done
fi
finish
