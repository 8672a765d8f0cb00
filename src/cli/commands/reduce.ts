import type { CommandModule } from 'yargs';
import { act } from '../act.ts';
import { jsonOption, pcpOption, pureOption, thresholdOptions, type Typed } from '../options.ts';

export interface ReduceArguments {
  readonly file: string;
  readonly to: 'sparse' | 'ov' | 'max-ip' | 'closest-pair';
  readonly output: string;
  readonly split?: 'order' | 'weight' | undefined;
  readonly prune: boolean;
  readonly pure: boolean;
  readonly pcp?: Typed;
  readonly thresholds?: Typed;
  readonly alpha?: Typed;
  readonly strict: boolean;
  readonly memory?: Typed;
  readonly json: boolean;
}

export const reduce: CommandModule<object, ReduceArguments> = {
  command: 'reduce <file>',
  describe: 'Follow arrows of the chain: a formula to sparse ones, vectors or points',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'DIMACS CNF, plain, gzip or xz; - is standard input',
      })
      .options({
        to: {
          choices: ['sparse', 'ov', 'max-ip', 'closest-pair'] as const,
          demandOption: true,
          describe: 'The problem to reduce to',
        },
        output: {
          alias: 'o',
          string: true,
          requiresArg: true,
          default: '-',
          describe: 'Where to; - is standard output; for sparse a directory',
        },
        split: {
          choices: ['order', 'weight'] as const,
          requiresArg: true,
          defaultDescription: '"order"',
          describe: 'Halves of the variables: by number, or such that inner products stay small',
        },
        prune: {
          boolean: true,
          default: false,
          describe: 'Leave out half-assignments that already falsify a clause',
        },
        pure: { ...pureOption, describe: 'max-ip, closest-pair: make pure literals true first' },
        pcp: { ...pcpOption, describe: 'max-ip, closest-pair: T,ℓ or T,ℓ,q of the distributed PCP' },
        thresholds: {
          ...thresholdOptions.thresholds,
          describe: 'sparse: θ(1),θ(2),… ≥ 1; the last stands for all beyond',
        },
        alpha: { ...thresholdOptions.alpha, describe: 'sparse: α ≥ 1 of the theorem' },
        strict: {
          boolean: true,
          default: false,
          describe: 'Refuse a formula whose number of clauses differs from its header',
        },
        memory: {
          requiresArg: true,
          defaultDescription: 'three quarters of the machine',
          describe: 'GiB that may be used',
        },
        json: { ...jsonOption, describe: 'For programs: the vectors and the ledger as one JSON object' },
      })
      .example('seth random teaching --formula 2 | seth reduce - --to ov', '')
      .example('seth random uniform | seth reduce - --to sparse --thresholds 6 -o leaves', '')
      .example('seth random teaching | seth reduce - --to closest-pair', '')
      .epilogue(
        'Written are comments (c), then "left 0101…" and "right 0101…", one vector a line; for ov coordinate c is clause c.\nSparse leaves are DIMACS files leaf-000001.cnf … in a directory.\nExit code: 0 written, 2 bad input.',
      ),
  handler: act(async () => (await import('../actions/reduce.ts')).reduce),
};
