/** `--shard i/k`: the part of a run that one of k machines does. */
import { UsageError } from './faults.ts';
import type { RunIdentity } from './run-identity.ts';

export interface Shard {
  /** 0 … of − 1. */
  readonly index: number;
  readonly of: number;
}

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

/** What a line of a shard says of itself: with it "seth merge" knows what is missing, what is there twice and what does not belong. */
export interface Part extends Shard {
  /** This unit's number in the whole run, and how many units that has. */
  readonly at: number;
  readonly units: number;
  readonly run: RunIdentity;
}

export const partOf = (shard: Shard, at: number, units: number, run: RunIdentity): Part => ({
  ...shard,
  at,
  units,
  run,
});
