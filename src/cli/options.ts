/** Options that several commands share, and how their values become numbers and settings. */
import type { Argv } from 'yargs';
import type { Dtype } from '../problems/dtype.ts';
import { InputError } from '../problems/input-error.ts';
import type { ReadoutKind } from '../readout/readout.ts';
import type { AttentionForm } from '../../reductions/paper-route.ts';
import type { EncodeOptions, ScaleName } from '../verify/prepare.ts';
import { UsageError } from './faults.ts';
import { memoryLimit } from './memory.ts';
import type { ProgressMode } from './progress.ts';

/** Numbers arrive as they were typed, and `numberOf` reads them: yargs would make NaN of a typing error. */
export type Typed = unknown;

export interface EncodingArguments {
  readonly route: ReadoutKind | 'closest-pair';
  readonly dtype: Dtype;
  readonly scale: ScaleName;
  readonly bound?: Typed;
  readonly split: 'order' | 'weight';
  readonly prune: boolean;
  readonly witness: 'scan' | 'columns';
  readonly form?: AttentionForm | undefined;
  readonly pcp?: Typed;
  readonly pure: boolean;
  readonly strict: boolean;
  readonly memory?: Typed;
}

export interface ReportArguments {
  readonly json: boolean;
  readonly progress: ProgressMode;
  readonly debug?: boolean;
}

/** How a formula becomes an instance: generate, solve, verify. */
export function encodingOptions(yargs: Argv): Argv<EncodingArguments> {
  return yargs.options({
    route: {
      choices: ['minimax', 'interpolation', 'threshold', 'closest-pair'] as const,
      default: 'minimax' as const,
      describe: 'How counts are read from attention, or the way of the paper, for about 12 clauses',
    },
    dtype: {
      choices: ['f64', 'f32', 'f16', 'bf16'] as const,
      default: 'f64' as const,
      describe: 'Format of the tensors',
    },
    scale: {
      choices: ['linear', 'rsqrt'] as const,
      default: 'linear' as const,
      describe: 'What multiplies QKᵀ: 1/d or 1/√d',
    },
    bound: {
      requiresArg: true,
      defaultDescription: 'the smallest that the error certifies',
      describe: 'B, the largest entry of Q and K',
    },
    split: {
      choices: ['order', 'weight'] as const,
      default: 'order' as const,
      describe: 'Halves of the variables: by number, or such that inner products stay small',
    },
    prune: {
      boolean: true,
      default: false,
      describe: 'Leave out half-assignments that already falsify a clause',
    },
    witness: {
      choices: ['scan', 'columns'] as const,
      default: 'scan' as const,
      describe: 'Find the model by a look at one row, or by further columns of V',
    },
    form: formOption,
    pcp: pcpOption,
    pure: pureOption,
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
  });
}

export const usualForm = 'strengthened';

export const formOption = {
  choices: ['strengthened', 'published', 'direct', 'direct-published'] as const,
  requiresArg: true,
  defaultDescription: '"strengthened"',
  describe: 'closest-pair: its last step, by closest pairs or direct from inner products',
} as const;

export const pcpOption = {
  requiresArg: true,
  defaultDescription: 'those that make the instance small',
  describe: 'closest-pair: T,ℓ or T,ℓ,q of the distributed PCP',
} as const;

export const pureOption = {
  boolean: true,
  default: false,
  describe: 'closest-pair: preprocessing makes pure literals true as well',
} as const;

export const thresholdOptions = {
  thresholds: {
    string: true,
    requiresArg: true,
    describe: 'Sparsify: θ(1),θ(2),… as whole numbers ≥ 1; the last stands for all beyond',
  },
  alpha: {
    requiresArg: true,
    defaultDescription: '1',
    describe: 'Sparsify: α ≥ 1 of the theorem, whose thresholds seldom fire on small formulas',
  },
} as const;

export const sparsifyOption = {
  boolean: true,
  default: false,
  describe: 'Split into sparse formulas first and take the OR of their answers',
} as const;

