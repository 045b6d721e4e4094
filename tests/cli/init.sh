#!/bin/bash
# First weights of a training: the whole trunk, or --partial, which trains what is missing from the first stage on.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
PATH=$SUPPORT:$PATH
mmtoy --records 40 -o toy.mms && mmread --shuffle --epochs 2 toy.mms >epochs.mms && mmread --shuffle --epochs 1 toy.mms >first.mms || exit 1
stage='train=fc lr=1e-2 epochs=2 bn=frozen'
command=(mmtrain -j 1 --net resnet8-cifar --classes 'none,left,middle' --mean 80 --std 50 --batch 8 --stage "$stage" --precision fp32)
check "a network" mmtrain -q -j 1 --net resnet8-cifar --classes 'none,left,middle' --mean 80 --std 50 --batch 8 \
    --stage 'train=all lr=1e-2 epochs=1' -o a.safetensors first.mms
check "its tensors" mmmodel convert a.safetensors a.npz

# Files with the same tensors: under prefixes, without some of them, with averages beside them, deeper.
"$PYTHON" - <<'P'
import numpy as np
a = dict(np.load("a.npz"))
head = ("fc.weight", "fc.bias")
np.savez("wrapped.npz", **{"net.backbone." * (k not in head) + "net." * (k in head) + k: v for k, v in a.items()})
np.savez("headless.npz", **{k: v for k, v in a.items() if k not in head})
np.savez("partial.npz", **{k: v for k, v in a.items() if k != "layer2.0.conv2.weight"})
np.savez("deeper.npz", **a, **{k.replace("layer3.0", "layer3.1"): v for k, v in a.items() if k.startswith("layer3.0")})
np.savez("averages.npz", **{"net." + k: v for k, v in a.items()}, **{"ema." + k: v * 0 + 0.25 for k, v in a.items()},
         note=np.array("text"))
np.savez("two.npz", **{"left." + k: v for k, v in a.items()}, **{"right." + k: v + 1 for k, v in a.items()})
np.savez("other.npz", **{"x%d" % i: v for i, v in enumerate(a.values())})
P
show() { mmmodel show "$1" | grep "^$2	" | cut -f 2-; }
train() { "${command[@]}" "$@" epochs.mms; }

expect_exit 0 train --init wrapped.npz -o w.safetensors
equal "everything is found under two prefixes" "wrapped.npz: 37 of 37" "$(show w.safetensors init)"
expect_exit 0 train --init headless.npz -o h.safetensors
message "35 of 37 tensors; missing: fc.weight, fc.bias"
equal "the last layer may be missing, and trains" "train=fc lr=0.01 wd=0 epochs=2 bn=frozen" "$(show h.safetensors recipe)"
equal "and is not noted" "" "$(show h.safetensors missing)"
expect_exit 0 mmtrain -j 1 --net resnet8-cifar --classes 'none,left,middle' --mean 80 --std 50 --batch 8 --init headless.npz --stage 'train=layer3 lr=1e-2 epochs=2 bn=frozen' \
    -o l.safetensors epochs.mms
message "what is missing trains in all stages"
equal "where a stage would freeze it, it trains too" "train=layer3,missing lr=0.01 wd=0 epochs=2 bn=frozen" "$(show l.safetensors recipe)"
equal "which is noted" fc "$(show l.safetensors missing)"

# A part of the trunk.
expect_exit 1 train --init partial.npz -o p.safetensors
message "'partial.npz': it lacks 1 tensors of resnet8-cifar for 3 classes: layer2.0.conv2.weight; it has left over: nothing"
message "--partial"
check "no model" test ! -e p.safetensors
expect_exit 0 train --partial --init partial.npz --checkpoint ck -o p.safetensors
message "36 of 37 tensors; missing: layer2.0.conv2.weight; what is missing trains in all stages"
equal "with its norm" "layer2.0.conv2,layer2.0.bn2" "$(show p.safetensors missing)"
equal "the recipe" "train=fc,missing lr=0.01 wd=0 epochs=2 bn=frozen" "$(show p.safetensors recipe)"
equal "where it began" "partial.npz: 36 of 37 tensors; missing: layer2.0.conv2.weight" "$(show p.safetensors init)"
check "tensors" mmmodel convert p.safetensors p.npz
check "what was there is frozen, what was not is trained" "$PYTHON" - <<'P'
import numpy as np
a, p = np.load("a.npz"), np.load("p.npz")
changed = sorted({k.rsplit(".", 1)[0] for k in a.files if not np.array_equal(a[k], p[k])})
assert changed == ["fc", "layer2.0.bn2", "layer2.0.conv2"], changed
P
# Interrupted after the first epoch and resumed: the same bytes.
expect_exit 1 "${command[@]}" --partial --init partial.npz --checkpoint ck2 -o r.safetensors first.mms
expect_exit 0 train --partial --init partial.npz --checkpoint ck2 --resume -o r.safetensors
check "the same bytes after a resumption" cmp p.safetensors r.safetensors
expect_exit 0 mmtrain --plan --net resnet8-cifar --classes 3 --init partial.npz --partial --stage 'train=fc lr=1 epochs=1' --size 32x32
cp .out plan
expect_exit 0 mmtrain --plan --net resnet8-cifar --classes 3 --init a.npz --stage 'train=fc lr=1 epochs=1' --size 32x32
refuse "a plan counts what is missing" cmp .out plan

