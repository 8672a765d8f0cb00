/** The conversation with a program that stays, without the files that it is about. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { warmProgram } from '../../../src/oracles/command/warm.ts';
import { suite } from '../../support/harness.ts';
import { inFolder, isGone } from './support.ts';

const limits = { timeout: 60, signal: undefined };

/** A shell that answers each line with `answer`, and does `afterwards` at the end of its input. */
const shell = (answer: string, afterwards: string): readonly string[] => [
  'sh',
  '-c',
  `echo $$ > "$0/pid"; while IFS="$(printf '\\t')" read -r instance output; do ${answer}; done; ${afterwards}`,
];

suite('oracles/command/warm', (test) => {
  test('when it is closed its input ends, and it may end by itself; one that does not is killed', () =>
    inFolder(async (folder) => {
      for (const [afterwards, ended] of [
        ['echo yes > "$0/ended"', true],
        ['exec sleep 1000', false],
      ] as const) {
        rmSync(join(folder, 'ended'), { force: true });
        const program = warmProgram([...shell('echo "ok $output"', afterwards), folder]);
        for (const name of ['a b', 'c']) await program.compute(`${name}.safetensors`, `${name}.npy`, limits);
        const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
        assert.not(isGone(pid));
        await program.close();
        assert.ok(isGone(pid));
        assert.is(existsSync(join(folder, 'ended')), ended);
      }
    }));

  test('an answer may come in pieces, and end as lines do elsewhere', () =>
    inFolder(async (folder) => {
      const pieces = `printf 'o'; sleep 0.05; printf 'k %s\\r\\n' "$output"`;
      const program = warmProgram([...shell(pieces, ''), folder]);
      for (const name of ['a', 'b']) await program.compute(`${name}.safetensors`, `${name}.npy`, limits);
      await program.close();
    }));
});
