#!/bin/bash
# mm-models(5): the Python programs of its EXAMPLES, taken from the page as it is shown, run, and PyTorch says what we say:
# for models that come from it and models that go to it, patch and whole-image networks at their full size.
. "$ROOT/tests/cli/lib.sh"
need_command mandoc
need_python torch torchvision numpy

mandoc -Tascii -Owidth=200 "$ROOT/man/mm-models.5" | sed 's/.\x08//g' >page
# The display that begins with the given words: up to a line that is indented less.
display() { awk -v from="$1" '{here = match($0, /[^ ]/)} index($0, from) && !on {on = indent = here}
    on && here && here < indent {exit} on {print substr($0, indent)}' page; }
display '# predict.py' >predict.py
display '# whole.py' >whole.py
display '# export.py' >export.py
for f in predict whole export; do check "$f.py is there" grep -q import $f.py; done

mmphantom -n 2 --size 288x224 --seed 1 | mmpatch --set s --size 64 -o patches.mms || exit 1
check "arrays" mmwrite --dir arrays --format npy patches.mms
mmphantom -n 2 --size 288x224 --seed 1 | mmresize --size 96x80 -o images.mms || exit 1
check "arrays" mmwrite --dir images --format npy images.mms
scale=(--mean 44.4 --std 57.6)

# Batch norms that do something, so that nothing is lost unseen.
cat >settle.py <<'P'
import torch


def settle(net):
    torch.manual_seed(4)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.weight.data.uniform_(0.3, 0.9)
            m.bias.data.normal_(0, 0.2)
            m.running_mean.normal_(0, 0.2)
            m.running_var.uniform_(0.5, 1.5)
    return net
P
cat >agree.py <<'P'
import os
import sys
import numpy as np
ours = {line.split("\t")[0]: line.split("\t")[3:] for line in list(open(sys.argv[1]))[1:]}
theirs = {os.path.basename(line.split()[0])[:-len(".image.npy")]: line.split()[1:] for line in open(sys.argv[2])}
assert set(ours) == set(theirs)
ours, theirs = (np.array([d[k] for k in sorted(d)], float) for d in (ours, theirs))
off = np.abs(ours - theirs).max() / np.ptp(theirs)
print(sys.argv[1], ours.shape, "differ by %.2g of their range" % off)
assert ours.shape == theirs.shape and len(ours) > 2 and np.ptp(theirs) > 0 and off < 1e-4, off
P
cat >patch.py <<'P'
import torch
import torchvision
from settle import settle
torch.manual_seed(3)
torch.save(settle(torchvision.models.resnet50(num_classes=5)).state_dict(), "fifty.pth", _use_new_zipfile_serialization=False)
P
# The whole-image network both ways: from a module, and into one from the model file and from the .pth made of it.
cat >both.py <<'P'
import glob
import sys
import numpy as np
import torch
import weights_reader
from settle import settle
from whole import Whole
torch.manual_seed(5)
net = Whole()
if sys.argv[1] == "out":
    torch.save({"state_dict": settle(net).state_dict(), "epoch": 3}, "whole.pth")
else:
    file = {k: torch.tensor(v) for k, v in weights_reader.safetensors("whole.safetensors").items()}
    made = torch.load("again.pth", weights_only=True)
    assert list(made) == list(net.state_dict()), "order of names"
    assert all(torch.equal(made[k], file[k]) for k in made) and set(made) == set(file)
    net.load_state_dict(made)
    net.eval()
    for path in sorted(glob.glob("images/*.image.npy")):
        x = torch.tensor((np.load(path) * (255 / 65535) - 44.4) / 57.6).float()
        with torch.no_grad():
            print(path, *net(x.expand(1, 3, *x.shape))[0].tolist())
P

check "export.py" "$PYTHON" export.py
check "patch.py" "$PYTHON" patch.py
check "a small model" mmmodel convert --net resnet18 --classes 5 "${scale[@]}" mine.pth mine.safetensors
check "a patch model, legacy format" mmmodel convert --net resnet50 --classes 5 "${scale[@]}" fifty.pth fifty.safetensors
for m in mine fifty; do
    check "ours, $m" mmpredict -j 2 --precision fp32 --logits --model $m.safetensors -o $m.tsv patches.mms
    check "PyTorch, $m" "$PYTHON" predict.py $m.safetensors arrays && cp .out theirs
    check "agree, $m" "$PYTHON" agree.py $m.tsv theirs && cat .out
done
refuse "another model's logits" "$PYTHON" agree.py mine.tsv theirs
check "whole.py" "$PYTHON" both.py out
expect_exit 0 mmmodel convert --net 'resnet50+[512-512-1024]x2' --classes 2 "${scale[@]}" whole.pth whole.safetensors
message "332 of 332 tensors"
check "to PyTorch" mmmodel convert whole.safetensors again.pth
check "ours, whole images" mmpredict -j 2 --precision fp32 --logits --model whole.safetensors -o whole.tsv images.mms
check "PyTorch, whole images" "$PYTHON" both.py in && cp .out theirs
check "agree, whole images" "$PYTHON" agree.py whole.tsv theirs && cat .out
finish
