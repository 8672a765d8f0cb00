"""JAX's attention on an instance of seth, on the CPU, a GPU or a TPU.

    seth verify formula.cnf --dtype f32 --oracle 'command-warm:python3 jax_attention.py --warm'
    seth verify formula.cnf --oracle 'command:python3 jax_attention.py {instance} {output}'

In f32 and below this is jax.nn.dot_product_attention. Its softmax is in float32 even for f64, so f64 is written out.
Written for jax 0.4.31 and later, which have jax.nn.dot_product_attention. Debian has no JAX, so that this project's own
checks only compile this file.
"""
import json
import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)  # without it float64 becomes float32, silently
jax.config.update("jax_default_matmul_precision", "highest")  # the default is TF32 or bf16 where the hardware has them

DTYPES = {"F64": jnp.float64, "F32": jnp.float32, "F16": jnp.float16, "BF16": jnp.bfloat16}


@jax.jit
def attention(q, k, v, scale):
    """q, k, v: batch × rows × heads × columns, as jax.nn.dot_product_attention has them."""
    if q.dtype == jnp.float64:  # dot_product_attention computes its softmax in float32 even then
        logits = jnp.asarray(scale, q.dtype) * jnp.einsum("bqhd,bkhd->bhqk", q, k)
        return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(logits), v)
    width = max(q.shape[-1], v.shape[-1])  # v must have as many columns as q and k; zeros change nothing
    wide = [jnp.pad(x, ((0, 0), (0, 0), (0, 0), (0, width - x.shape[-1]))) for x in (q, k, v)]
    q = wide[0] * jnp.asarray(scale, q.dtype)  # dot_product_attention wants its own scale before it compiles
    return jax.nn.dot_product_attention(q, wide[1], wide[2], scale=1.0)[..., : v.shape[-1]]


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()

    def tensor(name):
        start, end = header[name]["data_offsets"]
        return jnp.frombuffer(data[start:end], DTYPES[header[name]["dtype"]]).reshape(header[name]["shape"])

    metadata = header["__metadata__"]
    return tensor("q"), tensor("k"), tensor("v"), float(metadata["scale"]), metadata.get("layout")


def compute(instance, output):
    q, k, v, scale, layout = read(instance)
    if layout is None:  # matrices: one head of one batch
        q, k, v = (x[None, :, None] for x in (q, k, v))
    elif layout == "bhnd":
        q, k, v = (x.swapaxes(1, 2) for x in (q, k, v))
    blocks = [np.asarray(attention(q[:, i : i + 1024], k, v, scale)) for i in range(0, q.shape[1], 1024)]
    out = np.concatenate(blocks, axis=1)
    out = out[0, :, 0] if layout is None else out.swapaxes(1, 2) if layout == "bhnd" else out
    out = out if out.dtype == np.float64 else out.astype(np.float32)  # float32 holds f16 and bf16
    np.save(output, np.ascontiguousarray(out))


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
