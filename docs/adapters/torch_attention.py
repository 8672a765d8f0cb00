"""PyTorch's scaled_dot_product_attention on an instance of seth, with the backend and the device that you name.

    seth verify formula.cnf --dtype bf16 --oracle 'command-warm:python3 torch_attention.py --backend flash --device cuda'
    seth verify formula.cnf --oracle 'command:python3 torch_attention.py --backend math {instance} {output}'
    python3 torch_attention.py --list

--list tries each backend on this machine. Backends of PyTorch 2: math, flash, efficient, cudnn; of 1.13: private, the
function that became scaled_dot_product_attention; of any: explicit, the formula in three calls. A backend that was asked
for is used or the run fails; without --backend PyTorch 2 chooses, and an older one takes `explicit` and says so.
"""
import argparse
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
BACKENDS = {"math": "MATH", "flash": "FLASH_ATTENTION", "efficient": "EFFICIENT_ATTENTION", "cudnn": "CUDNN_ATTENTION"}
HAS_SDPA = hasattr(F, "scaled_dot_product_attention")


def explicit(q, k, v, scale):
    return torch.softmax((q * scale) @ k.transpose(-2, -1), -1) @ v


def private(q, k, v, scale):  # 1.13 divides by √d, whatever you like
    result = F._scaled_dot_product_attention(q * (scale * math.sqrt(q.shape[-1])), k, v, None, 0.0, False, False)
    return result[0]


def sdpa(q, k, v, scale):
    width = max(q.shape[-1], v.shape[-1])  # some backends want as many columns in v as in q and k
    wide = [F.pad(x, (0, width - x.shape[-1])) for x in (q, k, v)]
    return F.scaled_dot_product_attention(*wide, scale=scale)[..., : v.shape[-1]]  # `scale` came with 2.1


def with_backend(name):
    """A function of q, k, v (batch × heads × rows × columns) and the scale."""
    if name == "explicit":
        return explicit
    if name == "private":
        if not hasattr(F, "_scaled_dot_product_attention"):
            raise SystemExit(f"PyTorch {torch.__version__} has no private function: take another --backend")
        return private
    if not HAS_SDPA:
        if name is None:
            print(f"PyTorch {torch.__version__} has no scaled_dot_product_attention: explicit", file=sys.stderr)
            return explicit
        raise SystemExit(f"PyTorch {torch.__version__} has no backend {name}: take explicit or private")
    if name is None:
        return sdpa
    from torch.nn.attention import SDPBackend, sdpa_kernel  # came with 2.3

    def chosen(q, k, v, scale):
        with sdpa_kernel(getattr(SDPBackend, BACKENDS[name])):  # one backend: it runs or raises, nothing is chosen
            return sdpa(q, k, v, scale)

    return chosen


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())

    def tensor(name):
        start, end = header[name]["data_offsets"]
        dtype = DTYPES[header[name]["dtype"]]
        shape = header[name]["shape"]
        x = torch.frombuffer(data[start:end], dtype=dtype).reshape([1] * (4 - len(shape)) + shape)
        return x.transpose(1, 2) if layout == "bnhd" else x

    layout = header["__metadata__"].get("layout")  # none: matrices, which are one head of one batch
    return tensor("q"), tensor("k"), tensor("v"), float(header["__metadata__"]["scale"]), layout


def compute(attention, device, instance, output):
    q, k, v, scale, layout = read(instance)
    k, v = k.to(device), v.to(device)
    blocks = [attention(block.to(device), k, v, scale).cpu() for block in q.split(4096, dim=2)]
    out = torch.cat(blocks, dim=2)
    out = out[0, 0] if layout is None else out.transpose(1, 2) if layout == "bnhd" else out
    out = out if out.dtype == torch.float64 else out.float()  # numpy has no bf16; float32 holds it
    np.save(output, out.contiguous().numpy())


def try_all(device):
    for name in [*BACKENDS, "private", "explicit"]:
        works = []
        for label, dtype in DTYPES.items():
            x = torch.ones(1, 1, 32, 64, dtype=dtype, device=device)
            try:
                with_backend(name)(x, x, x, 1 / 64)
                works.append(label)
            except (Exception, SystemExit):
                pass
        print(f"{name:10}{' '.join(works) or 'not here'}")


parser = argparse.ArgumentParser()
parser.add_argument("--backend", choices=[*BACKENDS, "private", "explicit"])
parser.add_argument("--device", default="cpu")
parser.add_argument("--list", action="store_true")
parser.add_argument("files", nargs="*", help="instance and output; none: the names come on standard input")
args = parser.parse_args()
torch.set_grad_enabled(False)
if args.list:
    try_all(args.device)
elif args.files:
    compute(with_backend(args.backend), args.device, *args.files)
else:
    attention = with_backend(args.backend)
    for line in sys.stdin:
        instance, output = line.rstrip("\n").split("\t")
        try:
            compute(attention, args.device, instance, output)
            print("ok", output, flush=True)
        except Exception as error:
            print("error", repr(error), flush=True)
