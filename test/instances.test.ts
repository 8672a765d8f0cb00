import { readFileSync, readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { parseDimacs } from '../src/formats/dimacs.ts';
import { countWithLogicSolver, solveWithLogicSolver } from '../src/solvers/logic-solver.ts';
import { suite } from './support/harness.ts';
import { generate, indexText, instance } from './support/instances.ts';
import type { IndexEntry } from './support/instances.ts';

const text = readFileSync('instances/index.json', 'utf8');
const index = JSON.parse(text) as IndexEntry[];

suite('instances', (test) => {
  test('the index covers exactly the formulas of the folder', () => {
    const formulas = readdirSync('instances').filter((file) => file.endsWith('.cnf'));
    assert.equal(index.map(({ file }) => file).toSorted(), formulas.toSorted());
    assert.equal(
      readdirSync('instances')
        .filter((file) => !file.endsWith('.cnf'))
        .toSorted(),
      ['README.md', 'index.json'],
    );
  });

  test('every file is what its command makes, byte for byte, and so is the index', () => {
    const made = index.map(({ file, command }) => instance(file, command));
    for (const { text, entry } of made)
      assert.is(readFileSync(`instances/${entry.file}`, 'utf8'), text, entry.file);
    assert.is(indexText(made.map(({ entry }) => entry)), text);
  });

  test('the command of the index stands in the comments of its file', () => {
    for (const { file, command } of index) {
      assert.ok(readFileSync(`instances/${file}`, 'utf8').split('\n').includes(`c ${command}`), file);
    }
  });

  test('every file reads back as the formula that was generated', () => {
    for (const { file, command } of index) {
      const { cnf, warnings } = parseDimacs(readFileSync(`instances/${file}`, 'utf8'), { strict: true });
      assert.equal(cnf, generate(command).cnf, file);
      assert.equal(warnings, [], file);
    }
  });

  test('the counts of the index are those that a SAT solver enumerates', () => {
    for (const { file, models, satisfiable } of index) {
      const { cnf } = parseDimacs(readFileSync(`instances/${file}`, 'utf8'));
      assert.is(String(countWithLogicSolver(cnf, 2000)), models, file);
      assert.is(solveWithLogicSolver(cnf) !== null, satisfiable, file);
    }
  });

  test('every family is here, and there are satisfiable and unsatisfiable formulas', () => {
    assert.is(new Set(index.map(({ family }) => family)).size, 8);
    assert.ok(index.filter(({ satisfiable }) => !satisfiable).length >= 6);
    assert.ok(index.filter(({ satisfiable }) => satisfiable).length >= 15);
  });
});
