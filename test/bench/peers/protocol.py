"""What the Python peers share: one JSON object a line on standard input, one line of answer each.

load {folder, dtype, scale, queries, keys, headDim, valueDim}: reads the matrices, finds the best block of queries,
    answers how, and the seconds that a query takes.
use {stride}: every stride-th query from now on.
run: computes all of them once and answers the seconds that it took.
rows {rows}: these rows of the last output.
"""
import json
import sys
import time

import numpy as np


def serve(ready, make):
    """`make(q, k, v, scale, block)` gives a function that computes and returns an output that numpy can index."""
    answer({"ready": ready})
    state = {}
    for line in sys.stdin:
        message = json.loads(line)
        try:
            answer(handle(message, state, make))
        except Exception as error:  # the other side reports it and goes on with the next shape
            answer({"error": f"{type(error).__name__}: {error}"})


def handle(message, state, make):
    if message["do"] == "load":
        task = message["task"]
        dtype = {"f64": np.float64, "f32": np.float32}[task["dtype"]]
        read = lambda name, rows, columns: np.fromfile(f"{task['folder']}/{name}", dtype).reshape(rows, columns)
        q = read("q", task["queries"], task["headDim"])
        k = read("k", task["keys"], task["headDim"])
        v = read("v", task["keys"], task["valueDim"])
        state.clear()
        state.update(q=q, k=k, v=v, scale=task["scale"])
        best = None
        for block in (64, 256, 1024):
            sample = q[: min(1024, len(q))]
            run = make(sample, k, v, task["scale"], block)
            seconds = min(timed(run)[0] for _ in range(2)) / len(sample)
            if best is None or seconds < best[0]:
                best = (seconds, block)
        state["block"] = best[1]
        return {"how": f"blocks of {best[1]}", "secondsPerRow": best[0]}
    if message["do"] == "use":
        q = np.ascontiguousarray(state["q"][:: message["stride"]])
        state["run"] = make(q, state["k"], state["v"], state["scale"], state["block"])
        return {"rows": len(q)}
    if message["do"] == "run":
        seconds, state["out"] = timed(state["run"])
        return {"seconds": seconds}
    if message["do"] == "rows":
        return {"values": [[float(x) for x in state["out"][row]] for row in message["rows"]]}
    raise ValueError(f"unknown order {message['do']}")


def timed(run):
    started = time.perf_counter()
    out = run()
    return time.perf_counter() - started, out


def answer(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def absent(reason):
    answer({"absent": reason})
    sys.exit(0)
