"""Small images, masks, manifests and streams for command-line tests, and looks into streams: python3 images.py VERB ..."""
import sys

import numpy as np
import mms


def write_pgm(path, array, maximum):
    with open(path, "wb") as f:
        f.write(b"P5\n%d %d\n%d\n" % (array.shape[1], array.shape[0], maximum))
        f.write(array.astype(">u2" if maximum > 255 else "u1").tobytes())


def make():
    """Files in the current folder: a..f.pgm (8 bits), deep.pgm (16 bits), grey.npy, mask files, lesions.tsv."""
    rng = np.random.RandomState(1)
    for i, name in enumerate("abcdef"):
        write_pgm(name + ".pgm", rng.randint(100, 256, (30 + i, 40)), 255)
    write_pgm("deep.pgm", rng.randint(0, 65536, (20, 30)), 65535)
    write_pgm("dark.pgm", rng.randint(0, 4096, (20, 30)), 65535)
    np.save("grey.npy", rng.randint(0, 65536, (2, 9, 7)).astype("u2"))
    np.save("float.npy", rng.rand(9, 7).astype("f4"))
    np.save("wrong.npy", np.zeros((3, 3), "i8"))
    mask = np.zeros((30, 40), int)
    mask[5:12, 8:20] = 255
    write_pgm("mask.pgm", mask, 255)
    write_pgm("mask-double.pgm", np.kron(mask, np.ones((2, 2), int)), 255)
    write_pgm("mask-wide.pgm", np.zeros((30, 80), int) + 255, 255)
    write_pgm("mask-empty.pgm", np.zeros((30, 40), int), 255)


def tensors(path):
    return [{r.key: r for r in s.records} for s in mms.read_stream(open(path, "rb"))]


def stream(path, n):
    """n records of all kinds of tensors, with attributes that need escapes."""
    rng = np.random.RandomState(int(n))
    records = []
    for i in range(int(n)):
        t = {"image": rng.randint(0, 65536, (11, 13)).astype("<u2"), "mask": rng.randint(0, 2, (2, 11, 13)).astype("u1"),
             "prob": rng.rand(5).astype("<f4"), "odd.name/x%": rng.randint(-9, 9, (2, 2, 2)).astype("<i8"), "scalar": np.float64(i),
             "none": np.zeros((0, 11, 13), "u1"), "half": rng.rand(3, 3).astype("<f2"), "flat": np.zeros((4, 0), "<u2")}
        records.append(("key.%02d %%é" % i, t, {"label": str(i % 3), "patient": "p%d" % (i // 2), "note": "tab\there, line\nthere, \\ \"é\"",
                                               "set": "s,s10" if i % 2 else "s10", "zz": "last", "aa": "not sorted"}))
    with open(path, "wb") as f:
        mms.write_segment(f, records)


def keys(path):
    for segment in mms.read_stream(open(path, "rb")):
        epoch = [line.split(":")[1] for line in segment.head if line.startswith("@EP")]
        print(*(["@" + epoch[0]] if epoch else []), *[r.key for r in segment.records])


def same(a, b):
    """Records of two streams are the same: keys, tensors, types, attributes, all in order."""
    x, y = ([(r.key, r.tensors, r.attrs) for s in mms.read_stream(open(p, "rb")) for r in s.records] for p in (a, b))
    assert len(x) == len(y) and len(x) > 0
    for (k, t, a), (l, u, b) in zip(x, y):
        assert k == l and list(t) == list(u) and list(a.items()) == list(b.items()), (k, l, list(t), list(u), a, b)
        for name in t:
            assert t[name].dtype == u[name].dtype and t[name].shape == u[name].shape and t[name].tobytes() == u[name].tobytes(), name


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
