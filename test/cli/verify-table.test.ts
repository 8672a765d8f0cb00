import * as assert from 'uvu/assert';
import type { VerifiedLine } from '../../src/cli/verify-line.ts';
import { verifyTable } from '../../src/cli/verify-table.ts';
import type { Check } from '../../src/verify/verify.ts';
import { suite } from '../support/harness.ts';
import { linesOf } from './seth.ts';

const line = (file: string, checks: readonly Check[]): VerifiedLine => ({
  file,
  sha256: '',
  variables: 20,
  clauses: 0,
  route: 'minimax',
  dtype: 'f64',
  scale: 'linear',
  answer: 'SATISFIABLE',
  model: [],
  certificate: { bias: 0.125, noise: 7e-9, worst: 0.1 },
  instance: {
    vectors: 1024,
    queries: 1024,
    keys: 1088,
    headDim: 92,
    valueDim: 1,
    degree: 48,
    bound: 7.75,
    boundOverSqrtLog: 2.94,
    nodes: 19,
    amplification: 3.9e10,
  },
  sampled: false,
  path: 'dense',
  claimedError: 1e-15,
  checks,
  seconds: { encode: 0.1, attend: 0.2, decode: 0.3, check: 0.4 },
});

suite('src/cli/verify-table', (test) => {
  test('a check that disagrees is crossed, one that was not made is a dot, and the summary counts them', () => {
    const table = verifyTable(['a.cnf', 'b.cnf'], {});
    const first = table.row(line('a.cnf', [{ name: 'sat-solver', agrees: false }]));
    assert.is(linesOf(first).length, 3);
    assert.match(
      linesOf(first)[2]!,
      /^a\.cnf +20 +0 +1024 +92 +7\.750 +2\.94 +19 +3\.9e10 +SAT +≥ 1 +0\.13 \+ 7e-9 +·✗· +1\.00$/,
    );
    const second = table.row(line('b.cnf', [{ name: 'model', agrees: true }]));
    assert.is(linesOf(second).length, 1);
    assert.match(second, / ✓·· /);
    assert.match(table.totals(), /^\n2 files · 2 satisfiable · 0 unsatisfiable · 1 of 2 checks agree · /);
  });

  test('columns stand under each other', () => {
    const table = verifyTable(['a-long-name.cnf', 'b.cnf'], {});
    const [head, , first] = linesOf(table.row(line('a-long-name.cnf', [])));
    const [second] = linesOf(table.row(line('b.cnf', [])));
    assert.is(first!.indexOf('1024'), second!.indexOf('1024'));
    assert.is(first!.indexOf('SAT'), head!.indexOf('answer') + 'answer'.length - 'SAT'.length);
  });

  test('on a narrow screen whole columns go, the least needed first', () => {
    const heading = (columns: number): string[] => {
      const [head] = linesOf(verifyTable(['a.cnf'], { columns }).row(line('a.cnf', [])));
      assert.ok(head!.length <= columns);
      return head!.split(/ {2,}/);
    };
    assert.is(heading(200).length, 14);
    assert.not(heading(110).includes('bias + noise'));
    assert.equal(heading(80).slice(-4), ['answer', 'models', 'checks', 'seconds']);
    assert.equal(heading(50), ['file', 'n', 'B', 'answer', 'models', 'checks']);
  });

  test('a long path keeps its end', () => {
    const file = `${'folder/'.repeat(12)}name.cnf`;
    const table = verifyTable([file], {});
    assert.match(linesOf(table.row(line(file, [])))[2]!, /^….{39}name\.cnf {2}/);
  });
});
