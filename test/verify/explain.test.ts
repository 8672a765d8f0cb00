import * as assert from 'uvu/assert';
import { openOracle } from '../../src/oracles/oracles.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { plainSplit } from '../../reductions/split-and-list.ts';
import { attentionForms } from '../../reductions/paper-route.ts';
import { explainDirect, explainFormula, explainPaperRoute, sparsifyTree } from '../../src/verify/explain.ts';
import { suite } from '../support/harness.ts';

const satisfiable: Cnf = {
  variables: 3,
  clauses: [
    [1, 2],
    [-1, 3],
    [-2, -3],
    [1, -3],
    [2, 3],
    [-1, -2],
  ],
};
const unsatisfiable: Cnf = {
  variables: 2,
  clauses: [
    [1, 2],
    [-1, 2],
    [1, -2],
    [-1, -2],
  ],
};
const shared = { dtype: 'f64', scaleName: 'linear', memory: 2 ** 30, ...plainSplit } as const;
const paper = { ...shared, pure: false, form: 'strengthened', tolerance: 0.25 } as const;

suite('verify/explain', (test) => {
  test('the direct chain is shown with its vectors, nodes, counts and an answer that holds', async () => {
    const oracle = await openOracle('reference');
    const steps = await explainDirect(satisfiable, { ...shared, route: 'minimax', witness: 'scan' }, oracle);
    assert.equal(
      steps.map(({ title }) => title),
      ['Split and list', 'Attention', 'The output, read', 'The answer'],
    );
    const [split, , read, answer] = steps.map(({ lines }) => lines.join('\n'));
    assert.match(split!, /a_0: 1··11·\na_1: ·1··1·/);
    assert.match(split!, /\n2 2\n2 0\n0 2\n2 2$/);
    assert.match(read!, /a_1: y = .* → 1 partner$/m);
    assert.match(answer!, /^satisfiable, by 2 assignments/);
    assert.match(answer!, /clause 6 holds by ¬x\d/);
  });

  test('the paper’s route is shown with messages, coins, distances and the answer, whatever its form', async () => {
    const oracle = await openOracle('reference');
    for (const form of attentionForms) {
      const steps = await explainPaperRoute(satisfiable, { ...paper, form }, oracle);
      const byDistance = form === 'strengthened' || form === 'published';
      assert.equal(
        steps.map(({ title }) => title),
        [
          'Preprocessing',
          'Split and list',
          'Distributed PCP',
          ...(byDistance ? ['Closest pair'] : []),
          'Attention',
          'The output, read',
          'The answer',
        ],
      );
      const text = (title: string) => steps.find((step) => step.title === title)!.lines.join('\n');
      // Digits by hand: a_2 leaves clauses 3 and 4 open, the second row of T × ℓ = 3 × 2, so ψ is 1 throughout it.
      assert.match(text('Distributed PCP'), /ψ of a_2 at r = 0 … 4: \(0,1,0\) \(0,1,0\)/);
      assert.match(text('Distributed PCP'), /\n1 0\n0 2\n5 0\n1 0\n/);
      if (byDistance) assert.match(text('Closest pair'), /\n256 260\n260 252\n240 260\n256 260$/);
      assert.match(text('The answer'), /^satisfiable; one of them:\nx1 = 0, x2 = 1, x3 = 0\n/);
      const ledger = steps.flatMap((step) => step.ledger.map(({ parameter }) => parameter));
      for (const name of ['instances', 'B', 'a close row'])
        assert.is(ledger.filter((p) => p === name).length, 1);
    }
    const none = await explainPaperRoute(unsatisfiable, paper, oracle);
    assert.match(none.at(-1)!.lines[0]!, /^unsatisfiable/);
  });

  test('the tree of the sparsification lemma has both branches of every heart and every leaf', () => {
    assert.equal(sparsifyTree({ variables: 4, clauses: [[1, 2], [1, 3], [4]] }, { thresholds: [2] }), [
      '├ heart (x1) of 2 clauses of size 2: (x1) holds',
      '  leaf 1: (x4) ∧ (x1)',
      '└ the 2 clauses hold without it',
      '  leaf 2: (x4) ∧ (x2) ∧ (x3)',
    ]);
    const steps = explainFormula(satisfiable, { thresholds: [2] });
    assert.equal(
      steps.map(({ title }) => title),
      ['The formula', 'Sparsification'],
    );
    assert.is(explainFormula(satisfiable, undefined).length, 1);
  });

  test('long formulas are cut', async () => {
    const clauses = Array.from({ length: 300 }, (_, c) => [(c % 10) + 1, -(((c * 7) % 10) + 1)]);
    const [formula] = explainFormula({ variables: 10, clauses }, undefined);
    assert.ok(formula!.lines.length < 20);
    assert.is(formula!.lines.at(-1), '… 300 in all');
  });
});
