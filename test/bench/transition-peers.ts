/**
 * The polynomial oracle beside sata_attention (Heinsen and Kozachkov, arXiv 2602.00294), which has the same monomials with
 * Taylor's coefficients: a checkout that the user brings, run by a Python with PyTorch 1.13 or later (Debian's python3-torch). Same matrices, same
 * degree, hence the same rank, over the sweep of `seth transition`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { points, transitionConfig } from '../../src/experiments/transition/config.ts';
import { randomAttention } from '../../src/experiments/transition/run.ts';
import { rankOf } from '../../src/oracles/polynomial/monomials.ts';
import { polynomialOracle } from '../../src/oracles/polynomial/polynomial.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import { denseMatrix, entries, type Attention } from '../../src/problems/attention.ts';

/** The peer scales by 1/√d, keeps its constants in PyTorch's default type, and takes one term more than the degree. */
const python = `
import json, math, sys
import numpy, torch
if not hasattr(torch, 'vmap'):
    import functorch
    torch.vmap = functorch.vmap
torch.set_default_dtype(torch.float64)
sys.path.insert(0, sys.argv[1])
from sata_attention import SymmetryAwareTaylorApproximatedAttention
for case in json.load(open(sys.argv[2])):
    read = lambda name, columns: torch.from_numpy(numpy.fromfile(case['at'] + '.' + name).reshape(-1, columns))
    d = case['d']
    peer = SymmetryAwareTaylorApproximatedAttention(d, 1, False, n_taylor=case['degree'] + 1).double()
    assert sum(term.C.numel() for term in peer.tptts) == case['rank']
    peer(read('q', d) * (case['scale'] * math.sqrt(d)), read('k', d), read('v', 1)).numpy().tofile(case['at'] + '.out')
`;

/** Products of rows and monomials that the peer, which stores them all, is asked for. */
const most = 3e7;

/** All logits are ±M: two queries, 40 keys of which so many are positive; value 1 there and 0.01 at the others. */
function extreme(M: number, d: number, positive: number): Attention {
  const size = Math.sqrt(M);
  const filled = (rows: number, entry: (row: number) => number): Attention['q'] =>
    denseMatrix(
      rows,
      d,
      Float64Array.from({ length: rows * d }, (_, e) => entry(Math.floor(e / d))),
    );
  return {
    q: filled(2, (row) => (row === 0 ? size : -size)),
    k: filled(40, (row) => (row < positive ? size : -size)),
    v: denseMatrix(
      40,
      1,
      Float64Array.from({ length: 40 }, (_, row) => (row < positive ? 1 : 0.01)),
    ),
    scale: 1 / d,
    dtype: 'f64',
  };
}

const largest = (values: Float64Array, exact: Float64Array): number =>
  exact.reduce((worst, y, e) => Math.max(worst, Math.abs(values[e]! - y) / y), 0);

/**
 * One line a point and degree: the error that is certified, that of logits that are all ±M, and that of random ones; and
 * which of the three is larger than the peer's. Where ours is Taylor's polynomial too they differ by rounding, and what we
 * certify is up to half a percent above what is reckoned for the peer.
 */
export async function comparePeer(
  checkout: string,
  interpreter: string,
  print: (line: object) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'seth-peer-'));
  const reference = referenceOracle();
  try {
    const config = transitionConfig(true, 1);
    for (const point of points(config.measured, config)) {
      const attention = randomAttention(point, config.seed);
      const { M, degree: needed, certified } = polynomialOracle().plan(attention);
      if (certified === undefined) continue;
      for (const degree of new Set([2, Math.ceil(needed / 2), needed - 1, needed])) {
        const rank = rankOf(point.d, degree);
        if (rank * point.n > most) continue;
        const cases = [attention, ...[1, 5, 20, 35, 39].map((positive) => extreme(M, point.d, positive))];
        const jobs = cases.map((each, i) => {
          const at = join(folder, String(i));
          for (const name of ['q', 'k', 'v'] as const)
            writeFileSync(`${at}.${name}`, bytesOf(entries(each[name])));
          return { at, d: point.d, degree, rank, scale: each.scale };
        });
        writeFileSync(join(folder, 'jobs.json'), JSON.stringify(jobs));
        const run = spawnSync(interpreter, ['-c', python, resolve(checkout), join(folder, 'jobs.json')], {
          encoding: 'utf8',
        });
        if (run.status !== 0) {
          print({
            log2n: point.log2n,
            gamma: point.gamma,
            degree,
            rank,
            peerFailed: run.stderr.trim().split('\n').at(-1),
          });
          continue;
        }
        const oracle = polynomialOracle({ force: true, degree });
        const errors: { ours: number; theirs: number }[] = [];
        let claimed = 0;
        for (const [i, each] of cases.entries()) {
          const exact = (await reference.attend(each)).output.values;
          const { output } = await oracle.attend(each);
          if (i === 0) claimed = output.error.relative;
          const theirs = new Float64Array(new Uint8Array(readFileSync(`${jobs[i]!.at}.out`)).buffer);
          errors.push({ ours: largest(output.values, exact), theirs: largest(theirs, exact) });
        }
        await oracle.close();
        const worst = (of: 'ours' | 'theirs'): number =>
          Math.max(...errors.slice(1).map((error) => error[of]));
        const row = {
          log2n: point.log2n,
          gamma: point.gamma,
          d: point.d,
          M,
          degree,
          rank,
          meetsTarget: degree === needed,
          certified: claimed,
          peerCertifiable: taylorClaim(M, degree),
          worst: worst('ours'),
          peerWorst: worst('theirs'),
          seen: errors[0]!.ours,
          peerSeen: errors[0]!.theirs,
        };
        const larger = {
          certified: row.certified > row.peerCertifiable * 1.005,
          worst: row.worst > row.peerWorst * (1 + 1e-9),
          seen: row.seen > row.peerSeen * (1 + 1e-9),
        };
        print({ ...row, larger: Object.entries(larger).flatMap(([name, is]) => (is ? [name] : [])) });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What could be certified for Taylor's polynomial, rounding apart: it is off most at -M. */
function taylorClaim(M: number, degree: number): number {
  let sum = 0;
  for (let j = degree; j >= 0; j--) {
    let term = 1;
    for (let k = 1; k <= j; k++) term *= -M / k;
    sum += term;
  }
  const off = Math.abs(sum * Math.exp(M) - 1);
  return off < 0.5 ? (2 * off) / (1 - off) : Infinity;
}

const bytesOf = (values: Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
