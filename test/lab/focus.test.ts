import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openChain, takeSnapshot } from '../../docs/lab/chain.ts';
import {
  assignmentOf,
  bitsOfRow,
  clausesIn,
  describeFocus,
  leftHalf,
  modelsOf,
  productOf,
  vectorsIn,
  type Focus,
} from '../../docs/lab/focus.ts';
import { readFormula, translate } from '../../docs/lab/formula.ts';
import { defaultNames } from '../../docs/lab/notation.ts';
import { number } from '../../docs/lab/numbers.ts';
import type { Drawn } from '../../docs/lab/state.ts';
import { families, holds, isModel, openOracle, type Cnf } from '../../src/index.ts';
import { cnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';

/** What the lab shows of a formula in the plain notation, by a readout of one node or, with some noise, of many. */
async function shownFor(text: string, route: 'threshold' | 'interpolation' = 'threshold'): Promise<Drawn> {
  const formula = readFormula(text, 'plain');
  const [position, noise] = route === 'threshold' ? [96, 0] : [80, 1e-6];
  const settings = { route, dtype: 'f64', position, noise, admitted: true } as const;
  const oracle = await openOracle('reference');
  const snapshot = await takeSnapshot(openChain(formula.cnf), settings, oracle);
  await oracle.close();
  return {
    text,
    notation: 'plain',
    spans: formula.spans,
    formula,
    fault: undefined,
    settings,
    oracle: 'reference',
    gpu: undefined,
    snapshot,
    shown: formula,
    failure: undefined,
    smallest: undefined,
    focus: {},
    pinned: false,
  };
}

const textOf = (cnf: Cnf): string => translate({ cnf, names: defaultNames(cnf.variables) }, 'plain');

const at = (state: Drawn, focus: Focus): Drawn => ({ ...state, focus });
const said = (state: Drawn, focus: Focus): string => describeFocus(at(state, focus));

const small = cnfArb({ maxVariables: 5, maxClauses: 8 }).filter(({ clauses }) => clauses.length > 0);

const example = 'a or b or c\nnot b or e\na or d\nnot c or f\nb or f';

suite('lab/focus', (test) => {
  test('a pair lights the clauses that its assignment falsifies, as many as its inner product, and nothing else is a model', () =>
    fc.assert(
      fc.asyncProperty(small, async (cnf) => {
        const state = await shownFor(textOf(cnf));
        const { snapshot, shown } = state;
        const { variables, clauses } = shown.cnf;
        const models: [number, number][] = [];
        for (let left = 0; left < snapshot.left.rows; left++) {
          for (let right = 0; right < snapshot.right.rows; right++) {
            const assignment = assignmentOf(variables, left, right);
            const falsified = clauses.flatMap((clause, c) =>
              clause.some((literal) => holds(literal, assignment)) ? [] : [c],
            );
            assert.equal(clausesIn(at(state, { left, right })), falsified);
            assert.is(productOf(state, left, right), falsified.length);
            if (isModel(shown.cnf, assignment)) models.push([left, right]);
          }
        }
        const rare = models.length * 50 <= snapshot.left.rows * snapshot.right.rows;
        assert.equal(modelsOf(snapshot), rare ? models : []);
      }),
      { numRuns: 60 },
    ));

  test('models that are rare are all found', async () => {
    const { cnf } = families['planted']!.generate({ variables: 9, ratio: 5 }, 2);
    const { snapshot } = await shownFor(textOf(cnf));
    const models = modelsOf(snapshot);
    assert.ok(models.length > 0);
    assert.is(models.length, snapshot.histogram[0]);
    for (const [i, j] of models) assert.ok(isModel(cnf, assignmentOf(9, i, j)));
  });

  test('a clause lights the vectors that leave it to the other side, a variable those where it is 1, a vector itself', () =>
    fc.assert(
      fc.asyncProperty(small, async (cnf) => {
        const state = await shownFor(textOf(cnf));
        const { snapshot, shown } = state;
        const { variables, clauses } = shown.cnf;
        const half = leftHalf(variables);
        assert.is(half, Math.ceil(variables / 2));
        for (const side of ['left', 'right'] as const) {
          const rows = Array.from({ length: snapshot[side].rows }, (_, row) => row);
          const valuesOf = (row: number): boolean[] =>
            side === 'left' ? assignmentOf(variables, row, 0) : assignmentOf(variables, 0, row);
          const isOwn = (variable: number): boolean => (side === 'left') === variable < half;
          clauses.forEach((clause, c) => {
            const leaves = (row: number): boolean =>
              !clause.some((literal) => isOwn(Math.abs(literal) - 1) && holds(literal, valuesOf(row)));
            assert.equal(vectorsIn(at(state, { clause: c }), side), rows.filter(leaves));
            // Beside a vector only that one counts.
            const other = side === 'left' ? 'right' : 'left';
            assert.equal(vectorsIn(at(state, { clause: c, [side]: 0 }), side), [0]);
            assert.equal(vectorsIn(at(state, { clause: c, [other]: 0 }), side), []);
            assert.equal(clausesIn(at(state, { clause: c, left: 0, right: 0 })), [c]);
          });
          for (let variable = 0; variable < variables; variable++) {
            assert.equal(
              vectorsIn(at(state, { variable }), side),
              isOwn(variable) ? rows.filter((row) => valuesOf(row)[variable]) : [],
            );
            assert.equal(
              clausesIn(at(state, { variable })),
              clauses.flatMap((clause, c) => (clause.some((l) => Math.abs(l) === variable + 1) ? [c] : [])),
            );
          }
          assert.equal(vectorsIn(state, side), []);
          assert.equal(vectorsIn(at(state, { node: 0, product: 0, pad: true }), side), []);
        }
        assert.equal(clausesIn(state), []);
        assert.equal(clausesIn(at(state, { left: 0 })), []);
      }),
      { numRuns: 60 },
    ));

  test('a row’s label has its first variable first, as the assignment has', () => {
    assert.equal(
      [0, 1, 2, 5].map((row) => bitsOfRow(row, 3)),
      ['000', '100', '010', '101'],
    );
    // Five variables: three on the left, two on the right.
    assert.equal(assignmentOf(5, 0b001, 0b10), [true, false, false, false, true]);
    assert.equal(assignmentOf(5, 0b110, 0b01), [false, true, true, true, false]);
  });

  test('what is pointed at is said in a sentence: vectors, clauses, nodes, inner products, pads and variables', async () => {
    const state = await shownFor(example, 'interpolation'); // variables a, b, c and e, d, f
    const { snapshot } = state;
    const { readout, nodes, pads, estimates, margins, output, responses, histogram } = snapshot;
    // Of the vector and the node that are asked for below nothing is as it is of their neighbours.
    assert.is.not(number(margins[3]!), number(margins[0]!));
    assert.is(new Set(Array.from(output.subarray(9, 12), number)).size, 3);
    assert.is(nodes.length, 3);
    assert.is(said(state, {}), '');
    assert.is(
      said(state, { left: 0, right: 0 }),
      '⟨a₀, b₀⟩ = 3: a=0 b=0 c=0 e=0 d=0 f=0, clauses 1, 3, 5 falsified',
    );
    assert.is(
      said(state, { left: 2, right: 0 }),
      '⟨a₂, b₀⟩ = 2: a=0 b=1 c=0 e=0 d=0 f=0, clauses 2, 3 falsified',
    );
    assert.is(
      said(state, { left: 3, right: 0 }),
      '⟨a₃, b₀⟩ = 1: a=1 b=1 c=0 e=0 d=0 f=0, clause 2 falsified',
    );
    assert.is(
      said(state, { left: 3, right: 1 }),
      '⟨a₃, b₁⟩ = 0: a=1 b=1 c=0 e=1 d=0 f=0, orthogonal, a model',
    );
    // A clause or an inner product beside a pair changes nothing of what is said of the pair.
    const pair = said(state, { left: 0, right: 0 });
    assert.is(said(state, { left: 0, right: 0, clause: 1 }), `${pair} · clause 2: ¬b ∨ e`);
    assert.is(said(state, { left: 0, right: 0, product: 3 }), pair);
    assert.is(
      said(state, { left: 3 }),
      `a₃: a=1 b=1 c=0; ${number(estimates[3]!)} ± ${number(margins[3]!)} partners read`,
    );
    assert.ok(Math.abs(estimates[3]! - 4) < 0.5, 'e = 1, d and f are free');
    assert.is(said(state, { right: 6 }), 'b₆: e=0 d=1 f=1');
    assert.is(said(state, { clause: 3 }), 'clause 4: ¬c ∨ f');
    assert.is(said(state, { left: 1, clause: 0 }).split(' · ')[1], 'clause 1: a ∨ b ∨ c');
    const node = `node 2: t = ${number(readout.scales[1]!)}, x = ${number(nodes[1]!)}, weight ${number(readout.weights[1]!)}`;
    assert.is(said(state, { node: 1 }), node);
    assert.equal(said(state, { left: 3, node: 1 }).split(' · ').slice(1), [
      node,
      `output y = ${number(output[3 * nodes.length + 1]!)}`,
    ]);
    assert.is(
      said(state, { product: 1 }),
      `inner product 1: ${histogram[1]} pairs, r(1) = ${number(responses[1]!)}`,
    );
    assert.is(
      said(state, { pad: true }),
      `${pads.count} pad keys of total mass ${number(pads.mass)}, value 0`,
    );
    assert.is(said(state, { variable: 1 }), 'b: the vectors where it is 1, and clauses 1, 2, 5');
    assert.is(said(state, { variable: 4 }), 'd: the vectors where it is 1, and clause 3');
  });

  test('a list of clauses ends after six, and a formula without variables is said as well', async () => {
    const many = await shownFor(`${'(x1)\n'.repeat(9)}(x2 or not x2)`);
    assert.is(
      said(many, { left: 0, right: 0 }),
      '⟨a₀, b₀⟩ = 9: x1=0 x2=0, clauses 1, 2, 3, 4, 5, 6 and 3 more falsified',
    );
    const six = await shownFor(`${'(x1)\n'.repeat(6)}(x2 or not x2)`);
    assert.is(said(six, { variable: 0 }), 'x1: the vectors where it is 1, and clauses 1, 2, 3, 4, 5, 6');
    const none = await shownFor('()');
    assert.is(said(none, { left: 0, right: 0 }), '⟨a₀, b₀⟩ = 1: clause 1 falsified');
    assert.is(said(none, { clause: 0 }), 'clause 1: false');
    assert.match(said(none, { left: 0 }), /^a₀: no variables; /);
  });
});
