/** The demands whose plans ship with the package: the instances, and 3-SAT of 20 variables and 91 clauses. */
import { readdirSync, readFileSync } from 'node:fs';
import { splitAndList, plainSplit } from '../../reductions/split-and-list.ts';
import { parseDimacs } from '../../src/formats/dimacs.ts';
import { openOracle } from '../../src/oracles/oracles.ts';
import { degree } from '../../src/problems/orthogonal-vectors.ts';
import type { Demand } from '../../src/readout/planner.ts';
import { carefulError } from '../../src/oracles/careful-kernel.ts';
import { claimOf } from '../../src/verify/verify.ts';

/** What a plan needs to know of a formula. */
interface Size {
  readonly keys: number;
  readonly degree: number;
  readonly headDim: number;
}

/** The smallest and the largest D of SATLIB's uf20-91. */
const uniform20 = { from: 40, to: 56 };

/** Every demand, planned for the cpu oracle and for a careful kernel, in f64 and f32. */
export async function shippedDemands(): Promise<Demand[]> {
  const formulas = readdirSync('instances')
    .filter((file) => file.endsWith('.cnf'))
    .map((file) => parseDimacs(readFileSync(`instances/${file}`, 'utf8')).cnf);
  const sizes: Size[] = formulas.map((cnf) => {
    const vectors = splitAndList.encode(cnf, plainSplit);
    return { keys: vectors.right.rows, degree: degree(vectors), headDim: vectors.left.columns + 1 };
  });
  for (let D = uniform20.from; D <= uniform20.to; D++) sizes.push({ keys: 1024, degree: D, headDim: 92 });

  const oracle = await openOracle('cpu');
  const demands = sizes.flatMap(({ keys, degree, headDim }) =>
    (['f64', 'f32'] as const).flatMap((dtype) =>
      [claimOf(oracle, dtype), () => carefulError(dtype)].map((claim): Demand => ({
        kind: 'minimax',
        keys,
        degree,
        headDim,
        scale: 1 / headDim,
        dtype,
        error: (allKeys, maxLogit) => claim(allKeys, maxLogit, headDim),
      })),
    ),
  );
  await oracle.close();
  return demands;
}
