import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openOracle } from '../../src/oracles/oracles.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { countModels } from '../../src/solvers/brute-force.ts';
import { inFolder } from '../cli/seth.ts';
import { hasAdapter } from '../oracles/gpu/adapter.ts';
import { cnfArb } from '../support/arbitraries.ts';
import { suite } from '../support/harness.ts';
import { headsProgram, inFloat64 } from '../support/kernels/heads-program.ts';
import { familyNames, formula } from './formulas.ts';
import { append, readJournal, type Line } from './journal.ts';
import { markdownOf, onePerFormula, reportOf, tableOf, type Report } from './report.ts';
import { runFormula } from './run.ts';
import { shrink } from './shrink.ts';
import { gpuWays, judge, ways, type Judged } from './ways.ts';

const program = fileURLToPath(new URL('campaign.js', import.meta.url));

/** Runs the campaign in `folder`; `kill` ends all of it as soon as its journal has something. */
async function campaign(folder: string, minutes: string, kill = false): Promise<number | null> {
  const args = [program, '--minutes', minutes, '--seed', '2', '--jobs', '1', '--out', folder];
  const child = spawn(process.execPath, args, { stdio: 'ignore', detached: true });
  const written = (): boolean =>
    readdirSync(folder).some((name) => name.endsWith('.jsonl') && statSync(join(folder, name)).size > 1000);
  const timer = setInterval(() => {
    if (kill && written()) process.kill(-child.pid!, 'SIGKILL');
  }, 20);
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  clearInterval(timer);
  return code;
}

