"""Safetensors without the package of that name, which Debian lacks: the whole format."""
import json
import struct

import numpy as np

KINDS = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U8": "u1"}


def safetensors(path):
    raw = open(path, "rb").read()
    n, = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8:8 + n])
    return {k: np.frombuffer(raw[8 + n + d["data_offsets"][0]:8 + n + d["data_offsets"][1]], KINDS[d["dtype"]]).reshape(d["shape"])
            for k, d in head.items() if k != "__metadata__"}