export const oracleOption = {
  string: true,
  requiresArg: true,
  default: 'cpu',
  describe:
    'Who computes attention; "seth doctor" lists them; \'command:PROGRAM {instance} {output}\' is a program of yours',
} as const;

export const forceOption = {
  boolean: true,
  default: false,
  describe: 'Let the polynomial oracle run where it is slower than exact or certifies no error',
} as const;

export interface SpotCheckArguments {
  readonly spotCheck?: Typed;
  readonly seed?: Typed;
}

export const spotCheckOptions = {
  'spot-check': {
    requiresArg: true,
    describe: 'Compute so many rows of the output anew, chosen at random, and refuse it if one is off',
  },
  seed: {
    requiresArg: true,
    defaultDescription: 'random',
    describe: 'Which rows --spot-check takes; a seed that others can guess protects from faults only',
  },
} as const;

export const jsonOption = {
  boolean: true,
  default: false,
  describe: 'For programs: JSON on standard output',
} as const;

export const progressOption = {
  choices: ['always', 'never', 'auto'] as readonly ProgressMode[],
  default: 'auto' as ProgressMode,
  describe: 'Progress on standard error; auto: if that is a terminal',
} as const;

export interface Range {
  readonly min?: number;
  /** A bound that is itself not allowed. */
  readonly above?: number;
  readonly max?: number;
  readonly whole?: boolean;
}

/** The number that was typed after `--option`; undefined without one. Throws an `InputError` that names the option. */
export function numberOf(option: string, typed: Typed, range: Range): number | undefined {
  if (typed === undefined) return undefined;
  const text = typeof typed === 'string' ? typed.trim() : typeof typed === 'number' ? `${typed}` : '';
  const value = text === '' ? NaN : Number(text);
  const { min = -Infinity, above = -Infinity, max = Infinity, whole = false } = range;
  const fits = value >= min && value > above && value <= max && Number.isFinite(value);
  if (fits && (!whole || Number.isSafeInteger(value))) return value;
  throw new InputError({
    code: 'option-value',
    field: `--${option}`,
    expected: describeRange(range),
    found: text === '' ? 'nothing' : text,
    hint: `see --help for what --${option} means`,
  });
}

function describeRange({ min, above, max, whole }: Range): string {
  const kind = whole === true ? 'a whole number' : 'a number';
  const from = min === undefined ? (above === undefined ? '' : ` above ${above}`) : ` from ${min}`;
  const to = max === undefined ? '' : ` ${from === '' ? 'up' : 'and up'} to ${max}`;
  return `${kind}${min !== undefined && max !== undefined ? ` from ${min} to ${max}` : `${from}${to}`}`;
}

/**
 * Throws a `UsageError` for the first of the options `names` that was given: they play a part with `use` only, and
 * `found` says what there is instead.
 */
export function requireWithout<Name extends string>(
  args: Readonly<Partial<Record<Name, unknown>>>,
  names: readonly Name[],
  use: string,
  found: string,
): void {
  const given = names.find((name) => args[name] !== undefined && args[name] !== false);
  if (given === undefined) return;
  throw new UsageError(`--${given} is for ${use}, and ${found}: leave it out`);
}

/** The settings of `prepare`. Throws a `UsageError` for an option of the paper's route. */
export function encodeOptions(args: EncodingArguments & { readonly route: ReadoutKind }): EncodeOptions {
  requireWithout(args, ['form', 'pcp', 'pure'], '--route closest-pair', `the route is ${args.route}`);
  const { route, dtype, scale, split, prune, witness } = args;
  const bound = numberOf('bound', args.bound, { above: 0 });
  return { route, dtype, scaleName: scale, split, prune, witness, ...(bound === undefined ? {} : { bound }) };
}

/** Bytes that may be used, by `--memory`. */
export const memoryOf = ({ memory }: { readonly memory?: Typed }): number =>
  memoryLimit(numberOf('memory', memory, { above: 0 }));
