"""Attention by numpy on an instance of `seth generate`, without a line of this project's code.

    seth generate formula.cnf -o instance.safetensors
    python3 numpy_attention.py instance.safetensors output.npy
    seth decode instance.safetensors output.npy

A safetensors file is the length of a JSON header (8 bytes, little-endian), the header, and the data.
"""
import json
import sys

import numpy as np

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    data = file.read()


def tensor(name):
    start, end = header[name]["data_offsets"]
    dtype = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[header[name]["dtype"]]
    return np.frombuffer(data[start:end], dtype).reshape(header[name]["shape"])


q, k, v = tensor("q"), tensor("k"), tensor("v")
scale = q.dtype.type(json.loads(header["__metadata__"]["seth"])["scale"])

out = np.empty((len(q), v.shape[1]), q.dtype)
for i in range(0, len(q), 1024):  # a block of queries at a time, to keep the logits small
    logits = (q[i : i + 1024] @ k.T) * scale
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    out[i : i + 1024] = (weights @ v) / weights.sum(axis=1, keepdims=True)

np.save(sys.argv[2], out)
