#!/usr/bin/env bash
# Installs the peers of `npm run bench:peers`: Debian's numpy with OpenBLAS, Debian's PyTorch, and two npm packages in
# test/bench/peers/node_modules (not in git, never touched by `npm ci`). `install-peers.sh npm` or `... debian` does
# one half. The only part of the bench that uses the network.
set -euo pipefail
cd "$(dirname "$0")"
half=${1:-all}

if [ "$half" = all ] || [ "$half" = debian ]; then
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends python3-numpy libopenblas0-pthread python3-torch >/dev/null
fi

if [ "$half" = all ] || [ "$half" = npm ]; then
  # --ignore-scripts: the script of onnxruntime-node only downloads CUDA, its CPU library is in the package.
  npm ci --prefix peers --ignore-scripts --no-audit --no-fund --loglevel=error
fi
