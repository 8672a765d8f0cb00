#!/usr/bin/env bash
# Debian's numpy computes our instances, and its outputs decode to the right counts: f64, f32 and f16.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for formula in random-3sat-14-s6 random-3sat-20-s4 pigeonhole-3 planted-3sat-20-s2; do
  for dtype in f64 f32; do
    node dist/src/cli/main.js generate "instances/$formula.cnf" --dtype $dtype -o "$folder/i.safetensors" 2>/dev/null
    /usr/bin/python3 docs/adapters/numpy_attention.py "$folder/i.safetensors" "$folder/o.npy"
    code=0
    node dist/src/cli/main.js decode "$folder/i.safetensors" "$folder/o.npy" >"$folder/answer" || code=$?
    found=$(sed -n 's/^c s exact arb int //p' "$folder/answer")
    expected=$(node -p "JSON.parse(fs.readFileSync('instances/index.json')).find((i) => i.file === '$formula.cnf').models")
    echo "$formula $dtype: exit $code, $found models, expected $expected"
    [ "$found" = "$expected" ]
    [ $code -eq "$([ "$expected" = 0 ] && echo 20 || echo 10)" ]
  done
done
