import { readFileSync, readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { parseDimacs } from '../../src/formats/dimacs.ts';
import type { Cnf } from '../../src/problems/cnf.ts';
import { bruteForceLimit, countModels } from '../../src/solvers/brute-force.ts';
import { countWithLogicSolver, solveWithLogicSolver } from '../../src/solvers/logic-solver.ts';
import { suite } from '../support/harness.ts';
import { sharedCnf } from '../support/shared-cnf.ts';

const read = (path: string): Cnf => parseDimacs(readFileSync(path, 'utf8')).cnf;

suite('solvers on SATLIB and SATCH', (test) => {
  test('both solvers find the counts of counts.tsv', () => {
    const table = sharedCnf('counts.tsv');
    if (table === null) return;
    const rows = readFileSync(table, 'utf8').trim().split('\n').slice(1);
    assert.ok(rows.length >= 109);
    for (const row of rows) {
      const [file, variables, clauses, models] = row.split('\t') as [string, string, string, string];
      const cnf = read(sharedCnf(file)!);
      assert.equal([cnf.variables, cnf.clauses.length], [Number(variables), Number(clauses)], file);
      assert.is(String(countWithLogicSolver(cnf, 1000)), models, file);
      // Pigeonhole 5 has 30 variables.
      if (cnf.variables <= bruteForceLimit) assert.is(String(countModels(cnf)), models, file);
      else assert.is(solveWithLogicSolver(cnf), null, file);
    }
  });

  test('the solvers agree on the uf20 files that counts.tsv leaves out', () => {
    const folder = sharedCnf('uf20-91');
    if (folder === null) return;
    const table = readFileSync(sharedCnf('counts.tsv')!, 'utf8');
    const files = readdirSync(folder).filter((file) => !table.includes(`uf20-91/${file}\t`));
    assert.ok(files.length > 0);
    for (const file of files) {
      const cnf = read(sharedCnf('uf20-91', file)!);
      const models = countModels(cnf);
      assert.ok(models > 0n, file);
      assert.is(countWithLogicSolver(cnf, 1000), models, file);
    }
  });

  test('logic-solver decides the formulas with 50 and 100 variables as SATLIB names them', () => {
    for (const [file, satisfiable] of [
      ['uf50-01.cnf', true],
      ['uuf50-01.cnf', false],
      ['uf100-01.cnf', true],
      ['uuf100-01.cnf', false],
    ] as const) {
      const path = sharedCnf('larger', file);
      if (path !== null) assert.is(solveWithLogicSolver(read(path)) !== null, satisfiable, file);
    }
  });
});
