/** SAT solvers of others as programs of their own, where they are installed: Debian's cadical, cryptominisat and clasp. */
import { spawnSync } from 'node:child_process';
import { isModel, type Cnf } from '../../src/problems/cnf.ts';
import { writeDimacs } from '../../src/formats/dimacs.ts';

export interface ForeignSolver {
  readonly name: string;
  /** Satisfiable? Undefined when it was killed or said neither. Throws when its model is none. */
  readonly solve: (cnf: Cnf) => boolean | undefined;
}

const programs: readonly (readonly [name: string, program: string, args: readonly string[]])[] = [
  ['cadical', 'cadical', ['-q']],
  ['cryptominisat', 'cryptominisat5', ['--verb', '0']],
  ['clasp', 'clasp', ['--verbose=0', '--outf=0']],
];

/** Those that are installed. */
export const foreignSolvers = (): readonly ForeignSolver[] =>
  programs
    .filter(([, program]) => spawnSync(program, ['--version'], { timeout: 10_000 }).error === undefined)
    .map(([name, program, args]) => ({ name, solve: (cnf) => ask(program, args, cnf) }));

/** They read canonical DIMACS on standard input. An answer of a run that was killed is none. */
function ask(program: string, args: readonly string[], cnf: Cnf): boolean | undefined {
  const { stdout, signal } = spawnSync(program, args, {
    input: writeDimacs(cnf),
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (signal !== null) return undefined;
  if (/^s UNSATISFIABLE/m.test(stdout)) return false;
  if (!/^s SATISFIABLE/m.test(stdout)) return undefined;
  const said = [...stdout.matchAll(/^v (.*)$/gm)].flatMap(([, line]) =>
    line!.trim().split(/\s+/).map(Number),
  );
  const isTrue = new Set(said);
  const model = Array.from({ length: cnf.variables }, (_, k) => isTrue.has(k + 1));
  if (!isModel(cnf, model)) throw new Error(`${program} gave a model that is none`);
  return true;
}
