"""What the answers to the manual's examples are checked with (tests/cli/manual_answers): streams by the independent reader, tables,
and what the example printed, in `out`."""
import csv
import os
import sys

import numpy as np
from PIL import Image

import mms

out = open(os.environ["OUT"]).read()


def segments(name):
    with open(name, "rb") as f:
        return list(mms.read_stream(f))


def records(name):
    return [r for s in segments(name) for r in s.records]


def keys(name):
    return [r.key for r in records(name)]


def image(record):
    return record.tensors["image"]


def flips(a):
    return [a, a[::-1], a[:, ::-1], a[::-1, ::-1]]


def table(name_or_text):
    text = open(name_or_text).read() if os.path.exists(name_or_text) else name_or_text
    return list(csv.DictReader([line for line in text.splitlines() if not line.startswith("#")], delimiter="\t"))


def probabilities(rows, names=("background", "calc_mal", "calc_ben", "mass_mal", "mass_ben")):
    return np.array([[float(r[n]) for n in names] for r in rows])


def auc(score, positive):
    """The share of pairs in the right order, ties half."""
    a, b = score[positive], score[~positive]
    return float(((a[:, None] > b).sum() + (a[:, None] == b).sum() / 2) / (len(a) * len(b)))


def equal(a, b):
    return set(a) == set(b) and all(np.array_equal(a[n], b[n]) for n in a)


def weights(name):
    """Tensors of a safetensors file."""
    import json
    import struct
    raw = open(name, "rb").read()
    n, = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8:8 + n])
    notes = head.pop("__metadata__", {})
    kinds = {"F32": "<f4", "I64": "<i8"}
    return {k: np.frombuffer(raw[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], kinds[v["dtype"]]).reshape(v["shape"])
            for k, v in head.items()}, notes


def picture(name):
    return np.asarray(Image.open(name).convert("RGB")).astype(int)


phantoms, patches = records("phantoms.mms"), records("patches.mms")
exec(compile(sys.argv[1], "answer", "exec"))
