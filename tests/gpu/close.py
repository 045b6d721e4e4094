"""Whether two results are the same but for rounding; needs nothing but Python.

    close.py numbers WITHIN A B    every number in two texts: |a - b| <= WITHIN * (1 + |a|)
    close.py tensors WITHIN A B    every fp32 tensor of two safetensors files: ||a - b|| <= WITHIN * ||a||, or of all tensors' mean
    close.py npy WITHIN A B        two fp32 arrays, likewise
"""
import array
import json
import math
import re
import struct
import sys


def numbers(path):
    words = re.split(r"\s+", open(path).read())
    found = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            pass
    return found


def floats(raw):
    a = array.array("f")
    a.frombytes(raw)
    return a


def tensors(path):
    raw = open(path, "rb").read()
    (n,) = struct.unpack("<Q", raw[:8])
    return {name: floats(raw[8 + n + d["data_offsets"][0]:8 + n + d["data_offsets"][1]])
            for name, d in json.loads(raw[8:8 + n]).items() if name != "__metadata__" and d["dtype"] == "F32"}


def npy(path):
    raw = open(path, "rb").read()
    return {"array": floats(raw[10 + struct.unpack("<H", raw[8:10])[0]:])}


def norm(a):
    return math.sqrt(sum(x * x for x in a))


def main():
    kind, within, first, second = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
    if kind == "numbers":
        a, b = numbers(first), numbers(second)
        worst = max((abs(x - y) / (1 + abs(x)) for x, y in zip(a, b)), default=math.inf)
        if len(a) != len(b) or not worst <= within:
            sys.exit(f"{first} and {second}: {len(a)} and {len(b)} numbers, {worst:g} apart")
        return
    a, b = (globals()[kind](p) for p in (first, second))
    if a.keys() != b.keys() or not a:
        sys.exit(f"{first} and {second}: other tensors")
    mean = sum(norm(t) / math.sqrt(len(t)) for t in a.values()) / len(a)
    for name in a:
        x, y = a[name], b[name]
        distance = norm([u - v for u, v in zip(x, y)])
        if len(x) != len(y) or not distance <= within * max(norm(x), mean * math.sqrt(len(x)), 1e-6):
            sys.exit(f"{name}: {distance:g} apart, of {norm(x):g}")


main()
