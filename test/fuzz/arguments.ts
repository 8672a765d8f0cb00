/** The command line, read as `seth` reads it, up to where a command would begin: what it would be called with is checked. */
import * as assert from 'uvu/assert';
import { InputError } from '../../src/problems/input-error.ts';
import { chainOf } from '../../src/cli/chain-of.ts';
import type { VerifyArguments } from '../../src/cli/commands/verify.ts';
import { describeError, exitCodeOf, exits, UsageError } from '../../src/cli/faults.ts';
import { program } from '../../src/cli/program.ts';
import { runIdentity } from '../../src/cli/run-identity.ts';
import { shardOf } from '../../src/cli/shard.ts';

/** Thrown in place of the command. */
class Understood extends Error {
  readonly argv: Record<string, unknown>;
  constructor(argv: Record<string, unknown>) {
    super('understood');
    this.argv = argv;
  }
}

/** Checks what the words come to: a command with arguments, help, or a fault of the user's in one line. */
export async function readArguments(words: readonly string[]): Promise<'accepted' | 'refused'> {
  // Completion prints and does not parse, and no argument of a process can hold a NUL.
  const args = words
    .filter((word) => !word.startsWith('--get-yargs'))
    .map((word) => word.replaceAll('\0', ''));
  if (args.includes('completion')) return 'refused';
  try {
    await program(args)
      .middleware((argv) => {
        throw new Understood(argv);
      })
      .parse(args, {}, (error: unknown) => {
        if (error !== undefined && error !== null) throw error;
      });
    return 'accepted'; // help or the version
  } catch (thrown) {
    if (thrown instanceof Understood) return understood(thrown.argv);
    return refused(thrown);
  }
}

/** What a command does first with its arguments: numbers and settings are read, nothing is opened. */
function understood(argv: Record<string, unknown>): 'accepted' | 'refused' {
  assert.is(Object.getPrototypeOf(argv), Object.prototype);
  try {
    runIdentity('verify', argv);
    if (['verify', 'solve'].includes(String((argv['_'] as unknown[])[0]))) {
      const args = argv as unknown as VerifyArguments;
      chainOf(args, () => {});
      shardOf(args.shard);
    }
    return 'accepted';
  } catch (thrown) {
    return refused(thrown);
  }
}

function refused(thrown: unknown): 'refused' {
  if (!(thrown instanceof UsageError || thrown instanceof InputError)) throw thrown;
  assert.is(exitCodeOf(thrown), exits.badInput);
  assert.not.match(describeError(thrown), /[\n\r]/);
  assert.not.match(describeError(thrown), /^internal error/);
  return 'refused';
}
