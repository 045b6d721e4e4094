"""same_weights.py A B: exit 0 when two models in safetensors agree within 1e-5 (running averages: relative to their size)."""
import sys
import numpy as np
import weights_reader

a, b = (weights_reader.safetensors(name) for name in sys.argv[1:])
assert set(a) == set(b)
for k in a:
    if k.endswith("num_batches_tracked"):
        assert a[k] == b[k], (k, a[k], b[k])
    else:
        off = np.abs(a[k].astype("f8") - b[k]).max()
        size = max(1, np.abs(b[k]).max()) if "running" in k else 1
        assert off <= 1e-5 * size, (k, off)