# Another network, averages, prefixes.
expect_exit 1 train --init deeper.npz -o x.safetensors
message "it has 10 tensors in layers of resnet8-cifar that do not belong there: layer3.1.conv1.weight, layer3.1.bn1.weight, "
expect_exit 1 train --init other.npz -o x.safetensors
message "none of its 44 tensors matches resnet8-cifar by name and shape: it has x0, x1, x2, ...; the network has conv1.weight, bn1.weight, bn1.bias, ..."
printf '\2\0\0\0\0\0\0\0{}' >none.safetensors
expect_exit 1 train --init none.safetensors -o x.safetensors
message "'none.safetensors': it holds no tensors"
expect_exit 0 mmmodel convert --net resnet8-cifar --classes 3 --mean 1 --std 1 averages.npz e.safetensors
message "37 of 37 tensors; plain weights, not their EMA"
check "plain ones" cmp <(tail -c 1000 e.safetensors) <(tail -c 1000 a.safetensors)
expect_exit 0 mmmodel convert --weights ema --net resnet8-cifar --classes 3 --mean 1 --std 1 averages.npz e.safetensors
message "37 of 37 tensors; EMA weights, not the plain ones"
refuse "averages" cmp <(tail -c 1000 e.safetensors) <(tail -c 1000 a.safetensors)
expect_exit 1 mmmodel convert --weights ema --net resnet8-cifar --classes 3 --mean 1 --std 1 a.npz e.safetensors
message "'a.npz': it has no averaged (EMA) weights of the network"
expect_exit 1 train --init two.npz -o x.safetensors
message "it has the network under 'left.' and under 'right.': choose with --prefix"
expect_exit 0 train --init two.npz --prefix left -o left.safetensors
check "by its prefix" cmp <(tail -c 1000 left.safetensors) <(tail -c 1000 w.safetensors)
expect_exit 1 train --init two.npz --prefix middle -o x.safetensors; message "under 'middle'"
expect_exit 2 train --partial -o x.safetensors; message "--partial needs --init=FILE"
expect_exit 2 train --weights ema -o x.safetensors; message "--weights needs --init=FILE"
check "nothing half-written" test ! -e x.safetensors

# Batch norm over one value of each channel: one image of which 1 x 1 is left. The last image of an epoch may be alone.
"$SUPPORT/mmtoy" --records 9 --size 4x4 -o small.mms && mmread --epochs 1 small.mms >nine.mms || exit 1
small=(mmtrain -j 1 --net resnet8-cifar --classes 'none,left,middle' --mean 80 --std 50 --precision fp32 --stage 'train=all lr=1e-2 epochs=1')
expect_exit 2 "${small[@]}" --batch 1 -o x.safetensors nine.mms
message "batch norm 'layer3.0.bn1' would see one value of each channel (one image of 4x4 at once)"
expect_exit 2 "${small[@]}" --batch 8 --micro-batch 1 -o x.safetensors nine.mms; message "batch norm"
expect_exit 0 "${small[@]}" --batch 8 -o nine.safetensors nine.mms
message "batch norm 'layer3.0.bn1' sees one value of each channel where one image is left over"
check "once" test "$(grep -c 'batch norm' .err)" = 1
check "tensors" mmmodel convert nine.safetensors nine.npz
check "its running statistics are those of the first batch alone" "$PYTHON" - <<'P'
import numpy as np
a = np.load("nine.npz")
assert a["layer1.0.bn1.num_batches_tracked"] == 2 and a["layer3.0.bn1.num_batches_tracked"] == 1
P
expect_exit 0 "${small[@]}" --batch 3 -o three.safetensors nine.mms
refuse "silent where there is nothing to say" grep "batch norm" .err
finish
