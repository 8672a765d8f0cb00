/** The inputs that are kept: a file a target, an input a line, in base64. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve('test', 'fuzz', 'corpus');
const fileOf = (target: string): string => join(folder, `${target}.txt`);

export function readCorpus(target: string): readonly Uint8Array[] {
  const lines = readFileSync(fileOf(target), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => new Uint8Array(Buffer.from(line, 'base64')));
}

export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const lines = new Set(inputs.map((bytes) => Buffer.from(bytes).toString('base64')));
  writeFileSync(
    fileOf(target),
    [...lines]
      .toSorted()
      .map((line) => `${line}\n`)
      .join(''),
  );
}
