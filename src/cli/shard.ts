/** `--shard i/k`: the part of a run that one of k machines does. */
import type { Shard } from '../formats/part.ts';
import { InputError } from '../problems/input-error.ts';
import { UsageError } from './faults.ts';

/** More than any scheduler's array has. */
const mostShards = 1_000_000;

/** The shard that was typed; undefined without one. Throws a `UsageError`. */
export function shardOf(typed: string | undefined): Shard | undefined {
  if (typed === undefined) return undefined;
  const [, index, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(typed) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index < shard.of && shard.of <= mostShards) return shard;
  throw new UsageError(
    `--shard cannot be ${JSON.stringify(typed)}: write i/k with i from 0 to k − 1, such as 0/4 to 3/4`,
  );
}

/** Unit number `at` of a run, counted from 0 over all shards. */
export interface Placed<Unit> {
  readonly unit: Unit;
  readonly at: number;
}

/** The units of a shard: those at i, i + k, i + 2k, …; all of them without a shard. */
export function unitsOf<Unit>(units: readonly Unit[], shard: Shard | undefined): readonly Placed<Unit>[] {
  const { index, of } = shard ?? { index: 0, of: 1 };
  return units.map((unit, at) => ({ unit, at })).filter(({ at }) => at % of === index);
}

/** Throws an `InputError` when a shard would have nothing. */
export function requireUnits({ of }: Shard, units: number, unit: string): void {
  if (of <= units) return;
  throw new InputError({
    code: 'shards-too-many',
    field: '--shard',
    expected: `at most ${units} shards, one for each ${unit}`,
    found: String(of),
    hint: 'take fewer shards',
  });
}

/** Throws an `InputError` when one of the numbers 0 … count − 1 is missing or there twice. */
export function requireEachOnce(
  parts: readonly { readonly name: string; readonly at: number }[],
  count: number,
  nameOf: (at: number) => string,
): void {
  const seen = new Map<number, string>();
  for (const { name, at } of parts) {
    const other = seen.get(at);
    if (other !== undefined) {
      throw new InputError({
        code: 'part-twice',
        file: name,
        expected: `${nameOf(at)} once`,
        found: other === name ? 'it twice' : `it in ${other} too`,
        hint: 'give each part once',
      });
    }
    seen.set(at, name);
  }
  if (seen.size === count) return;
  let missing = 0;
  while (seen.has(missing)) missing++;
  const others = count - seen.size - 1;
  throw new InputError({
    code: 'part-missing',
    expected: nameOf(missing),
    found: `no part that has it${others === 0 ? '' : `, nor ${others} more`}`,
    hint: 'run that shard again',
  });
}
