"""PyTorch: `torch_peer.py THREADS`. Outputs go into buffers that are made once: Debian's PyTorch asks the system for
each new one of more than 32 MiB, which takes longer than the product itself."""
import os
import sys

threads = int(sys.argv[1])
os.environ["OPENBLAS_NUM_THREADS"] = str(threads)

from protocol import absent, serve  # noqa: E402

try:
    import torch
except ImportError:
    absent("no module torch")

torch.set_num_threads(threads)
torch.set_grad_enabled(False)


def make(q, k, v, scale, block):
    q, k, v = torch.from_numpy(q), torch.from_numpy(k), torch.from_numpy(v)
    block = min(block, len(q))
    logits, weights = torch.empty(block, len(k), dtype=q.dtype), torch.empty(block, len(k), dtype=q.dtype)
    out = torch.empty(len(q), v.shape[1], dtype=q.dtype)
    keys = k.t()

    def run():
        for i in range(0, len(q), block):
            rows = q[i : i + block] * scale
            torch.matmul(rows, keys, out=logits[: len(rows)])
            torch.softmax(logits[: len(rows)], 1, out=weights[: len(rows)])
            torch.matmul(weights[: len(rows)], v, out=out[i : i + block])
        return out

    return run


serve({"version": f"PyTorch {torch.__version__}", "threads": str(torch.get_num_threads())}, make)
