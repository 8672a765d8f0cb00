/** Options of the commands that may take long: verify, stress. */

export interface LongRunArguments {
  readonly journal: string | undefined;
  readonly shard: string | undefined;
}

export const journalOption = {
  string: true,
  requiresArg: true,
  describe: 'A folder that keeps what is done: the same command again goes on where a run was cut off',
} as const;

export const shardOption = {
  string: true,
  requiresArg: true,
  describe: 'Only part i of k, counted from 0, as i/k; "seth merge" puts the parts together',
} as const;