suite('campaign/campaign', (test) => {
  test('a shrunk formula is still one of those, and nothing can be left out of it', async () => {
    await fc.assert(
      fc.asyncProperty(cnfArb({ maxVariables: 5, maxClauses: 14 }), async (cnf) => {
        fc.pre(countModels(cnf) === 0n);
        const unsatisfiable = async (one: typeof cnf): Promise<boolean> => countModels(one) === 0n;
        const small = await shrink(cnf, unsatisfiable);
        assert.is(countModels(small), 0n);
        small.clauses.forEach((_, c) => {
          const without = small.clauses.filter((_clause, at) => at !== c);
          assert.ok(countModels({ ...small, clauses: without }) > 0n, 'a clause could go');
        });
        // Leaving out literals strengthens a clause, so what stays is a single empty one.
        assert.equal(small, { variables: 0, clauses: [[]] });
      }),
      { numRuns: 60 },
    );
    // A property of two clauses that share a variable keeps just those.
    const clash = await shrink(
      { variables: 9, clauses: [[1, 2, 9], [3], [-4, 5], [4, 7], [8]] },
      async ({ clauses }) =>
        clauses.some((clause) => clauses.some((other) => clause.some((literal) => other.includes(-literal)))),
    );
    assert.equal(clash, { variables: 1, clauses: [[-1], [1]] });
  });

  test('formulas are the same again by seed and number, small, of every family, with and without models', () => {
    const seen = new Map<string, Set<boolean>>();
    for (let number = 0; number < 300; number++) {
      const { family, cnf } = formula(4, number);
      assert.equal(formula(4, number).cnf, cnf);
      assert.ok(cnf.variables <= 14);
      assert.ok(cnf.clauses.every((clause) => clause.every((l) => l !== 0 && Math.abs(l) <= cnf.variables)));
      seen.set(family, (seen.get(family) ?? new Set()).add(countModels(cnf) > 0n));
    }
    assert.equal([...seen.keys()].toSorted(), [...familyNames].toSorted());
    assert.ok([...seen.values()].filter(({ size }) => size === 2).length >= 5);
  });

  test('a fault put into an oracle is found, and shrunk', async () => {
    const inner = await openOracle('cpu');
    const faulty: Oracle = {
      ...inner,
      async attend(attention, options) {
        const attended = await inner.attend(attention, options);
        const { values } = attended.output;
        if (attention.k.columns > 3) values[values.length - 1]! *= 0.25; // only with three clauses or more
        return attended;
      },
    };
    const some = ways.filter(
      ({ name }) => name === 'threshold f64, cpu' || name === 'interpolation f64, cpu',
    );
    assert.is(some.length, 2);
    const lines: Line[] = [];
    for (let number = 0; number < 12; number++) {
      lines.push(
        await runFormula(6, number, { ways: some, oracles: new Map([['cpu', faulty]]), solvers: [] }),
      );
    }
    await inner.close();
    const findings = lines.flatMap((line) => line.findings);
    assert.ok(findings.length >= 6, `${findings.length} findings`);
    for (const { cnf } of findings) assert.is(cnf.clauses.length, 3);
    for (const { cases, right, inconclusive, refused, findings } of lines) {
      const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
      assert.is(cases, right + inconclusive + refusals + findings.length);
    }
  });

  test("the graphics card's ways answer, and a card that is not here is named in the report, with the reason", async () => {
    const cpu = await openOracle('cpu');
    const whole = await runFormula(2, 0, {
      ways,
      oracles: new Map(ways.map(({ oracle }) => [oracle, cpu])),
      solvers: [],
    });
    const names = ['gpu:exact', 'gpu:f32', 'gpu:f64-emulated'];
    const card = await runFormula(2, 0, {
      ways: gpuWays,
      oracles: new Map(names.map((name) => [name, cpu])),
    });
    await cpu.close();
    assert.equal(Object.keys(card.oracles), names);
    assert.ok(card.cases >= 3 * 12 && card.right > 24);
    assert.equal(card.solvers, {});
    const both = reportOf(2, [whole, card]);
    assert.is(both.formulas, 1);
    assert.is(both.cases, whole.cases + card.cases);
    assert.is(
      Object.values(both.oracles).reduce((sum, count) => sum + count, 0),
      both.cases,
    );
    assert.not.match(markdownOf(both), 'did not run');

    const none = await runFormula(2, 0, {
      ways: gpuWays,
      oracles: new Map(),
      absent: { 'gpu:exact': 'no card' },
    });
    assert.is(none.cases, 0);
    assert.match(
      markdownOf(reportOf(2, [whole, none])),
      /\| cases by oracle \| cpu \d+, .*; gpu:exact did not run: no card \|/,
    );
  });

  test('every route has its turn with every oracle in every format, and the table says what came of it', async () => {
    const cells = new Set(
      [...ways, ...gpuWays].map(({ oracle, cell }) => `${cell.route} ${oracle} ${cell.dtype}`),
    );
    assert.is(cells.size, 4 * 9 * 4);
    const reached = new Set<string>();
    for (let number = 0; number < 600; number++) {
      const { cnf } = formula(2, number);
      for (const { oracle, cell, takes } of [...ways, ...gpuWays]) {
        if (takes(cnf, number)) reached.add(`${cell.route} ${oracle} ${cell.dtype}`);
      }
    }
    assert.is(reached.size, cells.size);
    const table = tableOf({
      cells: {
        'threshold, cpu, f64': { right: 7, inconclusive: 1 },
        'threshold, cpu, f16': { 'error-too-large': 3 },
      },
      absent: { 'gpu:f32': 'no card' },
    });
    assert.is(table.split('\n').length, 2 + 4 * 9);
    assert.match(table, '\n| threshold | cpu | 7 | had no turn | 0: error-too-large 3 | had no turn |\n');
    assert.match(table, '\n| minimax | gpu:f32 | not here | not here | not here | not here |\n');
  });

  test('a formula counts once, and what was found is not lost', () => {
    const line = { number: 3, findings: [] } as unknown as Line;
    const found = { ...line, findings: [{ way: 'x', said: 'y', cnf: { variables: 0, clauses: [] } }] };
    assert.equal(onePerFormula([line, { ...line, number: 4 }, line, found, line]), [
      found,
      { ...line, number: 4 },
    ]);
  });

  test('a warm program answers as the reference does', async () => {
    const command = await openOracle(`command-warm:'${process.execPath}' '${headsProgram}' '${inFloat64}'`);
    const some = ways.filter(({ oracle, cell }) => oracle === 'command' && cell.route !== 'closest-pair');
    const taken = some.map((way) => ({ ...way, takes: () => true }));
    const line = await runFormula(2, 9, { ways: taken, oracles: new Map([['command', command]]) });
    await command.close();
    assert.equal(line.findings, []);
    assert.is(line.cases, 12);
    assert.ok(line.right >= 8, JSON.stringify(line.cells));
  });

  test('on the paper’s route the program has the error it claims in every format; in plain float32 it is found out', async () => {
    const formulas = [
      [
        [-3, -1],
        [-1, 4],
        [-4, -2],
      ],
      [
        [-3, -1],
        [-3, 4],
        [-4, -2],
      ],
      [
        [-1, 3],
        [-3, -2],
        [-3, 4],
      ],
      [
        [-3, 4],
        [-1, 4],
        [-4, -2],
      ],
    ].map((clauses) => ({ variables: 4, clauses }));
    const outcomes = async (arithmetic: string): Promise<Judged[]> => {
      const oracle = await openOracle(`command-warm:'${process.execPath}' '${headsProgram}' '${arithmetic}'`);
      const judged: Judged[] = [];
      for (const way of ways.filter(({ name }) => /^closest-pair strengthened .*, command$/.test(name))) {
        for (const cnf of formulas) judged.push(await judge(way, cnf, oracle, countModels(cnf)));
      }
      await oracle.close();
      return judged;
    };
    const careful = (await outcomes(inFloat64)).map(({ outcome }) => outcome);
    assert.equal(careful, Array<string>(4 * formulas.length).fill('right'));
    const faulty = (await outcomes('none')).filter(({ outcome }) => outcome !== 'right');
    assert.ok(faulty.length > 0);
    for (const { said } of faulty) assert.match(said!, 'the output does not have the error it claims');
  });

  test('a campaign that was killed goes on where it was: no formula is lost and none done twice', async () => {
    await inFolder(async (folder) => {
      await campaign(folder, '2', true);
      const [journal] = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
      assert.ok(journal !== undefined, 'killed before its first formula');
      const file = join(folder, journal);
      const card = file.replace('job-0', 'job-gpu');
      const before = readJournal(file);
      appendFileSync(file, '{"number":7,"half of a li');
      assert.is(await campaign(folder, '0.1'), 0);
      const after = readJournal(file);
      assert.equal(after.slice(0, before.length), before);
      assert.ok(after.length > before.length);
      assert.equal(
        after.map(({ number }) => number),
        after.map((_, k) => k),
      );
      const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
      assert.is(report.formulas, after.length);
      assert.is(
        report.cases,
        [...after, ...readJournal(card)].reduce((sum, line) => sum + line.cases, 0),
      );
      assert.equal(report.findings, []);
      assert.is(report.absent['gpu:exact'] === undefined, hasAdapter);
      assert.is((report.oracles['gpu:exact'] ?? 0) > 0, hasAdapter);
      assert.match(readFileSync(join(folder, 'report.md'), 'utf8'), /\| wrong, or crashed \| 0 \|/);
      append(file, {
        ...after[0]!,
        number: 999,
        findings: [{ way: 'x', said: 'y', cnf: { variables: 1, clauses: [[1]] } }],
      });
      assert.is(await campaign(folder, '0.02'), 1);
      assert.match(readFileSync(join(folder, 'report.md'), 'utf8'), /x: y\n\n {4}p cnf 1 1\n {4}1 0/);
    });
  });
});
