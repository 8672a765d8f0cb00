import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { compose, type Reduction } from '../../reductions/reduction.ts';
import { ovToAttention } from '../../reductions/ov-to-attention.ts';
import { splitAndList } from '../../reductions/split-and-list.ts';
import { referenceOracle } from '../../src/oracles/reference.ts';
import type { Answer } from '../../src/problems/answer.ts';
import type { Attention, AttentionOutput } from '../../src/problems/attention.ts';
import { isModel, type Assignment, type Cnf } from '../../src/problems/cnf.ts';
import { allModels } from '../../src/solvers/brute-force.ts';
import { cnfArb, plantedCnfArb } from '../support/arbitraries.ts';
import { choiceArb, optionsFor, type Choice } from '../support/choices.ts';
import { suite } from '../support/harness.ts';
import { reductionLaw } from '../support/laws.ts';

const reference = referenceOracle();

/** CNF to attention; the second arrow's options depend on the vectors, so the test plans them as it goes. */
const composed: Reduction<
  Cnf,
  Attention,
  AttentionOutput,
  Answer<Assignment>,
  { prune: boolean; split: 'order' | 'weight' } & Choice
> = (() => {
  const whole = compose(splitAndList, ovToAttention);
  const given = (cnf: Cnf, options: { prune: boolean; split: 'order' | 'weight' } & Choice) =>
    [options, optionsFor(splitAndList.encode(cnf, options), options)] as const;
  return {
    theorem: whole.theorem,
    encode: (cnf, options) => whole.encode(cnf, given(cnf, options)),
    decode: (cnf, output, options) => whole.decode(cnf, output, given(cnf, options)),
    ledger: (cnf, options) => whole.ledger(cnf, given(cnf, options)),
  };
})();

const formulas: fc.Arbitrary<Cnf> = fc.oneof(
  cnfArb({ maxVariables: 14, maxClauses: 60 }),
  cnfArb({ maxVariables: 8, maxClauses: 12 }),
  plantedCnfArb({ maxVariables: 12 }).map(({ cnf }) => cnf),
);

suite('reductions/reduction', (test) => {
  test('composed, the arrows keep decision, count and a model from CNF to attention and back', () =>
    reductionLaw(
      {
        reduction: composed,
        sources: formulas,
        given: fc
          .tuple(choiceArb, fc.boolean(), fc.constantFrom<'order' | 'weight'>('order', 'weight'))
          .map(([choice, prune, split]) => ({ ...choice, prune, split })),
        answers: async (attention) => [(await reference.attend(attention)).output],
        solutions: allModels,
        isSolution: isModel,
        everyWitness: false,
        keepsCount: true,
      },
      { numRuns: 100 },
    ));

  test('composition applies the first arrow first, and carries back through the second', () => {
    const double: Reduction<number, number, number, number, string> = {
      theorem: 'double',
      encode: (x) => 2 * x,
      decode: (_, answer) => answer / 2,
      ledger: (x, unit) => [{ parameter: 'x', promised: unit, actual: String(x) }],
    };
    const shift: Reduction<number, number, number, number, number> = {
      theorem: 'shift',
      encode: (x, by) => x + by,
      decode: (source, answer, by) => (answer === source + by ? answer - by : NaN),
      ledger: (x, by) => [{ parameter: 'y', promised: String(by), actual: String(x) }],
    };
    const both = compose(double, shift);
    assert.is(both.theorem, 'double, then shift');
    assert.is(both.encode(5, ['m', 3]), 13);
    assert.is(both.decode(5, 13, ['m', 3]), 5);
    assert.equal(
      both
        .ledger(5, ['m', 3])
        .map(({ parameter, actual }: { parameter: string; actual: string }) => parameter + actual),
      ['x5', 'y10'],
    );
  });
});
