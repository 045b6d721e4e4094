#!/bin/bash
# Files of weights: every number as PyTorch and numpy read it, and what we write is read by them.
. "$ROOT/tests/cli/lib.sh"
need_python torch torchvision numpy
W=$ROOT/tests/vectors/weights

compare() { "$PYTHON" "$ROOT/tests/agreement/weights_compare.py"; }
pairs=0
# pair SOURCE FORMAT: one to be compared at the end
pair() {
    pairs=$((pairs + 1))
    check "read $1" mmmodel convert "$1" "ours$pairs.$2" && echo "$1 ours$pairs.$2" >>pairs
}

# What PyTorch can write: dtypes, both formats, views, shared and expanded storages, parameters, nested checkpoints.
"$PYTHON" - <<'P'
import argparse
import collections
import datetime
import numpy
import torch
torch.manual_seed(1)
base = torch.randn(6, 5)
d = collections.OrderedDict()
for t in (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
    d[str(t)] = (torch.rand(3, 4) * 100).to(t)
d["transposed"] = base.t()
d["row"] = base[2]
d["columns"] = base[:, 1::2]
d["scalar"] = torch.tensor(7)
d["empty"] = torch.zeros(0, 3)
d["parameter"] = torch.nn.Parameter(torch.randn(2, 2)).data
net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
for legacy in (False, True):
    end = "legacy.th" if legacy else "zip.pth"
    save = lambda o, name: torch.save(o, name + "-" + end, _use_new_zipfile_serialization=not legacy)
    save(d, "kinds")
    save({"state_dict": net.state_dict(), "epoch": 3, "best": 0.5, "args": [1, ("a", None, True)], "set": {1, 2}}, "checkpoint")
    save({"p": torch.nn.Parameter(torch.randn(2, 2))}, "parameter")
    for n in (2, 3, 4, 5):
        torch.save(d, "protocol%d-%s" % (n, end), pickle_protocol=n, _use_new_zipfile_serialization=not legacy)
    save(net, "module") # its parameters and buffers are read, its classes are not asked for
    save({"model": net.state_dict(), "best": numpy.float64(.9), "roc": numpy.zeros((3, 2)), "when": datetime.date(2020, 1, 2), "args": argparse.Namespace(lr=.1),
          "counts": collections.Counter("abca"), "history": collections.defaultdict(list, {"loss": [1., 2.]})}, "objects")
P
for f in kinds checkpoint protocol2 protocol3 protocol4 protocol5; do
    for e in zip.pth legacy.th; do pair "$f-$e" npz; done
done
for e in zip.pth legacy.th; do
    check "parameter-$e" mmmodel convert "parameter-$e" ours.npz
    check "module-$e" mmmodel convert "module-$e" module.safetensors
    check "objects-$e" mmmodel convert "objects-$e" objects.safetensors
    check "a module's tensors are those of its state_dict" cmp module.safetensors objects.safetensors
done
pair kinds-zip.pth pth

# Files as others have them (weights_real.sh: real ones).
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" cifar 20 cifar.npz
check "weights" "$PYTHON" "$ROOT/tests/cli/weights.py" partial partial.npz
for f in cifar.npz partial.npz "$W"/{plain.pt,nested.pt,transposed.pth,legacy.th,two.safetensors,table.npz}; do
    for e in npz pth; do pair "$f" $e; done
done
check "all numbers" compare
check "of all files" test "$(wc -l <.out)" -eq 29
# The comparison sees a single wrong bit.
cp ours1.npz wrong.npz
printf '\x01' | dd of=wrong.npz bs=1 seek=$(($(grep -abo 'NUMPY' wrong.npz | head -1 | cut -d: -f1) + 130)) conv=notrunc 2>/dev/null
echo "kinds-zip.pth wrong.npz" >pairs
refuse "a wrong bit" compare

# A whole model: torchvision takes it as it is.
check "a model" mmmodel convert --partial --net resnet50 --classes 5 --mean 40 --std 57.6 partial.npz m.safetensors
check "as pth" mmmodel convert m.safetensors m.pth
cat >load.py <<'P'
import torch
import torchvision
import torch_peer
net = torchvision.models.resnet50(num_classes=5)
a = torch.load("m.pth", weights_only=True)
net.load_state_dict(a)
b = torch_peer.load("m.safetensors")
net.load_state_dict(b)
assert set(a) == set(b) and all(torch.equal(a[k], b[k]) for k in a)
P
check "torchvision loads it" "$PYTHON" load.py
finish
