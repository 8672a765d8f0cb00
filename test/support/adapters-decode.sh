#!/usr/bin/env bash
# The adapters of docs/adapters are run for real, both ways, and what they compute decodes to the right counts: numpy and
# PyTorch from Debian, ONNX Runtime from npm, C++ by g++. Debian has no JAX: that adapter is only compiled.
# The f64 and f32 ladders of `seth stress` are climbed by two of them, whatever BLAS numpy finds: Debian's plain one, of
# libblas3, adds up in the order of the keys, OpenBLAS does not.
# The formulas' own counts are checked by the chain (exit code 1 if anything disagrees or is inconclusive).
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
seth() { node dist/src/cli/main.js "$@"; }
python=/usr/bin/python3
formulas='instances/random-3sat-14-s6.cnf instances/pigeonhole-3.cnf'

# verify DTYPES ORACLE
verify() {
  local dtype
  for dtype in $1; do
    printf '%s, %s: ' "$2" "$dtype"
    seth verify $formulas --dtype "$dtype" --oracle "$2" | grep 'checks agree'
  done
}

# stress ORACLE: the tops of the ladders
stress() {
  local dtype
  for dtype in f64 f32; do
    printf '%s, stress: ' "$1"
    seth stress --dtype "$dtype" --oracle "$1" | grep -E 'level (14 of 14|6 of 6)'
  done
}

# heads ORACLE: all heads of a rung in one call, up to level 5; the top depends on the BLAS that PyTorch finds
heads() {
  local layout
  for layout in bhnd bnhd; do
    printf '%s, %s: ' "$1" "$layout"
    seth stress --dtype f32 --layout "$layout" --require 5 --oracle "$1" | grep -E '^f32: level [56] of 6'
  done
}

adapters=docs/adapters
verify 'f64 f16' "command:$python $adapters/numpy_attention.py {instance} {output}"
verify 'f32 bf16' "command-warm:$python $adapters/numpy_attention.py --warm"
stress "command-warm:$python $adapters/numpy_attention.py --warm"
heads "command-warm:$python $adapters/numpy_attention.py --warm"

# By hand, with files, as a user does who wants to keep them; and the page for Python users, word for word.
awk '/^```python$/ { inside = 1; part++; next } /^```$/ { inside = 0 } inside && part > 1' $adapters/python.md >"$folder/page.py"
printf '#!/bin/sh\nexec node "%s/dist/src/cli/main.js" "$@"\n' "$PWD" >"$folder/seth"
chmod +x "$folder/seth"
seth generate instances/random-3sat-14-s6.cnf -o "$folder/instance.safetensors" 2>/dev/null
(cd "$folder" && PATH="$folder:$PATH" $python page.py | tee page.txt)
grep -q '^satisfiable .*"count":"5"' "$folder/page.txt"

$python -m py_compile $adapters/*.py
rm -rf $adapters/__pycache__

g++ -O2 -std=c++17 -Wall -Wextra -Werror $adapters/attention.cpp -o "$folder/attention"
verify f64 "command:$folder/attention {instance} {output}"
verify f32 "command-warm:$folder/attention"
stress "command-warm:$folder/attention"

$python $adapters/torch_attention.py --list
for backend in $($python $adapters/torch_attention.py --list | awk '!/not here/ { print $1 }'); do
  verify f64 "command:$python $adapters/torch_attention.py --backend $backend {instance} {output}"
  verify 'f32 bf16' "command-warm:$python $adapters/torch_attention.py --backend $backend"
  heads "command-warm:$python $adapters/torch_attention.py --backend $backend"
done

# --ignore-scripts: the package's script only downloads CUDA, its library for the CPU is in the package.
cp $adapters/onnx_attention.mjs "$folder"
npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error onnxruntime-node@1.30.0
verify 'f64 bf16' "command:node $folder/onnx_attention.mjs {instance} {output.safetensors}"
verify f32 "command-warm:node $folder/onnx_attention.mjs --warm"
