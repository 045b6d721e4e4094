#!/usr/bin/env bash
# Images of floats whose pixels are not finite: an error that names the record and the pixel, from wherever they come. Weights that
# are not finite: an error that names the tensor, in every program that computes with them.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
cat >make.py <<'PY'
import os
import numpy as np
os.makedirs("d", exist_ok=True)
v = np.linspace(0, 1, 5 * 700, dtype="f4").reshape(5, 700)
np.save("d/good.npy", v)
np.save("largest.npy", np.where(v > .5, np.finfo("f4").max, -np.finfo("f4").max).astype("f4"))
for name, value in ("nan", np.nan), ("infinite", np.inf), ("negative", -np.inf):
    w = v.copy()
    w[3, 620] = value
    np.save("d/%s.npy" % name, w)
w = np.stack([v, v, v])
w[2, 4, 699] = np.nan
np.save("d/three.npy", w)
PY
check "files" "$PYTHON" make.py
printf 'key\timage\ngood\td/good.npy\nm\td/nan.npy\n' >m.tsv
tar -cf d.tar -C d .
for name in nan infinite negative; do
    expect_exit 3 mmread -o x.mms d/good.npy "d/$name.npy"
    message "record '$name': pixel 620 of row 3 is not a finite number"
done
expect_exit 3 mmread -o x.mms d/three.npy
message "record 'three': pixel 699 of row 4 is not a finite number"
expect_exit 3 mmread -o x.mms d
message "record 'infinite'"
expect_exit 3 mmread -o x.mms d.tar
message "is not a finite number"
expect_exit 3 bash -c 'cat d.tar | mmread -o x.mms'
message "is not a finite number"
expect_exit 3 bash -c 'mmread -o x.mms <d/nan.npy'
message "record 'image': pixel 620 of row 3"
expect_exit 3 mmread -o x.mms --manifest m.tsv
message "record 'm': pixel 620 of row 3"
[ ! -e x.mms ] || { echo "FAILED: an output is left"; failures=$((failures + 1)); }
for from in d d.tar "--manifest m.tsv"; do
    # shellcheck disable=SC2086
    expect_exit 0 mmread --on-error=skip -o x.mms $from
    message "is not a finite number: skipped"
    equal "what is left of $from" good "$(mminfo --keys x.mms)"
done
check "skipped in a pipe" bash -c 'cat d.tar | mmread --on-error=skip -o x.mms'
equal "what is left of a pipe" good "$(mminfo --keys x.mms)"
# As mmwrite writes an image of floats, with its JSON.
mmread -q d/good.npy | mmwrite -q --dir written --format npy
check "an image with JSON" bash -c 'ls written/good.image.npy written/good.json && cp d/nan.npy written/good.image.npy'
expect_exit 3 mmread -o x.mms written
message "record 'good': pixel 620 of row 3 is not a finite number"
expect_exit 0 mmread -o x.mms d/good.npy largest.npy
equal "nothing is said of finite numbers" "" "$(cat .err)"
expect_exit 3 mmread --full-scale=1e-9 -o x.mms largest.npy
message "is not a finite number"

# ---- weights ----

cat >spoil.py <<'PY'
import json, struct, sys
source, tensor, value, out, notes = sys.argv[1:]
raw = open(source, "rb").read()
n, = struct.unpack("<Q", raw[:8])
head = json.loads(raw[8:8 + n])
if notes == "plain":
    del head["__metadata__"]
data = bytearray(raw[8 + n:])
begin, end = head[tensor]["data_offsets"]
data[begin:end] = struct.pack("<f", float(value)) * ((end - begin) // 4)
head = json.dumps(head).encode()
open(out, "wb").write(struct.pack("<Q", len(head)) + head + data)
PY
MODEL=$ROOT/tests/models/resnet8-cifar-0.1.0.safetensors PATCHES=$ROOT/tests/models/patches-0.1.0.mms
for spoilt in fc.bias:nan conv1.weight:inf layer2.0.bn1.running_mean:-inf bn1.running_var:-1; do
    tensor=${spoilt%:*} value=${spoilt#*:}
    check "spoil" "$PYTHON" spoil.py "$MODEL" "$tensor" "$value" model.safetensors model
    check "spoil" "$PYTHON" spoil.py "$MODEL" "$tensor" "$value" plain.safetensors plain
    expect_exit 3 mmpredict -q --model model.safetensors -o t.tsv "$PATCHES"
    message "'model.safetensors': tensor '$tensor' holds $value"
    expect_exit 3 mmheatmap -q --model model.safetensors -o h.mms "$PATCHES"
    message "tensor '$tensor' holds $value"
    expect_exit 3 mmmodel convert --net resnet8-cifar --classes 5 --mean 1 --std 1 plain.safetensors c.safetensors
    message "'plain.safetensors': tensor '$tensor' holds $value"
    expect_exit 3 bash -c "mmread -q '$PATCHES' | mmtrain -q --net resnet8-cifar --classes 5 --mean 1 --init plain.safetensors \
        --stage 'train=fc lr=1e-3 epochs=1' -o n.safetensors"
    message "'plain.safetensors': tensor '$tensor' holds $value"
done
# Finite weights whose sums are not.
check "spoil" "$PYTHON" spoil.py "$MODEL" fc.weight 3e38 large.safetensors model
expect_exit 1 mmpredict -q --model large.safetensors -o t.tsv "$PATCHES"
message "record '$(mminfo --keys "$PATCHES" | head -1)': the network's answer is not a finite number"
expect_exit 1 mmheatmap -q --model large.safetensors -o h.mms "$PATCHES"
message "the network's answer is not a number"
finish
