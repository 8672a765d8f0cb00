import * as assert from 'uvu/assert';
import { chainBytes, fileBytes, requireFeasible } from '../../src/verify/limits.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { suite } from '../support/harness.ts';

const empty = (variables: number, clauses: number): Cnf => ({
  variables,
  clauses: Array.from({ length: clauses }, () => [1]),
});
const bytes = (variables: number, clauses: number): number => chainBytes(variables, clauses, 1);

suite('verify/limits', (test) => {
  test('a formula that fits is let through', () => {
    requireFeasible(empty(20, 91), 2 ** 30, bytes);
    requireFeasible(empty(0, 0), 2 ** 20, bytes);
    requireFeasible(empty(36, 153), 2 ** 32, bytes);
  });

  test('one that does not is refused with its size and the largest that would', () => {
    assert.throws(
      () => requireFeasible(empty(40, 170), 2 ** 30, bytes),
      /expected at most \d+ variables with 170 clauses \(1\.00 GiB of memory\), found 40 variables: 2\^20 vectors on a side, [\d.]+ GiB/,
    );
    assert.throws(
      () => requireFeasible(empty(100, 430), 2 ** 34, bytes),
      /found 100 variables: 2\^50 vectors on a side, [\d.e+]+ GiB/,
    );
    assert.throws(() => requireFeasible(empty(2 ** 28, 1), 2 ** 34, bytes), /found 268435456 variables/);
  });

  test('beyond 44 variables no memory is enough', () => {
    requireFeasible(empty(44, 10), 2 ** 60, bytes);
    assert.throws(() => requireFeasible(empty(45, 10), 2 ** 60, bytes), /at most 44 variables/);
  });

  test('the largest size named is one that is let through', () => {
    try {
      requireFeasible(empty(60, 200), 2 ** 31, bytes);
    } catch (error) {
      const largest = Number(/at most (\d+) variables/.exec(String(error))?.[1]);
      requireFeasible(empty(largest, 200), 2 ** 31, bytes);
      assert.throws(() => requireFeasible(empty(largest + 2, 200), 2 ** 31, bytes));
      return;
    }
    assert.unreachable();
  });

  test('a file is the size of its tensors', () => {
    assert.ok(fileBytes(20, 91, 1, 8) > 1024 * 20 * 92 * 8 && fileBytes(20, 91, 1, 8) < 1024 * 40 * 92 * 8);
    assert.ok(Math.abs(fileBytes(20, 91, 1, 4) / fileBytes(20, 91, 1, 8) - 0.5) < 1e-9);
  });
});
