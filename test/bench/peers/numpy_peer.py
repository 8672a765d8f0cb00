"""numpy: `numpy_peer.py blas THREADS` leaves the threads to OpenBLAS, so that exp runs on one of them, as it does for
whoever writes the formula down. `numpy_peer.py rows THREADS` gives each thread blocks of queries and OpenBLAS one."""
import os
import sys

mode, threads = sys.argv[1], int(sys.argv[2])
os.environ["OPENBLAS_NUM_THREADS"] = str(threads if mode == "blas" else 1)

from concurrent.futures import ThreadPoolExecutor  # noqa: E402

import numpy as np  # noqa: E402
from protocol import absent, serve  # noqa: E402

np.matmul(np.ones((64, 64)), np.ones((64, 64)))
with open("/proc/self/maps") as maps:
    if "openblas" not in maps.read():
        absent("numpy is there without OpenBLAS")

pool = ThreadPoolExecutor(threads) if mode == "rows" else None


def make(q, k, v, scale, block):
    n, keys = len(q), k.T
    block = min(block, n)
    out = np.empty((n, v.shape[1]), q.dtype)
    workers = threads if mode == "rows" else 1
    buffers = [np.empty((block, len(k)), q.dtype) for _ in range(workers)]
    scale = q.dtype.type(scale)

    def some(worker):
        for i in range(worker * block, n, workers * block):
            rows = q[i : i + block] * scale
            weights = buffers[worker][: len(rows)]
            np.matmul(rows, keys, out=weights)
            np.subtract(weights, weights.max(axis=1, keepdims=True), out=weights)
            np.exp(weights, out=weights)
            np.matmul(weights, v, out=out[i : i + block])
            out[i : i + block] /= weights.sum(axis=1, keepdims=True)

    def run():
        if pool is None:
            some(0)
        else:
            list(pool.map(some, range(workers)))
        return out

    return run


version = f"numpy {np.__version__}, OpenBLAS"
serve({"version": version, "threads": f"{threads}, " + ("in OpenBLAS" if mode == "blas" else "over queries")}, make)
