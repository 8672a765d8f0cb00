/**
 * A program that answers with what it left behind for the instance before, of the same shape. Without an order of
 * queries of its own for each instance, the answer for a formula without models would pass for any other.
 */
import * as assert from 'uvu/assert';
import { rmSync } from 'node:fs';
import type { Cnf } from '../../../src/problems/cnf.ts';
import { families } from '../../../src/problems/families/families.ts';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { carryBack } from '../../../src/verify/carry-back.ts';
import { prepare, type EncodeOptions, type Prepared } from '../../../src/verify/prepare.ts';
import { claimOf } from '../../../src/verify/verify.ts';
import { suite } from '../../support/harness.ts';
import { faultOf, inPlace } from './support.ts';

const options: EncodeOptions = {
  route: 'minimax',
  dtype: 'f64',
  scaleName: 'linear',
  witness: 'scan',
  split: 'order',
  prune: false,
};

const formula = (family: string, seed: number): Cnf =>
  families[family]!.generate({ variables: 8, ratio: 7 }, seed).cnf;

interface Pair {
  readonly unsatisfiable: Prepared;
  readonly satisfiable: Prepared;
  readonly cnf: Cnf;
}

/** Formulas without and with models whose instances have the same shape and readout. */
function pairs(oracle: Oracle, wanted: number): Pair[] {
  const found: Pair[] = [];
  for (let seed = 1; found.length < wanted; seed++) {
    const cnf = formula('planted', seed);
    const satisfiable = prepare(cnf, options, claimOf(oracle, 'f64'));
    const unsatisfiable = prepare(formula('uniform', seed), options, claimOf(oracle, 'f64'));
    const shapes = [satisfiable, unsatisfiable].map(({ options }) => JSON.stringify(options));
    if (shapes[0] === shapes[1]) found.push({ satisfiable, unsatisfiable, cnf });
  }
  return found;
}

suite('oracles/command/stale', (test) => {
  for (const warm of [false, true]) {
    test(`${warm ? 'one process' : 'a process each'}: an answer left from an instance of the same shape is refuted`, () =>
      inPlace(async (place) => {
        const oracle = await place.open(`command${warm ? '-warm' : ''}:${place.line('stale', 1, warm)}`);
        const decode = async (cnf: Cnf, { attention, options: given }: Prepared): Promise<string> =>
          carryBack(cnf, (await oracle.attend(attention)).output, options, given).outcome;
        let refuted = 0;
        for (const { satisfiable, unsatisfiable, cnf } of pairs(oracle, 3)) {
          rmSync(place.state, { force: true });
          assert.is(await decode(cnf, unsatisfiable).catch(() => 'refuted'), 'no'); // the true answer, of its own formula
          const { code } = await faultOf(decode(cnf, satisfiable));
          assert.match(code, /^output-(refuted|out-of-range)$/);
          refuted++;
        }
        assert.is(refuted, 3);
      }));
  }

  test('an answer left from the same instance is right, and passes', () =>
    inPlace(async (place) => {
      const oracle = await place.open(`command:${place.line('stale', 1)}`);
      const [{ satisfiable, cnf }] = pairs(oracle, 1) as [Pair];
      for (let call = 0; call < 2; call++) {
        const { output } = await oracle.attend(satisfiable.attention);
        assert.is(carryBack(cnf, output, options, satisfiable.options).outcome, 'yes');
      }
    }));
});
