"""Window mode and dense mode of mmheatmap beside each other: heatmap_modes.py WINDOW.mms DENSE.mms, two streams of the same
images at the same stride, with masks. Prints what mmheatmap's manual says of the two.

A lesion counts as found when some cell in its mask (or the cell nearest to its centre) is in the upper tenth of the map; an
image's hottest point is right when it lies within 16 pixels of a lesion.
"""
import sys

import numpy as np

import mms


def read(name):
    with open(name, "rb") as f:
        return {r.key: r for s in mms.read_stream(f) for r in s.records}


def heat_of_lesions(r):
    """Whether each lesion is hot, and the distance of the map's hottest point to the nearest lesion pixel."""
    h = r.tensors["heatmap"][0]
    oy, ox = (int(v) for v in r.attrs["heatmap.offset"].split(","))
    s = int(r.attrs["heatmap.stride"])
    y, x = oy + s * np.arange(h.shape[0]), ox + s * np.arange(h.shape[1])
    values = []
    for mask in r.tensors["mask"]:
        if mask.any():
            py, px = np.nonzero(mask)
            inside = mask[np.ix_(y, x)] > 0
            i, j = np.abs(y - py.mean()).argmin(), np.abs(x - px.mean()).argmin()
            values.append(max(h[inside].max(initial=0), h[i, j]))
    i, j = np.unravel_index(h.argmax(), h.shape)
    py, px = np.nonzero(r.tensors["mask"].any(0))
    distance = np.hypot(py - y[i], px - x[j]).min() if len(py) else np.inf
    return np.array(values) >= np.quantile(h, 0.9), distance


def main():
    window, dense = read(sys.argv[1]), read(sys.argv[2])
    correlation, largest, mean = [], [], []
    found, hit = np.zeros((2, 2), int), np.zeros((2, 2), int)
    for key, a in window.items():
        b = dense[key]
        p, q = a.tensors["heatmap"][0].astype("f8"), b.tensors["heatmap"][0].astype("f8")
        correlation.append(np.corrcoef(p.ravel(), q.ravel())[0, 1])
        largest.append(np.abs(p - q).max())
        mean.append(np.abs(p - q).mean())
        (va, da), (vb, db) = heat_of_lesions(a), heat_of_lesions(b)
        for u, v in zip(va, vb):
            found[int(u), int(v)] += 1
        if len(va):
            hit[int(da <= 16), int(db <= 16)] += 1
    print("images %d, correlation: median %.3f, lowest %.3f" % (len(correlation), np.median(correlation), min(correlation)))
    print("difference: mean %.3f, largest %.3f" % (np.mean(mean), max(largest)))
    for what, t in (("lesions found", found), ("hottest point at a lesion", hit)):
        print("%s: by both %d, window alone %d, dense alone %d, neither %d; the same for %.0f %%" %
              (what, t[1, 1], t[1, 0], t[0, 1], t[0, 0], 100 * (t[0, 0] + t[1, 1]) / max(t.sum(), 1)))


if __name__ == "__main__":
    main()
