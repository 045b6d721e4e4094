"""Small files of weights as other libraries write them: make.py writes the others of this folder into the current one. They are
committed, so that a reader is held against files and not against a library's release."""
import json
import struct

import numpy as np
import torch

nine = torch.arange(9, dtype=torch.float32).reshape(3, 3)
torch.save({"test": nine}, "plain.pt")
torch.save({"epoch": 3, "model_state_dict": {"test": nine}}, "nested.pt")
torch.save({"tensor_fortran": torch.arange(25, dtype=torch.float32).reshape(5, 5).t()}, "transposed.pth")
torch.save({"state_dict": {"module.conv.weight": torch.linspace(-1, 1, 10), "module.conv.bias": torch.tensor([0.25])}}, "legacy.th",
           _use_new_zipfile_serialization=False)
np.savez("table.npz", x=np.arange(10), x_plus_one=np.arange(1, 11))
np.save("array.npy", np.arange(10))


def safetensors(name, tensors, lie=0):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for key, value in tensors.items():
        header[key] = {"dtype": "F32", "shape": value.shape, "data_offsets": [len(data), len(data) + value.nbytes]}
        data += value.tobytes()
    text = json.dumps(header).encode()
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(text) + lie) + text + data)


safetensors("two.safetensors", {"weight1": np.full((4, 8), 0.5, "f4"), "weight2": np.zeros((2, 3), "f4")})
safetensors("long-header.safetensors", {"weight1": np.zeros((2, 2), "f4")}, 1000)
