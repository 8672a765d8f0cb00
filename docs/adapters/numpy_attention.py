"""Attention by numpy on an instance of seth, without a line of seth's code: a pattern for a kernel of your own.

    seth verify formula.cnf --oracle 'command:python3 numpy_attention.py {instance} {output}'
    seth verify formula.cnf --oracle 'command-warm:python3 numpy_attention.py --warm'

Or by hand, between `seth generate` and `seth decode`:

    python3 numpy_attention.py instance.safetensors output.npy
"""
import json
import sys

import numpy as np


def read(path):
    """q, k, v, the scale and the layout. A file is the length of a JSON header (8 bytes, little-endian), the header, and the data."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()

    def tensor(name):
        start, end = header[name]["data_offsets"]
        dtype = header[name]["dtype"]
        x = np.frombuffer(data[start:end], {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}[dtype])
        if dtype == "BF16":  # numpy has none: the upper half of a float32
            x = (x.astype("<u4") << 16).view("<f4")
        return x.astype(np.float64 if dtype == "F64" else np.float32).reshape(header[name]["shape"])

    metadata = header["__metadata__"]
    return tensor("q"), tensor("k"), tensor("v"), float(metadata["scale"]), metadata.get("layout")


def attention(q, k, v, scale):
    """What you came to test goes here."""
    out = np.empty((len(q), v.shape[1]), q.dtype)
    for i in range(0, len(q), 1024):  # a block of queries at a time, to keep the logits small
        logits = (q[i : i + 1024] @ k.T) * q.dtype.type(scale)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        # Sums of sums: numpy's own `sum` is one, `@` only with some BLAS. A long sum in plain order loses 6 bits or more.
        parts = [weights[:, j : j + 128] @ v[j : j + 128] for j in range(0, len(v), 128)]
        out[i : i + 1024] = np.sum(parts, axis=0) / weights.sum(axis=1, keepdims=True)
    return out


def compute(instance, output):
    q, k, v, scale, layout = read(instance)
    if layout is None:  # matrices
        np.save(output, attention(q, k, v, scale))
        return
    q, k, v = (x if layout == "bhnd" else x.swapaxes(1, 2) for x in (q, k, v))  # batch, heads, rows, columns
    out = np.array([[attention(*head, scale) for head in zip(*batch)] for batch in zip(q, k, v)])
    np.save(output, np.ascontiguousarray(out if layout == "bhnd" else out.swapaxes(1, 2)))


if sys.argv[1:] == ["--warm"]:  # INSTANCE, tab, OUTPUT on each line; one line of answer for each
    for line in sys.stdin:
        instance, output = line.rstrip("\n").split("\t")
        try:
            compute(instance, output)
            print("ok", output, flush=True)
        except Exception as error:
            print("error", repr(error), flush=True)
else:
    compute(*sys.argv[1:])
