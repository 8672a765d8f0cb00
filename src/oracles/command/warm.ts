/**
 * A program that stays: it gets a line INSTANCE, tab, OUTPUT for each instance and answers each with one line, `ok
 * OUTPUT` or `error TEXT` (docs/adapters/protocol.md). The name in the answer tells to which line it belongs, so that
 * an answer too many can never pass for the next one.
 */
import type { InputError } from '../../problems/input-error.ts';
import { failure, limited, start, unsuccessful, within, type Limits, type Program } from './program.ts';

export interface WarmProgram {
  /** Has one instance computed, by the program that runs or by a new one. Rejects with an `InputError`. */
  compute(instance: string, output: string, limits: Limits): Promise<void>;
  /** Lets the program end by itself, for a moment. */
  close(): Promise<void>;
}

/** Characters that an answer may have. */
const longestAnswer = 65536;

/** Milliseconds to end by itself. */
const patience = 2000;

interface Conversation {
  readonly program: Program;
  /** The next line. Rejects when the program ends first. */
  readonly next: () => Promise<string>;
  /** What it said unasked, or that it ended; undefined while all is well. */
  trouble(): InputError | undefined;
}

export function warmProgram(words: readonly string[]): WarmProgram {
  let current: Conversation | undefined;
  const drop = async (): Promise<void> => {
    const dropped = current?.program;
    current = undefined;
    dropped?.kill();
    await dropped?.ended;
  };

  return {
    async compute(instance, output, limits) {
      const trouble = current?.trouble();
      if (trouble !== undefined) {
        await drop();
        throw trouble;
      }
      current ??= converse(words);
      const { program, next } = current;
      const answer = next();
      program.child.stdin!.write(`${instance}\t${output}\n`);
      let line: string;
      try {
        line = await limited(program, answer, limits);
      } catch (error) {
        await drop();
        throw error;
      }
      if (line === `ok ${output}`) return;
      if (line.startsWith('error ')) {
        throw failure(
          'command-error',
          `"ok ${output}" from the program`,
          JSON.stringify(line),
          'the program itself says that it failed: see what it means',
        );
      }
      await drop();
      throw unexpected(`"ok ${output}" or "error TEXT"`, line);
    },
    async close() {
      const program = current?.program;
      if (program === undefined) return;
      program.child.stdin!.end();
      await within(patience, program.ended);
      await drop();
    },
  };
}

function converse(words: readonly string[]): Conversation {
  const program = start(words, 'talking');
  const unasked: string[] = [];
  let text = '';
  let waiting: { resolve: (line: string) => void; reject: (error: unknown) => void } | undefined;
  let end: InputError | undefined;

  const take = (line: string): void => {
    if (waiting === undefined) unasked.push(line);
    else waiting.resolve(line);
    waiting = undefined;
  };
  program.child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!;
    lines.forEach((line) => take(line.trimEnd()));
    if (text.length <= longestAnswer) return;
    take(text);
    program.kill();
  });
  void program.ended.then((how) => {
    end = unsuccessful(program, how, 'a program that answers each line and ends with its standard input');
    waiting?.reject(end);
  });

  return {
    program,
    next: () => new Promise((resolve, reject) => (waiting = { resolve, reject })),
    trouble: () => (unasked.length > 0 ? unexpected('one line for each instance', unasked[0]!) : end),
  };
}

const unexpected = (expected: string, line: string): InputError =>
  failure(
    'command-reply',
    expected,
    JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line),
    'standard output is for answers only: print everything else on standard error',
  );
