/** What long runs leave behind and read again: the JSON lines of shards, which "seth merge" takes, and journals. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { openJournal, type Key } from '../../src/cli/journal.ts';
import { mergeLines } from '../../src/cli/shard-lines.ts';
import { bounded, damageArb, damaged, readOr, utf8, type Target } from './target.ts';

const run = { tool: 'seth-attention 0.1.0', command: 'verify', options: { oracle: 'cpu' } };
const checks = [{ name: 'model', agrees: true }];
const verified = { file: 'a.cnf', answer: 'SATISFIABLE', count: '3', checks };
const failed = { file: 'b.cnf', error: { code: 'header-missing', message: 'b.cnf: no header' } };
const rung = {
  rung: 'f32/1/plain',
  dtype: 'f32',
  level: 1,
  passed: true,
  error: 1e-8,
  seconds: 0.5,
  wrong: 0,
  rows: 64,
  heads: 1,
  queries: 320,
  keys: 128,
};
const stressed = { tool: run.tool, suite: 'quick', version: 2, oracle: 'cpu', passed: true, rungs: [rung] };

const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** The lines of a whole run, as if each shard had printed one. */
const wholeRun = (values: readonly object[], command: string): object[] =>
  values.map((value, at) => ({
    ...value,
    shard: { index: at, of: values.length, at, units: values.length, run: { ...run, command } },
  }));

const runs = [
  wholeRun([verified, failed], 'verify'),
  wholeRun([stressed], 'stress'),
  wholeRun([stressed, { ...stressed, rungs: [{ ...rung, rung: 'f32/2/plain', error: null }] }], 'stress'),
];

export const lines: Target = {
  name: 'lines',
  check: (bytes) =>
    readOr(() => {
      const merged = mergeLines([{ name: 'part', bytes }]);
      assert.ok([0, 1, 2].includes(merged.exit));
      assert.ok(merged.text.endsWith('\n'));
      const found = merged.text.trimEnd().split('\n');
      assert.ok(
        found.every((line) => typeof (JSON.parse(line) as { shard?: unknown }).shard === 'undefined'),
      );
      const parts = new TextDecoder().decode(bytes).trimEnd().split('\n');
      const shuffled = parts
        .toReversed()
        .map((line, at) => ({ name: `part ${at}`, bytes: utf8(`${line}\n`) }));
      assert.equal(mergeLines(shuffled), merged);
    }),
  seeds: runs.map((values) => utf8(jsonLines(values))),
  words: ['\n', '"shard":', '"of":1', '"units":1', '"at":0', '"run":{}', '"rungs":[]', '"error":null', '"checks":[]', '"command":"stress"', '"__proto__":{"x":1},', '1e999', '-1', 'null', '{}', '[]'], // prettier-ignore
  structured: fc
    .tuple(fc.constantFrom(...runs), fc.array(damageArb, { maxLength: 3 }))
    .map(([values, damages]) => {
      const changed = damages.reduce<unknown>((all, [path, by]) => damaged(all, path, by), values);
      return utf8(jsonLines(Array.isArray(changed) ? changed : [changed]));
    }),
  mostBytes: bounded,
};

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Lines as a journal has them, each with the sum of its rest. */
const summed = (values: readonly unknown[]): string =>
  values
    .map((value) => JSON.stringify(value) ?? 'null')
    .map((text) => `${sumOf(text)} ${text}\n`)
    .join('');

const entries = [
  { journal: 1, run },
  { key: ['a.cnf', 'a'.repeat(64)], line: verified },
  { key: ['b.cnf', 'b'.repeat(64)], line: verified },
];

export const journal: Target = {
  name: 'journal',
  check: async (bytes) => {
    const folder = mkdtempSync(join(tmpdir(), 'seth-fuzz-'));
    const file = join(folder, 'verify.journal');
    try {
      writeFileSync(file, bytes);
      return await readOr(async () => {
        await (await openJournal(folder, run)).close();
        const whole = readFileSync(file);
        // An empty file begins a journal; of any other nothing but a torn end goes.
        if (bytes.length > 0) assert.equal(new Uint8Array(whole), bytes.subarray(0, whole.length));
        const texts = whole.toString().split('\n').slice(1, -1);
        const kept = new Map<string, unknown>();
        for (const text of texts) {
          assert.is(text.slice(0, 16), sumOf(text.slice(17)));
          const { key, line } = JSON.parse(text.slice(17)) as { key: Key; line: unknown };
          kept.set(JSON.stringify(key), line);
        }
        const again = await openJournal<object>(folder, run);
        for (const [key, line] of kept) assert.equal(again.find(JSON.parse(key) as Key), line);
        await again.keep(['new'], verified);
        await again.close();
        const last = await openJournal<object>(folder, run);
        assert.equal(last.find(['new']), verified);
        await last.close();
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  seeds: [utf8(summed(entries)), utf8(summed(entries.slice(0, 1))), utf8(`${summed(entries)}0123 torn`)],
  words: ['\n', ' ', '0123456789abcdef ', '"journal":1', '"run":', '"key":', '"line":', 'null', '{}', '[]'],
  structured: fc
    .tuple(fc.array(damageArb, { maxLength: 3 }), fc.nat(400), fc.boolean())
    .map(([damages, cut, isCut]) => {
      const changed = damages.reduce<unknown>((all, [path, by]) => damaged(all, path, by), entries);
      const text = summed(Array.isArray(changed) ? changed : [changed]);
      return utf8(isCut ? text.slice(0, cut) : text);
    }),
  mostBytes: bounded,
};
