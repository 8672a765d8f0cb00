#!/usr/bin/env bash
# What is published, as its users get it: the tarball is installed in an empty folder and used from ESM, from strict
# TypeScript and from the command line, on Node 20, 22 and 24. Node's other versions come as packages from the registry.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

# Known vulnerabilities, in what is installed and in what it is built with.
if npm audit >"$here/audit" 2>&1; then
  tail -n 1 "$here/audit"
elif grep -q 'audit endpoint returned an error' "$here/audit"; then
  echo 'npm audit: not asked, because the registry that is reached from here has no audit endpoint'
else
  cat "$here/audit"
  exit 1
fi

tarball=$here/$(npm pack --silent --ignore-scripts --pack-destination "$here")
mkdir "$here/user" && cd "$here/user"
cat >package.json <<'JSON'
{ "name": "user", "private": true, "type": "module" }
JSON
npm install --silent --no-audit --no-fund --omit=optional "$tarball"

cat >use.mjs <<'JS'
import { openOracle, plainSplit, verifyFormula } from 'seth-attention';
import { splitAndList } from 'seth-attention/reductions/split-and-list';
const cnf = { variables: 3, clauses: [[1, -2], [2, 3], [-1, -3]] };
const oracle = await openOracle('cpu');
const options = { ...plainSplit, route: 'minimax', dtype: 'f64', scaleName: 'linear', witness: 'scan', memory: 2 ** 30 };
const { answer, checks } = await verifyFormula(cnf, options, oracle);
await oracle.close();
const { left } = splitAndList.encode(cnf, plainSplit);
if (answer.count !== 2n || checks.length !== 3 || !checks.every(({ agrees }) => agrees) || left.rows !== 4) throw new Error('wrong');
console.log(`ESM on Node ${process.versions.node}: ${answer.count} models`);
JS
cat >use.ts <<'TS'
import { openOracle, plainSplit, verifyFormula, type Cnf, type Oracle, type Verified } from 'seth-attention';
import { splitAndList } from 'seth-attention/reductions/split-and-list';
const cnf: Cnf = { variables: 1, clauses: [[1]] };
const oracle: Oracle = await openOracle('reference');
const verified: Verified = await verifyFormula(
  cnf,
  { ...plainSplit, route: 'threshold', dtype: 'f32', scaleName: 'rsqrt', witness: 'scan', memory: 2 ** 30 },
  oracle,
);
if (verified.answer.outcome === 'yes') console.log(verified.answer.witness.length, splitAndList.encode(cnf, plainSplit).left.rows);
// @ts-expect-error a dtype that there is not
await verifyFormula(cnf, { ...plainSplit, route: 'threshold', dtype: 'f8', scaleName: 'rsqrt', witness: 'scan', memory: 1 }, oracle);
TS
cat >tsconfig.json <<'JSON'
{ "compilerOptions": { "strict": true, "noEmit": true, "module": "nodenext", "target": "es2023", "exactOptionalPropertyTypes": true, "skipLibCheck": false, "types": [] }, "files": ["use.ts"] }
JSON
"$root/node_modules/.bin/tsc" && echo 'TypeScript: strict, without skipLibCheck'

package=node_modules/seth-attention
used() {
  local node=$1 code=0
  "$node" use.mjs
  "$node" node_modules/.bin/seth verify $package/instances/teaching-5.cnf --json >verified
  grep -q '"count":"8"' verified
  "$node" node_modules/.bin/seth solve $package/instances/pigeonhole-2.cnf >solved || code=$?
  [ $code = 20 ]
  grep -qx 's UNSATISFIABLE' solved
  echo "seth $("$node" node_modules/.bin/seth --version) on Node $("$node" --version)"
}
versions=()
case "$(node -p process.versions.node)" in 20.* | 22.* | 24.*) used node ;; esac
for major in 20 22 24; do
  if [ "$(node -p 'process.versions.node.split(".")[0]')" = $major ]; then continue; fi
  versions+=("node$major@npm:node-linux-$(node -p process.arch)@$major")
done
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$here/nodes" "${versions[@]}"
for node in "$here"/nodes/node_modules/node*/bin/node; do used "$node"; done
