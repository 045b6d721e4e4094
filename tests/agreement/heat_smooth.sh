#!/bin/bash
# mmheatmap --smooth: log-odds smoothed by a Gaussian over the windows that were computed, against SciPy; probabilities are those of the
# smoothed log-odds; its threshold is kept apart.
. "$ROOT/tests/cli/lib.sh"
need_python numpy scipy
toy_heat 2 || exit 1
mmpatch -q --set s10 --size 12 -o patches.mms films.mms && mmeval -q --baseline patches.mms --store grey.json -o /dev/null patches.mms || exit 1
heat() { mmheatmap -q -j 1 --precision fp32 --mode window --stride 6 --model m.safetensors --min-tissue 0.6 "$@" films.mms; }
grey() { mmheatmap -q --baseline grey --model grey.json --stride 6 --min-tissue 0.6 "$@" films.mms; }
cat >peer.py <<'PY'
import sys
import mms, numpy as np
from scipy.ndimage import gaussian_filter1d

plain, smooth, kind, sd = *sys.argv[1:4], float(sys.argv[4])
def read(name):
    return [r for s in mms.read_stream(open(name, "rb")) for r in s.records]
for p, s in zip(read(plain), read(smooth), strict=True):
    odds, got = p.tensors["heatmap"][0].astype(float), s.tensors["heatmap"][0].astype(float)
    computed = odds > -1000
    assert 20 < computed.sum() < computed.size, computed.sum()
    def blur(v):
        for axis in (0, 1):
            v = gaussian_filter1d(v, sd / 6, axis, mode="constant", radius=int(4 * sd / 6)) if int(4 * sd / 6) else v
        return v
    want = np.where(computed, blur(np.where(computed, odds, 0)) / np.maximum(blur(computed.astype(float)), 1e-300), -1000)
    if kind == "probabilities":
        want = 1 / (1 + np.exp(-np.maximum(want, -700)))
        assert "heatmap.scale" not in s.attrs
    worst = np.abs(got - want).max()
    assert worst < 1e-5 * max(1, np.abs(want[computed]).max()), worst
    assert float(s.attrs["heatmap.smooth"]) == sd, s.attrs
    changed = np.abs(np.where(computed, odds, 0) - np.where(computed, want, 0)).max()
    assert kind == "probabilities" or sd < 2 or changed > 1e-3, "the smoothing changes nothing"
PY
for make in heat grey; do
    $make --logits -o plain.mms
    for sd in 1 7.5 24 300; do
        expect_exit 0 $make --logits --smooth $sd -o odds.mms
        check "$make: log-odds smoothed by $sd pixels" "$PYTHON" peer.py plain.mms odds.mms log-odds $sd
        expect_exit 0 $make --smooth $sd -o p.mms
        check "$make: their probabilities" "$PYTHON" peer.py plain.mms p.mms probabilities $sd
    done
done
heat --smooth 7.5 -o smooth.mms && heat --smooth 24 -o more.mms && heat -o none.mms
expect_exit 0 mmeval -q --heatmaps --near 4 --store m.safetensors -o /dev/null smooth.mms
expect_exit 0 mmeval -q --heatmaps --near 4 --store m.safetensors -o /dev/null none.mms
check "a threshold of each smoothing" sh -c 'mmmodel show m.safetensors | grep -c "^froc1	window\(/7.5\)\?	" | grep -qx 2'
heat --smooth 7.5 -o smooth.mms && heat --smooth 24 -o more.mms
check "its maps have it" grep -q heatmap.froc1 <(mminfo smooth.mms)
refuse "others do not" grep -q heatmap.froc1 <(mminfo more.mms)
cat smooth.mms more.mms >both.mms
expect_exit 1 mmeval -q --heatmaps --near 4 --store m.safetensors both.mms; message "these are of several"
grey --smooth 8 -o grey.mms
expect_exit 1 mmeval -q --heatmaps --near 4 --store m.safetensors grey.mms; message "of mode 'grey/8'"
mmheatmap -q -j 1 --precision fp32 --mode window --stride 6 --model m.safetensors --min-tissue 0.6 -o over.mms smooth.mms
refuse "a map that is made again forgets the smoothing" grep -q heatmap.smooth <(mminfo over.mms)
expect_exit 2 heat --smooth 4 --class; message "--class and --smooth exclude each other"
expect_exit 2 mmheatmap --baseline bright --smooth 4 films.mms; message "an eighth of --window"
expect_exit 2 mmheatmap --model m.safetensors --mode cam --layer layer2 --smooth 4 films.mms; message "do not go with --mode=cam"
expect_exit 2 heat --smooth -1; message "--smooth"
finish
