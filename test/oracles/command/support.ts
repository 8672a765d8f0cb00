/** What the tests of the command oracle share: matrices, the faulty program, and a place for what it leaves behind. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { Oracle } from '../../../src/oracles/oracle.ts';
import { openOracle, type OpenOptions } from '../../../src/oracles/oracles.ts';
import type { Fault } from '../../../src/problems/input-error.ts';
import { InputError } from '../../../src/problems/input-error.ts';
import { denseMatrix, type Attention } from '../../../src/problems/attention.ts';
import type { Dtype } from '../../../src/problems/dtype.ts';

/** Its file. */
export const faultyProgram: string = fileURLToPath(new URL('faulty.js', import.meta.url));

/** Small matrices, different for each `seed`: 6 queries, 5 keys, 2 columns of v between 0 and 1. */
export function matrices(seed: number, dtype: Dtype = 'f64'): Attention {
  const entry = (e: number): number => ((e * 37 + seed * 101) % 17) / 16;
  const matrix = (rows: number, columns: number, sign: number): Attention['q'] =>
    denseMatrix(
      rows,
      columns,
      Float64Array.from({ length: rows * columns }, (_, e) => sign * entry(e + rows)),
    );
  return { q: matrix(6, 3, 2), k: matrix(5, 3, -2), v: matrix(5, 2, 1), scale: 0.75, dtype };
}

/** Calls `body` with an empty folder. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'seth-test-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface Place {
  /** Where the program notes the instances that it gets. */
  readonly state: string;
  /** Where temporary files go. */
  readonly temporary: string;
  /** The command line of the faulty program. */
  line(fault: string, call: number, warm?: boolean): string;
  /** The process ids that were noted. */
  noted(): number[];
  notedIn(state: string): number[];
  /** `openOracle`, and closed at the end at the latest. */
  open(spec: string, options?: OpenOptions): Promise<Oracle>;
}

const notedIn = (state: string): number[] =>
  existsSync(state) ? readFileSync(state, 'utf8').trimEnd().split('\n').map(Number) : [];

/** Calls `body` with an empty place; temporary files of this process go into it, and must be gone at the end. */
export async function inPlace(body: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'seth-test-'));
  const [state, temporary] = [join(folder, 'state'), join(folder, 'temporary')];
  mkdirSync(temporary);
  const before = process.env['TMPDIR'];
  const opened: Oracle[] = [];
  process.env['TMPDIR'] = temporary;
  try {
    await body({
      state,
      temporary,
      line: (fault, call, warm = false) =>
        `'${process.execPath}' '${faultyProgram}' '${fault}' ${call} '${state}'${warm ? '' : ' {instance} {output}'}`,
      noted: () => notedIn(state),
      notedIn,
      async open(spec, options) {
        const oracle = await openOracle(spec, options);
        opened.push(oracle);
        return oracle;
      },
    });
    assert.equal(readdirSync(temporary), []);
  } finally {
    for (const oracle of opened) await oracle.close();
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true });
  }
}

/** The fault with which `promise` rejects. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault & { readonly message: string }> {
  const error = await promise.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof InputError)) throw error;
  assert.not.match(error.message, /\n/);
  return { ...error.fault, message: error.message };
}

/** Waits until `holds` does; a test that waits for a minute has failed. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Has the process ended? One that nobody has asked about its end has. */
export function isGone(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
