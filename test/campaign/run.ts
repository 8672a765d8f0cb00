/** The campaign's work on one formula: every way, every solver, and what differs shrunk. */
import { isModel, type Cnf } from '../../src/problems/cnf.ts';
import type { Oracle } from '../../src/oracles/oracle.ts';
import { countModels } from '../../src/solvers/brute-force.ts';
import { solveWithLogicSolver } from '../../src/solvers/logic-solver.ts';
import { familyNames, formula } from './formulas.ts';
import type { Finding, Line } from './journal.ts';
import { cellName } from './report.ts';
import { shrink } from './shrink.ts';
import type { ForeignSolver } from './solvers.ts';
import { judge, type Way } from './ways.ts';

export interface Tools {
  readonly ways: readonly Way[];
  /** By the names that the ways have for them. A way whose oracle is not here is not gone. */
  readonly oracles: ReadonlyMap<string, Oracle>;
  /** Why oracles are not here, by name. */
  readonly absent?: Readonly<Record<string, string>>;
  /** Of others, asked in turn beside our own; without a list none is asked, not even ours. */
  readonly solvers?: readonly ForeignSolver[];
  /** Told before each case. */
  readonly onCase?: (way: string) => void;
}

/** Our own solver in the shape of the others. */
const logicSolver: ForeignSolver = {
  name: 'logic-solver',
  solve(cnf) {
    const model = solveWithLogicSolver(cnf);
    if (model !== null && !isModel(cnf, model)) throw new Error('logic-solver gave a model that is none');
    return model !== null;
  },
};

/** logic-solver, and of the others, whose processes take longer than all our ways, one in turn. */
function solversFor(number: number, foreign: readonly ForeignSolver[] | undefined): readonly ForeignSolver[] {
  if (foreign === undefined) return [];
  const turn = foreign[Math.floor(number / familyNames.length) % Math.max(1, foreign.length)];
  return turn === undefined ? [logicSolver] : [logicSolver, turn];
}

export async function runFormula(seed: number, number: number, tools: Tools): Promise<Line> {
  const { family, cnf } = formula(seed, number);
  const models = countModels(cnf);
  const line = { cases: 0, right: 0, inconclusive: 0, slowest: 0, processor: 0 };
  const refused: Record<string, number> = {};
  const oracles: Record<string, number> = {};
  const cells: Record<string, Record<string, number>> = {};
  const findings: Finding[] = [];
  for (const way of tools.ways) {
    const oracle = tools.oracles.get(way.oracle);
    if (oracle === undefined || !way.takes(cnf, number)) continue;
    tools.onCase?.(way.name);
    const started = performance.now();
    const before = process.cpuUsage();
    const { outcome, said = '' } = await judge(way, cnf, oracle, models);
    line.slowest = Math.max(line.slowest, (performance.now() - started) / 1000);
    const { user, system } = process.cpuUsage(before);
    line.processor = Math.max(line.processor, (user + system) / 1e6);
    line.cases++;
    oracles[way.oracle] = (oracles[way.oracle] ?? 0) + 1;
    const cell = (cells[cellName(way.cell.route, way.oracle, way.cell.dtype)] ??= {});
    const end = outcome === 'refused' ? said : outcome;
    cell[end] = (cell[end] ?? 0) + 1;
    if (outcome === 'right' || outcome === 'inconclusive') line[outcome]++;
    else if (outcome === 'refused') refused[said] = (refused[said] ?? 0) + 1;
    else {
      const stays = async (smaller: Cnf): Promise<boolean> =>
        (await judge(way, smaller, oracle, countModels(smaller))).outcome === outcome;
      findings.push({ way: way.name, said, cnf: await shrink(cnf, stays) });
    }
  }
  const solvers: Record<string, number> = {};
  for (const { name, solve } of solversFor(number, tools.solvers)) {
    const says = solve(cnf);
    if (says === undefined) continue;
    solvers[name] = 1;
    if (says === models > 0n) continue;
    const stays = async (smaller: Cnf): Promise<boolean> => {
      const again = solve(smaller);
      return again !== undefined && again !== countModels(smaller) > 0n;
    };
    findings.push({ way: name, said: `satisfiable: ${says}`, cnf: await shrink(cnf, stays) });
  }
  const memory = process.resourceUsage().maxRSS * 1024;
  const { absent = {} } = tools;
  return { number, seed, family, ...line, refused, findings, oracles, absent, cells, solvers, memory };
}
