/** What was typed for the paper's route, as the route's settings. */
import { isPrime } from '../problems/finite-field.ts';
import { InputError } from '../problems/input-error.ts';
import type { PcpParameters } from '../../reductions/distributed-pcp.ts';
import { fieldFor } from '../../reductions/distributed-pcp.ts';
import type { PaperRouteOptions } from '../../reductions/paper-route.ts';
import type { SparsifyOptions } from '../../reductions/sparsify.ts';
import { numberOf, requireWithout, usualForm, type EncodingArguments, type Typed } from './options.ts';

/** The additive error that an instance stands unless something else is asked for. */
export const usualTolerance = 0.25;

type PaperArguments = Omit<EncodingArguments, 'route' | 'strict' | 'memory'>;

/** Throws an `InputError` for an option that the route has no use for. */
export function paperOptions(args: PaperArguments, tolerance: number = usualTolerance): PaperRouteOptions {
  const { pure, prune, split, form = usualForm, dtype, scale } = args;
  if (args.bound !== undefined) {
    throw unused('bound', 'no --bound with --route closest-pair: the gap and n make B', textOf(args.bound));
  }
  if (args.witness !== 'scan') {
    throw unused('witness', 'scan with --route closest-pair: its values are one column', args.witness);
  }
  const pcp = pcpOf(args.pcp);
  const options = { pure, prune, split, form, dtype, scaleName: scale, tolerance };
  return pcp === undefined ? options : { ...options, pcp };
}

/** T, ℓ and q as they were typed: `2,3` or `2,3,7`. */
export function pcpOf(typed: Typed): PcpParameters | undefined {
  if (typed === undefined) return undefined;
  const numbers = listOf('pcp', typed, 1);
  const [blocks, length, given] = numbers;
  if (blocks === undefined || length === undefined || numbers.length > 3) {
    throw unused('pcp', 'two or three whole numbers, T,ℓ or T,ℓ,q', textOf(typed));
  }
  const least = fieldFor(blocks, length);
  const field = given ?? least;
  if (isPrime(field) && field >= least) return { blocks, length, field };
  throw unused('pcp', `a prime q ≥ ${least} for T = ${blocks} and ℓ = ${length}`, String(field));
}

export interface SparsifyArguments {
  readonly sparsify: boolean;
  readonly thresholds?: Typed;
  readonly alpha?: Typed;
}

/** How to sparsify; undefined without `--sparsify`, where a `UsageError` is thrown for an option that says how. */
export function sparsifyWhereAsked(args: SparsifyArguments): SparsifyOptions | undefined {
  if (args.sparsify) return sparsifyOptions(args);
  requireWithout(args, ['thresholds', 'alpha'], '--sparsify', 'there is none');
  return undefined;
}

/** `--thresholds 2,3` or `--alpha 1`, by default α = 1. */
export function sparsifyOptions(args: Omit<SparsifyArguments, 'sparsify'>): SparsifyOptions {
  if (args.thresholds !== undefined) return { thresholds: listOf('thresholds', args.thresholds, 1) };
  return { alpha: numberOf('alpha', args.alpha, { min: 1 }) ?? 1 };
}

/** Whole numbers separated by commas. */
function listOf(option: string, typed: Typed, min: number): number[] {
  return textOf(typed)
    .split(',')
    .map((part) => numberOf(option, part, { min, max: 1e6, whole: true })!);
}

const textOf = (typed: Typed): string =>
  typeof typed === 'string' || typeof typed === 'number' ? `${typed}` : 'something else';

const unused = (option: string, expected: string, found: string): InputError =>
  new InputError({
    code: 'option-value',
    field: `--${option}`,
    expected,
    found,
    hint: `see --help for what --${option} means`,
  });
