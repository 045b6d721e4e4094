#!/bin/bash
# The whole chain as published, on phantoms: what --as=published sets is what mmpipe(7) lists and no more; the recipes
# have their numbers; the whole-image network stands on the patch network.
. "$ROOT/tests/cli/lib.sh"
need_python numpy
mmphantom -n 6 --size 288x224 --seed 3 -o phantoms.mms || exit 1

# chain FOLDER OPTION...: phantoms.mms through the data programs.
chain() {
    local to=$1
    shift
    mkdir "$to"
    mmresize "$@" --size 144x112 phantoms.mms | mmsegment "$@" --keep-mask -o "$to/images.mms" &&
        mmpatch "$@" --size 32 --set s,s10 -o "$to/patches.mms" "$to/images.mms" 2>/dev/null &&
        mmread --shuffle --epochs 1 "$to/patches.mms" | mmaugment "$@" -o "$to/feed.mms"
}
check "the chain with its defaults" chain default
check "the chain as published" chain published --as=published

# Every option that stands otherwise in the provenance of the two; a flag's value is -.
options() {
    mminfo --head "$1/feed.mms" | grep -o 'CL:mm.*' | sed 's/^CL://' | awk '{
        for (i = 2; i <= NF; i++) if ($i ~ /^--/ && $i != "--as") print $1 "." substr($i, 3), i < NF && $(i + 1) !~ /^--/ ? $(i + 1) : "-"}' | sort
}
options default >a && options published >b
check "options in the provenance" test "$(wc -l <a)" -gt 15
join a b | awk '$2 != $3' >found
awk '$1 == ".It" && $2 == "Xr" && $6 == "Fl" {print $3 "." substr($7, 2), $9, $11}' "$ROOT/man/mmpipe.7" | sort >listed
check "rows of mmpipe(7)" test "$(wc -l <listed)" -ge 10
check "what mmpipe(7) lists is what differs" diff found <(grep -v '^mmindex\|^mmsplit\|^mmtrain' listed)

# The patch network, and the whole-image network that stands on it; an epoch a stage.
shows() { # FILE LINE...
    local file=$1 line
    shift
    mmmodel show "$file" >shown.txt
    for line; do check "$file: $line" grep -qxF "$line" shown.txt; done
}
mmread --where set=s -o published/s.mms published/patches.mms
expect_exit 0 mmtrain -q -j 2 --as=published --recipe patch --epochs 1 --mean published/s.mms -o patch.safetensors - \
    < <(mmread --shuffle --epochs 3 published/s.mms | mmaugment --as=published)
shows patch.safetensors 'net	resnet50' 'classes	background	calc_mal	calc_ben	mass_mal	mass_ben' 'std	1' \
    'recipe	train=fc lr=0.001 wd=0.0001 epochs=1 bn=batch' 'recipe	train=layer4.2,fc lr=0.0001 wd=0.0001 epochs=1 bn=batch' \
    'recipe	train=all lr=1e-05 wd=0.0001 epochs=1 bn=batch'
mean=$(awk '$1 == "mean"' shown.txt)
expect_exit 0 mmtrain -j 2 --as=published --recipe whole --epochs 1 --lr 0 --init patch.safetensors -o whole.safetensors - \
    < <(mmread --shuffle --epochs 2 published/images.mms | mmaugment --as=published)
message "'patch.safetensors': 265 of 332 tensors"
shows whole.safetensors 'net	resnet50+[512-512-1024]x2' 'classes	benign	malignant' 'std	1' "$mean" \
    'recipe	train=top lr=0 wd=0.001 epochs=1 bn=batch' 'recipe	train=all lr=0 wd=0.001 epochs=1 bn=batch'
# Nothing moved (lr 0): the trunk is the patch network's, the new layers are as they began.
check "trunk and new layers" "$PYTHON" - <<'END'
import json, struct
import numpy as np
def load(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    return {k: np.frombuffer(raw, "<f4", (d["data_offsets"][1] - d["data_offsets"][0]) // 4, 8 + n + d["data_offsets"][0]).reshape(d["shape"])
            for k, d in head.items() if k != "__metadata__" and d["dtype"] == "F32"}
patch, whole = load("patch.safetensors"), load("whole.safetensors")
same = [k for k in patch if not k.startswith("fc.") and "running" not in k]
assert len(same) == 159 and all(np.array_equal(patch[k], whole["trunk." + k]) for k in same)
assert sum(v.size for k, v in whole.items() if "running" not in k) == 39781442
for k in [k for k in whole if k.startswith("block") and whole[k].ndim == 4]:
    out, _, h, w = whole[k].shape
    assert abs(whole[k].std() / np.sqrt(2 / (out * h * w)) - 1) < 0.02, k
assert np.abs(whole["fc.weight"]).max() <= 1 / 32 and whole["fc.weight"].std() > 0.9 / 32 / np.sqrt(3)
assert whole["block1.0.bn1.weight"].min() == 1 and np.abs(whole["block2.1.bn3.bias"]).max() == 0
END
finish
