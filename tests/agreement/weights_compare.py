"""Every line of the file `pairs` names two files of weights: one as its own library reads it is the other, written by mmmodel."""
import json
import struct
import numpy as np
import torch


def arrays(d):
    d = d.get("state_dict", d.get("model_state_dict", d))
    return {k: v.float().numpy() if v.dtype == torch.bfloat16 else v.numpy() for k, v in d.items()}


def read(name):
    if name.endswith(".npz"):
        return dict(np.load(name))
    if not name.endswith(".safetensors"):
        return arrays(torch.load(name, map_location="cpu"))
    raw = open(name, "rb").read()
    n, = struct.unpack("<Q", raw[:8])
    kinds = {"F32": "f4", "F64": "f8", "I64": "i8"}
    return {k: np.frombuffer(raw[8 + n + d["data_offsets"][0]:8 + n + d["data_offsets"][1]], kinds[d["dtype"]]).reshape(d["shape"])
            for k, d in json.loads(raw[8:8 + n]).items() if k != "__metadata__"}


for line in open("pairs"):
    source, ours = line.split()
    truth = read(source)
    got = read(ours) if ours.endswith(".npz") else arrays(torch.load(ours, weights_only=True))
    assert list(got) == list(truth), (source, "names or their order")
    for k in truth:
        assert got[k].dtype == truth[k].dtype and got[k].shape == truth[k].shape, (source, k)
        assert np.array_equal(got[k], truth[k]), (source, k)
    print(source, len(truth))
